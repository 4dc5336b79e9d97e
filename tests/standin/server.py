"""The stand-in for GitHub: a real HTTP server on loopback over a ``World``.

It refuses what GitHub refuses, holds every request and answer against GitHub's own description, and fails as it is
told to. What it complains about is in ``complaints``; a fixture lets the test fail on them.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.standin import git_http, oauth, openapi, routes
from tests.standin.answers import graphql, page, renamed
from tests.standin.apps import app_of
from tests.standin.faults import DONE_FIRST, LIMITS, Dropped, Fault, Hold, Kind, strike
from tests.standin.resources.installations import SUSPENDED
from tests.standin.wire import Answer, Page, Refusal, Request, Route, not_found
from tests.standin.world import Token, World


@dataclass(frozen=True)
class Seen:
    """A request that arrived, for a test to look at. ``line`` is ``METHOD /path``."""

    line: str
    status: int
    authorized: bool


class StandIn:
    """GitHub, as far as our callers can tell."""

    def __init__(self, root: Path) -> None:
        self.world = World(root)
        self.seen: list[Seen] = []
        self.complaints: list[str] = []
        self.url = ""
        self.used = 0
        self.hourly = 5000
        self.closed_until = 0.0
        self.git_asked: list[git_http.Asked] = []
        self.moved: dict[str, str] = {}  # where a path starts, and where it starts now
        self._faults: list[Fault] = []
        self._holds: list[Hold] = []

    def fail(self, kind: Kind, pattern: str, *, times: int = 1, wait: int = 60) -> Fault:
        """Let the next *times* requests that match ``METHOD /path`` end in a fault."""
        fault = Fault(kind, pattern, times, wait)
        self._faults.append(fault)
        return fault

    def hold(self, pattern: str, *, times: int = 1_000_000) -> Hold:
        """Let the next *times* requests that match ``METHOD /path`` wait to be released: a GitHub that is slow."""
        made = Hold(re.compile(pattern), times)
        self._holds.append(made)
        return made

    def release(self) -> None:
        """Let every request go that is held back, now and later."""
        for held in self._holds:
            held.release()

    def settle(self) -> None:
        """Wait until every webhook that was to be delivered anew has been."""
        for thread in self.world.under_way:
            thread.join()

    def count(self, prefix: str) -> int:
        """Return how many requests with this start of ``METHOD /path`` were carried out or answered."""
        return sum(seen.line.startswith(prefix) for seen in self.seen)

    def answer(self, request: Request, query: str) -> Answer:
        """Answer one request, with everything that may befall it. Raises ``Dropped``."""
        line = f"{request.method} {request.path}"
        for held in self._holds:
            held.wait(line)
        for start in self.moved:
            if request.path.startswith(start):
                to = f"{self._address(start, request)}{request.path.removeprefix(start)}"
                self._note(line, 301, request)
                return Answer(301, None, {"Location": f"{to}?{query}" if query else to})
        if moved := self._git_moved(request, query):
            self._note(line, 301, request)
            return moved
        if git_http.serves(request.path):  # git takes its time, and the API must not wait for it
            return self._git(line, request, query)
        with self.world.lock:
            fault = self._fault(line, request)
            if fault is not None and fault.kind not in DONE_FIRST:
                return strike(fault, self.world)
            given = self._answer(request)
            self._note(line, given.status, request)
            return given if fault is None else strike(fault, self.world)

    def _address(self, start: str, request: Request) -> str:
        to = self.moved[start]
        return f"{request.base}{to}" if to.startswith("/") else to

    def _git_moved(self, request: Request, query: str) -> Answer | None:
        name, served, rest = request.path.strip("/").partition(".git/")
        repo = self.world.now(name) if served else None
        to = None if repo is None else f"{request.base}/{repo.full_name}.git/{rest}{f'?{query}' if query else ''}"
        return None if to is None else Answer(301, b"", {"Location": to})

    def _git(self, line: str, request: Request, query: str) -> Answer:
        with self.world.lock:
            fault = self._fault(line, request)
            self.git_asked += filter(None, (git_http.asked(request),))
        if fault is not None and fault.kind not in DONE_FIRST:
            return strike(fault, self.world)
        given = git_http.answer(self.world, request, query)
        self._note(line, given.status, request)
        return given if fault is None else strike(fault, self.world)

    def _fault(self, line: str, request: Request) -> Fault | None:
        fault = next((f for f in self._faults if f.takes(line)), None)
        if fault is not None and fault.kind not in DONE_FIRST:
            self._note(line, 0, request)
            if fault.kind in LIMITS and not git_http.serves(request.path):  # git has limits of its own
                self.closed_until = self.world.clock.now + fault.wait
        return fault

    def _note(self, line: str, status: int, request: Request) -> None:
        self.seen.append(Seen(line, status, "authorization" in request.headers))

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/-store/"):
            return self._stored(request)
        if oauth.serves(request.path):
            return oauth.answer(self.world, request, self.complaints.append)
        if self.world.clock.now < self.closed_until:
            self.complaints.append(f"{request.method} {request.path} came before the limit's time had passed")
        if self.used >= self.hourly:
            return Refusal(403, "API rate limit exceeded for installation ID 1.", None, **self._limits()).answer()
        try:
            return self._api(request)
        except Refusal as refusal:
            return refusal.answer()

    def _stored(self, request: Request) -> Answer:
        if "authorization" in request.headers:
            self.complaints.append("The store of artifacts was given a token.")
        number = int(request.path.removeprefix("/-store/").removesuffix(".zip"))
        for repo in self.world.repositories.values():
            if number in repo.artifacts:
                return Answer(200, repo.artifacts[number].content, {"Content-Type": "application/zip"})
        return Answer(404, b"", {})

    def _api(self, request: Request) -> Answer:
        request = replace(request, token=self._token(request))
        if request.path in ("/graphql", "/api/graphql"):
            return graphql(request)
        parts = tuple(unquote(part) for part in request.path.strip("/").split("/"))
        if parts[0] == "repositories":  # where old names are redirected to; GitHub's description does not have it
            parts = ("repos", *self._called(parts[1]).split("/"), *parts[2:])
        elif moved := renamed(self.world, request, parts):
            return moved
        found = routes.find(request.method, parts)
        if found is None:
            self.complaints.append(f"There is no route for {request.method} {request.path}.")
            raise not_found()
        route, params = found
        request = replace(request, params=params)
        try:
            given = self._carry_out(route, request)
        except Refusal as refusal:
            given = refusal.answer()
        if problem := openapi.answer_complaint(route.operation, given.status, given.body):
            self.complaints.append(problem)
        return self._counted(request, given)

    def _called(self, number: str) -> str:
        for name, repo in self.world.repositories.items():
            if str(repo.id) == number:
                return name
        raise not_found()

    def _carry_out(self, route: Route, request: Request) -> Answer:
        self._permit(route, request)
        if problem := openapi.request_complaint(route.operation, request.query, request.body):
            self.complaints.append(problem)
            raise Refusal(422, f"Invalid request.\n\n{problem}", [])
        given = route.handler(self.world, request)
        if isinstance(given, Page):
            return page(given, request)
        return given if isinstance(given, Answer) else Answer(200, given)

    def _token(self, request: Request) -> Token | None:
        given = request.headers.get("authorization")
        if given is None or request.path.startswith("/applications/"):  # the App itself speaks, by another way
            return None
        value = given.split(" ", 1)[-1]
        if value.count(".") == 2:
            app = app_of(value, self.world.apps, self.world.clock.now)
            if isinstance(app, str):
                raise Refusal(401, app)
            return Token(value, app.user, {}, frozenset(), app)
        token = self.world.live_token(value)
        if token is None:
            raise Refusal(401, "Bad credentials")
        if token.installation is not None and token.installation.suspended is not None:
            raise Refusal(403, SUSPENDED)
        return token

    def _permit(self, route: Route, request: Request) -> None:
        token = request.token
        is_app = token is not None and token.app is not None and token.installation is None
        if route.caller == "anyone":
            return
        if (route.caller == "app") is not is_app:
            raise Refusal(401, "A JSON web token could not be decoded")
        if route.caller == "installation" and token is not None and token.app is None:
            raise Refusal(403, "You must authenticate via a GitHub App.")
        if not is_app:
            self._permit_repository(route, request)

    def _permit_repository(self, route: Route, request: Request) -> None:
        name = f"{request.params.get('owner')}/{request.params.get('repo')}"
        repo = self.world.repositories.get(name)
        if repo is None:
            return
        public_read = route.level == "read" and not repo.private
        token = request.token
        if token is None:
            if not public_read:
                raise Refusal(401, "Requires authentication") if not repo.private else not_found()
            return
        if token.repositories is not None and name not in token.repositories and not public_read:
            raise not_found() if repo.private else Refusal(403, "Resource not accessible by integration")
        if not public_read and not any(token.allows(p, route.level) for p in route.permissions or ("metadata",)):
            accepted = "; ".join(f"{p}={route.level}" for p in route.permissions)
            raise Refusal(403, "Resource not accessible by integration", X_Accepted_GitHub_Permissions=accepted)

    def _counted(self, request: Request, given: Answer) -> Answer:
        """Return the answer with its ETag and what is left of the rate limit; unchanged answers cost nothing."""
        headers = dict(given.headers)
        if request.method == "GET" and given.status == 200:
            text = json.dumps([given.body, headers.get("Link")], sort_keys=True)
            headers["ETag"] = f'W/"{hashlib.sha256(text.encode()).hexdigest()}"'
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Answer(304, None, {**headers, **self._limits()})
        self.used += 1
        return Answer(given.status, given.body, {**headers, **self._limits()})

    def _limits(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.hourly),
            "X-RateLimit-Remaining": str(max(0, self.hourly - self.used)),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(int(self.world.clock.now) + 3600),
            "X-RateLimit-Resource": "core",
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    standin: StandIn

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing; the test looks at ``seen``."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time for the ``Date`` header: the stand-in's own."""
        return super().date_time_string(self.standin.world.clock.now if timestamp is None else timestamp)

    def _serve(self) -> None:
        target = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=target.path.removeprefix("/api/v3"),  # where GitHub Enterprise Server has it
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            token=None,
            base=self.standin.url,
        )
        try:
            given = self.standin.answer(request, target.query)
        except Dropped as dropped:
            self.wfile.write(dropped.rest)
            self.close_connection = True
            return
        except Exception as error:
            self.standin.complaints.append(f"{self.command} {self.path}: {type(error).__name__}: {error}")
            given = Answer(500, {"message": "Server Error"})
        self._send(given)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, given: Answer) -> None:
        body = given.body if isinstance(given.body, bytes) else b""
        if given.body is not None and not isinstance(given.body, bytes):
            body = json.dumps(given.body).encode()
        self.send_response(given.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **given.headers}.items():
            self.send_header(name, value)
        if given.status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if given.status not in (204, 304):
            self.wfile.write(body)


@contextmanager
def running(root: Path) -> Iterator[StandIn]:
    """Serve a new, empty GitHub on a free port of loopback until the end of the block."""
    standin = StandIn(root)
    handler = type("Handler", (_Handler,), {"standin": standin})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        standin.release()
        server.shutdown()
        server.server_close()
        thread.join()

"""GitHub's REST API over PyGithub's requester, with one rule for what goes wrong.

PyGithub repeats POST after a 5xx, which makes a second comment where only the answer was lost. So its own repetition
is off. Here a read is repeated; a write whose answer was lost is repeated only after a look says that it was not
done; a limit is obeyed; everything else is an error in a sentence.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from github import Auth, Github

from app.github import redirects
from app.github.errors import ExpiredError, GitHubError, LimitedError, LostError, MovedError, understood

T = TypeVar("T")
# "If the retry-after header is not present ... wait for at least one minute" (REST API, Rate limits).
_UNSAID_WAIT = 60.0
# PyGithub writes whole answers into its debug log, and the answer to a request for a token is a token.
logging.getLogger("github.Requester").addFilter(lambda record: record.levelno > logging.DEBUG)
_PER_PAGE = 100
_MOST_PAGES = 100


@dataclass(frozen=True)
class Patience:
    """How long a call is worth.

    ``attempts`` in all; ``pause`` seconds before the second one, doubled each time; no more than ``longest_wait``
    seconds for a limit; ``between_writes`` seconds from one write to the next, as GitHub asks.
    """

    attempts: int = 4
    pause: float = 1.0
    longest_wait: float = 120.0
    between_writes: float = 0.5
    timeout: int = 30
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time


class Tokens(Protocol):
    """Where tokens come from that do not last."""

    def token(self) -> str:
        """Return the token to use now. Raises ``GitHubError``."""

    def renew(self, refused: str, error: ExpiredError) -> bool:
        """Whether there may be a better token than the one that GitHub *refused*. Raises ``GitHubError``."""


class _Fixed:
    """One token for good."""

    def __init__(self, value: str) -> None:
        self._value = value

    def token(self) -> str:
        return self._value

    def renew(self, refused: str, error: ExpiredError) -> bool:
        return False


class _Bearer(Auth.Auth):
    """PyGithub's view of our tokens: asked for at each request."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.used = ""

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        self.used = self._tokens.token()
        return self.used


class _Door(threading.local):
    """PyGithub's requester, one a thread.

    It holds a request between two of its own calls, and which token was used last: threads that shared one would get
    each other's answers.
    """

    def __init__(self, url: str, tokens: Tokens, patience: Patience) -> None:
        self.auth = _Bearer(tokens)
        self.requester = Github(
            auth=self.auth,
            base_url=url,
            timeout=patience.timeout,
            user_agent="exogate",
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=patience.between_writes or None,
        ).requester
        redirects.keep(self.requester, url)


class Api:
    """GitHub's API by one token, or by tokens that renew themselves. Nothing here ever shows one."""

    def __init__(self, api_url: str, token: str | Tokens, patience: Patience | None = None) -> None:
        self.url = api_url.rstrip("/")
        self.patience = patience or Patience()
        self._tokens = _Fixed(token) if isinstance(token, str) else token
        self.login: str | None = None  # the account that the token acts as, once somebody asked
        self._door = _Door(self.url, self._tokens, self.patience)

    def __repr__(self) -> str:
        return f"Api({self.url!r})"

    @property
    def token(self) -> str:
        """The token to use now. Raises ``GitHubError`` where a new one was needed and not given."""
        return self._tokens.token()

    def renew(self, refused: str, error: ExpiredError) -> bool:
        """Whether there may be a better token than *refused*, for callers that speak with GitHub by other means."""
        return self._tokens.renew(refused, error)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return one thing. Raises ``GitHubError``."""
        return self.read(f"GET {path}", lambda: _object(self._ask("GET", path, query)[1]))

    def get_any(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Return what may be one thing or a list. Raises ``GitHubError``."""
        return self.read(f"GET {path}", lambda: self._ask("GET", path, query)[1])

    def get_all(self, path: str, query: Mapping[str, Any] | None = None, *, key: str | None = None) -> list[Any]:
        """Return a whole list, page by page; *key* is where the list stands. Raises ``GitHubError``."""
        items: list[Any] = []
        for page in range(1, _MOST_PAGES + 1):
            asked = {**(query or {}), "per_page": _PER_PAGE, "page": page}
            more, found = self.read(f"GET {path}", lambda asked=asked: self._page(path, asked, key))  # type: ignore[misc]
            items += found
            if not more:
                return items
        raise GitHubError(f"GET {path} has more than {_MOST_PAGES * _PER_PAGE:,} entries; they were not all read.")

    def pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[list[Any]]:
        """Yield a list that GitHub hands out by a cursor, page by page, as far as asked. Raises ``GitHubError``."""
        asked = {**(query or {}), "per_page": _PER_PAGE}
        while True:
            cursor, found = self.read(f"GET {path}", lambda asked=asked: self._cursor_page(path, asked))  # type: ignore[misc]
            yield found
            if cursor is None:
                return
            asked = {**asked, "cursor": cursor}

    def viewer(self) -> str:
        """Return the account that the token acts as; GraphQL also tells an installation's. Raises ``GitHubError``."""
        return self.read("the GraphQL query for viewer.login", self._viewer)

    def write(
        self, method: str, path: str, body: Any = None, *, done: Callable[[], T | None] | None = None
    ) -> dict[str, Any] | list[Any] | T:
        """Change something, once. Raises ``GitHubError``.

        *done* looks whether a write whose answer was lost was carried out, and returns what it made. Without it
        the write must be one that may be repeated.
        """
        return self._repeated(f"{method} {path}", lambda: _json(self._ask(method, path, None, body)[1]), done)

    def read(self, what: str, call: Callable[[], T]) -> T:
        """Carry out what may be repeated, until it is answered. Raises ``GitHubError``."""
        return self._repeated(what, call)

    def _repeated(self, what: str, call: Callable[[], T], done: Callable[[], T | None] | None = None) -> T:
        renewed = False
        for attempt in range(self.patience.attempts):
            try:
                return self._once(what, call)
            except ExpiredError as error:  # refused before anything was done
                is_last = renewed or attempt + 1 == self.patience.attempts
                if is_last or not self._tokens.renew(self._door.auth.used, error):
                    raise
                renewed = True
            except LimitedError as error:
                self._wait(error, attempt)
            except MovedError:
                raise
            except LostError:
                if attempt + 1 == self.patience.attempts:
                    raise
                self._pause(attempt)
                if done is not None and (found := done()) is not None:
                    return found
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, what: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except GitHubError:
            raise
        except Exception as error:
            ours = understood(error, what)
            if ours is None:
                raise
            raise ours from None  # the cause may carry the request, and with it the token

    def _pause(self, attempt: int) -> None:
        self.patience.sleep(self.patience.pause * 2**attempt)

    def _wait(self, limit: LimitedError, attempt: int) -> None:
        until_reset = None if limit.reset is None else max(0.0, limit.reset - self.patience.now()) + 1
        wait = limit.wait if limit.wait is not None else until_reset
        wait = _UNSAID_WAIT if wait is None else wait
        if wait > self.patience.longest_wait or attempt + 1 == self.patience.attempts:
            raise limit
        self.patience.sleep(wait)

    def _ask(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> tuple[dict[str, Any], Any]:
        headers, data = self._send(method, path, query, body)
        for _ in range(redirects.MOST):
            if (to := headers.get(redirects.KEPT)) is None:
                break
            headers, data = self._send(method, redirects.target(self.url, method, path, query, to), None, body)
        else:
            raise GitHubError(f"GitHub redirects this in a circle: {method} {path}.")
        # PyGithub passes a text that is no JSON on as the only field of an object.
        unread = isinstance(data, dict) and set(data) <= {"data", "url"} and isinstance(data.get("data"), str)
        if unread or (data is not None and "json" not in headers.get("content-type", "json")):
            raise LostError(f"GitHub answered with something that is no JSON to: {method} {path}.")
        return headers, data

    def _send(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> tuple[dict[str, Any], Any]:
        accepted = {"Accept": "application/vnd.github+json"}
        return self._door.requester.requestJsonAndCheck(method, path, dict(query) if query else None, accepted, body)

    def _viewer(self) -> str:
        _, answered = self._ask("POST", self._door.requester.graphql_url, None, {"query": "query { viewer { login } }"})
        data = _object(answered).get("data")
        viewer = data.get("viewer") if isinstance(data, dict) else None
        login = viewer.get("login") if isinstance(viewer, dict) else None
        if not isinstance(login, str):
            raise GitHubError("GitHub did not say whom the token belongs to.")
        return login

    def _cursor_page(self, path: str, query: Mapping[str, Any]) -> tuple[str | None, list[Any]]:
        headers, data = self._ask("GET", path, query)
        if not isinstance(data, list):
            raise LostError(f"GitHub answered with something that is no list to: GET {path}.")
        return _next_cursor(headers.get("link", "")), data

    def _page(self, path: str, query: Mapping[str, Any], key: str | None) -> tuple[bool, list[Any]]:
        headers, data = self._ask("GET", path, query)
        items = data if key is None else _object(data).get(key)
        if not isinstance(items, list):
            raise LostError(f"GitHub answered with something that is no list to: GET {path}.")
        return 'rel="next"' in headers.get("link", ""), items


def _next_cursor(link: str) -> str | None:
    """Return the cursor of the next page from a ``Link`` header (RFC 8288)."""
    for part in link.split(","):
        address, _, rest = part.partition(">")
        if 'rel="next"' in rest:
            return dict(parse_qsl(urlsplit(address.strip(" <")).query)).get("cursor")
    return None


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise LostError("GitHub answered with JSON of another form than its description says.")
    return data


def _json(data: Any) -> dict[str, Any] | list[Any]:
    """Return an answer to a write; nothing (204) is an empty object."""
    return {} if data is None else data if isinstance(data, list) else _object(data)

"""Fetching what a shallow checkout lacks: enough, no more than that, and with no token where others could read it."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.action.history import Remote, bring, is_shallow, parents, reaches
from app.git import git
from app.local import SourceError
from tests.action_runner.runner import Job
from tests.app.action.conftest import Server
from tests.app.action.events import pull_request

TOKEN = "ghs_secret"
BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


def grown(server: Server, behind: int, ahead: int) -> tuple[str, str]:
    server.repo.commit({"a.txt": "0\n"})
    server.repo.branch("work")
    for number in range(ahead):
        server.repo.commit({"b.txt": f"{number}\n"})
    server.repo.git("checkout", "--quiet", "main")
    for number in range(behind):
        server.repo.commit({"a.txt": f"{number + 1}\n"})
    return server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")


def checked_out(server: Server, base: str, head: str, depth: int | None = 1) -> Path:
    job: Job = server.job("pull_request", pull_request(base, head), server.merge(base, head), depth=depth)
    return job.workspace


def remote(server: Server) -> Remote:
    return Remote((server.root / "server").as_uri(), "octo/shop")


@pytest.mark.parametrize(("behind", "ahead"), [(0, 1), (3, 2), (70, 1), (1, 70)])
def test_a_shallow_checkout_gets_the_history_between_its_sides(server: Server, behind: int, ahead: int) -> None:
    base, head = grown(server, behind, ahead)
    workspace = checked_out(server, base, head)
    assert not reaches(workspace, base, head)
    assert bring(workspace, remote(server), base, head, ahead) == (base, head)
    assert reaches(workspace, base, head)
    assert git(workspace, "rev-list", "--count", f"{base}..{head}").decode().strip() == str(ahead)


def test_little_is_fetched_where_little_is_needed(server: Server) -> None:
    for number in range(120):
        server.repo.commit({"old.txt": f"{number}\n"})
    base, head = grown(server, 1, 1)
    workspace = checked_out(server, base, head)
    bring(workspace, remote(server), base, head, 1)
    assert is_shallow(workspace)
    assert int(git(workspace, "rev-list", "--count", head)) < 20


def test_history_that_the_checkout_has_is_not_cut_off(server: Server) -> None:
    for number in range(40):
        server.repo.commit({"old.txt": f"{number}\n"})
    base, head = grown(server, 60, 1)
    workspace = checked_out(server, base, head, depth=30)
    before = int(git(workspace, "rev-list", "--count", "HEAD"))
    bring(workspace, remote(server), base, head, 1)
    assert int(git(workspace, "rev-list", "--count", "HEAD")) >= before


def test_a_common_commit_is_not_believed_while_a_nearer_one_may_be_cut_off(server: Server) -> None:
    """Both sides merged an old branch: its tip is in reach, the commit where they truly parted is not."""
    server.repo.commit({"a.txt": "0\n"})
    server.repo.branch("old")
    server.repo.commit({"old.txt": "x\n"})
    server.repo.git("checkout", "--quiet", "main")
    parted = server.repo.commit({"a.txt": "1\n"})
    server.repo.branch("work")
    for branch, name in (("work", "b.txt"), ("main", "a.txt")):
        server.repo.git("checkout", "--quiet", branch)
        for number in range(8):
            server.repo.commit({name: f"{branch} {number}\n"})
        server.repo.git("merge", "--quiet", "--no-edit", "old")
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    workspace = checked_out(server, base, head, depth=4)
    assert git(workspace, "merge-base", base, head).decode().strip() != parted
    assert not reaches(workspace, base, head)
    bring(workspace, remote(server), base, head)
    assert parted in git(workspace, "merge-base", "--all", base, head).decode().split()


def test_nothing_of_the_checkout_changes(server: Server) -> None:
    base, head = grown(server, 2, 2)
    workspace = checked_out(server, base, head)
    before = [
        git(workspace, "for-each-ref"),
        git(workspace, "rev-parse", "HEAD"),
        git(workspace, "status", "--porcelain"),
    ]
    files = {path.name for path in (workspace / ".git").iterdir()}
    bring(workspace, remote(server), base, head, 2)
    assert before == [
        git(workspace, "for-each-ref"),
        git(workspace, "rev-parse", "HEAD"),
        git(workspace, "status", "--porcelain"),
    ]
    assert {path.name for path in (workspace / ".git").iterdir()} - {"index"} == files - {"index"}


def test_a_name_is_the_servers_branch(server: Server) -> None:
    base, head = grown(server, 1, 1)
    workspace = checked_out(server, base, head)
    assert bring(workspace, remote(server), "main", head) == (base, head)
    for name in ("nowhere", "--upload-pack=touch x", "a\nb"):
        with pytest.raises(SourceError, match="base and head"):
            bring(workspace, remote(server), name, head)


def test_a_first_commit_has_nothing_to_be_compared_with(server: Server) -> None:
    only = server.repo.commit({"a.txt": "0\n"})
    with pytest.raises(SourceError, match="nothing to compare"):
        bring(server.repo.path, remote(server), f"{only}^1", only)


def test_parents_are_known_where_history_is_cut_off(server: Server) -> None:
    base, head = grown(server, 1, 1)
    workspace = checked_out(server, base, head)
    assert parents(workspace, "HEAD") == (base, head)
    assert parents(workspace, "12" * 20) == ()


@pytest.mark.parametrize("url", ["ext::sh -c touch% x", "ssh://host", "git://host", "-x", ""])
def test_other_transports_are_not_used(server: Server, url: str) -> None:
    base, head = grown(server, 1, 1)
    workspace = checked_out(server, base, head)
    with pytest.raises(SourceError, match="not one to fetch from"):
        bring(workspace, Remote(url, "octo/shop"), base, head)


class _Git(BaseHTTPRequestHandler):
    """git's own HTTP back-end, behind GitHub's rule that one right header opens it, and two none."""

    root: Path
    seen: list[list[str]]

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        given = self.headers.get_all("Authorization") or []
        self.seen.append(given)
        if given != [f"basic {BASIC}"]:
            self.send_response(401 if not given else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().split("\r\n"):
            self.send_header(*line.split(": ", 1))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()


@pytest.fixture
def http(server: Server) -> Iterator[tuple[str, list[list[str]]]]:
    seen: list[list[str]] = []
    handler = type("Handler", (_Git,), {"root": server.root / "server", "seen": seen})
    served = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_address[1]}", seen
    served.shutdown()
    served.server_close()


def test_the_token_opens_the_server_and_takes_the_place_of_what_checkout_left(server: Server, http) -> None:
    url, seen = http
    base, head = grown(server, 1, 1)
    workspace = checked_out(server, base, head)
    git(workspace, "config", f"http.{url}/.extraheader", "AUTHORIZATION: basic b2xk")
    bring(workspace, Remote(url, "octo/shop", TOKEN), base, head, 1)
    assert reaches(workspace, base, head)
    assert all(given == [f"basic {BASIC}"] for given in seen)
    with pytest.raises(SourceError, match="fetch-depth"):
        bring(checked_out(server, base, head), Remote(url, "octo/shop", "wrong"), base, head, 1)


def test_without_a_token_what_checkout_left_is_used(server: Server, http) -> None:
    url, _ = http
    base, head = grown(server, 1, 1)
    workspace = checked_out(server, base, head)
    git(workspace, "config", f"http.{url}/.extraheader", f"AUTHORIZATION: basic {BASIC}")
    bring(workspace, Remote(url, "octo/shop"), base, head, 1)
    assert reaches(workspace, base, head)


def test_the_token_is_in_no_argument_file_or_message(server: Server, http, tmp_path: Path, monkeypatch) -> None:
    url, _ = http
    base, head = grown(server, 1, 1)
    workspace = checked_out(server, base, head)
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    log = tmp_path / "arguments"
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {log}\nexec {real} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    bring(workspace, Remote(url, "octo/shop", TOKEN), base, head, 1)
    assert "fetch" in log.read_text()
    with pytest.raises(SourceError) as caught:
        bring(checked_out(server, base, head), Remote(url, "octo/none", TOKEN), base, head, 1)
    written = b"".join(path.read_bytes() for path in (workspace / ".git").rglob("*") if path.is_file())
    for secret in (TOKEN, BASIC):
        assert secret not in log.read_text() + str(caught.value) + repr(Remote(url, "octo/shop", TOKEN))
        assert secret.encode() not in written

"""The one way out of the sandbox while dependencies are fetched: a proxy that knows the package index and no more.

It listens on a Unix socket, which is shown to a sandbox that has no network of its own.
"""

from __future__ import annotations

import contextlib
import logging
import re
import selectors
import socket
import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from app.prepare.index import place_of

_LARGEST_HEAD = 64 * 1024
_CHUNK = 64 * 1024
_SECONDS = 60.0
_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]\r\n")
_LOG = logging.getLogger("exogate.prepare")


@contextmanager
def package_index_only(directory: Path, allowed: Iterable[tuple[str, int]]) -> Iterator[Path]:
    """Open the proxy for some hosts and ports; give the path of its socket in *directory*."""
    path = directory / "index.sock"
    server = _Server(str(path), frozenset(allowed))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        server.shutdown()
        server.server_close()
        path.unlink(missing_ok=True)


class _RefusedError(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: str, allowed: frozenset[tuple[str, int]]) -> None:
        super().__init__(path, _Handler)
        self.allowed = allowed

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a connection that breaks off is the client's to tell."""


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(_SECONDS)
        head, rest = self._head()
        try:
            there, first = self._opened(head)
        except _RefusedError as error:
            self._refuse(error)
            return
        with there:
            if first is None:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                there.sendall(first)
            there.sendall(rest)
            _relay(self.request, there)

    def _opened(self, head: bytes) -> tuple[socket.socket, bytes | None]:
        """Return a connection, and what to send on it first: nothing for a tunnel."""
        line = _LINE.match(head)
        if line is None:
            raise _RefusedError(400, "no request")
        method, target = line[1].decode(), line[2].decode("latin-1")
        if method not in ("CONNECT", "GET", "HEAD"):
            raise _RefusedError(405, "only reads")
        try:
            place = place_of(f"https://{target}" if method == "CONNECT" else target)
        except ValueError:
            raise _RefusedError(400, "no address") from None
        if place not in self.server.allowed:
            _LOG.warning("while dependencies were fetched, something asked for %s:%d and was refused", *place)
            raise _RefusedError(403, "not the package index")
        try:
            there = socket.create_connection(place, _SECONDS)
        except OSError:
            raise _RefusedError(502, "no answer") from None
        return there, None if method == "CONNECT" else _forwarded(head, line, target)

    def _head(self) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data and len(data) < _LARGEST_HEAD:
            chunk = self.request.recv(_CHUNK)
            if not chunk:
                break
            data += chunk
        head, end, rest = data.partition(b"\r\n\r\n")
        return (head + end, rest) if end else (b"", b"")

    def _refuse(self, error: _RefusedError) -> None:
        answer = f"HTTP/1.1 {error.status} {error}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        with contextlib.suppress(OSError):
            self.request.sendall(answer.encode())


def _forwarded(head: bytes, line: re.Match[bytes], target: str) -> bytes:
    """Return the head for the server itself, on a connection for this one request: the next may go elsewhere."""
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = [
        field
        for field in head[line.end() :].split(b"\r\n")
        if field and not field.lower().startswith((b"connection:", b"proxy-"))
    ]
    first = b"%s %s HTTP/1.1" % (line[1], path.encode("latin-1"))
    return b"\r\n".join([first, *fields, b"Connection: close", b"", b""])


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes on both ways until one side ends, or both are silent."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            ready = selector.select(_SECONDS)
            if not ready:
                return
            for key, _ in ready:
                assert isinstance(key.fileobj, socket.socket)
                chunk = key.fileobj.recv(_CHUNK)
                if not chunk:
                    return
                key.data.sendall(chunk)

"""GitHub's conversion endpoint, as far as the set-up sees it: a real HTTP server that knows one code, once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "-----BEGIN RSA PRIVATE KEY-----\nnobody may see this\n-----END RSA PRIVATE KEY-----\n"
MADE: dict[str, Any] = {
    "id": 31,
    "slug": "exogate-octo",
    "name": "Exogate Octo",
    "client_id": "Iv1.x",
    "client_secret": "hidden-client",
    "webhook_secret": "hidden-hook",
    "pem": KEY,
}
CODE = "a180b1a3d263c81bc6441d7b990bae27d4c10679"


class GitHub:
    """The server. ``answers`` are given in place of the usual one, the first to the first request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []
        self.spent = False

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        self.asked.append((path, headers))
        if self.answers:
            return self.answers.pop(0)
        if self.spent or path != f"/app-manifests/{CODE}/conversions":
            return 404, b'{"message": "Not Found"}', {}
        self.spent = True
        return 201, json.dumps({**MADE, "html_url": f"{self.url}/apps/exogate-octo"}).encode(), {}


@contextmanager
def github() -> Iterator[GitHub]:
    """Serve on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body, headers = served.answer(self.path, dict(self.headers.items()))
            if status == 0:
                self.connection.close()
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", headers.get("X-Length") or str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = GitHub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

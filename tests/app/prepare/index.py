"""A package index on loopback (PEP 503) of small packages made here, which notes every request."""

from __future__ import annotations

import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# A build back-end within the source: it tries what it should not be able to do, and builds a wheel that tells.
BACKEND = """
import os, socket, urllib.request, zipfile

def tried(work):
    try:
        return f"reached: {work()}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def elsewhere():
    proxy = {"http": os.environ["PIP_PROXY"]}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxy))
    return opener.open("http://127.0.0.1:ELSEWHERE/secret", timeout=5).read()

def directly():
    return socket.create_connection(("127.0.0.1", ELSEWHERE), 5)

def build_wheel(directory, config_settings=None, metadata_directory=None):
    found = {"elsewhere": tried(elsewhere), "directly": tried(directly), "environment": dict(os.environ),
             "home": tried(lambda: os.listdir("/home") + os.listdir("/root")),
             "write": tried(lambda: open("/usr/exogate-was-here", "w"))}
    print("what a back-end prints is no wheel")
    os.write(1, b"nor is this")
    name = "tattler-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("tattler.py", f"FOUND = {found!r}")
        wheel.writestr("zz_tattler.pth", "import os; os.environ.setdefault('PTH_RAN', '1'); open('MARK', 'w')")
        wheel.writestr("tattler-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tattler\\nVersion: 1.0\\n")
        wheel.writestr("tattler-1.0.dist-info/WHEEL",
                       "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tattler-1.0.dist-info/RECORD", "")
    return name
"""


def wheel(name: str, files: Mapping[str, str], version: str = "1.0") -> tuple[str, bytes]:
    """Return the name and the content of a wheel of plain Python."""
    about = f"{name}-{version}.dist-info"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return f"{name}-{version}-py3-none-any.whl", buffer.getvalue()


def tattler(elsewhere: int, mark: str) -> tuple[str, bytes]:
    """Return the name and the content of a source distribution that is built by ``BACKEND``."""
    backend = BACKEND.replace("ELSEWHERE", str(elsewhere)).replace("MARK", mark)
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    about = "Metadata-Version: 2.1\nName: tattler\nVersion: 1.0\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in {"backend.py": backend, "pyproject.toml": project, "PKG-INFO": about}.items():
            entry = tarfile.TarInfo(f"tattler-1.0/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return "tattler-1.0.tar.gz", buffer.getvalue()


class Served(ThreadingHTTPServer):
    """Serves files by name under ``/simple/``, and anything else as a secret."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple"


class _Handler(BaseHTTPRequestHandler):
    server: Served

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        kind, _, name = self.path.removeprefix("/").partition("/")
        content: bytes | None = b"secret"
        if kind == "files":
            content = self.server.files.get(name)
        elif kind == "simple":
            project = name.strip("/")
            links = [f for f in self.server.files if f.lower().startswith(f"{project}-")]
            content = "".join(f'<a href="/files/{f}">{f}</a>\n' for f in links).encode() if links else None
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", "text/html" if kind == "simple" else "application/octet-stream")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Nothing."""


@contextmanager
def serving() -> Iterator[Served]:
    """Serve until the context ends."""
    server = Served()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()

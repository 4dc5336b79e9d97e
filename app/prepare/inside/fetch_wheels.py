"""Fetch and build the wheels of some requirements, through a Unix socket that leads to the package index alone.

Input: one JSON object ``{"socket": path, "index": url, "requirements": [...]}``. Output: a tar of the wheels. What pip
and the packages' build back-ends say goes to standard error; they have no descriptor of the output.
"""

import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
from contextlib import suppress
from pathlib import Path

CHUNK = 64 * 1024


def main() -> int:
    """Return pip's status; write the tar where it is 0."""
    asked = json.load(sys.stdin)
    output = os.dup(1)
    os.dup2(2, 1)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener, asked["socket"]), daemon=True).start()
    status = wheels(asked, listener.getsockname()[1])
    if status == 0:
        with os.fdopen(output, "wb") as handle, tarfile.open(fileobj=handle, mode="w|") as tar:
            for wheel in sorted(Path("wheels").iterdir()):
                tar.add(wheel, wheel.name, recursive=False)
    return status


def wheels(asked: "dict[str, object]", port: int) -> int:
    """Make an environment that has pip, and let it fetch and build."""
    made = subprocess.run([sys.executable, "-I", "-m", "venv", "env"], stdin=subprocess.DEVNULL, check=False)
    if made.returncode:
        return made.returncode
    requirements = asked["requirements"]
    assert isinstance(requirements, list)
    Path("requirements.txt").write_text("".join(f"{line}\n" for line in requirements), "utf-8")
    options = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir", "--retries", "2")
    where = ("--proxy", f"http://127.0.0.1:{port}", "--index-url", str(asked["index"]))
    trusted = trust(str(asked["index"]))
    argv = ["env/bin/python", "-I", "-m", "pip", "wheel", *options, *where, *trusted]
    # A build back-end's own pip is told by the environment.
    told = {"PIP_PROXY": where[1], "PIP_INDEX_URL": where[3], "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    told.update({"PIP_TRUSTED_HOST": trusted[1]} if trusted else {})
    argv += ["--wheel-dir", "wheels", "--requirement", "requirements.txt"]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, env={**os.environ, **told}, check=False).returncode


def trust(index: str) -> "tuple[str, ...]":
    """Return what lets pip read from an index that the operator named without TLS."""
    scheme, _, rest = index.partition("://")
    return ("--trusted-host", rest.partition("/")[0]) if scheme == "http" else ()


def accept(listener: socket.socket, path: str) -> None:
    """Lead each connection to the socket."""
    while True:
        near, _ = listener.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(path)
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=copy, args=(source, target), daemon=True).start()


def copy(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until there are no more."""
    with suppress(OSError):
        while chunk := source.recv(CHUNK):
            target.sendall(chunk)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    sys.exit(main())

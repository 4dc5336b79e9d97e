"""git over HTTP: the repositories' bare directories behind git's own ``http-backend``, opened by a token."""

from __future__ import annotations

import base64
import binascii
import gzip
import os
import subprocess
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.standin.wire import Answer, Request
from tests.standin.world import Token, World

_ASK = {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Type": "text/plain"}


@dataclass(frozen=True)
class Asked:
    """What a fetch asked for. ``wants`` are object ids, ``filter`` the part of a partial clone (``blob:none``)."""

    repository: str
    wants: tuple[str, ...]
    haves: int
    filter: str | None
    authorized: bool


def asked(request: Request) -> Asked | None:
    """Return what a request asks git for; ``None`` where it is none for objects."""
    if not request.path.endswith("/git-upload-pack"):
        return None
    zipped = request.headers.get("content-encoding") == "gzip"
    lines = _packets(gzip.decompress(request.body) if zipped else request.body)
    wants = tuple(line.split()[1] for line in lines if line.startswith("want "))
    if not wants:
        return None
    filtered = next((line.split(" ", 1)[1] for line in lines if line.startswith("filter ")), None)
    haves = sum(line.startswith("have ") for line in lines)
    name = request.path.strip("/").partition(".git/")[0]
    return Asked(name, wants, haves, filtered, "authorization" in request.headers)


def _packets(body: bytes) -> list[str]:
    """Return the lines of git's packet format; flushes and delimiters are left out."""
    lines, at = [], 0
    while at + 4 <= len(body):
        size = int(body[at : at + 4], 16)
        if size >= 4:
            lines.append(body[at + 4 : at + size].decode("utf-8", "replace").rstrip("\n"))
        at += max(size, 4)
    return lines


def serves(path: str) -> bool:
    """Whether a path is git's."""
    return ".git/" in path


def answer(world: World, request: Request, query: str) -> Answer:
    """Answer as github.com does: reading what is public needs no token, all else one that allows it."""
    name = request.path.strip("/").partition(".git/")[0]
    repo = world.repositories.get(name)
    token = _token(world, request)
    if token is None and "authorization" in request.headers:  # one that is wrong or has expired
        return Answer(401, b"Invalid username or password.\n", _ASK)
    if token is not None and token.installation is not None and token.installation.suspended is not None:
        return Answer(403, b"This installation has been suspended.\n", {"Content-Type": "text/plain"})
    if token is not None and repo is None:
        return Answer(404, b"Repository not found.\n", {"Content-Type": "text/plain"})
    wanted = "write" if "git-receive-pack" in (request.path + query) else "read"
    if repo is None or (repo.private and token is None):
        return Answer(401, b"Authentication required.\n", _ASK)
    if token is None and wanted == "write":
        return Answer(401, b"Authentication required.\n", _ASK)
    if token is not None and not _may(token, repo.full_name, wanted, public=not repo.private):
        return Answer(403, b"Permission denied.\n", {"Content-Type": "text/plain"})
    return _backend(world, request, query, pushes=wanted == "write")


def _may(token: Token, full_name: str, wanted: str, *, public: bool) -> bool:
    reaches = token.repositories is None or full_name in token.repositories
    return (reaches and token.allows("contents", wanted)) or (public and wanted == "read")


def _token(world: World, request: Request) -> Token | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        password = base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
    return world.live_token(password)


def _backend(world: World, request: Request, query: str, *, pushes: bool) -> Answer:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(world.root),
        "GIT_PROJECT_ROOT": str(world.root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_0": "uploadpack.allowFilter",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_CONFIG_KEY_1": "uploadpack.allowAnySHA1InWant",
        "GIT_CONFIG_VALUE_1": "true",
        "GIT_CONFIG_KEY_2": "safe.directory",
        "GIT_CONFIG_VALUE_2": "*",
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REQUEST_METHOD": request.method,
        "PATH_INFO": urlsplit(request.path).path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "REMOTE_ADDR": "127.0.0.1",
        **({"REMOTE_USER": "token"} if pushes else {}),
    }
    # Where it refuses an object it says so in a whole answer, and then ends with an error.
    done = subprocess.run(
        ["git", "http-backend"], input=request.body, capture_output=True, env=environment, check=False
    )
    if not done.stdout:
        raise RuntimeError(f"git http-backend: {done.stderr.decode(errors='replace')}")
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return Answer(status, body, headers)

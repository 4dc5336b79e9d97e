"""The style sheet, the script and the icon: small files of our own, cached for good under the hash of their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Response, abort

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"
# A page from before an update asks for the file of before: it gets the new one, and is to ask again.
_FOR_NOW = "no-cache"


@dataclass(frozen=True)
class Asset:
    """A file that pages refer to."""

    name: str
    content: bytes
    digest: str

    @property
    def path(self) -> str:
        """Its address: another one whenever its content is another."""
        return f"/assets/{self.digest}/{self.name}"


@cache
def assets() -> dict[str, Asset]:
    """Return every asset by its file's name."""
    found = {}
    for item in (files("app.dashboard") / "static").iterdir():
        if item.name.rpartition(".")[2] in _TYPES:
            content = item.read_bytes()
            found[item.name] = Asset(item.name, content, hashlib.sha256(content).hexdigest()[:16])
    return found


def serve(digest: str, name: str) -> Response:
    """Answer with an asset; 404 where there is none of this name."""
    asset = assets().get(name) or abort(404)
    response = Response(asset.content, content_type=f"{_TYPES[name.rpartition('.')[2]]}; charset=utf-8")
    response.headers["Cache-Control"] = _FOR_GOOD if digest == asset.digest else _FOR_NOW
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

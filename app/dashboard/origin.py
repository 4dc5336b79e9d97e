"""By which address a browser came: what cookies, redirects and the way back from GitHub depend on."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from flask import Request


def origin(public_url: str | None, request: Request) -> str:
    """Return the address by which this browser came, and comes back; without a slash at its end.

    Behind a proxy only the setting knows that it is https.
    """
    if public_url and urlsplit(public_url).netloc == request.host:
        return public_url
    return request.url_root.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a ``Host`` header, or an address with or without its port, names this machine alone."""
    try:
        name = host if _is_loopback_number(host) else urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback_number(name)


def _is_loopback_number(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def is_private(address: str) -> bool:
    """Whether what is said by this address stays between the browser and us: by TLS, or within one machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or is_loopback(parts.netloc)


def own_path(text: str | None) -> str:
    """Return a path of ours to go to after signing in; the first page where *text* is anything else.

    Browsers take ``//host``, ``/\\host`` and both with a tab in between for another host.
    """
    path = text or "/"
    plain = path.isascii() and path.isprintable() and " " not in path and "\\" not in path
    inside = path.startswith("/") and not path.startswith("//") and not path.startswith(("/signin", "/signout"))
    return path if plain and inside and len(path) <= _LONGEST else "/"


_LONGEST = 1000

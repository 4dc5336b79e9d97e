"""Where GitHub says that something is now: a repository's old name answers with an address that has its number.

PyGithub would follow by itself: also with a write, to another port, and without the query. So it is not shown where
the answer points, and what may be followed is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from app.github.errors import GitHubError, MovedError

# The header under which a redirection's address is kept.
KEPT = "x-exogate-moved-to"
MOST = 3
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


class _Http(HTTPRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _kept(super().getresponse())


class _Https(HTTPSRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _kept(super().getresponse())


def keep(requester: Requester, api_url: str) -> None:
    """Let a new *requester* hand redirections on, under ``KEPT``, and follow none."""
    https = urlsplit(api_url).scheme == "https"
    requester._Requester__connectionClass = _Https if https else _Http  # type: ignore[attr-defined]


def _kept(response: RequestsResponse) -> RequestsResponse:
    if response.status in _REDIRECTIONS and "location" in response.headers:
        response.headers[KEPT] = response.headers.pop("location")
    return response


def target(api_url: str, method: str, path: str, query: Mapping[str, Any] | None, to: str) -> str:
    """Return the address to ask instead of *path*.

    Raises ``MovedError`` for a write, and ``GitHubError`` where it is not the API's own host: it would get the token.
    """
    if method != "GET":
        raise MovedError(f"It has another name by now, so nothing was done: {method} {path}.")
    found = urlsplit(to)
    if _origin(found) != _origin(urlsplit(api_url)) or found.username is not None:
        raise GitHubError(
            f"GitHub redirects this elsewhere; check the API's address and the repository's name: {method} {path}."
        )
    if query and not found.query:
        found = found._replace(query=urlencode(query))
    return found.geturl()


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port or _PORTS.get(address.scheme)

"""Bytes from GitHub: an address that redirects to a store, which must not see the token."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from email.message import Message
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

from app.github.api import Api
from app.github.errors import GitHubError, LostError, refusal

_LONGEST_REFUSAL = 10_000


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: where a redirect leads is looked at first."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def download(api: Api, path: str, *, largest: int) -> bytes:
    """Return what *path* of the API redirects to, of at most *largest* bytes. Raises ``GitHubError``."""
    return api.read(f"GET {path}", lambda: _download(api, path, largest))


def _download(api: Api, path: str, largest: int) -> bytes:
    opener = urllib.request.build_opener(_Stay)
    what = f"GET {path}"
    address = f"{api.url}{path}"
    try:
        with opener.open(_request(address, api.token), timeout=api.patience.timeout) as answer:
            raise LostError(f"GitHub answered {answer.status} where it redirects to a download: {what}.")
    except urllib.error.HTTPError as error:
        location = _location(error, address, what)
    try:
        with opener.open(_request(location, None), timeout=api.patience.timeout) as answer:
            return _bounded(answer, largest, what)
    except urllib.error.HTTPError as error:
        raise _refused(error, what) from None
    except http.client.HTTPException:
        raise LostError(f"The download broke off: {what}.") from None


def _request(address: str, token: str | None) -> urllib.request.Request:
    headers = {"User-Agent": "exogate"} | ({"Authorization": f"Bearer {token}"} if token is not None else {})
    return urllib.request.Request(address, headers=headers)  # noqa: S310 - the scheme is checked in _location


def _location(error: urllib.error.HTTPError, address: str, what: str) -> str:
    if error.code not in (301, 302, 303, 307, 308):
        raise _refused(error, what)
    location = urljoin(address, error.headers.get("Location") or "")
    if urlsplit(location).scheme not in ("https", urlsplit(address).scheme):
        raise GitHubError(f"GitHub redirects a download to an address that is not encrypted: {what}.")
    return location


def _refused(error: urllib.error.HTTPError, what: str) -> GitHubError:
    try:
        data = json.loads(error.read(_LONGEST_REFUSAL))
    except (ValueError, OSError, http.client.HTTPException):
        data = None
    return refusal(error.code, data, dict(error.headers.items()), what)


def _bounded(answer: Any, largest: int, what: str) -> bytes:
    if "html" in answer.headers.get("Content-Type", ""):
        raise LostError(f"GitHub answered with a page in place of the download: {what}.")
    content: bytes = answer.read(largest + 1)
    if len(content) > largest:
        raise GitHubError(f"The download is larger than {largest:,} bytes: {what}.")
    length = answer.headers.get("Content-Length")
    if length is not None and length.isdigit() and int(length) > len(content):
        raise LostError(f"The download broke off: {what}.")
    return content

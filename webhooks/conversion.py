"""The exchange of the code that GitHub gives after an App was made for the App's id, key and secrets.

GitHub: ``POST /app-manifests/{code}/conversions``, good once and for an hour.
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import IO

from pydantic import BaseModel, Field, ValidationError

from app.github.errors import GitHubError, LostError, MissingError, refusal
from app.settings import Secret

_CODE = re.compile(r"[A-Za-z0-9_-]{1,255}")
_LARGEST = 200_000
_TIMEOUT = 30
_WHAT = "POST /app-manifests/.../conversions"


@dataclass(frozen=True)
class MadeApp:
    """An App that GitHub made; ``page`` is its address for people."""

    id: int
    private_key: Secret
    webhook_secret: Secret
    client_id: str
    client_secret: Secret
    page: str


class _Answer(BaseModel):
    id: int = Field(gt=0)
    pem: str = Field(pattern="PRIVATE KEY-----")
    webhook_secret: str = Field(min_length=1)
    client_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    client_secret: str = Field(min_length=1)
    html_url: str


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a code that went elsewhere would be another's."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def is_code(text: str) -> bool:
    """Whether *text* has the form of a code."""
    return _CODE.fullmatch(text) is not None


def convert(api_url: str, code: str) -> MadeApp:
    """Exchange *code*, once. Raises ``GitHubError``; its message holds neither the code nor what was answered."""
    request = urllib.request.Request(  # noqa: S310  the settings let only http and https through
        f"{api_url}/app-manifests/{code}/conversions",
        data=b"",
        method="POST",
        headers={"Accept": "application/vnd.github+json", "User-Agent": "exogate"},
    )
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=_TIMEOUT) as answer:
            content: bytes = answer.read(_LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise _refused(error) from None
    except (OSError, http.client.HTTPException) as error:
        raise LostError(f"GitHub gave no answer to: {_WHAT} ({type(error).__name__}).") from None
    try:
        made = _Answer.model_validate_json(content if len(content) <= _LARGEST else b"")
    except ValidationError as error:
        # pydantic's own text quotes the key.
        fields = ", ".join(sorted({str(part["loc"][0]) if part["loc"] else "JSON" for part in error.errors()}))
        raise LostError(f"GitHub's answer to {_WHAT} is of another form than described ({fields}).") from None
    return MadeApp(
        made.id,
        Secret(made.pem),
        Secret(made.webhook_secret),
        made.client_id,
        Secret(made.client_secret),
        made.html_url,
    )


def _refused(error: urllib.error.HTTPError) -> GitHubError:
    if error.code == 404:
        return MissingError("GitHub does not know this code: it is good once, and for an hour.")
    try:
        data = json.loads(error.read(10_000))
    except (ValueError, OSError, http.client.HTTPException):
        data = None
    return refusal(error.code, data, dict(error.headers.items()), _WHAT)

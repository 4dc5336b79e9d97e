"""GitHub Apps on the stand-in: their key, where they are installed, their check runs, and the deliveries to them."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standin.world import User

PERMISSIONS = {
    "checks": "write", "pull_requests": "write", "issues": "write", "contents": "read", "metadata": "read",
    "members": "read",
}  # fmt: skip
# "The expiration time must be no more than 10 minutes into the future" (GitHub Docs, Generating a JWT).
_LONGEST_JWT = 600
TOKEN_SECONDS = 3600
_TIMEOUT = 10


@dataclass
class App:
    """An App. ``hook_url`` is where its webhooks go, if anywhere; people who sign in come back to ``callbacks``."""

    id: int
    slug: str
    owner: User
    user: User
    pem: str
    hook_secret: str
    hook_url: str = ""
    permissions: Mapping[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    callbacks: tuple[str, ...] = ()

    @property
    def client_id(self) -> str:
        """What the App is called where people sign in by it."""
        return f"Iv23{self.id}"

    @property
    def client_secret(self) -> str:
        """What proves there that it is the App."""
        return f"secret-{self.id}"


@dataclass
class Installation:
    """An App on an account. ``repositories`` of ``None`` is all of the account's (full names)."""

    id: int
    app: App
    account: User
    permissions: Mapping[str, str]
    repositories: frozenset[str] | None = None
    suspended: str | None = None


@dataclass
class CheckSuite:
    """The check runs of one App on one commit."""

    id: int
    app: App
    head_sha: str
    created: str


@dataclass
class CheckRun:
    """A check run. ``fields`` are those of the request that made or changed it, but for its annotations."""

    id: int
    app: App
    suite: CheckSuite
    head_sha: str
    fields: dict[str, Any]
    annotations: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Review:
    """A review of a pull request; ``commit`` is the head that it was given for."""

    id: int
    number: int
    user: User | None
    state: str
    commit: str | None
    body: str
    association: str
    submitted: str


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver a webhook. ``status_code`` 0: nobody answered."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    payload: dict[str, Any]
    installation: int | None
    repository: int | None
    delivered: str
    redelivery: bool
    status_code: int


@cache
def private_key() -> str:
    """Return an App's key, as the .pem file that GitHub offers for download; one a process, for they are slow."""
    from cryptography.hazmat.primitives import serialization  # late: tests without an App do without it
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, traditional, serialization.NoEncryption()).decode()


@cache
def _public(pem: str) -> Any:
    from cryptography.hazmat.primitives import serialization

    return serialization.load_pem_private_key(pem.encode(), password=None).public_key()


def app_of(token: str, apps: Mapping[int, App], now: float) -> App | str:
    """Return the App that a JSON web token is of, or what GitHub says against it."""
    import jwt

    try:
        said = jwt.decode(token, options={"verify_signature": False})
        app = apps[int(said["iss"])]
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        said = jwt.decode(token, _public(app.pem), algorithms=["RS256"], options=options)
        issued, expires = int(said["iat"]), int(said["exp"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        return "A JSON web token could not be decoded"
    if issued > now:
        return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    if expires <= now:
        return "'Expiration time' claim ('exp') must be a numeric value representing the future time"
    if expires > now + _LONGEST_JWT:
        return "'Expiration time' claim ('exp') is too far in the future"
    return app


def send(app: App, event: str, guid: str, payload: Mapping[str, Any]) -> int:
    """POST a webhook as GitHub does, signed; return the status that came back, 0 where nobody answered."""
    if not app.hook_url:
        return 0
    body = json.dumps(payload).encode()
    signature = hmac.new(app.hook_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/stand-in",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    request = urllib.request.Request(app.hook_url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException):
        return 0


def new_guid() -> str:
    """Return an id for a delivery."""
    return str(uuid.uuid4())

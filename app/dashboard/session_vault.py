"""What is kept in Redis about people: sealed, so that only the number in the browser's cookie opens it.

The names of the entries and the key that they are encrypted with are made from that number, which is kept nowhere
here. Whoever reads Redis, its file or a copy of it has no session and no token of anybody.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.exceptions import RedisError

from app.dashboard.services import UnavailableError

if TYPE_CHECKING:
    from redis import Redis

_NUMBER = re.compile(r"[A-Za-z0-9_-]{43}")
_NONCE = 12


def new_number() -> str:
    """Return a number that nobody guesses: 32 random bytes as text."""
    return secrets.token_urlsafe(32)


def is_number(text: str) -> bool:
    """Whether *text* has the form of such a number."""
    return _NUMBER.fullmatch(text) is not None


@dataclass(frozen=True)
class Vault:
    """JSON objects that end by themselves. Every method raises ``UnavailableError`` where Redis is away."""

    redis: Redis

    def read(self, number: str, part: str, *, keep: int | None = None) -> dict[str, Any] | None:
        """Return what is kept under a number; it is kept for *keep* seconds from now where that is said."""
        name = _name(number, part)
        try:
            with self.redis.pipeline(transaction=False) as pipeline:
                pipeline.get(name)
                if keep is not None:
                    pipeline.expire(name, keep)
                sealed = cast("bytes | None", pipeline.execute()[0])
        except RedisError as error:
            raise _away(error) from None
        return None if sealed is None else _opened(number, name, sealed)

    def write(self, number: str, part: str, said: Mapping[str, Any], seconds: int, *, anew: bool = True) -> None:
        """Keep something for *seconds*. Without *anew* only in place of what is there still."""
        name, nonce = _name(number, part), secrets.token_bytes(_NONCE)
        sealed = nonce + AESGCM(_key(number)).encrypt(nonce, json.dumps(said).encode(), name.encode())
        try:
            self.redis.set(name, sealed, ex=max(1, seconds), xx=not anew)
        except RedisError as error:
            raise _away(error) from None

    def forget(self, number: str, *parts: str) -> None:
        """Keep nothing of it any more."""
        try:
            self.redis.delete(*(_name(number, part) for part in parts))
        except RedisError as error:
            raise _away(error) from None


def _name(number: str, part: str) -> str:
    return f"exogate:dashboard:{hmac.digest(number.encode(), b'name', 'sha256').hex()}:{part}"


def _key(number: str) -> bytes:
    # The number is 32 random bytes itself: no password, and nothing that would have to be stretched.
    return hmac.digest(number.encode(), b"key", "sha256")


def _opened(number: str, name: str, sealed: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(AESGCM(_key(number)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode()))
    except (InvalidTag, ValueError):
        return None  # not written by us
    return found if isinstance(found, dict) else None


def _away(error: RedisError) -> UnavailableError:
    return UnavailableError(
        f"Redis does not answer ({type(error).__name__}), so nobody can be known. Try again in a minute."
    )

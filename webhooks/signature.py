"""Whether a delivery was signed with our secret: over the raw bytes, before anything reads them."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Hub-Signature-256"
_PREFIX = "sha256="


def sign(secret: str, body: bytes) -> str:
    """Return the header's value that GitHub sends for *body*."""
    return _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(secret: str, body: bytes, header: str | None) -> bool:
    """Whether *header* is the signature of *body*. An empty secret signs nothing; no input raises.

    SHA-1 is not looked at: GitHub sends it beside SHA-256 for those who never moved on.
    """
    if not secret or not header:
        return False
    # Bytes, since compare_digest raises for text beyond ASCII, and constant time for any length of ours.
    return hmac.compare_digest(sign(secret, body).encode(), header.encode("utf-8", "surrogatepass"))

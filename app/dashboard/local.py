"""The local operator's door: `exogate up --local`.

Whoever comes through it may see and do everything. So it opens only to a browser on this machine that has the link
which the command wrote to its terminal. Where a request comes from is looked at too, each time:

- from another machine: refused by its address;
- from a page elsewhere whose host name was made to point here (DNS rebinding): refused by its ``Host``;
- through a proxy or tunnel on this machine: refused by what these add to a request. One that adds nothing looks like a
  local program; it does not have the link.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.dashboard.origin import is_loopback
from app.settings import Secret

if TYPE_CHECKING:
    from flask import Request


# Where `exogate up --local` hands the token of its link to the web processes.
VARIABLE = "EXOGATE_LOCAL_TOKEN"
# What proxies and tunnels say of whom they speak for.
_FORWARDED = (
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-IP",
    "X-Original-Host", "X-Original-Forwarded-For", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Ray",
)  # fmt: skip


@dataclass(frozen=True)
class LocalDoor:
    """A door with the token of its link."""

    token: Secret

    def refuses(self, request: Request) -> str | None:
        """Return why a request is not from this machine's own browser, as a sentence; ``None`` where it is."""
        if not is_loopback(request.remote_addr or ""):
            return "The local operator signs in on this machine only."
        if not is_loopback(request.host):
            return "The local operator signs in at 127.0.0.1 or localhost only, as in the link on the terminal."
        if name := next((name for name in _FORWARDED if name in request.headers), None):
            return f"The local operator does not sign in through a proxy or tunnel ({name} is set)."
        return None

    def fits(self, token: str) -> bool:
        """Whether *token* is the link's."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self.token.reveal().encode())

    @property
    def mark(self) -> str:
        """What a session of this door keeps of it: one of an earlier start does not count."""
        return hmac.digest(self.token.reveal().encode(), b"door", "sha256").hex()

    def knows(self, request: Request, mark: str) -> bool:
        """Whether a request with a session that has *mark* is the local operator's."""
        return hmac.compare_digest(mark.encode(), self.mark.encode()) and self.refuses(request) is None

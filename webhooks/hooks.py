"""GitHub's own record of the deliveries to the App: kept for three days, with how each was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ValidationError

from app.github.api import Api
from webhooks.payloads import Id, PayloadError

# "You can view details about webhook deliveries that occurred within the past 3 days" (Viewing webhook deliveries).
KEPT = timedelta(days=3)
_LIST = "/app/hook/deliveries"


class Sent(BaseModel):
    """An attempt to deliver. ``id`` is the attempt's, ``guid`` the delivery's; ``status_code`` is our answer or 0."""

    id: Id
    guid: str
    delivered_at: AwareDatetime
    event: str
    status_code: int | None = None


class Hooks(Protocol):
    """Every method raises ``GitHubError`` where GitHub does not answer."""

    def since(self, when: datetime) -> list[Sent]:
        """Return the attempts since then, the oldest first."""

    def payload(self, sent: Sent) -> Mapping[str, Any]:
        """Return what was sent. Raises ``PayloadError`` where GitHub does not have it (any more)."""


@dataclass(frozen=True)
class GitHubHooks:
    """GitHub's record, read by the App itself."""

    api: Api

    def since(self, when: datetime) -> list[Sent]:
        """Return the attempts since then, the oldest first. GitHub lists the newest first, page by page."""
        return sorted(self._since(when), key=lambda sent: (sent.delivered_at, sent.id))

    def payload(self, sent: Sent) -> Mapping[str, Any]:
        """Return what was sent."""
        request = self.api.get(f"{_LIST}/{sent.id}").get("request")
        payload = request.get("payload") if isinstance(request, dict) else None
        if not isinstance(payload, dict):
            raise PayloadError("GitHub does not have what it sent any more.")
        return payload

    def _since(self, when: datetime) -> Iterator[Sent]:
        for page in self.api.pages(_LIST):
            for item in page:
                try:
                    sent = Sent.model_validate(item)
                except ValidationError:
                    continue  # none that could be looked up
                if sent.delivered_at < when:
                    return
                yield sent

"""The pages over a ledger, for one reader; what the dashboard would have done is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.dashboard.blueprint import dashboard
from app.dashboard.services import Dashboard
from app.ledger.attribution import LineRow, Origin
from app.ledger.seen import PullIs, Seen
from app.provenance.types import Status
from app.settings import Settings
from gates.evidence.shelf import Shelf
from tests.app.ledger.build import ACCEPTING, NAME, REJECTING, REPOSITORY, UNJUDGED, add_merge, add_review, undeclared

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from app.ledger.ledger import Ledger
    from app.simulate import Ran

OTHER, SECRET = "octo/other", "eve/secret"
OTHER_ID, SECRET_ID = 12, 13


@dataclass
class Reader:
    """Somebody who is signed in, and the way in for them alone."""

    login: str = "mira"
    ids: frozenset[int] | None = None
    writes: bool = True

    def readable(self) -> frozenset[int] | None:
        return self.ids

    def may_write(self, repository_id: int, repository: str) -> bool:
        return self.writes

    def installation(self, repository_id: int) -> int | None:
        return None

    def who(self) -> Reader:
        return self


class Nobody:
    """Nobody is signed in."""

    def who(self) -> None:
        return None


@dataclass
class Queue:
    """Two workers, and a queue with three jobs."""

    jobs: dict[str, int] = field(
        default_factory=lambda: {"queued": 2, "waiting": 1, "started": 1, "scheduled": 4, "failed": 5}
    )
    ran: dict[int, Ran] = field(default_factory=dict)

    def rerun(self, **asked: Any) -> str:
        raise AssertionError("No page asks for a review by being read.")

    say_provenance = judge = rerun

    def judged(self, policy_hash: str, review_ids: Sequence[int]) -> Mapping[int, Ran]:
        return self.ran

    def depth(self) -> Mapping[str, int]:
        return self.jobs

    def workers(self) -> int:
        return 2


def site(
    ledger: Ledger, access: Any = None, *, data: Path = Path("/nonexistent"), shelf: Shelf | None = None
) -> FlaskClient:
    """Return a browser that reads as *access* says, everything where nothing is said."""
    app = Flask("test", static_folder=None)
    settings = Settings(data_dir=data)
    cards = shelf or Shelf()
    app.register_blueprint(dashboard(Dashboard(ledger, lambda: settings, Queue(), access or Reader(), lambda: cards)))
    return app.test_client()


def fill(ledger: Ledger) -> dict[str, int]:
    """Write what every page has something to show of. Return the reviews' ids by what they are."""
    made = {}
    for number, guid in enumerate(("heard-1", "heard-2", "heard-3"), 1):
        ledger.delivery(guid, "pull_request", "opened", 7, REPOSITORY, number=number if number > 1 else None)
    ledger.delivery("nobody's", "ping")
    made["rejected"] = add_review(ledger, REJECTING, ACCEPTING, number=1, delivery="heard-1", installation=7)
    ledger.delivery_done("heard-1", "done", "Rejected by tampering.")
    made["older"] = add_review(ledger, ACCEPTING, number=2, delivery="heard-2", provenance=undeclared())
    made["newer"] = add_review(ledger, ACCEPTING, number=2, head="d" * 40, review_needed="A person has to approve it.")
    ledger.override(
        repository_id=REPOSITORY,
        number=2,
        head="d" * 40,
        actor="mira",
        kind="provenance",
        value="human",
        reason="Mine.",
    )
    made["merged"] = add_review(ledger, ACCEPTING, number=3)
    lines = [
        LineRow("shop/prices.py", 1, 30, Origin(Status.AI_DECLARED, "Claude Code", "anthropic")),
        LineRow("shop/prices.py", 31, 40, Origin(Status.UNDECLARED)),
    ]
    add_merge(ledger, lines, number=3, reviewers="self")
    of_closed = Seen(PullIs.OPEN, ledger.now(), "Cheaper baskets", "jo", "baskets", "main")
    made["closed"] = add_review(ledger, ACCEPTING, number=4, head="f" * 40, delivery="heard-3", seen=of_closed)
    ledger.seen(REPOSITORY, NAME, 4, replace(of_closed, state=PullIs.CLOSED, updated=ledger.now() + timedelta(hours=1)))
    made["group"] = add_review(ledger, ACCEPTING, number=None, head="e" * 40)
    made["other"] = add_review(ledger, UNJUDGED, number=1, repository=OTHER, repository_id=OTHER_ID)
    made["secret"] = add_review(ledger, ACCEPTING, number=1, repository=SECRET, repository_id=SECRET_ID)
    ledger.delivery("secret-1", "pull_request", "opened", 8, SECRET_ID)
    return made


def pages(made: Mapping[str, int], repository: str = NAME) -> list[str]:
    """Return the address of every page, with the reviews of *repository*."""
    one = f"/r/{repository}"
    of_it = [f"{one}/reviews/{made[name]}" for name in ("rejected", "older", "newer", "merged", "closed", "group")]
    lists = ["/", "/queue", "/queue/live", "/policies", "/deliveries", "/deliveries/live", "/lab"]
    return [*lists, one, f"{one}/simulate", *of_it, f"{of_it[0]}.json"]

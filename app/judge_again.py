"""Judge a reviewed change by another policy, for a simulation. Neither GitHub nor the ledger is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from app import superseded
from app.github.checkout import Wanted, checkout
from app.github.errors import MissingError
from app.github.pull import fetch_pull
from app.ledger.models import Review as Row
from app.policy_kept import read_kept
from app.policy_source import Rules
from app.pull_review import prepared
from app.review import Request, review
from app.simulate import Kept, Ran
from gates.cache import Cache
from gates.policy import Policy
from gates.presets import preset, preset_names

if TYPE_CHECKING:
    from app.pull_review import Services

# What is kept of a gate's reason, in characters.
_LONGEST = 500


def policy_of(services: Services, name: str) -> Policy:
    """Return the shipped policy of this name, or that of this hash in the ledger. Raises ``MissingError``."""
    if name in preset_names():
        return preset(name)
    found = read_kept(name, services.ledger.policy_text(name))
    if found is None:
        raise MissingError(f"The policy {name[:12]} is not shipped, and the ledger has none of this hash to judge by.")
    return found


def judge_again(
    services: Services,
    installation: int,
    repository: str,
    review_id: int,
    *,
    policy: Policy,
    gates: Sequence[str],
    stopped: Callable[[], str | None] = lambda: None,
) -> Ran:
    """Return what some gates of *policy* say of the change that a review of the ledger judged.

    The commits are the review's own. Who wrote the change is read anew, from what the pull request says now. Raises
    ``GitHubError``, ``GitError``, ``LedgerError``, and as ``app.review.review`` does.
    """
    with services.ledger.reading() as session:
        row = session.get(Row, review_id)
    if row is None or row.number is None:
        raise MissingError(f"The ledger has no review {review_id} of a pull request.")
    api = services.installations.api(installation, repository)
    pull = fetch_pull(api, repository, row.number)
    if pull.repository_id != row.repository_id:
        raise MissingError(f"{repository} is another repository than the one that was reviewed.")
    place = checkout(
        services.settings, api, Wanted(pull.repository, row.base, row.head, row.number, pull.repository_id)
    )
    with superseded.until(stopped) as stop:
        judged = review(
            Request(
                repo=place,
                base=row.base,
                head=row.head,
                rules=lambda base: Rules(policy.only(tuple(gates)), "a simulation"),
                branch=pull.head_ref,
                pull_body=pull.body,
                author=pull.author,
                prepare=partial(prepared, services),
                cache=Cache(services.settings.data_dir / "verdicts"),
                stop=stop,
            )
        )
    verdicts = (one.verdict for one in judged.verdicts)
    return Ran(
        judged.provenance.status.value,
        {v.gate: Kept(v.gate, v.outcome, v.reason[:_LONGEST], judged.gate_versions.get(v.gate)) for v in verdicts},
    )

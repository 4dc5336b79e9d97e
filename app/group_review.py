"""One review of a merge group: what a merge queue is about to put on a branch."""

from __future__ import annotations

from functools import partial

from app import superseded
from app.github.annotations import notes_of
from app.github.api import Api
from app.github.checkout import Wanted, checkout
from app.github.checks import RERUN, CheckRuns, Report, Status
from app.ledger.ledger import Ledger
from app.policy_source import Rules
from app.pull_review import Asked, Services, prepared, rules_for
from app.reporting.check import summary
from app.reporting.json_ import as_dict
from app.review import Request, review
from app.review_types import Review
from app.standing import Approvals, stand
from gates.cache import Cache
from gates.change import Snapshot
from gates.stopping import Stop


def review_group(services: Services, asked: Asked, repository_id: int, base: str) -> str:
    """Review what a merge group brings to *base*. Return what was done in a sentence.

    It has no approvals or labels of its own: each of its pull requests had. Raises ``SupersededError`` where the
    group is gone, ``GitHubError`` and ``LedgerError``.
    """
    api = services.installations.api(asked.installation, asked.repository)
    checks = CheckRuns(api, asked.repository, services.app_id)
    external = f"{repository_id}:group:{asked.head}:{asked.delivery}"
    note = partial(_note, services.ledger, asked, repository_id, external)
    note(None, Status.QUEUED)
    run = checks.start(asked.head, external, summary="The gates are judging this group.", look=asked.retried)
    note(run.id, Status.IN_PROGRESS)
    with checks.finishing(run):
        with superseded.until(asked.superseded) as stop:
            result, rules = _judged(services, api, asked, repository_id, base, stop)
        superseded.check(asked.superseded)
        standing = stand(result, Approvals())
        report = Report(
            standing.title,
            summary(result, Approvals(), dashboard=services.settings.public_url),
            notes_of(result),
            buttons=(RERUN,),
        )
        checks.complete(run, standing.conclusion, report)
        services.ledger.review(
            as_dict(result),
            repository_id=repository_id,
            repository=asked.repository,
            number=None,
            installation=asked.installation,
            delivery=asked.delivery,
            policy_text=rules.policy.model_dump(mode="json"),
        )
    note(run.id, Status.COMPLETED)
    return f"{standing.title}."


def _judged(
    services: Services, api: Api, asked: Asked, repository_id: int, base: str, stop: Stop
) -> tuple[Review, Rules]:
    place = checkout(services.settings, api, Wanted(asked.repository, base, asked.head, repository_id=repository_id))

    chosen: list[Rules] = []

    def rules(tip: Snapshot) -> Rules:
        chosen.append(rules_for(services, asked.installation, asked.repository, tip))
        return chosen[-1]

    cache = Cache(services.settings.data_dir / "verdicts")
    prepare = partial(prepared, services)
    result = review(Request(place, base, asked.head, rules=rules, prepare=prepare, cache=cache, stop=stop))
    return result, chosen[-1]


def _note(ledger: Ledger, asked: Asked, repository_id: int, external: str, run: int | None, step: Status) -> None:
    ledger.check(
        repository_id,
        asked.head,
        external,
        run,
        step.value,
        installation=asked.installation,
        repository=asked.repository,
    )

"""One review of one head of a pull request: from GitHub through the same path as `exogate review`, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app import superseded
from app.approvals import approvals_of
from app.github import config, labels
from app.github.annotations import notes_of
from app.github.api import Api
from app.github.app_auth import READING, Installations
from app.github.checkout import SupersededError, Wanted, branch_tip, checkout
from app.github.checks import CheckRun, CheckRuns, Report, Status
from app.github.errors import MissingError, RefusedError
from app.github.pull import PullRequest, fetch_pull
from app.github.reviews import fetch_reviews
from app.github.target import Target
from app.ledger.ledger import Ledger
from app.ledger.overrule import overruling
from app.ledger.words import PROVENANCE
from app.local import LocalChange
from app.policy_source import Rules
from app.prepare.environment import prepare
from app.prepare.prepared import Prepared
from app.provenance.types import Provenance
from app.pull_seen import seen_of
from app.reporting.check import summary
from app.reporting.json_ import as_dict
from app.reporting.labels import Labels, configured, wanted
from app.review import Request, review
from app.review_types import Review, Revision
from app.reviewers import judge
from app.settings import Settings
from app.standing import Standing, stand
from gates.cache import Cache
from gates.change import Snapshot
from gates.sandbox.spec import Sandbox
from gates.stopping import Stop

_JUDGING = "The gates are judging this commit."


@dataclass(frozen=True)
class Services:
    """What an installation of the App works with."""

    settings: Settings
    installations: Installations
    ledger: Ledger

    @property
    def app_id(self) -> int:
        """The App's id. Raises ``RuntimeError`` before it is set up: nothing can be heard then."""
        if self.settings.app_id is None:
            raise RuntimeError("The App is not set up, and yet a job came: open /setup, or set GITHUB_APP_ID.")
        return self.settings.app_id


@dataclass(frozen=True)
class Asked:
    """Which head is to be reviewed.

    ``repository`` is the name as it is now, and ``repository_id`` says which one is meant. ``delivery`` is that of the
    event that asked, and names the check run with it.

    ``again``: also where this head was reviewed. ``retried``: an earlier attempt may have made the check run.
    ``superseded`` says at any time why to stop, or ``None``; it is asked about every second, from another thread.
    """

    installation: int
    repository: str
    head: str
    delivery: str
    repository_id: int | None = None
    again: bool = False
    retried: bool = False
    superseded: Callable[[], str | None] = lambda: None


def review_pull(services: Services, asked: Asked, number: int) -> str:
    """Review a pull request's head, and put the result on GitHub and into the ledger. Return what was done in words.

    Raises ``SupersededError`` where the head is none any more, ``GitHubError`` and ``LedgerError``. Done twice it
    changes nothing.
    """
    api = services.installations.api(asked.installation, asked.repository)
    pull = fetch_pull(api, asked.repository, number)
    if asked.repository_id not in (None, pull.repository_id):
        raise MissingError(f"{asked.repository} is the name of another repository by now.")
    if pull.head != asked.head:
        raise SupersededError(f"{asked.head[:10]} is the head of this pull request no more.")
    if not pull.is_open:
        services.ledger.seen(pull.repository_id, pull.repository, number, seen_of(pull), delivery=asked.delivery)
        return "The pull request is closed, so nothing was reviewed."
    if not asked.again and services.ledger.latest_review(pull.repository_id, pull.number, pull.head) is not None:
        return "This head was reviewed before."
    # Until this review is in the ledger, the dashboard says of the older one that a newer push is not reviewed.
    services.ledger.ask(pull.repository_id, number, pull.head, seen_of(pull).updated)
    checks = CheckRuns(api, pull.repository, services.app_id)
    external = external_id(pull, asked.delivery)
    _note(services, asked, pull, external, None, Status.QUEUED)
    run = checks.start(pull.head, external, summary=_JUDGING, look=asked.retried)
    _note(services, asked, pull, external, run, Status.IN_PROGRESS)
    with checks.finishing(run):
        with superseded.until(asked.superseded) as stop:
            result, rules = _judged(services, api, asked, pull, stop)
        superseded.check(asked.superseded)
        is_first = not services.ledger.reviews(pull.repository_id, pull.number)
        standing = show(services, api, pull, result, rules, checks, run, is_first=is_first)
        # Last: a review that the ledger has is one that need not be shown again.
        _record(services, asked, pull, result, rules)
    _note(services, asked, pull, external, run, Status.COMPLETED)
    return f"{standing.title}."


def external_id(pull: PullRequest, delivery: str) -> str:
    """Return the name by which the check run of a review is found again."""
    return f"{pull.repository_id}:{pull.number}:{pull.head}:{delivery}"


def show(
    services: Services,
    api: Api,
    pull: PullRequest,
    result: Review,
    rules: Rules,
    checks: CheckRuns,
    run: CheckRun,
    *,
    is_first: bool = False,
) -> Standing:
    """Put a review on its check run and its labels on the pull request, with what people approved and said.

    *is_first*: no review of this pull request was shown before, so nobody took a label of ours off.
    """
    called = configured(rules.policy.labels)
    provenance, said = people_say(services, pull, result.provenance, called)
    given = fetch_reviews(api, pull.repository, pull.number, head=pull.head, author=pull.author)
    reviewed = judge(given, head=pull.head, author=pull.author, provenance=provenance, rule=rules.policy.review)
    approvals = approvals_of(reviewed, rules.policy, provenance)
    standing = stand(result, approvals)
    target = Target(pull.repository, pull.number, api.url, api.token, login=run.login)
    keys = wanted(replace(result, provenance=provenance), approvals)
    said += _label(api, target, keys, called, labels.Seen(pull.labels, pull.updated), is_first=is_first)
    text = summary(result, approvals, said, services.settings.public_url)
    checks.complete(run, standing.conclusion, Report(standing.title, text, notes_of(result)))
    return standing


def _label(
    api: Api, target: Target, keys: frozenset[str], called: Labels, seen: labels.Seen, *, is_first: bool
) -> tuple[str, ...]:
    """Put the labels there. Return sentences on what was left to people, or on what GitHub does not take."""
    try:
        return labels.put(api, target, keys, called, seen=seen, is_first=is_first, makes=True).notes
    except RefusedError as error:  # of a name or colour of the policy's, which is no reason to lose a review
        return (f"The labels were not all set: {error}",)


def rules_for(services: Services, installation: int, repository: str, base: Snapshot) -> Rules:
    """Return the policy that judges changes of *base*: its own, the organisation's, or the operator's default."""
    # A token for all that the installation has: the organisation's repository may be private.
    wide = services.installations.api(installation, permissions=READING)
    return config.rules_for(services.settings, wide, repository, base)


def wanted_of(pull: PullRequest, base: str) -> Wanted:
    """Return what to have of a pull request's repository: its head, and the commit *base*."""
    return Wanted(pull.repository, base, pull.head, pull.number, pull.repository_id)


def _judged(services: Services, api: Api, asked: Asked, pull: PullRequest, stop: Stop) -> tuple[Review, Rules]:
    base = branch_tip(services.settings, api, pull.repository, pull.base_ref, pull.repository_id)
    place = checkout(services.settings, api, wanted_of(pull, base))
    superseded.check(asked.superseded)  # a first clone takes its time
    chosen: list[Rules] = []

    def rules(base: Snapshot) -> Rules:
        chosen.append(rules_for(services, asked.installation, pull.repository, base))
        return chosen[-1]

    result = review(
        Request(
            repo=place,
            base=base,
            head=pull.head,
            branch=pull.head_ref,
            pull_body=pull.body,
            author=pull.author,
            rules=rules,
            prepare=partial(prepared, services),
            cache=Cache(services.settings.data_dir / "verdicts"),
            stop=stop,
        )
    )
    # For people: the branches' names, which a commit alone does not have.
    named = replace(
        result,
        base=Revision(pull.base_ref, result.base.commit),
        head=Revision(pull.head_ref, result.head.commit),
    )
    return named, chosen[-1]


def prepared(services: Services, local: LocalChange, sandbox: Sandbox) -> Prepared | None:
    """Return an environment for the tests of a change, made in the sandbox. Raises ``PrepareError``."""
    root: Path = services.settings.data_dir / "environments"
    return prepare(local.change, local.policy_base, sandbox, services.settings.index, root)


def _record(services: Services, asked: Asked, pull: PullRequest, result: Review, rules: Rules) -> None:
    services.ledger.review(
        as_dict(result),
        repository_id=pull.repository_id,
        repository=pull.repository,
        number=pull.number,
        installation=asked.installation,
        delivery=asked.delivery,
        seen=seen_of(pull),
        policy_text=rules.policy.model_dump(mode="json"),
    )


def _note(
    services: Services, asked: Asked, pull: PullRequest, external: str, run: CheckRun | None, step: Status
) -> None:
    """Note how far the check run is, so that the reaper finds it if nobody else does."""
    services.ledger.check(
        pull.repository_id,
        pull.head,
        external,
        run.id if run else None,
        step.value,
        installation=asked.installation,
        repository=pull.repository,
    )


def people_say(
    services: Services, pull: PullRequest, declared: Provenance, called: Labels
) -> tuple[Provenance, list[str]]:
    """Return the provenance that people's words leave, and those words, with labels as they are *called*."""
    overrides = services.ledger.overrides(pull.repository_id, pull.number)
    status = overruling(overrides, pull.head)
    provenance = declared if status is None else replace(declared, status=status)
    return provenance, [said_by(row.actor, row.kind, called.known_as(row.value), row.reason) for row in overrides]


def said_by(actor: str, kind: str, value: str, reason: str) -> str:
    """Return an override as a sentence; it quotes untrusted text."""
    what = {
        "labeled": f"set the label {value}",
        "unlabeled": f"took off the label {value}",
        PROVENANCE: f"says that this change is {value}",
    }.get(kind, f"said {kind} {value}")
    return f"{actor} {what}{f': {reason}' if reason else ''}"

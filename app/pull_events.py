"""What else happens to a reviewed pull request: approvals, people's words, and its merge."""

from __future__ import annotations

import json

from app.approvals import approvals_of
from app.git_snapshot import GitSnapshot, Objects
from app.github import comment as comments
from app.github.api import Api
from app.github.checkout import Wanted, checkout
from app.github.checks import CheckRuns
from app.github.pull import PullRequest, fetch_pull
from app.github.reviews import fetch_reviews, permission
from app.github.target import Target
from app.ledger.landing import landed_on, read_landing
from app.ledger.words import PROVENANCE, Reviewers
from app.policy_source import Rules
from app.provenance.commit import PullText
from app.pull_review import Services, external_id, people_say, rules_for, show, wanted_of
from app.pull_seen import seen_of
from app.reporting.check import summary
from app.reporting.labels import configured
from app.reporting.read import read
from app.review_types import Review
from app.reviewers import MAY_WRITE, judge

_NONE = "No review of this head is in the ledger yet, so there is nothing to decide anew."


def reconsider(services: Services, installation: int, repository: str, number: int) -> str:
    """Decide anew what the approvals come to; gates do not run again. Return what was done in a sentence.

    Raises ``GitHubError`` and ``LedgerError``.
    """
    api = services.installations.api(installation, repository)
    return _reconsidered(services, installation, api, fetch_pull(api, repository, number))


def _reconsidered(
    services: Services, installation: int, api: Api, pull: PullRequest, rules: Rules | None = None
) -> str:
    services.ledger.seen(pull.repository_id, pull.repository, pull.number, seen_of(pull))  # its title may be new
    row = services.ledger.latest_review(pull.repository_id, pull.number, pull.head)
    if row is None:
        return _NONE
    checks = CheckRuns(api, pull.repository, services.app_id)
    external = external_id(pull, row.delivery or "")
    run = checks.find(pull.head, external)
    if run is None:
        run = checks.start(pull.head, external, summary="What the approvals come to is decided anew.", look=True)
    with checks.finishing(run):
        rules = rules or _rules(services, installation, api, pull, row.base)
        standing = show(services, api, pull, _kept(row.document), rules, checks, run)
    return f"{standing.title}."


def record_word(
    services: Services,
    installation: int,
    repository: str,
    number: int,
    head: str,
    *,
    actor: str,
    kind: str,
    value: str,
    reason: str,
    delivery: str,
    by_operator: bool = False,
) -> str:
    """Write down what a person said against what was declared, and show it. Return what was done in a sentence.

    *kind* ``provenance`` says whose the change is, and needs the right to write. That a person wrote it cannot be
    said by who opened it: the policy would ask for no review then. *by_operator*: whoever runs Exogate says it, who has
    no account there to be asked about. The other kinds, ``labeled`` and ``unlabeled``, need what GitHub asked for. A
    label of ours is written down by its key, however the policy calls it; others are not.
    """
    api = services.installations.api(installation, repository)
    pull = fetch_pull(api, repository, number)
    rules = None
    if kind == PROVENANCE:
        if not by_operator and permission(api, pull.repository, actor) not in MAY_WRITE:
            return f"{actor} may not write to this repository, so nothing was changed."
        if value == "human" and actor == pull.author.login:
            return f"{actor} opened this pull request: that a person wrote it is for somebody else to say."
    else:
        row = services.ledger.latest_review(pull.repository_id, pull.number, pull.head)
        rules = _rules(services, installation, api, pull, row.base if row is not None else pull.base)
        key = configured(rules.policy.labels).key(value)
        if key is None:
            return f"{value} is no label of Exogate's here, so there is nothing to write down."
        value = key
    services.ledger.override(
        repository_id=pull.repository_id,
        number=number,
        head=head or pull.head,
        actor=actor,
        kind=kind,
        value=value,
        reason=reason,
        delivery=delivery,
    )
    done = "It was written down."
    if kind == PROVENANCE and value == "human" and head and head != pull.head:
        done += f" It holds for {head[:10]}, and not for what was pushed since."
    return f"{done} {_reconsidered(services, installation, api, pull, rules)}"


def may_write(services: Services, installation: int, repository: str, actor: str) -> bool:
    """Whether an account may write to a repository. Raises ``GitHubError``."""
    return permission(services.installations.api(installation, repository), repository, actor) in MAY_WRITE


def head_of(services: Services, installation: int, repository: str, number: int) -> str:
    """Return a pull request's head as it is now. Raises ``GitHubError``."""
    return fetch_pull(services.installations.api(installation, repository), repository, number).head


def explain(services: Services, installation: int, repository: str, number: int) -> str:
    """Put the whole report of the last review into our one comment."""
    api = services.installations.api(installation, repository)
    pull = fetch_pull(api, repository, number)
    row = services.ledger.latest_review(pull.repository_id, pull.number, pull.head)
    if row is None:
        return say(services, installation, repository, number, _NONE)
    result = _kept(row.document)
    rules = _rules(services, installation, api, pull, row.base)
    provenance, said = people_say(services, pull, result.provenance, configured(rules.policy.labels))
    given = fetch_reviews(api, pull.repository, pull.number, head=pull.head, author=pull.author)
    reviewed = judge(given, head=pull.head, author=pull.author, provenance=provenance, rule=rules.policy.review)
    text = summary(result, approvals_of(reviewed, rules.policy, provenance), said, services.settings.public_url)
    return say(services, installation, repository, number, text)


def say(services: Services, installation: int, repository: str, number: int, text: str) -> str:
    """Put *text* (Markdown, neutralised) into our one comment on a pull request. Raises ``GitHubError``."""
    api = services.installations.api(installation, repository)
    comments.put(api, Target(repository, number, api.url, api.token), text)
    return "It was answered in a comment."


def merged(
    services: Services, installation: int, repository: str, number: int, head: str, merge_sha: str, delivery: str
) -> str:
    """Write a merge down, with the lines that it brought and whose they are declared.

    Raises ``GitHubError``, ``GitError`` and ``LedgerError``.
    """
    api = services.installations.api(installation, repository)
    pull = fetch_pull(api, repository, number)
    # First: it awaits no look any more, also where its lines cannot be had.
    services.ledger.seen(pull.repository_id, pull.repository, number, seen_of(pull), delivery=delivery)
    row = services.ledger.latest_review(pull.repository_id, number, head)
    base = row.base if row is not None else pull.base
    place = checkout(services.settings, api, Wanted(pull.repository, base, head, number, pull.repository_id))
    place = checkout(services.settings, api, Wanted(pull.repository, merge_sha, head, number, pull.repository_id))
    onto = landed_on(place, base, head, merge_sha)
    place = checkout(services.settings, api, Wanted(pull.repository, onto, head, number, pull.repository_id))
    words = PullText(branch=pull.head_ref, body=pull.body, author=pull.author)
    rules = _rules(services, installation, api, pull, base)
    landing = read_landing(place, base, head, merge_sha, words, accepted_signoffs=rules.policy.accept_signoffs)
    given = fetch_reviews(api, pull.repository, number, head=head, author=pull.author)
    reviewed = judge(given, head=head, author=pull.author, provenance=landing.provenance.sum, rule=rules.policy.review)
    whose = Reviewers.SELF if reviewed.is_self_review else Reviewers.NONE
    services.ledger.merge(
        repository_id=pull.repository_id,
        repository=pull.repository,
        number=number,
        head=head,
        merge_sha=merge_sha,
        method=landing.method.value,
        reviewers=(Reviewers.INDEPENDENT if reviewed.counted else whose).value,
        lines=landing.lines,
        files=landing.files,
        provenance=landing.provenance.sum,
        delivery=delivery,
    )
    return " ".join([f"The merge was written down, with {len(landing.lines)} runs of lines.", *landing.remarks])


def _kept(document: object) -> Review:
    return read(json.dumps(document).encode())


def _rules(services: Services, installation: int, api: Api, pull: PullRequest, base: str) -> Rules:
    """Return the rules of the base commit that a review was judged by."""
    place = checkout(services.settings, api, wanted_of(pull, base))
    with Objects(place) as objects:
        return rules_for(services, installation, pull.repository, GitSnapshot(objects, base))

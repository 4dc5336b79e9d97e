"""``/r/OWNER/NAME/N`` and ``/r/OWNER/NAME/reviews/ID``: one review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from flask import Response, abort, redirect, request

from app.dashboard import diff
from app.dashboard.evidence import evidence
from app.dashboard.pages import render, url
from app.dashboard.queries import own_policies
from app.dashboard.queries import review as queries
from app.dashboard.queries.asks import Ask, Became, asks
from app.dashboard.queries.names import Repository
from app.dashboard.queries.timeline import timeline
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views.common import SAID, repository_or_404
from app.github.checkout import clone_of
from app.github.errors import GitHubError
from app.reporting import words
from app.reporting.next_steps import summarise
from app.settings import Settings
from gates.verdict import Finding

_TIERS = {"actor": "account", "signature": "signature", "email": "e-mail", "text": "text"}
_NO_REVIEW = "There is no such review of this repository."
_DIFFS = diff.DiffReader()


def newest(dashboard: Dashboard, viewer: Viewer, owner: str, name: str, number: int) -> Response:
    """Lead to the newest review of a pull request, with what is to be said there."""
    with dashboard.ledger.reading() as session:
        repository = repository_or_404(session, viewer, owner, name)
        found = queries.newest_id(session, repository, number) or abort(404, _NO_REVIEW)
    where = url(f"{repository.path}/reviews/{found}", said=request.args.get("said"), ask=request.args.get("ask"))
    return redirect(where, 303)  # type: ignore[return-value]


def document(dashboard: Dashboard, viewer: Viewer, owner: str, name: str, review_id: int) -> Response:
    """Return the whole review as JSON, in the form of ``review.schema.json``."""
    with dashboard.ledger.reading() as session:
        repository = repository_or_404(session, viewer, owner, name)
        told = queries.document(session, repository, review_id)
    if told is None:
        abort(404, _NO_REVIEW)
    return Response(json.dumps(told, indent=2), mimetype="application/json")


def show(dashboard: Dashboard, viewer: Viewer, owner: str, name: str, review_id: int) -> Response:
    """Return the page."""
    with dashboard.ledger.reading() as session:
        repository = repository_or_404(session, viewer, owner, name)
        told = queries.told(session, repository, review_id) or abort(404, _NO_REVIEW)
        events = timeline(session, told)
        kept = own_policies.kept(session, [told.policy_hash])
        asked = asks(session, told.repository_id, told.number) if told.number is not None else []
    settings, judged = dashboard.settings(), told.judgement
    policy = judged.policy.name if judged else ""
    return render(
        "review.html",
        viewer,
        repository=repository,
        review=told,
        events=events,
        known=evidence(told.policy_hash, policy, dashboard.shelf(), kept.get(told.policy_hash)),
        words=words,
        tiers=_TIERS,
        steps=summarise(judged) if judged else [],
        near=partial(_near, _diffs(settings, repository, told)),
        hit=_is_hit,
        line_link=partial(_line_link, settings.server_url, repository, told),
        may_write=viewer.may_write(told.repository_id, repository.name),
        server=settings.server_url,
        said=_said(asked, request.args.get("said", ""), request.args.get("ask")),
        unwritten=[ask for ask in asked if ask.became is not Became.WRITTEN],
        at=dashboard.ledger.now(),
    )


def _said(asked: Sequence[Ask], said: str, guid: str | None) -> str | None:
    """Return what is to be said of what was asked for, with what became of it once that is known."""
    for ask in asked:
        if ask.guid == guid and ask.became is not Became.WAITS:
            begins = "" if ask.became is Became.WRITTEN else "It was not written down. "
            return f"{begins}{ask.detail}" or "It was written down."
    return SAID.get(said)


def _diffs(settings: Settings, repository: Repository, told: queries.Told) -> diff.Diffs:
    """Return the lines of the files that findings name, where the clone is on this machine."""
    try:
        clone = clone_of(settings, repository.name, told.repository_id)
    except GitHubError:
        return {}
    verdicts = words.in_order(told.judgement.verdicts) if told.judgement else []
    paths = dict.fromkeys(f.path for one in verdicts for f in one.verdict.findings if f.path is not None)
    return _DIFFS.read(clone, told.merge_base, told.head, list(paths)[: diff.MOST_FILES])


def _near(diffs: diff.Diffs, finding: Finding) -> Sequence[diff.Line]:
    return diff.near(diffs, finding.path, finding.line, finding.end_line)


def _is_hit(line: diff.Line, finding: Finding) -> bool:
    """Whether a line is among those that a finding names."""
    first = finding.line or 0
    return line.new is not None and first <= line.new <= max(first, finding.end_line or first)


def _line_link(server: str, repository: Repository, told: queries.Told, finding: Finding) -> str:
    """Return where GitHub shows a finding's line: in the pull request's difference, else in the file."""
    path = finding.path or ""
    if told.number is not None:
        anchor = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
        return f"{server}/{repository.name}/pull/{told.number}/files#diff-{anchor}R{finding.line}"
    return f"{server}/{repository.name}/blob/{told.head}/{quote(path, errors='surrogateescape')}#L{finding.line}"

"""What people may do here: say whose a change is, and have a head reviewed again. The workers do it.

Who asks must be able to write to the repository; that is asked again when the word is written down. What a form says
is looked up: a pull request and a head that the ledger does not know are none.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, abort, redirect, request
from sqlalchemy import select

from app.dashboard.pages import url
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views.common import repository_or_404
from app.dashboard.views.simulate import choices, simulated
from app.ledger.models import Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


VALUES = ("human", "ai")
LONGEST_REASON = 500
_NOT_YOURS = "You may read {} and not write to it, so nothing was done."
_HEAD = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LOG = logging.getLogger("exogate.dashboard")


@dataclass(frozen=True)
class _Target:
    """A reviewed head of a pull request, and the installation by which it is reached."""

    repository_id: int
    repository: str
    number: int
    head: str
    installation: int


def say_provenance(dashboard: Dashboard, viewer: Viewer, owner: str, name: str, number: int) -> Response:
    """Have it written down that a person, or an AI tool, wrote a change; the label on GitHub follows."""
    target = _target(dashboard, viewer, f"{owner}/{name}", number)
    value, reason = request.form.get("value"), _reason(request.form.get("reason", ""))
    if value not in VALUES:
        abort(400, "Say who wrote this change: human or ai.")
    if not reason:
        abort(400, f"Say why, in 1 to {LONGEST_REASON} characters: it is kept, and others read it.")
    asked = dashboard.hands.say_provenance(
        repository_id=target.repository_id,
        repository=target.repository,
        number=target.number,
        head=target.head,
        installation=target.installation,
        actor=viewer.login,
        value=value,
        reason=reason,
    )
    return _back(viewer, target, f"asked to have it written down that this is {value}", "written", asked)


def rerun(dashboard: Dashboard, viewer: Viewer, owner: str, name: str, number: int) -> Response:
    """Have a head reviewed again."""
    target = _target(dashboard, viewer, f"{owner}/{name}", number)
    done = dashboard.hands.rerun(
        repository_id=target.repository_id,
        repository=target.repository,
        number=target.number,
        head=target.head,
        installation=target.installation,
        actor=viewer.login,
    )
    return _back(viewer, target, done, "asked")


def run_missing(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Have gates run on whose verdict a simulation hangs; what they say is shown there, and nowhere on GitHub."""
    owner, _, name = request.form.get("repository", "").partition("/")
    policy = request.form.get("policy", "")
    with dashboard.ledger.reading() as session:
        repository = repository_or_404(session, viewer, owner, name)
        offered = choices(session, repository)
        if policy not in offered:
            names = ", ".join(one.label for one in offered.values())
            abort(400, f"This is no policy that can be simulated here. There are: {names}.")
        results = simulated(dashboard, session, repository, offered[policy])
    unknown = [one for one in results if one[1].decision is None]
    writable = {id_ for id_ in repository.ids if viewer.may_write(id_, repository.name)}
    if not writable:
        abort(403, _NOT_YOURS.format(repository.name))
    asked = 0
    for pull, told in unknown:
        installation = viewer.installation(pull.repository_id) or pull.installation
        if pull.repository_id in writable and installation is not None:
            dashboard.hands.judge(
                repository_id=pull.repository_id,
                repository=repository.name,
                number=pull.number,
                head=pull.head,
                installation=installation,
                actor=viewer.login,
                review_id=pull.review_id,
                policy=policy,
                gates=told.to_run,
            )
            asked += 1
    _LOG.info("%s: %s has %d changes judged by %s", repository.name, viewer.login, asked, policy)
    where = url(f"{repository.path}/simulate", policy=policy, said="judging")
    return redirect(where, 303)  # type: ignore[return-value]


def _target(dashboard: Dashboard, viewer: Viewer, name: str, number: int) -> _Target:
    head = request.form.get("head", "")
    if not _HEAD.fullmatch(head):
        abort(400, "The form does not say which commit is meant. Load its page again.")
    with dashboard.ledger.reading() as session:
        repository = repository_or_404(session, viewer, *name.split("/", 1))
        row = _newest(session, repository.ids, number, head) or abort(404)
    if not viewer.may_write(row.repository_id, repository.name):
        abort(403, _NOT_YOURS.format(repository.name))
    installation = viewer.installation(row.repository_id) or row.installation
    if installation is None:
        abort(409, f"Exogate's App is not installed on {repository.name}, so it can do nothing there.")
    return _Target(row.repository_id, repository.name, number, head, installation)


def _newest(session: Session, ids: tuple[int, ...], number: int, head: str) -> Review | None:
    rows = select(Review).where(Review.repository_id.in_(ids), Review.number == number, Review.head == head)
    return session.scalar(rows.order_by(Review.id.desc()).limit(1))


def _reason(text: str) -> str:
    """Return it in one line; an empty one where it is too long, which nobody cuts for its author."""
    reason = " ".join(text.split())
    return reason if len(reason) <= LONGEST_REASON else ""


def _back(viewer: Viewer, target: _Target, done: str, code: str, asked: str | None = None) -> Response:
    _LOG.info("%s#%d: %s: %s", target.repository, target.number, viewer.login, done)
    where = url(f"/r/{target.repository}/{target.number}", said=code, ask=asked)
    return redirect(where, 303)  # type: ignore[return-value]

"""``/policies`` and ``/policies/HASH``: the policies, and what each was measured to be worth."""

from __future__ import annotations

from flask import Response, abort

from app.dashboard import figures
from app.dashboard.evidence import Evidence, evidence, shipped_policies
from app.dashboard.pages import render
from app.dashboard.queries import own_policies
from app.dashboard.queries import policies as queries
from app.dashboard.services import Dashboard, Viewer
from gates.evidence.shelf import Shelf
from gates.gate import Gate
from gates.policy import Policy
from gates.registry import BrokenGateError, UnknownGateError, get

_UNKNOWN = "No policy of this hash is shipped, has a card, or judged a pull request that you may see."


def every(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the list: policies that judged, then those that are shipped, then those that only have cards."""
    shelf = dashboard.shelf()
    with dashboard.ledger.reading() as session:
        used = {one.hash: one for one in queries.used(session, viewer.readable())}
        kept = own_policies.kept(session, used)
    others = {hash_: policy.name for hash_, policy in shipped_policies().items() if hash_ not in used}
    judged = [(evidence(one.hash, " or ".join(one.names), shelf, kept.get(one.hash)), one) for one in used.values()]
    rest = [(evidence(hash_, name, shelf), None) for hash_, name in others.items()]
    return render("policies.html", viewer, judged=judged, rest=rest, at=dashboard.ledger.now())


def show(dashboard: Dashboard, viewer: Viewer, policy_hash: str) -> Response:
    """Return the page of one policy."""
    shelf = dashboard.shelf()
    with dashboard.ledger.reading() as session:
        used = next(iter(queries.used(session, viewer.readable(), policy_hash)), None)
        kept = own_policies.kept(session, [policy_hash] if used else [])
        repositories = queries.used_by(session, viewer.readable(), policy_hash) if used else []
    name = _name(policy_hash, used, shelf) or abort(404, _UNKNOWN)
    known = evidence(policy_hash, name, shelf, kept.get(policy_hash))
    return render(
        "policy.html",
        viewer,
        known=known,
        used=used,
        repositories=repositories,
        gates=_gates(known.policy) if known.policy else (),
        collapse=figures.collapse(known.card) if known.card else None,
        command=_command(known),
        at=dashboard.ledger.now(),
    )


def _name(policy_hash: str, used: queries.Used | None, shelf: Shelf) -> str | None:
    if used is not None:
        return " or ".join(used.names)
    if policy_hash in shipped_policies():
        return shipped_policies()[policy_hash].name
    found = shelf.find(policy_hash)
    return found.card.policy.name if found else None


def _gates(policy: Policy) -> list[tuple[str, str, Gate | None]]:
    """Return each gate of a policy: its name, its level, and the gate itself where it is there."""
    return [(name, rule.level, _gate(name)) for name, rule in policy.active().items()]


def _gate(name: str) -> Gate | None:
    try:
        return get(name)
    except (UnknownGateError, BrokenGateError):
        return None


def _command(known: Evidence) -> str | None:
    """Return what tells how a shipped policy would be measured, where nothing is known of it."""
    return (
        f"exogate policy check {known.name}"
        if known.hash in shipped_policies() and known.status != "measured"
        else None
    )

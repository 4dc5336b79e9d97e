"""``/r/OWNER/NAME/simulate``: what another policy would have decided on the last pull requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, request

from app.dashboard.evidence import shipped_policies
from app.dashboard.pages import render
from app.dashboard.queries import own_policies
from app.dashboard.queries.names import Repository
from app.dashboard.queries.simulation import Pull, last_pulls
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views.common import SAID, repository_or_404
from app.simulate import Simulated, Simulation, Why, summed
from gates.gate import Gate
from gates.policy import Policy
from gates.presets import preset, preset_names
from gates.registry import BrokenGateError, UnknownGateError, get

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DEFAULT = "strict"
Result = tuple[Pull, Simulated]


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy that can be simulated. ``key`` names it in addresses and jobs: a shipped one's name, else a hash."""

    key: str
    label: str
    policy: Policy


def show(dashboard: Dashboard, viewer: Viewer, owner: str, name: str) -> Response:
    """Return the page. It changes nothing: a simulation reads what is kept."""
    with dashboard.ledger.reading() as session:
        repository = repository_or_404(session, viewer, owner, name)
        offered = choices(session, repository)
        chosen = offered.get(request.args.get("policy", ""), offered[DEFAULT])
        results = simulated(dashboard, session, repository, chosen)
    return render(
        "simulate.html",
        viewer,
        repository=repository,
        choices=offered.values(),
        chosen=chosen,
        policy=chosen.policy,
        results=results,
        groups=_groups(results),
        reasons=_reasons,
        sum=summed([(pull.reviewed, told) for pull, told in results]),
        may_write=viewer.may_write(repository.ids[-1], repository.name),
        said=SAID.get(request.args.get("said", "")),
    )


def choices(session: Session, repository: Repository) -> dict[str, Choice]:
    """Return what can be simulated by its key: the policies that judged this repository, and the shipped ones."""
    found: dict[str, Choice] = {}
    for at, one in enumerate(own_policies.own(session, repository)):
        if one.hash not in shipped_policies():
            when = "its own now" if at == 0 else f"its own until {one.last:%Y-%m-%d}"
            found[one.hash] = Choice(one.hash, f"{one.name} ({when}, {one.hash[:7]})", one.policy)
    return found | {name: Choice(name, name, preset(name)) for name in preset_names()}


def simulated(dashboard: Dashboard, session: Session, repository: Repository, chosen: Choice) -> list[Result]:
    """Return the last pull requests of a repository, each with what the policy would have decided."""
    policy, pulls = chosen.policy, last_pulls(session, repository)
    known = own_policies.kept(session, (pull.reviewed.policy_hash for pull in pulls))
    simulation = Simulation(policy, {**known, **shipped_policies()}, _gate)
    ran = dashboard.hands.judged(policy.hash, [pull.review_id for pull in pulls])
    return [(pull, simulation.of(pull.reviewed, ran.get(pull.review_id))) for pull in pulls]


def _gate(name: str) -> Gate | None:
    try:
        return get(name)
    except (UnknownGateError, BrokenGateError):
        return None


def _groups(results: Sequence[Result]) -> list[tuple[str, list[Result], bool]]:
    """Return the results by what is of interest first: a name, the results, and whether they are shown at once."""
    unknown = [one for one in results if one[1].decision is None]
    known = [one for one in results if one[1].decision is not None]
    turned = [one for one in known if one[1].decision is not one[0].reviewed.decision]
    same = [one for one in known if one[1].decision is one[0].reviewed.decision]
    return [("Decided otherwise", turned, True), ("Not known", unknown, True), ("Decided the same", same, False)]


def _reasons(told: Simulated) -> str:
    """Return in words which gates would have to run, and why, gates of one reason together."""
    by_reason: Mapping[Why, list[str]] = {why: [] for why in Why}
    for one in told.missing:
        if one.blocking:
            by_reason[one.why].append(one.gate)
    return "; ".join(f"{', '.join(gates)}: {why.value}" for why, gates in by_reason.items() if gates)

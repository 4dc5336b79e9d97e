"""The whole Action: environment and event in; files, outputs, commands and an exit status out."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

from app.action.annotations import Annotation, Kind, annotations_of, commands
from app.action.ending import UNUSABLE, Ending, ending_of
from app.action.environment import Environment, forget, read_environment, read_event
from app.action.files import append, directory_for_reports, put, target_in
from app.action.history import Remote, bring, parents
from app.action.inputs import InputError, Inputs, read_inputs
from app.action.labels import label
from app.action.outputs import UNJUDGED, document, outputs_of
from app.action.place import locate
from app.action.sides import NothingToDoError, Sides, never_run, sides_of
from app.action.summary import page, unjudged_page
from app.local import NothingToJudgeError, SourceError
from app.policy_source import Rules, choose_policy
from app.reporting.dispatch import render
from app.review import Request, review
from app.review_types import Review
from gates.cache import Cache, default_directory
from gates.change import Snapshot
from gates.interpreter import InterpreterError
from gates.policy import Policy, PolicyError
from gates.registry import BrokenGateError, UnknownGateError
from gates.sandbox.spec import SandboxError

_WIDTH = 120
_UNUSABLE = (InputError, PolicyError, UnknownGateError, BrokenGateError, InterpreterError, SandboxError)


@dataclass(frozen=True)
class Told:
    """What is left to say on standard output: text for the log, workflow commands, and the exit status."""

    log: str
    commands: tuple[str, ...]
    status: int


def act(variables: MutableMapping[str, str]) -> Told:
    """Review the change that a job is about, and write what the runner collects.

    The job's own variables are taken out of *variables*. Raises ``InputError`` only where there is no runner to
    report to.
    """
    environment = read_environment(variables)
    given = dict(variables)
    forget(variables)
    try:
        inputs = read_inputs(given)
    except InputError as error:
        return _unusable(environment, Inputs(), str(error))
    try:
        return _reviewed(environment, inputs)
    except (NothingToDoError, NothingToJudgeError) as error:
        return _unjudged(environment, inputs, "none", str(error))
    except SourceError as error:
        return _unjudged(environment, inputs, "error", str(error))
    except _UNUSABLE as error:
        return _unusable(environment, inputs, _sentence(error))


def _reviewed(environment: Environment, inputs: Inputs) -> Told:
    place = locate(environment.workspace, inputs.working_directory)
    sarif = target_in(environment.workspace, inputs.sarif_file, "sarif-file") if inputs.sarif_file else None
    sides = _sides(environment, inputs, place.repo)
    base, head = _commits(environment, inputs, sides, place.repo)
    chosen: list[Rules] = []

    def rules(tip: Snapshot) -> Rules:
        chosen.append(Rules(*choose_policy(inputs.policy, tip, inputs.gates, inputs.config)))
        return chosen[-1]

    request = Request(
        repo=place.repo,
        base=base,
        head=head,
        rules=rules,
        gates=inputs.gates,
        branch=sides.branch,
        pull_body=sides.body,
        author=sides.author,
        python=inputs.python,
        directory=place.directory,
        never_run=sides.never_run,
        cache=Cache(default_directory() if inputs.cache else None),
    )
    result = review(request)
    return _report(environment, inputs, sides, result, chosen[-1].policy, sarif)


def _sides(environment: Environment, inputs: Inputs, repo: Path) -> Sides:
    """Return what to compare; base and head, where the workflow names them, count before the event's."""
    if inputs.base and inputs.head:
        return Sides(inputs.base, inputs.head, never_run=never_run(environment.event_name))
    payload = read_event(environment.event_path)
    found = sides_of(environment, payload, parents(repo, environment.sha))
    if not (inputs.base or inputs.head):
        return found
    return Sides(
        base=inputs.base or found.base,
        head=inputs.head or found.head,
        branch=None if inputs.head else found.branch,
        body=None if inputs.head else found.body,
        author=None if inputs.head else found.author,
        never_run=found.never_run,
    )


def _commits(environment: Environment, inputs: Inputs, sides: Sides, repo: Path) -> tuple[str, str]:
    remote = Remote(environment.server_url, environment.repository, inputs.token)
    try:
        return bring(repo, remote, sides.base, sides.head, sides.commits)
    except SourceError:
        if sides.instead is None:
            raise
        return bring(repo, remote, sides.instead, sides.head)


def _report(
    environment: Environment, inputs: Inputs, sides: Sides, result: Review, policy: Policy, sarif: Path | None
) -> Told:
    reports = directory_for_reports(environment.temp)
    review_json = reports / "review.json"
    sarif = sarif or reports / "exogate.sarif"
    put(review_json, render(result, "json"))
    put(sarif, render(result, "sarif"))
    ending = ending_of(result.decision.value, inputs.fail_on)
    notes = label(inputs, environment, sides, result, policy)
    append(environment.output, document(outputs_of(result, review_json=str(review_json), sarif_file=str(sarif))))
    if inputs.summary:
        append(environment.step_summary, page(result, ending, notes, dashboard=environment.dashboard))
    lines = commands(list(annotations_of(result))) if inputs.annotations else []
    told = render(result, "terminal", width=_WIDTH, dashboard=environment.dashboard)
    log = "\n".join([told, ending.sentence, *notes])
    return Told(log, tuple(lines), ending.status)


def _unjudged(environment: Environment, inputs: Inputs, decision: str, why: str) -> Told:
    ending = ending_of(decision, inputs.fail_on)
    heading = "Nothing to judge" if decision == "none" else "Could not judge"
    return _said(environment, inputs, decision, heading, why, ending)


def _unusable(environment: Environment, inputs: Inputs, why: str) -> Told:
    ending = Ending(UNUSABLE, "This step fails: it cannot do what the workflow or the base's policy says.")
    return _said(environment, inputs, "error", "Nothing was judged", why, ending)


def _said(environment: Environment, inputs: Inputs, decision: str, heading: str, why: str, ending: Ending) -> Told:
    append(environment.output, document({"decision": decision, **UNJUDGED}))
    if inputs.summary:
        append(environment.step_summary, unjudged_page(heading, why, ending))
    kind = Kind.ERROR if ending.status else Kind.NOTICE if decision == "none" else Kind.WARNING
    lines = commands([Annotation(kind, f"exogate: {heading.lower()}", why)]) if inputs.annotations else []
    return Told(f"{heading}: {why}\n{ending.sentence}", tuple(lines), ending.status)


def _sentence(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)

"""Policies by name and from files: loading, extending, and errors that name the line."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from gates.nearest import did_you_mean
from gates.policy import GateRule, Policy, PolicyError, PolicyFile, PolicyProblem, check_gates, unknown_gates
from gates.policy_labels import check_labels, merged, unknown_labels
from gates.policy_words import distinct, explain
from gates.policy_yaml import Location, YamlError, load

_MAPPING = "A policy is a mapping: `policy: standard`, or `gates:` with one gate a line."
# How a gate's rule may also be written.
_SHORTHAND = {tuple(GateRule.model_fields): "say block, advise or off, or write `level:` and `settings:` below it"}
_DIRECTORY = files("gates") / "policies"


@cache
def preset_names() -> tuple[str, ...]:
    """Return the names of the shipped policies, from the mildest to the strictest, controls last."""
    found = {item.name.removesuffix(".yml") for item in _DIRECTORY.iterdir() if item.name.endswith(".yml")}
    order = ("none", "compile", "quality", "tests", "standard", "strict")
    return tuple(name for name in order if name in found) + tuple(sorted(found - set(order)))


@cache
def preset(name: str) -> Policy:
    """Return a shipped policy. Raises ``PolicyError`` for an unknown name."""
    if name not in preset_names():
        raise PolicyError(name, [PolicyProblem(line=None, message=no_such_preset(name))])
    return parse(preset_text(name), f"preset {name}", name)


def no_such_preset(name: str) -> str:
    """Return the sentence on a name that no shipped policy has."""
    known = preset_names()
    return f"There is no policy called {name!r}. There are: {', '.join(known)}.{did_you_mean(name, known)}"


def preset_text(name: str) -> str:
    """Return a shipped policy's file."""
    return (_DIRECTORY / f"{name}.yml").read_text("utf-8")


def parse(text: str, source: str, default_name: str = "custom", *, endogenous_alone: bool = False) -> Policy:
    """Read a policy file's text. *source* is what errors call it. Raises ``PolicyError`` with every problem.

    One of them is that only endogenous gates block, unless ``endogenous_alone`` allows it: only a study does.
    """
    try:
        data, lines = load(text)
    except YamlError as error:
        raise PolicyError(source, [PolicyProblem(line=error.line, message=str(error))]) from error
    if not isinstance(data, dict):
        message = f"The file is empty. {_MAPPING}" if data is None else _MAPPING
        raise PolicyError(source, [PolicyProblem(line=1, message=message)])
    given = _validate(data, lines, source)
    if given.policy is not None:
        policy = _chosen(given, data, lines, source)
    else:
        policy = _filled(given, _parent(given.extends, lines, source), default_name)
    wrong = [*check_gates(policy, endogenous_alone=endogenous_alone), *check_labels(policy.labels)]
    problems = [PolicyProblem(line=line_of(lines, at), message=text) for at, text in wrong]
    if problems:
        raise PolicyError(source, problems)
    return policy


def line_of(lines: dict[Location, int], at: Location) -> int | None:
    """Return the line of a place in a file, or of the nearest enclosing place that has one."""
    while at not in lines and at:
        at = at[:-1]
    return lines.get(at)


def _validate(data: dict[str, Any], lines: dict[Location, int], source: str) -> PolicyFile:
    # `policy:` with nothing behind it is a line that was not finished; read as "none given", it would block nothing.
    empty = [key for key, value in data.items() if value is None and key in PolicyFile.model_fields]
    problems: list[tuple[Location, str]] = [
        ((key,), f"`{key}` has no value. Give it one, or take the line out.") for key in empty
    ]
    given = None
    try:
        given = PolicyFile.model_validate({k: v for k, v in data.items() if k not in empty})
    except ValidationError as error:
        problems += [(tuple(e["loc"]), explain(e, PolicyFile, _SHORTHAND)) for e in distinct(error.errors())]
    if given is not None and not problems:
        return given
    if isinstance(gates := data.get("gates"), dict):
        problems += unknown_gates(gates)
    if isinstance(labels := data.get("labels"), dict):
        problems += unknown_labels(labels)
    raise PolicyError(source, [PolicyProblem(line=line_of(lines, at), message=text) for at, text in problems])


def _chosen(given: PolicyFile, data: dict[str, Any], lines: dict[Location, int], source: str) -> Policy:
    """Resolve `policy: NAME`; beside it only what changes no verdict makes sense."""
    others = sorted(set(data) - {"policy", "enforce", "budget", "labels"})
    if others:
        message = (
            f"`policy:` chooses a preset as it is, so {others[0]!r} cannot stand beside it; use `extends:` instead."
        )
        raise PolicyError(source, [PolicyProblem(line=line_of(lines, (others[0],)), message=message)])
    policy = _named(given.policy or "", lines, ("policy",), source)
    said = {"enforce": given.enforce, "budget": given.budget, "labels": given.labels}
    return policy.model_copy(update={key: value for key, value in said.items() if value is not None})


def _parent(name: str | None, lines: dict[Location, int], source: str) -> Policy | None:
    return None if name is None else _named(name, lines, ("extends",), source)


def _named(name: str, lines: dict[Location, int], at: Location, source: str) -> Policy:
    try:
        return preset(name)
    except PolicyError as error:
        message = error.problems[0].message
        if at == ("extends",):
            message += " A policy extends a shipped one, and no file."
        raise PolicyError(source, [PolicyProblem(line=line_of(lines, at), message=message)]) from error


def _filled(given: PolicyFile, parent: Policy | None, default_name: str) -> Policy:
    base = parent or Policy(name=default_name)
    gates = dict(base.gates)
    for name, rule in given.gates.items():
        inherited = gates.get(name)
        gates[name] = _merged(inherited, rule) if inherited else rule
    values = {
        "enforce": given.enforce,
        "applies_to": given.applies_to,
        "accept_signoffs": given.accept_signoffs,
        "review": given.review,
        "budget": given.budget,
        "description": given.description,
        "labels": merged(base.labels, given.labels or {}),
    }
    changed = {key: value for key, value in values.items() if value is not None}
    return base.model_copy(update={"name": given.name or default_name, "gates": gates, **changed})


def _merged(inherited: GateRule, rule: GateRule) -> GateRule:
    """Lay a rule over the one it extends: what it does not say stays."""
    said = rule.model_fields_set
    update: dict[str, Any] = {key: getattr(rule, key) for key in ("level", "only_for") if key in said}
    return inherited.model_copy(update={**update, "settings": {**inherited.settings, **rule.settings}})

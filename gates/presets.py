"""Policies by name and from files: loading, extending, and errors that name the line."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from gates.policy import GateRule, Policy, PolicyError, PolicyFile, PolicyProblem, check_gates, explain
from gates.policy_yaml import Location, YamlError, load

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
        known = ", ".join(preset_names())
        raise PolicyError(name, [PolicyProblem(line=None, message=f"There is no such policy. There are: {known}.")])
    return parse(preset_text(name), f"preset {name}", name)


def preset_text(name: str) -> str:
    """Return a shipped policy's file."""
    return (_DIRECTORY / f"{name}.yml").read_text("utf-8")


def parse(text: str, source: str, default_name: str = "custom") -> Policy:
    """Read a policy file's text. *source* is what errors call it. Raises ``PolicyError`` with every problem."""
    try:
        data, lines = load(text)
    except YamlError as error:
        raise PolicyError(source, [PolicyProblem(line=error.line, message=str(error))]) from error
    if not isinstance(data, dict):
        message = "A policy is a mapping: `policy: standard`, or `gates:` with one gate a line."
        raise PolicyError(source, [PolicyProblem(line=1, message=message)])
    given = _validate(data, lines, source)
    if given.policy is not None:
        return _chosen(given, data, lines, source)
    policy = _filled(given, _parent(given.extends, lines, source), default_name)
    problems = [PolicyProblem(line=line_of(lines, at), message=text) for at, text in check_gates(policy)]
    if problems:
        raise PolicyError(source, problems)
    return policy


def line_of(lines: dict[Location, int], at: Location) -> int | None:
    """Return the line of a place in a file, or of the nearest enclosing place that has one."""
    while at not in lines and at:
        at = at[:-1]
    return lines.get(at)


def _validate(data: dict[str, Any], lines: dict[Location, int], source: str) -> PolicyFile:
    try:
        return PolicyFile.model_validate(data)
    except ValidationError as error:
        allowed = f"Allowed are: {', '.join(PolicyFile.model_fields)}."
        problems = [
            PolicyProblem(
                line=line_of(lines, tuple(e["loc"])), message=explain(dict(e), _keys(tuple(e["loc"]), allowed))
            )
            for e in error.errors()
        ]
        raise PolicyError(source, problems) from error


def _keys(at: Location, top: str) -> str:
    if at[0] == "gates" and len(at) > 2:
        return f"A gate takes: {', '.join(GateRule.model_fields)}."
    return top if len(at) == 1 else ""


def _chosen(given: PolicyFile, data: dict[str, Any], lines: dict[Location, int], source: str) -> Policy:
    """Resolve `policy: NAME`; beside it only `enforce` and `budget` make sense."""
    others = sorted(set(data) - {"policy", "enforce", "budget"})
    if others:
        message = (
            f"`policy:` chooses a preset as it is, so {others[0]!r} cannot stand beside it; use `extends:` instead."
        )
        raise PolicyError(source, [PolicyProblem(line=line_of(lines, (others[0],)), message=message)])
    policy = _named(given.policy or "", lines, ("policy",), source)
    changed = {k: v for k, v in (("enforce", given.enforce), ("budget", given.budget)) if v is not None}
    return policy.model_copy(update=changed)


def _parent(name: str | None, lines: dict[Location, int], source: str) -> Policy | None:
    return None if name is None else _named(name, lines, ("extends",), source)


def _named(name: str, lines: dict[Location, int], at: Location, source: str) -> Policy:
    try:
        return preset(name)
    except PolicyError as error:
        message = f"{name!r}: {error.problems[0].message}"
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
    }
    changed = {key: value for key, value in values.items() if value is not None}
    return base.model_copy(update={"name": given.name or default_name, "gates": gates, **changed})


def _merged(inherited: GateRule, rule: GateRule) -> GateRule:
    """Lay a rule over the one it extends: what it does not say stays."""
    said = rule.model_fields_set
    update: dict[str, Any] = {key: getattr(rule, key) for key in ("level", "only_for") if key in said}
    return inherited.model_copy(update={**update, "settings": {**inherited.settings, **rule.settings}})

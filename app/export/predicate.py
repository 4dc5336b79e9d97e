"""What a condition says of a row: pure functions from the language to Python's own ``and``, ``or`` and ``not``.

Two-valued, unlike SQL: of what a row does not tell, every ``=`` is false and every ``!=`` true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from app.export.fields import FAILED, PASSED, UNJUDGED
from app.export.glob import matcher
from app.export.where import And, Compare, Condition, Not, Or
from app.ledger.export.rows import Row
from app.provenance.names import UNKNOWN
from gates.presets import preset, preset_names
from gates.verdict import Outcome

Predicate = Callable[[Row], bool]

_HELD = (Outcome.ACCEPT.value, Outcome.SKIP.value)
_GATES = {True: PASSED, False: FAILED, None: UNJUDGED}
# What a row says, in the spelling that `FIELDS` gives a value.
_WORDS: Mapping[str, Callable[[Row], str]] = {
    "provenance": lambda row: row.status,
    "gates": lambda row: _GATES[row.gates_passed],
    "reviewers": lambda row: row.reviewers,
    "harness": lambda row: (row.harness or UNKNOWN).casefold(),
    "model_family": lambda row: (row.model_family or UNKNOWN).casefold(),
}


def predicate(condition: Condition) -> Predicate:
    """Return whether a row is one of those that *condition* speaks of, as a function."""
    match condition:
        case Not():
            inner = predicate(condition.condition)
            return lambda row: not inner(row)
        case And():
            every = [predicate(one) for one in condition.conditions]
            return lambda row: all(one(row) for one in every)
        case Or():
            some = [predicate(one) for one in condition.conditions]
            return lambda row: any(one(row) for one in some)
        case Compare():
            return _comparison(condition)


def _comparison(compare: Compare) -> Predicate:
    (value, *_) = compare.values
    match compare.field, compare.operator:
        case "gates", ">=":
            return _at_least(value)
        case "path", _:
            matches = matcher(value)
            return lambda row: row.path is not None and matches(row.path)
        case "merged", operator:
            moment = datetime.fromisoformat(value)
            return (lambda row: row.merged < moment) if operator == "<" else (lambda row: row.merged >= moment)
    said = _WORDS[compare.field]
    wanted = frozenset(value.casefold() for value in compare.values)
    if compare.operator in ("!=", "not in"):
        return lambda row: said(row) not in wanted
    return lambda row: said(row) in wanted


def _at_least(name: str) -> Predicate:
    """Return whether the merged head held against every blocking gate of a preset.

    A gate that had nothing to judge (``skip``) counts as in a review's decision, but not all may: one accepted. The
    ledger keeps a policy's hash, not its settings: where it is that of a preset they are compared, else gates are
    compared by name.
    """
    wanted = _blocking(name)
    known = _settings()

    def holds(row: Row) -> bool:
        verdicts = row.verdicts or {}
        outcomes = {verdicts.get(gate) for gate in wanted}
        if not outcomes.issubset(_HELD) or (wanted and Outcome.ACCEPT.value not in outcomes):
            return False
        judged = known.get(row.policy_hash or "", {})
        return all(judged.get(gate, settings) == settings for gate, settings in wanted.items())

    return holds


@cache
def _blocking(name: str) -> Mapping[str, Any]:
    policy = preset(name)
    return {gate: policy.settings_of(gate) for gate, rule in policy.active().items() if rule.level == "block"}


@cache
def _settings() -> Mapping[str, Mapping[str, Any]]:
    """Return the gates' settings of each preset, by its hash."""
    presets = [preset(name) for name in preset_names()]
    return {policy.hash: {gate: policy.settings_of(gate) for gate in policy.active()} for policy in presets}

"""The gate that sees weakened tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import Field, model_validator

from gates.change import Change
from gates.gate import Context, Kind, Need, Settings
from gates.tamper.review import find_weakenings
from gates.tamper.rules import RULES, Level, Weakening
from gates.verdict import Finding, Severity, Verdict

_NAMED = 3
_SEVERITIES = {Level.REJECT: Severity.ERROR, Level.WARN: Severity.WARNING}


class TamperingSettings(Settings):
    """What each rule does to a change.

    ``changed_expectations`` is the level of ``expectation-changed``: a change of behaviour that needs another
    expected value is what a maintainer should look at, so it rejects unless told otherwise. ``rules`` sets the level
    of any rule by its code and goes before everything else; the codes and their defaults are in
    ``gates.tamper.rules.RULES``.
    """

    changed_expectations: Level = Level.REJECT
    rules: Mapping[str, Level] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_rules(self) -> Self:
        unknown = sorted(self.rules.keys() - RULES.keys())
        if unknown:
            raise ValueError(f"There is no rule called {unknown[0]!r}. The rules are: {', '.join(sorted(RULES))}.")
        return self

    def level(self, rule: str) -> Level:
        """Return what a rule does under these settings."""
        default = self.changed_expectations if rule == "expectation-changed" else RULES[rule][0]
        return self.rules.get(rule, default)


@dataclass(frozen=True)
class TamperingGate:
    """Compares the base's tests and runner configuration with the head's; runs nothing.

    The score is the number of weakenings found, warnings included.
    """

    name: str = "tampering"
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "existing tests are not deleted, skipped, loosened or edited to expect something else"
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = TamperingSettings

    def judge(self, changes: Sequence[Change], settings: TamperingSettings, context: Context) -> list[Verdict]:
        """Judge each change by its own base and head."""
        del context  # nothing of the world is needed
        return [self._judge(change, settings) for change in changes]

    def _judge(self, change: Change, settings: TamperingSettings) -> Verdict:
        found = find_weakenings(change)
        if found is None:
            return Verdict.skip(self.name, "The change touches no test and no test-runner configuration.")
        graded = [(settings.level(w.rule), w) for w in found]
        counted = [(level, w) for level, w in graded if level is not Level.IGNORE]
        findings = tuple(Finding(w.path, w.line, w.rule, w.message, _SEVERITIES[level]) for level, w in counted)
        rejecting = [w for level, w in counted if level is Level.REJECT]
        score = float(len(counted))
        if rejecting:
            return Verdict.reject(self.name, _reason(rejecting), score=score, findings=findings)
        noted = f" {len(counted)} smaller things to look at are noted." if counted else ""
        return Verdict.accept(self.name, f"No existing test was weakened.{noted}", score=score, findings=findings)


def _reason(found: Sequence[Weakening]) -> str:
    """Return one sentence: how many weakenings, and the worst, in the order of the table of rules."""
    order = {rule: at for at, rule in enumerate(RULES)}
    worst = sorted(found, key=lambda w: (order[w.rule], w.path, w.line or 0))[:_NAMED]
    named = ", ".join(f"{w.rule} in {w.path}" + (f":{w.line}" if w.line else "") for w in worst)
    more = f" and {len(found) - len(worst)} more" if len(found) > len(worst) else ""
    noun = "weakening" if len(found) == 1 else "weakenings"
    return f"{len(found)} {noun} of the existing tests or their runner: {named}{more}."


GATE = TamperingGate()

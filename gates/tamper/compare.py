"""One test of the base compared with the same test of the head."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gates.tamper.check import Check
from gates.tamper.imply import implies
from gates.tamper.relate import covers, identifiers, is_rename, nested_subject, same_subject, weakened
from gates.tamper.rules import Weakening
from gates.tamper.testcase import TestCase

Key = tuple[str, str, str, str]


@dataclass
class Pair:
    """A test on both sides; ``gone`` and ``new`` are the checks that only one side has."""

    base: TestCase
    head: TestCase
    gone: list[Check] = field(default_factory=list)
    new: list[Check] = field(default_factory=list)
    dead: list[Check] = field(default_factory=list)
    hollow: list[Check] = field(default_factory=list)
    guarded: list[tuple[Check, Check]] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)
    found: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, base: TestCase, head: TestCase) -> Pair:
        """Take away what is the same on both sides."""
        pair = cls(base, head)
        expand = base.expandable and head.expandable
        waiting: dict[Key, list[Check]] = defaultdict(list)
        for check in head.checks(expand=expand):
            if check.op == "tautology":
                pair.hollow.append(check)
            elif check.dead:
                pair.dead.append(check)
            else:
                waiting[check.key].append(check)
        for check in base.checks(expand=expand):
            if check.dead:
                continue
            if check.op == "tautology":
                _drop(pair.hollow, _same_key, check)
                continue
            candidates = waiting[check.key]
            if not candidates:
                pair.gone.append(check)
                continue
            kept = _least_guarded(candidates, check)
            candidates.remove(kept)
            pair.kept.add(check.line)
            if _is_more_guarded(check, kept):
                pair.guarded.append((check, kept))
        pair.new = [check for checks in waiting.values() for check in checks]
        return pair

    def weakenings(self, pool: Counter[Key], vocabulary: frozenset[str]) -> Iterator[Weakening]:
        """Yield what is weaker, at most one weakening a rule and line.

        *pool* counts the checks that the change added elsewhere; *vocabulary* are all names of the head's module.
        """
        for check, kept in self.guarded:
            extra = ", ".join(sorted(kept.guards - check.guards))
            self._note("assertion-unreachable", kept.line, f"asserts `{check}` only on a condition now ({extra})")
        steps = (self._unreachable, lambda: self._elsewhere(pool), self._implied, self._weaker, self._tautologies)
        for step in steps:
            self.gone = step()
        self._rewritten(vocabulary)
        self._removed()
        for (rule, line), texts in self.found.items():
            more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
            message = f"`{self.head.name}` {texts[0]}{more}. The base's test is at {self.base.path}:{self.base.line}."
            yield Weakening(self.head.path, line, rule, message)

    def _note(self, rule: str, line: int, text: str) -> None:
        texts = self.found[(rule, line)]
        if text not in texts:
            texts.append(text)

    def _unreachable(self) -> list[Check]:
        left = []
        for check in self.gone:
            dead = _drop(self.dead, _same_key, check)
            if dead is None:
                left.append(check)
            else:
                self._note("assertion-unreachable", dead.line, f"no longer reaches `{check}`")
        return left

    def _elsewhere(self, pool: Counter[Key]) -> list[Check]:
        left = []
        for check in self.gone:
            if pool[check.key] > 0:
                pool[check.key] -= 1
            else:
                left.append(check)
        return left

    def _implied(self) -> list[Check]:
        """Drop what a new assertion says as well, among other things (``x == {"a": 1}`` says ``x["a"] == 1``)."""
        sure = [check for check in self.new if not check.guards]
        return [check for check in self.gone if not any(implies(other, check) for other in sure)]

    def _weaker(self) -> list[Check]:
        """Compare with what now stands in an assertion's place, the nearest relation first."""
        left = self.gone
        for related in (same_subject, _alternative, nested_subject):
            rest = []
            for check in left:
                twin = _drop(self.new, related, check)
                if twin is None:
                    rest.append(check)
                else:
                    self._judge(check, twin)
            left = rest
        return left

    def _judge(self, check: Check, twin: Check) -> None:
        rule = "assertion-loosened" if twin.op == "or" and covers(twin, check) else weakened(check, twin)
        if check.subject != twin.subject:
            rule = self._from_outside(rule, check, twin)
        if rule is not None:
            self._note(rule, twin.line, _instead(check, twin))
        elif _is_more_guarded(check, twin):
            self._note("assertion-unreachable", twin.line, f"asserts `{twin}` only on a condition now")

    def _tautologies(self) -> list[Check]:
        left = self.gone
        for hollow in self.hollow:
            if not left:
                break
            check, *left = left
            self._note("tautology", hollow.line, f"asserts `{hollow}`, which always holds, where it asserted `{check}`")
        return left

    def _rewritten(self, vocabulary: frozenset[str]) -> None:
        """Pair what is left in order: assertions of the same kind about something else."""
        left = []
        for check in self.gone:
            twin = _drop(self.new, _same_value, check) or _drop(self.new, _same_kind, check)
            if twin is None:
                left.append(check)
                continue
            if check.expected == twin.expected and is_rename(check.subject, twin.subject, vocabulary):
                continue
            rule = "subject-changed" if check.expected == twin.expected else _rewriting(check, twin)
            seen = self._from_outside(rule, check, twin)
            if seen is not None:
                self._note(seen, twin.line, _instead(check, twin))
        self.gone = left

    def _from_outside(self, rule: str | None, check: Check, twin: Check) -> str | None:
        """Return the rule for an assertion that looks at something else because of what stands before it.

        Where the body is the same the set-up was edited, and where the line is the same a local name was: neither
        is a change of what the line expects.
        """
        if rule not in ("subject-changed", "expectation-changed") or not check.raw:
            return rule
        tables = [[axis.text for axis in test.cases.axes] for test in (self.base, self.head)]
        if self.base.fingerprint == self.head.fingerprint and tables[0] == tables[1]:
            return None
        return "subject-changed" if check.raw == twin.raw else rule

    def _removed(self) -> None:
        helper = next((c for c in self.new if c.op.startswith("helper:")), None)
        for check in self.gone:
            twin = _drop(self.new, _comparable, check)
            if twin is not None and weakened(check, twin) is not None:
                self._note("assertion-loosened", twin.line, _instead(check, twin))
            elif twin is not None:
                self._note("subject-changed", twin.line, _instead(check, twin))
            elif helper is not None:
                self._note("assertions-hidden", helper.line, f"calls `{helper}` where it asserted `{check}`")
            elif check.line in self.kept and (check.looped or self._has_fewer_cases()):
                self._note("fewer-cases", self.head.line, f"no longer reaches `{check}` in a loop or table of cases")
            else:
                self._note("assertion-removed", self.head.line, f"no longer asserts `{check}`")

    def _has_fewer_cases(self) -> bool:
        before, after = self.base.cases.count, self.head.cases.count
        return before is not None and after is not None and after < before


def _instead(base: Check, head: Check) -> str:
    return f"asserts `{head.told_apart(base)}` where it asserted `{base.told_apart(head)}`"


def _rewriting(base: Check, head: Check) -> str:
    """Another subject and another expected value: edited together if the same function is still called."""
    called = {name for name in identifiers(base.subject) if f"{name}(" in base.subject}
    return "expectation-changed" if called & identifiers(head.subject) else "subject-changed"


def _alternative(base: Check, head: Check) -> bool:
    return head.op == "or" and covers(head, base)


def _is_more_guarded(base: Check, head: Check) -> bool:
    swallowed = "its failure is swallowed"
    return len(head.guards) > len(base.guards) or (swallowed in head.guards and swallowed not in base.guards)


def _same_key(base: Check, head: Check) -> bool:
    return base.key == head.key


def _same_kind(base: Check, head: Check) -> bool:
    return base.op == head.op


def _same_value(base: Check, head: Check) -> bool:
    return base.op == head.op and base.expected == head.expected


def _comparable(_base: Check, head: Check) -> bool:
    return head.strength is not None


def _least_guarded(candidates: list[Check], check: Check) -> Check:
    return min(candidates, key=lambda other: (len(other.guards ^ check.guards), other.line))


def _drop(checks: list[Check], related: Callable[[Check, Check], bool], base: Check) -> Check | None:
    """Remove and return the first check that *base* is related to."""
    for index, check in enumerate(checks):
        if related(base, check):
            return checks.pop(index)
    return None

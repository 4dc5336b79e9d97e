"""Which test of the head is which of the base."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from gates.tamper.testcase import TestCase

# Two tests that share at least this part of their assertions are one test, renamed and edited.
_ALIKE = 0.5


@dataclass
class Matching:
    """Pairs of base and head tests, and those of either side that have no partner."""

    pairs: list[tuple[TestCase, TestCase]] = field(default_factory=list)
    gone: list[TestCase] = field(default_factory=list)
    new: list[TestCase] = field(default_factory=list)


def match_tests(base: Iterable[TestCase], head: Iterable[TestCase], renamed: dict[str, str]) -> Matching:
    """Pair tests: by place and name, then by body, then by name alone, then by what they assert.

    *renamed* maps a base path to the head path that git takes for the same file.
    """
    result = Matching(gone=list(base), new=list(head))
    steps: tuple[tuple[Callable[[TestCase], Hashable], Callable[[TestCase], Hashable]], ...] = (
        (lambda t: (renamed.get(t.path, t.path), t.name), lambda t: (t.path, t.name)),
        (
            lambda t: (renamed.get(t.path, t.path), t.fingerprint, t.function),
            lambda t: (t.path, t.fingerprint, t.function),
        ),
        (lambda t: (renamed.get(t.path, t.path), t.fingerprint), lambda t: (t.path, t.fingerprint)),
        (lambda t: (t.fingerprint, t.function), lambda t: (t.fingerprint, t.function)),
        (lambda t: t.fingerprint, lambda t: t.fingerprint),
        (lambda t: t.name, lambda t: t.name),
        (lambda t: t.function, lambda t: t.function),
    )
    for key_of_base, key_of_head in steps:
        _pair(result, key_of_base, key_of_head)
    _pair_alike(result, renamed)
    return result


def _pair(
    result: Matching, key_of_base: Callable[[TestCase], Hashable], key_of_head: Callable[[TestCase], Hashable]
) -> None:
    if not result.gone or not result.new:
        return
    waiting: dict[Hashable, list[TestCase]] = defaultdict(list)
    for test in reversed(result.new):
        waiting[key_of_head(test)].append(test)
    gone = []
    for test in result.gone:
        candidates = waiting.get(key_of_base(test))
        if candidates:
            result.pairs.append((test, candidates.pop()))
        else:
            gone.append(test)
    result.gone = gone
    result.new = [test for tests in waiting.values() for test in reversed(tests)]


def _pair_alike(result: Matching, renamed: dict[str, str]) -> None:
    """Pair what is left within one file by the assertions that both make."""
    keys = {id(t): {c.key for c in t.checks(expand=False)} for t in (*result.gone, *result.new)}
    gone = []
    for test in result.gone:
        path = renamed.get(test.path, test.path)
        wanted = keys[id(test)]
        nearby = [other for other in result.new if other.path == path]
        best = max(nearby, key=lambda other: len(wanted & keys[id(other)]), default=None)
        if best is None or not wanted or len(wanted & keys[id(best)]) < _ALIKE * len(wanted):
            gone.append(test)
            continue
        result.pairs.append((test, best))
        result.new = [other for other in result.new if other is not best]
    result.gone = gone

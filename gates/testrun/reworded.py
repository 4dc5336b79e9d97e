"""Own tests that assert no more than the base's tests did: rewritten, split, joined or moved ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gates.change import Change
from gates.tamper.files import Side, collection_of, judging, paths_of, read_side
from gates.tamper.testcase import TestCase
from gates.testconfig import read_pytest_config
from gates.testfiles import TestLayout
from gates.testrun.functions import TestFunction

_Key = tuple[str, str, str, str]


def reworded(change: Change, layout: TestLayout, tests: Sequence[TestFunction]) -> frozenset[str]:
    """Return the ids of those *tests* whose every assertion the base's side of the changed test files makes as well.

    Annotations, local names, messages, marks, another style, a class around it: none of it makes a test a new claim
    about the code. One without assertions counts when its body is the one of a test of the base.
    """
    collection = collection_of(read_pytest_config(change.base))
    base_paths, head_paths = paths_of(judging(change, layout))
    before = list(_functions(read_side(change.base, base_paths, layout, collection)))
    if not tests or not before:
        return frozenset()
    after = {f"{t.path}::{t.name}": t for t in _functions(read_side(change.head, head_paths, layout, collection))}
    known = {key for test in before for key in _claims(test)}
    bodies = {test.fingerprint for test in before}
    found = ((t.id, after[t.id]) for t in tests if t.id in after)
    return frozenset(name for name, test in found if _is_reworded(test, known, bodies))


def _functions(side: Side) -> Iterable[TestCase]:
    return (*side.tests, *side.others)


def _is_reworded(test: TestCase, known: set[_Key], bodies: set[str]) -> bool:
    claims = {c.key for c in test.checks(expand=test.expandable)}
    return claims <= known if claims else test.fingerprint in bodies


def _claims(test: TestCase) -> Iterable[_Key]:
    return (c.key for expand in {False, test.expandable} for c in test.checks(expand=expand))

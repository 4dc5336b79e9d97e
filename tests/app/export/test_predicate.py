"""What a condition says of rows, and that the database leaves out none that it would choose."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.export.glob import matcher
from app.export.narrow import narrowed
from app.export.predicate import predicate
from app.export.where import And, Compare, Condition, Not, Or, parse
from app.ledger.export.rows import Filters, Row
from app.ledger.words import Reviewers
from gates.presets import preset
from tests.app.export.build import DAY, conditions, row, rows


def holds(text: str, **given: Any) -> bool:
    return predicate(parse(text))(row(**given))


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("provenance = mixed", {"status": "mixed"}, True),
        ("provenance != ai-declared", {"status": "ai-declared"}, False),
        ("provenance in (mixed, undeclared)", {}, True),
        ("provenance not in (mixed, undeclared)", {}, False),
        ("provenance = mixed", {"declared": "mixed", "change_status": "mixed"}, False),
        ("gates = passed", {"gates_passed": True}, True),
        ("gates = failed", {"gates_passed": None}, False),
        ("gates != passed", {"gates_passed": None}, True),
        ("gates = unjudged", {"gates_passed": None}, True),
        ("reviewers = independent", {"reviewers": "independent"}, True),
        ("harness = 'claude code'", {"harness": "Claude Code"}, True),
        ("harness = unknown", {}, True),
        ("harness != codex", {}, True),
        ("model_family in (openai, google)", {"model_family": "google"}, True),
        ("merged >= 2026-08-01T12:00:00Z", {}, True),
        ("merged < 2026-08-01T12:00:00Z", {}, False),
        ("merged < 2026-08-02", {}, True),
        ("path ~ 'src/*'", {}, True),
        ("path ~ '*'", {"path": None}, False),
    ],
)
def test_what_holds(text: str, given: dict[str, Any], expected: bool) -> None:
    assert holds(text, **given) is expected
    assert holds(f"not {text}", **given) is not expected


def judged(**outcomes: str) -> dict[str, Any]:
    return {"verdicts": {name.replace("_", "-"): outcome for name, outcome in outcomes.items()}}


TESTS = {"compile": "accept", "base_tests": "accept", "own_tests": "accept"}


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (TESTS, True),
        ({**TESTS, "lint": "reject"}, True),
        ({**TESTS, "own_tests": "skip"}, True),
        (dict.fromkeys(TESTS, "skip"), False),
        ({**TESTS, "own_tests": "reject"}, False),
        ({**TESTS, "own_tests": "error"}, False),
        ({"compile": "accept", "base_tests": "accept"}, False),
        ({}, False),
    ],
)
def test_a_preset_is_reached_by_what_each_of_its_blocking_gates_said(outcomes: dict[str, str], expected: bool) -> None:
    assert holds("gates >= tests", **judged(**outcomes)) is expected


def test_what_no_review_judged_reaches_no_preset_but_the_one_that_asks_nothing() -> None:
    assert not holds("gates >= compile")
    assert holds("gates >= none")


def test_settings_count_where_the_ledger_knows_them() -> None:
    """The controls' coin accepts by its settings: half of all changes, or none."""
    of_half = {**judged(coin="accept"), "policy_hash": preset("control-random").hash}
    assert holds("gates >= control-random", **of_half)
    assert not holds("gates >= control-reject", **of_half)
    assert holds("gates >= control-reject", **{**of_half, "policy_hash": "somebody's own"})


def test_a_stricter_presets_review_reaches_the_milder_ones() -> None:
    strict = preset("strict")
    outcomes = {gate: "accept" for gate, rule in strict.active().items() if rule.level == "block"}
    for name in ("none", "compile", "tests", "standard", "strict"):
        assert holds(f"gates >= {name}", verdicts=outcomes, policy_hash=strict.hash)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "src/deep/a.py", True),
        ("src/*", "src/deep/a.py", True),
        ("src/**/*.py", "src/a.py", True),
        ("src/**/*.py", "src/deep/down/a.py", True),
        ("**/a.py", "a.py", True),
        ("**/**/a.py", "a.py", True),
        ("src/**/b/**/*.py", "src/b/x/a.py", True),
        ("src/**/b/**/*.py", "src/x/b/a.py", True),
        ("src/**", "src/a.py", True),
        ("src/a.py", "src/a.pyc", False),
        ("SRC/*", "src/a.py", False),
        ("[ab].py", "a.py", True),
        ("*", "new\nline", True),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    assert matcher(glob)(path) is expected


def test_no_glob_takes_long() -> None:
    """Held against a path that nearly matches, where a search that goes back would never end."""
    assert not matcher("**/" + "*a" * 200 + "b")("a" * 4000)
    assert not matcher("**/a/" * 6 + "b")("a/" * 2000)


@given(st.text("ab/*?[]!^-&|~\\.", max_size=12).filter(lambda text: text.count("**/") < 6), st.text(max_size=8))
def test_any_glob_is_one(glob: str, path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert matcher(glob)(path) in (True, False)


def plainly(condition: Condition, one: Row) -> bool:
    """Evaluate with Python's own words."""
    match condition:
        case Not():
            return not plainly(condition.condition, one)
        case And():
            result = True
            for inner in condition.conditions:
                result = result and plainly(inner, one)
            return result
        case Or():
            result = False
            for inner in condition.conditions:
                result = result or plainly(inner, one)
            return result
        case Compare(name, "!=", values):
            return not plainly(Compare(name, "=", values), one)
        case Compare(name, "in", values):
            return any(plainly(Compare(name, "=", (value,)), one) for value in values)
        case Compare(name, "not in", values):
            return not plainly(Compare(name, "in", values), one)
    return predicate(condition)(one)


@given(conditions(), rows())
def test_it_agrees_with_pythons_and_or_not(condition: Condition, one: Row) -> None:
    assert predicate(condition)(one) is plainly(condition, one)


def kept(filters: Filters, one: Row) -> bool:
    """Whether the database would hand a row over."""
    return (
        (filters.since is None or one.merged >= filters.since)
        and (filters.until is None or one.merged < filters.until)
        and (not filters.gates_passed or one.gates_passed is True)
        and (filters.reviewers is None or one.reviewers == filters.reviewers)
    )


@given(conditions(), rows())
def test_the_database_leaves_out_nothing_that_is_chosen(condition: Condition, one: Row) -> None:
    if predicate(condition)(one):
        assert kept(narrowed(condition), one)


def test_what_the_database_decides() -> None:
    found = narrowed(
        parse("merged >= 2026-07-01 and merged >= 2026-08-01T12:00 and merged < 2026-09-01 and gates = passed")
    )
    assert found == Filters(since=DAY, until=DAY + timedelta(days=30, hours=12), gates_passed=True)
    assert narrowed(parse("reviewers = self")) == Filters(reviewers=Reviewers.SELF)
    assert narrowed(parse("reviewers = self or gates = passed")) == Filters()
    assert narrowed(parse("not reviewers = self")) == Filters()

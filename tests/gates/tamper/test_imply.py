from __future__ import annotations

import pytest

from gates.tamper.check import Check
from gates.tamper.imply import implies

MESSAGE = "str(‹the error›.value)"


def equal(subject: str, expected: str) -> Check:
    return Check("==", subject, expected, literal=True)


def contained(subject: str, expected: str) -> Check:
    return Check("in", subject, expected, literal=True)


@pytest.mark.parametrize(
    "old",
    [
        equal("r['a']", "1"),
        equal("r['b'][1]", "3"),
        equal("r['c']", "None"),
        equal("len(r)", "3"),
        contained("r", "'a'"),
    ],
)
def test_a_whole_says_what_its_parts_say(old: Check) -> None:
    assert implies(equal("r", "{'a': 1, 'b': [2, 3], 'c': None}"), old)


@pytest.mark.parametrize(
    "old",
    [
        equal("r['a']", "2"),
        equal("r['a']", "True"),
        equal("r['x']", "1"),
        equal("r['b'][7]", "3"),
        equal("r['b'].x", "3"),
        equal("s['a']", "1"),
        equal("len(r)", "2"),
        contained("r", "'x'"),
        contained("r", "[1]"),
        Check("!=", "r['a']", "1", literal=True),
    ],
)
def test_a_whole_does_not_say_anything_else(old: Check) -> None:
    assert not implies(equal("r", "{'a': 1, 'b': [2, 3], 'c': None}"), old)


@pytest.mark.parametrize(
    ("pattern", "text", "asked"),
    [
        ("'bad value'", "'bad'", True),
        ("'bad (value)'", "'bad'", True),
        (r"'bad \\(value\\)'", "'bad (value)'", True),
        ("re.escape('bad (value)')", "'(value)'", True),
        ("'bad|.*'", "'bad'", False),
        ("'(bad)?'", "'bad'", False),
        ("'worse'", "'bad'", False),
        ("re.escape('worse')", "'bad'", False),
        ("PATTERN", "'bad'", False),
        ("'bad'", "word", False),
    ],
)
def test_a_match_says_what_the_message_holds(pattern: str, text: str, asked: bool) -> None:
    assert implies(Check("raises", "f(1)", "ValueError", extra=pattern), contained(MESSAGE, text)) is asked


def test_a_match_says_nothing_of_another_text() -> None:
    assert not implies(Check("raises", "f(1)", "ValueError", extra="'bad'"), contained("f(2)", "'bad'"))

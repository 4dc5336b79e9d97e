"""Tests that are gone, no longer collected, skipped, expected to fail, or run on less."""

from __future__ import annotations

import pytest

from tests.gates.tamper.tables import PATH, Case, module, rules, table, weakenings

A = "def test_a():\n    assert f(1) == 2\n"
B = "def test_b():\n    assert g(1) == 3\n"
LONG = "@pytest.mark.parametrize('a, b', {})\ndef test_f(a, b):\n    assert f(a) == b\n"
PAIRS = [(i, i) for i in range(100)]

CASES = [
    *(c for name in ("gone", "skipped", "may_fail", "cases", "elsewhere") for c in table(f"{name}.txt")),
    Case("a long table shortened", LONG.format(PAIRS), LONG.format(PAIRS[:90]), ("fewer-cases",)),
    Case("a long table made short", LONG.format(PAIRS), LONG.format([(1, 1)]), ("fewer-cases",)),
    Case("a long table's value", LONG.format(PAIRS), LONG.format([*PAIRS[:99], (99, 0)]), ("expectation-changed",)),
    Case("a long table in another order", LONG.format(PAIRS), LONG.format(PAIRS[::-1]), ()),
]


@pytest.mark.parametrize("case", CASES, ids=[c.id for c in CASES])
def test_a_test_that_runs_less_is_seen(case: Case) -> None:
    assert rules(module(case.base), module(case.head)) == case.rules


def test_a_deleted_file_is_one_finding() -> None:
    found = weakenings({PATH: module(A + B), "a.py": ""}, {"a.py": "x"})
    assert [(w.rule, w.path, w.line) for w in found] == [("test-deleted", PATH, None)]
    assert "2 tests" in found[0].message


def test_a_file_renamed_away_from_collection_is_seen() -> None:
    found = weakenings({PATH: module(A)}, {"tests/it_checks.py": module(A)})
    assert [(w.rule, w.path) for w in found] == [("test-disabled", "tests/it_checks.py")]


def test_a_test_moved_and_weakened_is_seen() -> None:
    head = {"tests/test_new.py": module(A.replace("== 2", "in (2, 3)"))}
    assert {w.rule for w in weakenings({PATH: module(A)}, head)} == {"assertion-loosened"}


def test_a_deleted_test_is_told_with_its_place_in_the_base() -> None:
    found = weakenings({PATH: module(A + B)}, {PATH: module(A)})
    assert found[0].message == "`test_b` was deleted (base: tests/test_it.py:7)."


def test_the_line_is_the_heads() -> None:
    found = weakenings({PATH: module(A)}, {PATH: module("\n\n" + A.replace("== 2", "== 3"))})
    assert [(w.rule, w.line) for w in found] == [("expectation-changed", 8)]


def test_a_helper_file_that_asserts_less_is_seen() -> None:
    helper = "def check_it(x):\n    assert x.a == 1\n    assert x.b == 2\n"
    base = {PATH: module(A), "tests/helpers.py": helper}
    head = {PATH: module(A), "tests/helpers.py": helper.replace("    assert x.b == 2\n", "")}
    assert [(w.rule, w.path) for w in weakenings(base, head)] == [("assertion-removed", "tests/helpers.py")]


@pytest.mark.parametrize("head", ["def test_a(:\n", "\0", "(" * 300, "# coding: none\n" + A])
def test_a_file_made_unreadable_is_seen(head: str) -> None:
    assert [w.rule for w in weakenings({PATH: module(A)}, {PATH: head})] == ["unreadable-tests"]


def test_an_unreadable_base_is_nobodys_fault() -> None:
    assert weakenings({PATH: "def test_a(:\n"}, {PATH: module(A)}) == []
    assert weakenings({PATH: "def test_a(:\n"}, {PATH: "def test_b(:\n"}) == []


def test_an_edited_file_of_expected_output_is_seen() -> None:
    base, head = {PATH: module(A), "tests/data/x.json": "1"}, {PATH: module(A), "tests/data/x.json": "2"}
    assert [(w.rule, w.path) for w in weakenings(base, head)] == [("test-data-changed", "tests/data/x.json")]
    assert [w.rule for w in weakenings(base, {PATH: module(A)})] == ["test-data-changed"]
    assert weakenings({PATH: module(A)}, base) == []


def test_nested_classes_are_read() -> None:
    base = "class TestA:\n    class TestB:\n        def test_c(self):\n            assert f(1) == 2\n"
    found = weakenings({PATH: module(base)}, {PATH: module(base.replace("== 2", "== 3"))})
    assert [w.rule for w in found] == ["expectation-changed"]
    assert "`TestA::TestB::test_c`" in found[0].message


def test_the_bases_names_for_tests_hold() -> None:
    ini = "[pytest]\npython_functions = it_*\npython_classes = Describe*\n"
    base = {PATH: "class DescribeA:\n    def it_is(self):\n        assert f(1) == 2\n", "pytest.ini": ini}
    head = {**base, PATH: "class DescribeA:\n    def it_is(self):\n        f(1)\n"}
    assert [w.rule for w in weakenings(base, head)] == ["assertion-removed"]


def test_a_mark_that_the_runner_leaves_out_is_a_skip() -> None:
    base = {PATH: module(A), "pytest.ini": "[pytest]\naddopts = -m 'not slow'\n"}
    head = {**base, PATH: module("@pytest.mark.slow\n" + A)}
    assert [w.rule for w in weakenings(base, head)] == ["new-skip"]


def test_loops_in_loops_end() -> None:
    loops = "".join(f"{'    ' * (i + 1)}for x{i} in range(50):\n" for i in range(8)) + "    " * 9 + "f(x0)\n"
    text = "def test_a():\n" + loops + "    assert f(1) == 2\n"
    assert "expectation-changed" not in rules(module(text), module(text + "\n    assert f(2) == 3\n"))


def test_a_mark_of_the_module_is_one_finding() -> None:
    found = weakenings({PATH: module(A + B)}, {PATH: module("pytestmark = pytest.mark.skip\n" + A + B)})
    assert [(w.rule, w.line) for w in found] == [("new-skip", 5)]
    assert found[0].message.endswith("The same holds for another test.")


def test_a_test_that_other_files_inherit_is_a_test() -> None:
    mixin = (
        "class Mixin:\n    def test_a(self):\n        assert f(1) == 2\n    def test_b(self):\n        assert g(1)\n"
    )
    base = {PATH: module(mixin)}
    changed = weakenings(base, {PATH: module(mixin.replace("== 2", "== 3"))})
    assert [w.rule for w in changed] == ["expectation-changed"]
    deleted = weakenings(base, {PATH: module(mixin.partition("    def test_b")[0])})
    assert [w.rule for w in deleted] == ["test-deleted"]
    assert weakenings(base, {PATH: module(mixin.replace("Mixin", "TestMixin"))}) == []


def test_an_inherited_test_is_deleted_once() -> None:
    base = "class Base:\n    def test_a(self):\n        assert f(1)\n    def test_b(self):\n        assert g(1)\n"
    classes = "".join(f"class Test{i}(Base):\n    pass\n" for i in range(3))
    found = weakenings({PATH: module(base + classes)}, {PATH: module(base.partition("    def test_b")[0] + classes)})
    assert [w.rule for w in found] == ["test-deleted"]
    assert "for 2 more classes" in found[0].message


def test_a_message_quotes_what_was_written() -> None:
    base = "def test_a():\n    x = f(1)\n    assert x == 2\n"
    found = weakenings({PATH: module(base)}, {PATH: module(base.replace("x == 2", "x in (2, 3)"))})
    assert "asserts `x in (2, 3)` where it asserted `x == 2`" in found[0].message
    found = weakenings(
        {PATH: module("W = 2\n" + base.replace("== 2", "== W"))},
        {PATH: module("W = 3\n" + base.replace("== 2", "== W"))},
    )
    assert "asserts `f(1) == 3` where it asserted `f(1) == 2`" in found[0].message

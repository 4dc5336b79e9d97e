"""What holds for every test module, made up from pieces."""

from __future__ import annotations

import ast
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.change import Change, MemorySnapshot
from gates.tamper.review import find_weakenings
from tests.gates.tamper.tables import HEADER, PATH, rules, weakenings

SUBJECTS = ["f({0})", "g({0}).x", "len(f({0}))", "Thing({0}).go(1, a=2)", "f({0})[0]", "x"]
EXPECTED = ["2", "'a'", "None", "[1, 2]", "{{'a': 1}}", "g({0})", "True"]
ASSERTIONS = [
    "assert {s} == {e}",
    "assert {s} != {e}",
    "assert {s}",
    "assert not {s}",
    "assert {s} in (1, 2, {e})",
    "assert {s} is {e}, 'message'",
    "assert {s} > 3 and {s} == {e}",
    "assert {s} == pytest.approx({e}, rel=0.1)",
    "with pytest.raises(ValueError, match='a'):\n        {s}",
    "for i in (1, 2):\n        assert {s} == i",
    "if g(0):\n        assert {s} == {e}",
    "try:\n        assert {s}\n    except KeyError:\n        pass",
    "m.assert_called_once_with({s}, {e})",
    "check_it({s}, {e})",
    "with mock.patch('a.b'):\n        assert {s} == {e}",
]
DECORATORS = [
    "",
    "@pytest.mark.slow\n",
    "@pytest.mark.skipif(X, reason='no')\n",
    "@pytest.mark.xfail(strict=True)\n",
    "@pytest.mark.parametrize('x', [1, 2, 3])\n",
    "@pytest.mark.parametrize('x, y', TABLE)\n",
]


@st.composite
def statements(draw: st.DrawFn) -> str:
    number = draw(st.integers(0, 5))
    subject = draw(st.sampled_from(SUBJECTS)).format(number)
    expected = draw(st.sampled_from(EXPECTED)).format(number)
    return draw(st.sampled_from(ASSERTIONS)).format(s=subject, e=expected)


@st.composite
def one_test(draw: st.DrawFn, name: str) -> str:
    """Return a test; its name is in its first assertion, so that no two tests are the same."""
    body = [f"assert f({name!r}) == 1", *draw(st.lists(statements(), max_size=4))]
    start = draw(st.sampled_from(DECORATORS)) + draw(st.sampled_from(["", "async "]))
    return f"{start}def test_{name}(x, m):\n    " + "\n    ".join(body) + "\n"


@st.composite
def modules(draw: st.DrawFn) -> list[str]:
    count = draw(st.integers(1, 4))
    return [draw(one_test(f"n{i}")) for i in range(count)]


def joined(parts: list[str]) -> str:
    return HEADER + "\nTABLE = [(1, 2), (3, 4)]\n\n" + "\n\n".join(parts)


@given(modules())
def test_the_same_code_is_silent(parts: list[str]) -> None:
    text = joined(parts)
    assert weakenings({PATH: text, "a.py": "1"}, {PATH: text + "\n# end\n", "a.py": "2"}) == []


@given(modules())
def test_another_layout_is_silent(parts: list[str]) -> None:
    assert rules(joined(parts), ast.unparse(ast.parse(joined(parts)))) == ()


@given(modules(), st.randoms(use_true_random=False))
def test_another_order_is_silent(parts: list[str], order: random.Random) -> None:
    shuffled = parts[:]
    order.shuffle(shuffled)
    assert rules(joined(parts), joined(shuffled)) == ()


@given(modules(), one_test("new"))
def test_a_new_test_is_silent(parts: list[str], new: str) -> None:
    assert rules(joined(parts), joined([new, *parts])) == ()


@given(modules(), statements(), st.data())
def test_a_new_assertion_is_silent(parts: list[str], new: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(parts) - 1))
    longer = [*parts[:at], f"{parts[at]}    {new}\n", *parts[at + 1 :]]
    assert rules(joined(parts), joined(longer)) == ()


@given(modules(), st.data())
def test_another_name_is_silent(parts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(parts) - 1))
    renamed = [*parts[:at], parts[at].replace("def test_", "def test_better_"), *parts[at + 1 :]]
    assert rules(joined(parts), joined(renamed)) == ()


@given(modules())
def test_another_place_is_silent(parts: list[str]) -> None:
    assert weakenings({PATH: joined(parts)}, {"tests/unit/test_moved.py": joined(parts)}) == []


@given(modules(), st.data())
def test_a_deleted_test_is_seen(parts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(parts) - 1))
    assert "test-deleted" in rules(joined(parts), joined([*parts[:at], *parts[at + 1 :]]))


@given(modules(), st.data())
def test_a_changed_expectation_is_seen(parts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(parts) - 1))
    changed = [*parts[:at], parts[at].replace(") == 1\n", ") == 9\n", 1), *parts[at + 1 :]]
    assert "expectation-changed" in rules(joined(parts), joined(changed))


@given(modules(), st.sampled_from(["@pytest.mark.skip\n", "@unittest.skip('x')\n"]), st.data())
def test_a_new_skip_is_seen(parts: list[str], skip: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(parts) - 1))
    assert "new-skip" in rules(joined(parts), joined([*parts[:at], skip + parts[at], *parts[at + 1 :]]))


@settings(max_examples=200)
@given(st.text(alphabet="abtestdf_ =()[]:'\n\t@.,#", max_size=120) | st.binary(max_size=80))
def test_no_head_stops_the_gate(content: str | bytes) -> None:
    base = MemorySnapshot.of({PATH: joined(["def test_a():\n    assert f(1) == 2\n"])})
    head = MemorySnapshot.of({PATH: content, "tests/conftest.py": content, "pytest.ini": content})
    found = find_weakenings(Change.between(base, head))
    assert found


@pytest.mark.parametrize(
    "expression",
    [
        "+".join(["1"] * 190),
        "[" * 90 + "]" * 90,
        "f(" * 90 + ")" * 90,
        "a" + ".b" * 190,
        " if x else ".join(["1"] * 90),
        "lambda: " * 90 + "1",
        "'" + "x" * 100_000 + "'",
        "0x" + "f" * 100_000,
        "{" + ", ".join(f"'k{i}': [{i}]" for i in range(20_000)) + "}",
    ],
)
def test_code_at_the_edge_is_judged(expression: str) -> None:
    text = "def test_a():\n    x = {0}\n    y = [x, x]\n    z = [y, y]\n    assert f(z) == {0}\n    assert g(1) == 1\n"
    base, head = text.format(expression), text.format(expression).replace("== 1\n", "== 2\n")
    assert set(rules(base, head)) <= {"expectation-changed", "unreadable-tests"}


def test_names_that_stand_for_each_other_do_not_grow() -> None:
    lines = ["x0 = f(1)", *(f"x{i} = (x{i - 1}, x{i - 1})" for i in range(1, 60)), "assert x59 == 1"]
    text = "def test_a():\n    " + "\n    ".join(lines) + "\n"
    assert rules(text, text.replace("== 1\n", "== 2\n")) == ("expectation-changed",)


def test_a_chain_of_conditions_is_followed() -> None:
    chain = "    if x == 0:\n        pass\n" + "".join(f"    elif x == {i}:\n        f({i})\n" for i in range(150))
    text = f"def test_a(x):\n{chain}    assert f(x) == 1\n"
    assert set(rules(text, text.replace("== 1\n", "== 2\n"))) <= {"expectation-changed", "unreadable-tests"}


def test_a_module_too_large_to_follow_is_seen_where_the_base_was_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.tamper.module.MAX_MODULE_STEPS", 100)
    text = "def test_a():\n    assert f(1) == 2\n"
    loops = "    for x in range(50):\n        for y in range(50):\n            f(x, y)\n"
    assert rules(text, text.replace("    assert", loops + "    assert")) == ("unreadable-tests",)
    assert rules(text + loops, text + loops + "    assert g(1)\n") == ()

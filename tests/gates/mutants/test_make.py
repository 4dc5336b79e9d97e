from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.mutants.choose import choose
from gates.mutants.make import distinct, mutants, shown
from gates.mutants.model import Mutant
from gates.mutants.operators import SUBTLETY
from gates.source import ParseFailure


def made(source: str | bytes, lines: set[int] | None = None) -> list[Mutant]:
    text = source.encode() if isinstance(source, str) else source
    found = mutants("m.py", text, lambda line: lines is None or line in lines)
    assert not isinstance(found, ParseFailure)
    return distinct(text, found)


def faults(source: str) -> set[tuple[str, str]]:
    """Return each mutant's operator and what it makes of the source's last line."""
    last = source.count("\n")
    return {
        (m.operator, m.apply(source.encode()).decode().splitlines()[last - 1].strip()) for m in made(source, {last})
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = a < b", {("comparison", "x = a <= b"), ("comparison", "x = a >= b")}),
        ("x = a == b != c", {("comparison", "x = a != b != c"), ("comparison", "x = a == b == c")}),
        ("x = a is not b", {("comparison", "x = a is b")}),
        ("x = a  not  in b", {("comparison", "x = a  in b")}),
        ("x = a in b", {("comparison", "x = a not in b")}),
        ("x = (a) <= (b)", {("comparison", "x = (a) < (b)"), ("comparison", "x = (a) > (b)")}),
        ("x = a and b and c", {("boolean", "x = a or b and c"), ("boolean", "x = a and b or c")}),
        ("x = a + b", {("arithmetic", "x = a - b")}),
        ("x = a ** b", {("arithmetic", "x = a * b")}),
        ("x = a // b % c", {("arithmetic", "x = a / b % c"), ("arithmetic", "x = a // b * c")}),
        ("x = 'a' + b", set()),
        ("x = '%s' % b", set()),
        ("x += y", {("arithmetic", "x -= y"), ("deletion", "pass")}),
        ("x = not a", {("not", "x = (a)")}),
        ("x = -a", {("arithmetic", "x = a")}),
        ("x = True", {("constant", "x = False")}),
        ("x = 10", {("constant", "x = 11")}),
        ("x = 1.5", {("constant", "x = 2.5")}),
        ("x = f(a)[1:]", {("constant", "x = f(a)[2:]")}),
        ("x = a if b and c else d", {
            ("boolean", "x = a if b or c else d"), ("condition", "x = a if not (b and c) else d"),
        }),
        ("while a: pass", {("condition", "while False: pass")}),
        ("while True: pass", {("constant", "while False: pass")}),
        ("if a == b: pass", {("comparison", "if a != b: pass")}),
        ("if not a: pass", {("not", "if (a): pass")}),
        ("if -a: pass", {("arithmetic", "if a: pass"), ("condition", "if not (-a): pass")}),
        ("if a is b is c: pass", {
            ("comparison", "if a is not b is c: pass"), ("comparison", "if a is b is not c: pass"),
            ("condition", "if not (a is b is c): pass"),
        }),
        ("x = 9223372036854775808", set()),
        ("x = 9223372036854775807", {("constant", "x = 9223372036854775808")}),
        ("logger.other(a)", {("deletion", "pass")}),
        ("box.info(a)", {("deletion", "pass")}),
        ("make().info(a)", {("deletion", "pass")}),
        ("f(x)", {("deletion", "pass")}),
        ("o.a = x", {("deletion", "pass")}),
        ("o[a] = x", {("deletion", "pass")}),
        ("x = a", set()),
        ("del o.a", {("deletion", "pass")}),
        ("raise E('a')", {("deletion", "pass")}),
        ("x = f'{a + b}'", set()),
        ("x: int = 3", {("constant", "x: int = 4")}),
        ("x: Literal[3] = y", set()),
        ("import a", set()),
        ("assert a < b", set()),
        ("'a text'", set()),
        ("__all__ = [1]", set()),
        ("print(a)", set()),
        ("logger.info(a + b)", set()),
        ("self.log.debug(1)", set()),
        ("logging.error(a)", set()),
        ("x = a < b  # a < b", {("comparison", "x = a <= b  # a < b"), ("comparison", "x = a >= b  # a < b")}),
        ("x = 'é' < b + 1", {
            ("comparison", "x = 'é' <= b + 1"), ("comparison", "x = 'é' >= b + 1"),
            ("arithmetic", "x = 'é' < b - 1"), ("constant", "x = 'é' < b + 2"),
        }),
    ],
)  # fmt: skip
def test_the_faults_of_a_line(line: str, expected: set[tuple[str, str]]) -> None:
    assert faults(f"{line}\n") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b):\n    return a\n", {("return", "return None")}),
        ("def f():\n    return 'a'\n", {("return", "return None"), ("constant", "return ''")}),
        ("def f():\n    return None\n", set()),
        ("for i in x:\n    break\n", {("jump", "continue")}),
        ("for i in x:\n    continue\n", {("jump", "break")}),
        ('class C:\n    """Doc."""\n', set()),
        ("class C:\n    def __repr__(self):\n        return 'a'\n", set()),
        ("if TYPE_CHECKING:\n    x = 1\n", set()),
        ("if typing.TYPE_CHECKING:\n    x = 1\n", set()),
        ("if __name__ == '__main__':\n    main()\n", set()),
        ("@cache(maxsize=3)\ndef f(a=2): ...\n", {("constant", "def f(a=3): ...")}),
        ("async def f():\n    await g()\n", {("deletion", "pass")}),
    ],
)
def test_the_faults_within_other_code(source: str, expected: set[tuple[str, str]]) -> None:
    assert faults(source) == expected


def test_only_wanted_lines_are_spoiled() -> None:
    source = "a = 1\nb = 2\nc = 3\n"
    assert {m.line for m in made(source, {2})} == {2}


def test_a_mutant_knows_the_statement_around_it() -> None:
    source = "def f(a,\n      b=1):\n    if (a and\n            b):\n        return g(\n            a + b)\n"
    around = {(m.operator, m.original): (m.first, m.last) for m in made(source)}
    assert around[("constant", "1")] == (1, 2)
    assert around[("boolean", "and")] == (3, 4)
    assert around[("arithmetic", "+")] == (5, 6)


def test_line_ends_and_marks_of_other_systems_do_not_shift_the_text() -> None:
    for source in (b"\xef\xbb\xbfx = 1\ny = a < b\n", b"x = '''\r\na'''\r\ny = a < b\r\n", b"x = 1\ry = a < b\r"):
        spoiled = {m.apply(source) for m in made(source) if m.operator == "comparison"}
        assert spoiled == {source.replace(b"<", b"<="), source.replace(b"<", b">=")}


def test_faults_that_are_none_or_the_same_are_left_out() -> None:
    source = b"if not a:\n    f()\n"
    found = mutants("m.py", source, lambda _: True)
    assert not isinstance(found, ParseFailure)
    same = [Mutant("m.py", "x", 1, 3, 8, "not a", "(not a)", 1, 1), Mutant("m.py", "x", 1, 3, 8, "not a", "((", 1, 1)]
    assert distinct(source, [*same, *found, *found]) == found


@pytest.mark.parametrize("source", [b"def (:\n", b"x = 1\0\n", b"# coding: latin-1\nx = '\xe9' + 1\n"])
def test_a_source_that_cannot_be_read_is_a_failure_with_a_reason(source: bytes) -> None:
    found = mutants("m.py", source, lambda _: True)
    assert isinstance(found, ParseFailure) and found.reason


def test_what_is_shown_is_one_short_line() -> None:
    assert shown("a\n   + b") == "a + b"
    assert len(shown("a" * 500)) < 130


LINES = [
    "x = a < b",
    "y += 1",
    "if a and not b: f(x)",
    "def g(a=1): return a * -a",
    "while x: break",
    "z = 'ü' if 1 else 2",
]


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_every_mutant_is_valid_and_differs_in_its_own_place_alone(lines: list[str], end: str) -> None:
    source = end.join([*lines, ""]).encode()
    for mutant in made(source):
        spoiled = mutant.apply(source)
        assert spoiled.startswith(source[: mutant.start]) and spoiled.endswith(source[mutant.end :])
        assert source[mutant.start : mutant.end].decode() == mutant.original
        assert ast.dump(ast.parse(spoiled)) != ast.dump(ast.parse(source))
        assert mutant.first <= mutant.line <= mutant.last
        assert mutant.operator in SUBTLETY


some = st.lists(
    st.builds(
        Mutant, st.sampled_from("ab"), st.sampled_from(SUBTLETY), st.integers(1, 9), st.just(0), st.just(1),
        st.just("x"), st.just("y"), st.just(1), st.just(1),
    ),
    max_size=30,
)  # fmt: skip


@given(some, st.integers(1, 20))
def test_the_choice_is_bounded_spread_and_repeatable(all_of_them: list[Mutant], most: int) -> None:
    chosen = choose(all_of_them, most)
    assert len(chosen) == min(most, len(all_of_them))
    assert chosen == choose(all_of_them, most)
    lines = {(m.path, m.line) for m in all_of_them}
    assert len({(m.path, m.line) for m in chosen}) == min(len(lines), most)
    order = iter(all_of_them)
    assert all(any(m is other for other in order) for m in chosen)


def test_the_subtlest_fault_of_a_line_comes_first() -> None:
    source = "def f(a, b):\n    return a < b\n"
    found = made(source)
    assert [m.operator for m in choose(found, 1)] == ["comparison"]
    assert [m.operator for m in found] == ["return", "comparison", "comparison"]

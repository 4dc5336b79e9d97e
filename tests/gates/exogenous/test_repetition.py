"""The ``repetition`` gate."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gates
from gates.change import Change, MemorySnapshot
from gates.exogenous.repetition import GATE, RepetitionSettings, measure
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.verdict import Outcome, Verdict
from gates.workspace import Workspace


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own())


def judge(context: Context, base: dict[str, str], head: dict[str, str], **options: float) -> Verdict:
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))
    return GATE.judge([change], RepetitionSettings.model_validate(options), context)[0]


def distinct(count: int) -> str:
    return "".join(f"x{n} = {n}\n" for n in range(count))


def test_a_loop_of_the_same_lines_is_rejected(context: Context) -> None:
    verdict = judge(context, {}, {"a.py": "x = 1\ny = 2\n" * 10})
    assert verdict.outcome is Outcome.REJECT
    assert verdict.score == 18 / 20
    assert (verdict.findings[0].path, verdict.findings[0].line) == ("a.py", 3)


def test_the_share_may_be_the_limit_itself(context: Context) -> None:
    half = distinct(10) + "x0 = 0\n" * 10
    assert judge(context, {}, {"a.py": half}).outcome is Outcome.ACCEPT
    assert judge(context, {}, {"a.py": half + "x0 = 0\n"}).outcome is Outcome.REJECT
    assert judge(context, {}, {"a.py": half}, max_repeated_share=0.3).outcome is Outcome.REJECT


def test_indentation_and_blank_lines_do_not_hide_it(context: Context) -> None:
    text = "".join(" " * n + "x = 1\n\n" for n in range(12))
    assert judge(context, {}, {"a.py": text}).score == 11 / 12


def test_only_what_the_change_wrote_counts(context: Context) -> None:
    old = "x = 1\n" * 50
    assert judge(context, {"a.py": old}, {"a.py": old + distinct(12)}).score == 0.0
    assert judge(context, {"a.py": old}, {"a.py": old + "y = 1\n" * 12}).outcome is Outcome.REJECT


def test_a_bad_file_is_not_hidden_by_good_ones(context: Context) -> None:
    verdict = judge(context, {}, {"a.py": distinct(500), "b.py": "x = 1\n" * 20})
    assert [f.path for f in verdict.findings] == ["b.py"]


def test_few_lines_prove_nothing_unless_asked(context: Context) -> None:
    assert judge(context, {}, {"a.py": "x = 1\n" * 9}).outcome is Outcome.ACCEPT
    assert judge(context, {}, {"a.py": "x = 1\n" * 9}, min_lines=0).outcome is Outcome.REJECT


def test_too_few_tokens_are_rejected(context: Context) -> None:
    assert judge(context, {}, {"a.py": "return a + b\n"}, min_tokens=4).outcome is Outcome.ACCEPT
    short = judge(context, {}, {"a.py": "return a + b\n"}, min_tokens=5)
    assert short.outcome is Outcome.REJECT
    assert "4 tokens" in short.reason


def test_an_empty_completion_is_too_short(context: Context) -> None:
    assert judge(context, {"a.py": "x"}, {"a.py": "x"}, min_tokens=50).outcome is Outcome.REJECT


def test_what_does_not_apply_is_skipped(context: Context) -> None:
    assert judge(context, {}, {"data.json": "1,\n" * 50}).outcome is Outcome.SKIP
    assert judge(context, {"a.py": distinct(9)}, {"a.py": distinct(3)}).outcome is Outcome.SKIP


def test_ordinary_code_is_accepted(context: Context) -> None:
    package = Path(gates.__file__).parent
    files = {p.name + str(n): p.read_text() for n, p in enumerate(package.rglob("*.py"))}
    sources = {name + ".py": text for name, text in files.items()}
    verdict = judge(context, {}, sources)
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason


def test_large_input_is_judged(context: Context) -> None:
    chooser = random.Random(1)
    text = "".join("".join(chooser.choices(string.ascii_letters, k=20)) + "\n" for _ in range(50_000))
    assert judge(context, {}, {"a.py": text}).score == 0.0


@given(lines=st.lists(st.text(max_size=8)))
def test_measure_agrees_with_its_definition(lines: list[str]) -> None:
    stripped = [line.strip() for line in lines if line.strip()]
    found = measure(list(enumerate(lines, 1)))
    assert found.lines == len(stripped)
    assert found.repeated == len(stripped) - len(set(stripped))
    assert 0 <= found.share < 1
    assert (found.first_repeated is None) == (found.repeated == 0)


@given(content=st.binary(max_size=200))
def test_no_bytes_break_it(content: bytes) -> None:
    change = Change.between(MemorySnapshot.of({}), MemorySnapshot.of({"a.py": content}))
    with Workspace() as workspace:
        context = Context(workspace, Interpreter.own(), Interpreter.own())
        assert GATE.judge([change], RepetitionSettings(), context)[0].outcome is not Outcome.ERROR

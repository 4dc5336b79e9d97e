"""The gate as a whole: changes in, verdicts out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from gates.change import Change, MemorySnapshot
from gates.exogenous.tampering import GATE, TamperingSettings
from gates.gate import Context, Gate, Kind
from gates.interpreter import Interpreter
from gates.registry import get
from gates.tamper.rules import RULES, Level
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace

TESTS = "def test_f():\n    assert f(1) == 2\n\n\ndef test_g():\n    assert f(2)\n"
BASE = {
    "pkg/core.py": "def f(x):\n    return x + 1\n",
    "tests/test_core.py": "from pkg.core import f\n\n\n" + TESTS,
    "README.md": "hello\n",
}
STRICT = TamperingSettings()


@pytest.fixture
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own())


def edited(path: str, old: str, new: str) -> dict[str, str]:
    assert old in BASE[path]
    return {**BASE, path: BASE[path].replace(old, new)}


def judge(context: Context, *heads: dict[str, str], settings: TamperingSettings = STRICT) -> list[Verdict]:
    base = MemorySnapshot.of(BASE)
    return GATE.judge([Change.between(base, MemorySnapshot.of(head)) for head in heads], settings, context)


def test_it_is_the_registered_gate() -> None:
    gate: Gate = get("tampering")
    assert gate is GATE
    assert gate.kind is Kind.EXOGENOUS
    assert not gate.needs
    assert gate.settings_type() == STRICT


def test_a_batch_gets_a_verdict_each_in_order(context: Context) -> None:
    heads = [
        edited("tests/test_core.py", "== 2", "== 3"),
        edited("pkg/core.py", "+ 1", "+ 2"),
        edited("tests/test_core.py", "def test_f", "# a comment\ndef test_f"),
        edited("tests/test_core.py", "def test_g", "@pytest.mark.skip\ndef test_g"),
    ]
    verdicts = judge(context, *heads)
    assert [v.outcome for v in verdicts] == [Outcome.REJECT, Outcome.SKIP, Outcome.ACCEPT, Outcome.REJECT]
    assert [v.score for v in verdicts] == [1.0, None, 0.0, 1.0]


def test_a_rejection_says_what_and_where(context: Context) -> None:
    [verdict] = judge(context, edited("tests/test_core.py", "assert f(1) == 2", "assert f(1) in (2, 3)"))
    [finding] = verdict.findings
    assert (finding.path, finding.line, finding.rule) == ("tests/test_core.py", 5, "assertion-loosened")
    assert finding.severity is Severity.ERROR
    assert "`f(1) in (2, 3)`" in finding.message
    assert "tests/test_core.py:4" in finding.message
    assert verdict.reason == (
        "1 weakening of the existing tests or their runner: assertion-loosened in tests/test_core.py:5."
    )


def test_the_reason_names_the_worst_and_counts_the_rest(context: Context) -> None:
    base = {f"tests/test_{i}.py": "def test_a():\n    assert f(1) == 2\n" for i in range(5)}
    head = {path: text.replace("2", "3") for path, text in base.items()} | {"tests/test_4.py": "\n"}
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))
    [verdict] = GATE.judge([change], STRICT, context)
    assert verdict.score == 5.0
    assert verdict.reason.startswith("5 weakenings of the existing tests or their runner: test-deleted in")
    assert verdict.reason.endswith("and 2 more.")


def test_warnings_alone_are_accepted_and_counted(context: Context) -> None:
    [verdict] = judge(context, {**BASE, "noxfile.py": "import nox\n"})
    assert verdict.outcome is Outcome.ACCEPT
    assert verdict.score == 1.0
    assert [(f.rule, f.severity) for f in verdict.findings] == [("runner-edited", Severity.WARNING)]


@pytest.mark.parametrize(
    ("settings", "outcome", "findings"),
    [
        ({}, Outcome.REJECT, 1),
        ({"changed_expectations": "warn"}, Outcome.ACCEPT, 1),
        ({"changed_expectations": "ignore"}, Outcome.ACCEPT, 0),
        ({"rules": {"expectation-changed": "warn"}}, Outcome.ACCEPT, 1),
        ({"changed_expectations": "ignore", "rules": {"expectation-changed": "reject"}}, Outcome.REJECT, 1),
        ({"rules": {"test-deleted": "ignore"}}, Outcome.REJECT, 1),
    ],
)
def test_a_rule_has_the_level_that_the_settings_say(
    context: Context, settings: dict[str, object], outcome: Outcome, findings: int
) -> None:
    head = edited("tests/test_core.py", "== 2", "== 3")
    head["pkg/core.py"] = "def f(x):\n    return x + 2\n"
    [verdict] = judge(context, head, settings=TamperingSettings.model_validate(settings))
    assert verdict.outcome is outcome
    assert len(verdict.findings) == findings


@pytest.mark.parametrize("settings", [{"rules": {"no-such-rule": "warn"}}, {"rules": {"tautology": "maybe"}}, {"x": 1}])
def test_unknown_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TamperingSettings.model_validate(settings)


def test_every_rule_has_a_default_and_a_sentence() -> None:
    assert all(level in (Level.REJECT, Level.WARN) for level, _ in RULES.values())
    assert all(text.endswith(".") for _, text in RULES.values())
    assert {STRICT.level(rule) for rule in RULES} == {Level.REJECT, Level.WARN}


@pytest.mark.parametrize(
    "content",
    [b"\0", b"(" * 100_000, b"\xff\xfe", b"x = " + b"-" * 50_000 + b"1", b"# coding: nonsense\n", b"#" * 3_000_000],
    ids=["null", "brackets", "bytes", "depth", "encoding", "size"],
)
def test_a_hostile_head_is_rejected(context: Context, content: bytes) -> None:
    head = MemorySnapshot.of({**BASE, "tests/test_core.py": content})
    [verdict] = GATE.judge([Change.between(MemorySnapshot.of(BASE), head)], STRICT, context)
    assert verdict.outcome is Outcome.REJECT
    assert {f.rule for f in verdict.findings} == {"unreadable-tests"}


def test_many_changed_files_are_judged(context: Context) -> None:
    base = {f"tests/test_{i}.py": f"def test_a():\n    assert f({i}) == 2\n" for i in range(500)}
    head = {path: text + "    assert g(1)\n" for path, text in base.items()}
    head["tests/test_7.py"] = "def test_a():\n    assert f(7)\n"
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))
    [verdict] = GATE.judge([change], STRICT, context)
    assert [(f.path, f.rule) for f in verdict.findings] == [("tests/test_7.py", "assertion-loosened")]

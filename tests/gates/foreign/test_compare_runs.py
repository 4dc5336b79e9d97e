from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gates.change import Change, MemorySnapshot
from gates.foreign.compare import compare
from gates.foreign.judgement import MOST_FINDINGS, Judgement
from gates.foreign.runs import Run
from gates.foreign.settings import CommandSettings, Format
from gates.gate import CouldNotJudgeError
from gates.verdict import Outcome, Severity

LINES = "".join(f"line {n}\n" for n in range(1, 31))
CHANGE = Change.between(MemorySnapshot.of({"a.js": LINES}), MemorySnapshot.of({"a.js": "new\nnewer\n" + LINES}))
PASS = Run("run", "exit", 0, 1.0, "")
FAIL = replace(PASS, status=1, tail="\x1b[31mboom\x1b[0m\nat a.js\n")
SLOW = replace(PASS, end="timeout", status=None)
MISSING = replace(PASS, end="missing", status=None, tail="No such file or directory")
SETUP = replace(FAIL, step="setup")
EXIT = CommandSettings(run="x")
JUNIT = CommandSettings(run="x", format=Format.JUNIT, report="r.xml")
SARIF = CommandSettings(run="x", format=Format.SARIF, report="r.sarif")


def judge(command: CommandSettings, base: Run, head: Run) -> Judgement:
    return compare(command, CHANGE, lambda: base, head)


def rules(judgement: Judgement) -> list[str]:
    return [f.rule for f in judgement.findings]


def suite(run: Run, **states: str) -> Run:
    ends = {"pass": "", "fail": "<failure message='2 == 3'/>", "skip": "<skipped/>"}
    cases = "".join(
        f'<testcase classname="c" name="{n}" file="a.js" line="3">{ends[s]}</testcase>' for n, s in states.items()
    )
    return replace(run, reports=(f"<testsuites>{cases}</testsuites>".encode(),))


def result(rule: str, line: int, text: str = "Bad.", **more: Any) -> dict[str, Any]:
    region = {"physicalLocation": {"artifactLocation": {"uri": "a.js"}, "region": {"startLine": line}}}
    return {"ruleId": rule, "message": {"text": text}, "locations": [region], **more}


def results(run: Run, *found: dict[str, Any]) -> Run:
    return replace(run, reports=(json.dumps({"version": "2.1.0", "runs": [{"results": list(found)}]}).encode(),))


@pytest.mark.parametrize(
    ("base", "head", "outcome", "found"),
    [
        (PASS, PASS, Outcome.ACCEPT, []),
        (FAIL, PASS, Outcome.ACCEPT, []),
        (PASS, FAIL, Outcome.REJECT, ["command-failed"]),
        (PASS, SLOW, Outcome.REJECT, ["command-timed-out"]),
        (PASS, MISSING, Outcome.REJECT, ["command-failed"]),
        (PASS, SETUP, Outcome.REJECT, ["command-failed"]),
        (FAIL, FAIL, Outcome.ACCEPT, ["fails-on-both"]),
        (FAIL, SLOW, Outcome.ACCEPT, ["fails-on-both"]),
    ],
)
def test_by_exit_status(base: Run, head: Run, outcome: Outcome, found: list[str]) -> None:
    judgement = judge(EXIT, base, head)
    assert (judgement.outcome, rules(judgement)) == (outcome, found)


def test_the_base_is_not_run_where_the_head_passes() -> None:
    def never() -> Run:
        raise AssertionError

    assert compare(EXIT, CHANGE, never, PASS).outcome is Outcome.ACCEPT


@pytest.mark.parametrize("command", [EXIT, JUNIT, SARIF])
@pytest.mark.parametrize(
    ("base", "head", "remedy"),
    [(MISSING, MISSING, "install"), (replace(FAIL, status=127), replace(FAIL, status=127), "install"),
     (SLOW, FAIL, "seconds"), (SETUP, SETUP, "without network")],
)  # fmt: skip
def test_a_base_that_cannot_run_is_no_verdict(command: CommandSettings, base: Run, head: Run, remedy: str) -> None:
    with pytest.raises(CouldNotJudgeError, match=remedy):
        judge(command, base, head)


def test_the_last_words_are_quoted_without_escapes() -> None:
    assert judge(EXIT, PASS, FAIL).findings[0].message.endswith("Its last words: boom | at a.js")


@pytest.mark.parametrize(
    ("after", "rule"), [({"a": "fail"}, "test-failed"), ({"a": "skip"}, "test-skipped"), ({}, "test-missing")]
)
def test_a_test_that_passed_must_pass(after: dict[str, str], rule: str) -> None:
    judgement = judge(JUNIT, suite(PASS, a="pass", b="pass"), suite(FAIL, b="pass", **after))
    assert (judgement.outcome, rules(judgement), judgement.score) == (Outcome.REJECT, [rule], 0.5)
    assert (judgement.findings[0].path, judgement.findings[0].line) == ("a.js", 3)
    word = {"test-failed": "fails", "test-skipped": "is skipped", "test-missing": "is missing"}[rule]
    assert word in judgement.findings[0].message
    assert "1 of 2 tests" in judgement.reason


def test_a_test_that_is_seen_less_often_is_missing() -> None:
    one, two = (
        b'<testsuite><testcase name="a"/></testsuite>',
        b'<testsuite><testcase name="a"/><testcase name="a"/></testsuite>',
    )
    judgement = judge(JUNIT, replace(PASS, reports=(two,)), replace(PASS, reports=(one,)))
    assert rules(judgement) == ["test-missing"]


def test_tests_failing_on_both_sides_do_not_count() -> None:
    judgement = judge(JUNIT, suite(FAIL, a="pass", b="fail", c="skip"), suite(FAIL, a="pass", b="fail", c="pass"))
    assert (judgement.outcome, judgement.score) == (Outcome.ACCEPT, 1.0)
    assert "1 failing on the base" in judgement.reason


def test_a_new_test_that_fails_rejects() -> None:
    judgement = judge(JUNIT, suite(PASS, a="pass"), suite(FAIL, a="pass", n="fail"))
    assert (judgement.outcome, rules(judgement)) == (Outcome.REJECT, ["test-failed"])


@pytest.mark.parametrize(
    ("command", "base", "head"),
    [(JUNIT, suite(PASS, a="pass"), suite(FAIL, a="pass")), (SARIF, results(PASS), results(FAIL)),
     (SARIF, results(FAIL, result("r", 1)), results(FAIL))],
)  # fmt: skip
def test_a_report_that_the_status_contradicts_is_not_believed(command: CommandSettings, base: Run, head: Run) -> None:
    judgement = judge(command, base, head)
    assert (judgement.outcome, rules(judgement)) == (Outcome.REJECT, ["report-disagrees"])


@pytest.mark.parametrize(("command", "good"), [(JUNIT, suite(PASS, a="pass")), (SARIF, results(PASS))])
@pytest.mark.parametrize(
    "head",
    [PASS, FAIL, SLOW, SETUP, MISSING, replace(PASS, reports=(b"\0",)), replace(PASS, problem="It is too large."),
     replace(SLOW, reports=(b"<testsuites/>",))],
)  # fmt: skip
def test_a_head_without_a_report_to_read_is_rejected(command: CommandSettings, good: Run, head: Run) -> None:
    judgement = judge(command, good, head)
    assert (judgement.outcome, rules(judgement)) == (Outcome.REJECT, ["report-unreadable"])


@pytest.mark.parametrize("command", [JUNIT, SARIF])
def test_a_base_without_a_report_is_a_mistake_where_it_passes(command: CommandSettings) -> None:
    with pytest.raises(CouldNotJudgeError, match=f"no report at {command.report}"):
        judge(command, PASS, FAIL)


def test_a_base_that_lists_no_test_is_a_mistake() -> None:
    with pytest.raises(CouldNotJudgeError, match="no test"):
        judge(JUNIT, suite(PASS), suite(PASS))


@pytest.mark.parametrize(
    ("command", "head", "found"),
    [
        (JUNIT, suite(PASS, a="pass"), []),
        (SARIF, results(PASS), []),
        (JUNIT, suite(FAIL, a="fail"), ["fails-on-both"]),
        (JUNIT, suite(PASS, a="fail"), ["fails-on-both"]),
        (SARIF, results(PASS, result("r", 1)), ["fails-on-both"]),
        (SARIF, PASS, ["fails-on-both"]),
        (JUNIT, SLOW, ["fails-on-both"]),
    ],
)
def test_a_broken_base_can_be_mended(command: CommandSettings, head: Run, found: list[str]) -> None:
    judgement = judge(command, FAIL, head)
    assert (judgement.outcome, rules(judgement)) == (Outcome.ACCEPT, found)


def test_a_result_that_only_moved_is_not_new() -> None:
    judgement = judge(SARIF, results(FAIL, result("r", 5, "x on line 5")), results(FAIL, result("r", 7, "x on line 7")))
    assert judgement.outcome is Outcome.ACCEPT


def test_a_result_that_the_base_lacks_rejects() -> None:
    known, new = result("r", 7), result("r", 1)
    judgement = judge(SARIF, results(FAIL, result("r", 5)), results(FAIL, known, new))
    assert (judgement.outcome, rules(judgement)) == (Outcome.REJECT, ["r"])
    assert judgement.findings[0].line == 1
    assert judgement.reason == "reports 1 result that the base does not have."


def test_fingerprints_pair_results_whose_text_differs() -> None:
    mark: dict[str, Any] = {"partialFingerprints": {"h": "1"}}
    base, head = result("r", 5, "called 1 times", **mark), result("r", 20, "called 9 times elsewhere", **mark)
    assert judge(SARIF, results(FAIL, base), results(FAIL, head)).outcome is Outcome.ACCEPT
    twice = judge(SARIF, results(FAIL, base), results(FAIL, head, head))
    assert twice.outcome is Outcome.REJECT


def test_notes_and_suppressed_results_advise() -> None:
    hidden = result("r", 1, suppressions=[{"kind": "inSource"}])
    judgement = judge(SARIF, results(PASS), results(PASS, result("n", 1, level="note"), hidden))
    assert judgement.outcome is Outcome.ACCEPT
    assert {(f.rule, f.severity) for f in judgement.findings} == {("n", Severity.NOTE), ("r", Severity.NOTE)}


def test_a_flood_of_results_is_cut_and_counted() -> None:
    flood = [result("r", 1, f"Message {'x' * n}") for n in range(MOST_FINDINGS + 5)]
    judgement = judge(SARIF, results(PASS), results(FAIL, *flood))
    assert len(judgement.findings) == MOST_FINDINGS + 1
    assert judgement.findings[-1].message == "5 more of this kind are not listed."
    assert len(judge(SARIF, results(PASS), results(FAIL, *flood[:MOST_FINDINGS])).findings) == MOST_FINDINGS

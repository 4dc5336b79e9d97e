from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.cache import Cache
from gates.change import Change, MemorySnapshot
from gates.exogenous.command import GATE
from gates.foreign.settings import CommandGateSettings
from gates.gate import Context
from gates.sandbox.spec import Command, Result, Sandbox
from gates.verdict import Outcome, Verdict

pytestmark = pytest.mark.sandbox

CHECK = "[ ! -e evil.txt ] || . ./evil.txt; grep -q 'answer = 42' src.txt"
GOOD = {"src.txt": "answer = 42\n", "check.sh": CHECK, "other.md": ""}
# Writes a JUnit report with one test for each line of src.txt; a line with "bad" fails.
JUNIT = """
{ echo '<testsuites>'
while read -r name end; do
  printf '<testcase classname="t" name="%s">' "$name"
  [ "$end" = bad ] && echo '<failure message="is bad"/>'
  echo '</testcase>'
done < src.txt
echo '</testsuites>'; } > out.xml
! grep -q bad src.txt
"""
# Writes a SARIF log with one result for each line of src.txt that starts with "bad".
SARIF = """
uri="file://$PWD/src.txt"
place='"locations": [{"physicalLocation": {"artifactLocation": {"uri": "'$uri'"}, "region": {"startLine": '
sep=; n=0
{ printf '{"version": "2.1.0", "runs": [{"results": ['
while read -r word; do
  n=$((n+1))
  case $word in bad*) printf '%s{"ruleId": "%s", %s%d}}}]}' "$sep" "$word" "$place" "$n"; sep=,;; esac
done < src.txt
printf ']}]}'; } > r.sarif
"""


class Counting:
    """A sandbox that counts what it runs."""

    def __init__(self, inner: Sandbox) -> None:
        self.locate, self._inner, self.runs = inner.locate, inner, 0

    @property
    def name(self) -> str:
        return self._inner.name

    def run(self, command: Command) -> Result:
        self.runs += 1
        return self._inner.run(command)


def judge(context: Context, head: Mapping[str, str], base: Mapping[str, str] = GOOD, **settings: Any) -> Verdict:
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of({**base, **head}))
    [verdict] = GATE.judge([change], CommandGateSettings.model_validate(settings), context)
    return verdict


def rules(verdict: Verdict) -> list[str]:
    return [f.rule for f in verdict.findings]


def test_without_a_command_it_does_not_apply(context: Context) -> None:
    assert judge(context, {"src.txt": "x"}).outcome is Outcome.SKIP


def test_a_head_that_passes_is_accepted(context: Context) -> None:
    verdict = judge(context, {"src.txt": "answer = 42 # still\n"}, run="sh check.sh")
    assert (verdict.outcome, verdict.reason) == (Outcome.ACCEPT, "The command passes on the head's code.")


def test_a_head_that_breaks_it_is_rejected(context: Context) -> None:
    verdict = judge(context, {"src.txt": "answer = 41\n"}, run=["sh", "check.sh"])
    assert (verdict.outcome, rules(verdict)) == (Outcome.REJECT, ["command-failed"])
    assert "ended with status 1" in verdict.reason


def test_the_head_cannot_change_the_check(context: Context) -> None:
    verdict = judge(context, {"src.txt": "answer = 41\n", "check.sh": "exit 0"}, run="sh check.sh")
    assert verdict.outcome is Outcome.REJECT
    assert ("check.sh", "from-base") in {(f.path, f.rule) for f in verdict.findings}


def test_the_head_could_change_a_check_that_nothing_names(context: Context) -> None:
    wrapped = {**GOOD, "run.sh": "sh check.sh"}
    weak = {"src.txt": "answer = 41\n", "check.sh": "exit 0"}
    assert judge(context, weak, wrapped, run="sh run.sh").outcome is Outcome.ACCEPT
    assert judge(context, weak, wrapped, run="sh run.sh", more_from_base=["check.sh"]).outcome is Outcome.REJECT


def test_only_changes_of_its_paths_are_judged(context: Context) -> None:
    assert judge(context, {"other.md": "text"}, run="false", paths=["*.txt"]).outcome is Outcome.SKIP
    assert judge(context, {"src.txt": "answer"}, run="sh check.sh", paths=["*.txt"]).outcome is Outcome.REJECT


def test_a_program_that_is_missing_is_an_error_with_the_remedy(context: Context) -> None:
    for run in (["no-such-program", "test"], "no-such-program test"):
        verdict = judge(context, {"src.txt": "x"}, run=run)
        assert verdict.outcome is Outcome.ERROR
        assert "install the program" in verdict.reason


def test_a_hang_of_the_head_is_rejected_and_one_of_the_base_is_an_error(context: Context) -> None:
    hang = {"src.txt": "hang\n"}
    run = "grep -q hang src.txt && sleep 60; true"
    verdict = judge(context, hang, run=run, seconds=0.5)
    assert (verdict.outcome, rules(verdict)) == (Outcome.REJECT, ["command-timed-out"])
    verdict = judge(context, {"src.txt": "hang hang\n"}, {**GOOD, **hang}, run=run, seconds=0.5)
    assert verdict.outcome is Outcome.ERROR
    assert "Raise its seconds" in verdict.reason


def test_setup_runs_first_and_its_failure_on_the_head_rejects(context: Context) -> None:
    setup = "grep -q answer src.txt && echo made > made"
    assert judge(context, {"src.txt": "answer"}, setup=setup, run="cat made").outcome is Outcome.ACCEPT
    verdict = judge(context, {"src.txt": "nothing"}, setup=setup, run="true")
    assert verdict.outcome is Outcome.REJECT
    assert "its setup ended with status 1" in verdict.reason


def test_tests_are_compared_one_by_one(context: Context) -> None:
    base = {"src.txt": "one ok\ntwo ok\nthree bad\n"}
    how = {"run": JUNIT, "format": "junit", "report": "*.xml"}
    good = judge(context, {"src.txt": "one ok\ntwo ok \nthree bad\n"}, base, **how)
    assert (good.outcome, good.score) == (Outcome.ACCEPT, 1.0)
    worse = judge(context, {"src.txt": "one ok\ntwo bad\nthree bad\n"}, base, **how)
    assert (worse.outcome, rules(worse), worse.score) == (Outcome.REJECT, ["test-failed"], 0.5)
    fewer = judge(context, {"src.txt": "one ok\nthree bad\n"}, base, **how)
    assert rules(fewer) == ["test-missing"]


def test_results_are_compared_one_by_one(context: Context) -> None:
    how = {"run": SARIF, "format": "sarif", "report": "r.sarif"}
    base = {"src.txt": "fine\nbad-old\n"}
    moved = judge(context, {"src.txt": "fine\nmore\nbad-old\n"}, base, **how)
    assert (moved.outcome, moved.findings) == (Outcome.ACCEPT, ())
    worse = judge(context, {"src.txt": "bad-new\nbad-old\n"}, base, **how)
    assert worse.outcome is Outcome.REJECT
    assert [(f.rule, f.path, f.line) for f in worse.findings] == [("bad-new", "src.txt", 1)]


def test_a_report_that_was_committed_says_nothing(context: Context) -> None:
    forged = '<testsuites><testcase classname="t" name="one"/></testsuites>'
    how = {"run": f"[ -e stop ] || {{ {JUNIT} }}", "format": "junit", "report": "out.xml"}
    base = {"src.txt": "one ok\n"}
    verdict = judge(context, {"stop": "", "out.xml": forged}, base, **how)
    assert (verdict.outcome, rules(verdict)) == (Outcome.REJECT, ["report-unreadable"])


@pytest.mark.parametrize(
    "make", ["ln -s /dev/zero out.xml", "mkdir out.xml", "mkfifo out.xml", "head -c 20000000 /dev/zero > out.xml",
             "ln -s /proc/self/mem out.xml", "printf '<!DOCTYPE a [<!ENTITY b \"c\">]><testsuites/>' > out.xml"]
)  # fmt: skip
def test_a_report_that_is_a_trap_is_rejected_in_time(context: Context, make: str) -> None:
    how = {"run": f"if [ -e trap ]; then {make}; else {JUNIT} fi", "format": "junit", "report": "out.xml"}
    verdict = judge(context, {"trap": ""}, {"src.txt": "one ok\n"}, **how)
    assert (verdict.outcome, rules(verdict)) == (Outcome.REJECT, ["report-unreadable"])


@pytest.mark.parametrize(
    "attack",
    [
        "for p in /proc/$PPID/fd/*; do (echo '{}' > $p) && touch through; done; exit 1",  # write to its channel
        "head -c 1 /proc/$PPID/environ && touch through; exit 1",  # read its memory, where the nonce is
        "cat /proc/$PPID/maps && touch through; exit 1",
    ],
)
def test_judged_code_does_not_reach_its_runner(context: Context, attack: str) -> None:
    """With the runner's shield away, each attack makes the file (or the forged record is noticed)."""
    run = ["sh", "check.sh"]
    verdict = judge(context, {"evil.txt": attack.replace("exit 1", "[ ! -e through ] || exit 9; exit 1")}, run=run)
    assert (verdict.outcome, rules(verdict)) == (Outcome.REJECT, ["command-failed"])
    assert "status 1" in verdict.reason


def test_ending_the_runner_is_no_way_to_be_accepted(context: Context) -> None:
    verdict = judge(context, {"evil.txt": "kill -9 $PPID"}, run=["sh", "check.sh"])
    assert (verdict.outcome, "SIGKILL" in verdict.reason) == (Outcome.ERROR, True)


def test_output_without_end_is_read_and_forgotten(context: Context) -> None:
    verdict = judge(
        context, {"flood": ""}, run="[ -e flood ] && { head -c 50000000 /dev/zero | tr '\\0' x; exit 3; }; true"
    )
    assert verdict.outcome is Outcome.REJECT
    assert len(verdict.findings[0].message) < 1_000


def test_what_is_left_running_does_not_hold_the_gate(context: Context) -> None:
    assert judge(context, {"src.txt": "x"}, run="sleep 30 & exit 0", seconds=20).outcome is Outcome.ACCEPT
    escaped = judge(context, {"src.txt": "x"}, run="setsid sleep 30 & exit 0", seconds=20)
    assert escaped.outcome is Outcome.ACCEPT


def test_settings_of_the_environment_are_literal_and_the_only_ones(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    run = '[ "$MODE" = \'$HOME\' ] && [ -z "$SECRET_TOKEN" ]'
    assert judge(context, {"src.txt": "x"}, run=run, env={"MODE": "$HOME"}).outcome is Outcome.ACCEPT


def test_several_commands_are_merged_and_named(context: Context) -> None:
    commands = {
        "good": {"run": "true"},
        "bad": {"run": "sh check.sh"},
        "missing": {"run": "no-such-program"},
        "other": {"run": "true", "paths": ["*.go"]},
    }
    verdict = judge(context, {"src.txt": "x"}, commands=commands)
    assert verdict.outcome is Outcome.REJECT
    assert verdict.reason.startswith("bad: passes on the base, but")
    assert verdict.findings[0].message.startswith("bad: ")
    del commands["bad"]
    verdict = judge(context, {"src.txt": "x"}, commands=commands)
    assert verdict.outcome is Outcome.ERROR
    assert "missing: " in verdict.reason and "good: passes" in verdict.reason


def test_each_change_of_a_batch_has_its_verdict_and_the_base_runs_once(context: Context, tmp_path: Path) -> None:
    assert context.sandbox is not None
    counting = Counting(context.sandbox)
    base = MemorySnapshot.of(GOOD)
    heads = [{"src.txt": "a"}, {"src.txt": "answer = 42"}, {"src.txt": "b"}]
    changes = [Change.between(base, MemorySnapshot.of({**GOOD, **head})) for head in heads]
    settings = CommandGateSettings(run="sh check.sh")
    cached = replace(context, sandbox=counting, cache=Cache(tmp_path), jobs=3)
    outcomes = [v.outcome for v in GATE.judge(changes, settings, cached)]
    assert outcomes == [Outcome.REJECT, Outcome.ACCEPT, Outcome.REJECT]
    assert counting.runs == 4


def test_a_kept_base_is_made_anew_before_a_rejection(context: Context, tmp_path: Path) -> None:
    """A kept run may be older than the machine's programs: what it says must not reject alone."""
    kept = replace(context, cache=Cache(tmp_path))
    how: dict[str, Any] = {"run": "[ -e old ] || sh check.sh", "from_base": []}
    assert judge(kept, {"src.txt": "x"}, **how).outcome is Outcome.REJECT
    [file] = tmp_path.rglob("*.json")
    file.write_text(file.read_text().replace('"status": 0', '"status": 1'))
    assert judge(kept, {"src.txt": "x"}, **how).outcome is Outcome.ACCEPT
    broken = {**GOOD, "src.txt": "no"}
    assert judge(kept, {"other.md": "x"}, broken, **how).outcome is Outcome.ACCEPT
    for file in tmp_path.rglob("*.json"):
        file.write_text(file.read_text().replace('"status": 1', '"status": 0'))
    assert judge(kept, {"other.md": "x"}, broken, **how).outcome is Outcome.ACCEPT


@pytest.mark.parametrize("content", ["3", "{}", "[]", '[{"step": "run"}]', '[{"report": 3}]'])
def test_a_cache_that_was_damaged_is_not_believed(context: Context, tmp_path: Path, content: str) -> None:
    kept = replace(context, cache=Cache(tmp_path))
    assert judge(kept, {"src.txt": "x"}, run="sh check.sh").outcome is Outcome.REJECT
    for file in tmp_path.rglob("*.json"):
        file.write_text(content)
    assert judge(kept, {"src.txt": "x"}, run="sh check.sh").outcome is Outcome.REJECT


def test_without_a_sandbox_nothing_runs(context: Context) -> None:
    verdict = judge(replace(context, sandbox=None), {"src.txt": "x"}, run="true")
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, f"The command {context.sandbox_remedy}")

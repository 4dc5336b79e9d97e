"""The report against its published schema, and on a terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from app.provenance.commit import Added, PullText
from app.provenance.detector import ChangeProvenance, Evidence, detect_change
from app.provenance.report import json_report, jsonl_report, render_terminal
from tests.app.provenance.build import SHA, build_commit

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "app" / "provenance" / "provenance.schema.json").read_text(encoding="utf-8")
)
KEYS = ["status", "harnesses", "model_families", "models", "signals", "ignored"]
HOSTILE = "[red]x[/red] \x1b[31m\u202e"


@pytest.fixture
def result() -> ChangeProvenance:
    message = f"{HOSTILE}\n\nMade-with: Cursor\nCo-authored-by: {HOSTILE}GPT-5.6 Sol <noreply@anthropic.com>\n"
    commits = [build_commit(message), build_commit(sha="b" * 40)]
    evidence = Evidence(added={SHA: Added({"a": 3}), "b" * 40: Added({"a": 4})}, remarks=("A remark.",))
    return detect_change(commits, PullText("https://claude.ai/code/session_1"), evidence)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_json_report_is_valid_and_has_the_keys(result: ChangeProvenance) -> None:
    report = json.loads(json_report(result))
    Draft202012Validator(SCHEMA).validate(report)
    assert list(report["sum"]) == ["commit", *KEYS, "lines"]
    assert [list(commit) for commit in report["commits"]] == [["commit", *KEYS]] * 2
    assert report["sum"]["lines"] == {"ai-declared": 7}
    assert report["remarks"] == ["A remark."]


def test_an_empty_report_is_valid() -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(json_report(detect_change([]))))


def test_the_schema_refuses_what_is_not_declared(result: ChangeProvenance) -> None:
    report = json.loads(json_report(result))
    report["sum"]["status"] = "ai-detected"
    assert not Draft202012Validator(SCHEMA).is_valid(report)


def test_json_lines_are_the_commits_and_the_sum(result: ChangeProvenance) -> None:
    lines = [json.loads(line) for line in jsonl_report(result)]
    whole = json.loads(json_report(result))
    assert lines == [*whole["commits"], whole["sum"]]
    one, total = (
        Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}) for name in ("commit", "sum")
    )
    assert [one.is_valid(line) for line in lines] == [True, True, False]
    assert total.is_valid(lines[-1])


def test_the_terminal_shows_the_words_of_commits_as_text(result: ChangeProvenance) -> None:
    out = io.StringIO()
    render_terminal(result, Console(file=out, width=160, force_terminal=False))
    shown = out.getvalue()
    assert "ai-declared  Declared as written with AI." in shown
    assert "added lines: 7 ai-declared" in shown
    assert "[red]x[/red]" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "Weak on its own" in shown
    assert "A remark." in shown


def test_a_long_history_is_cut_on_the_terminal_with_a_word() -> None:
    commits = [build_commit(sha=f"{number:040x}") for number in range(40)]
    out = io.StringIO()
    render_terminal(detect_change(commits), Console(file=out, width=120))
    assert "and 10 more; the JSON report lists all." in out.getvalue()
    assert "undeclared  Nothing is declared. That does not mean that a person wrote it." in out.getvalue()

"""The smaller commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import __version__
from gates import registry
from tests.conftest import Repo


def test_version(exogate) -> None:
    done = exogate("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"exogate, version {__version__}")


def test_help_names_every_command(exogate) -> None:
    done = exogate("--help")
    for command in ("review", "provenance", "policy", "gates", "doctor"):
        assert command in done.stdout


def test_an_unknown_command_is_wrong_usage(exogate) -> None:
    assert exogate("revue").returncode == 2


def test_gates_lists_all_with_what_they_need(exogate) -> None:
    rows = json.loads(exogate("gates", "--format", "json").stdout)
    assert [row["name"] for row in rows] == list(registry.names())
    for row in rows:
        assert row["kind"] == "exogenous" or row["name"] not in registry.BUILT_IN
        assert row["version"]
        assert row["summary"]
    text = exogate("gates").stdout
    assert "base-tests" in text
    assert "needs sandbox" in text or "sandbox" in text


def test_policies_are_listed_and_shown(exogate) -> None:
    assert "standard" in exogate("policy", "list").stdout
    shown = exogate("policy", "show", "strict")
    assert shown.returncode == 0
    assert "hash: " in shown.stdout
    assert "level: block" in shown.stdout


def test_what_is_shown_is_a_policy_of_the_same_hash(exogate, tmp_path: Path) -> None:
    shown = exogate("policy", "show", "standard").stdout
    file = tmp_path / "copy.yml"
    file.write_text(shown)
    done = exogate("policy", "validate", file)
    assert done.returncode == 0, done.stderr
    assert shown.split("hash: ")[1][:12] in done.stdout


def test_labels_are_shown_as_they_are_written_and_told_when_checked(exogate, tmp_path: Path) -> None:
    file = tmp_path / "p.yml"
    file.write_text("extends: compile\nlabels:\n  provenance/ai: off\n  gates/failed: {name: 'red: \U0001f6d1'}\n")
    for _ in range(2):  # what is shown says the same
        done = exogate("policy", "validate", file)
        assert done.returncode == 0, done.stderr
        assert "labels off: provenance/ai\n" in done.stdout
        assert "labels named: gates/failed is called 'red: \U0001f6d1'\n" in done.stdout
        file.write_text(exogate("policy", "show", file).stdout)
    assert "labels" not in exogate("policy", "show", "strict").stdout
    file.write_text("extends: compile\nlabels: {gates/fail: off}\n")
    done = exogate("policy", "validate", file)
    assert done.returncode == 2
    assert "line 2: There is no label 'gates/fail'" in done.stderr


def test_validate_tells_every_problem_with_its_line(exogate, tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_text("gates:\n  compile: x\n  nothing: block\nbudget: {jobs: -1}\n")
    done = exogate("policy", "validate", file)
    assert done.returncode == 2
    for line in (2, 4):
        assert f"line {line}" in done.stderr


@pytest.mark.parametrize("name", ["missing.yml", "unknown-policy"])
def test_a_policy_that_is_not_there_is_wrong_usage(exogate, name: str) -> None:
    assert exogate("policy", "validate", name).returncode == 2
    assert exogate("policy", "show", name).returncode == 2


def test_doctor_says_what_works(exogate) -> None:
    done = exogate("doctor")
    assert done.returncode == 0, done.stdout
    for word in ("bubblewrap", "container", "runner", "pylint", "mypy", "git"):
        assert word in done.stdout


def test_doctor_names_the_remedy_where_something_is_missing(exogate, tmp_path: Path) -> None:
    done = exogate("doctor", PATH=str(tmp_path))
    assert done.returncode == 3
    assert "remedy" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(exogate, shell: str) -> None:
    done = exogate("completion", shell)
    assert done.returncode == 0
    assert "_EXOGATE_COMPLETE" in done.stdout


def test_completion_completes(exogate) -> None:
    done = exogate(_EXOGATE_COMPLETE="bash_complete", COMP_WORDS="exogate pol", COMP_CWORD="1")
    assert "policy" in done.stdout


def test_provenance_of_a_range_in_json(exogate, repo: Repo) -> None:
    repo.commit({"a": "1\n"})
    repo.branch("work")
    declared = repo.commit({"a": "2\n"}, "Do it\n\nCo-authored-by: Claude Opus 4.6 <noreply@anthropic.com>\n")
    plain = repo.commit({"a": "3\n"}, "More")
    done = exogate("provenance", "--repo", repo.path, "main..work", "--format", "json")
    report = json.loads(done.stdout)
    by_commit = {row["commit"]: row for row in report["commits"]}
    assert by_commit[declared]["status"] == "ai-declared"
    assert by_commit[declared]["models"] == ["Claude Opus 4.6"]
    assert by_commit[plain]["status"] == "undeclared"
    assert report["sum"]["status"] == "mixed"
    assert {"harnesses", "model_families", "models", "signals", "ignored"} <= by_commit[plain].keys()
    lines = [
        json.loads(line) for line in exogate("provenance", "--repo", repo.path, "--format", "jsonl").stdout.splitlines()
    ]
    assert len(lines) == 4
    assert "mixed" in exogate("provenance", "--repo", repo.path, "main..work").stdout


@pytest.mark.parametrize("revisions", ["nowhere..x", "--all", "-n1"])
def test_provenance_of_what_is_no_range_is_wrong_usage(exogate, repo: Repo, revisions: str) -> None:
    repo.commit({"a": "1\n"})
    done = exogate("provenance", "--repo", repo.path, "--", revisions)
    assert done.returncode == 2
    assert "main..my-branch" in done.stderr


def test_provenance_outside_a_repository_is_wrong_usage(exogate, tmp_path: Path) -> None:
    done = exogate("provenance", "--repo", tmp_path)
    assert done.returncode == 2
    assert "--repo" in done.stderr


def test_what_could_not_be_read_is_said_beside_json_lines(exogate, repo: Repo) -> None:
    repo.commit({"a": "1\n"})
    repo.git("update-ref", "refs/notes/ai", repo.git("rev-parse", "HEAD:a"))
    done = exogate("provenance", "--repo", repo.path, "--format", "jsonl")
    assert done.returncode == 0
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["undeclared", "undeclared"]
    assert "refs/notes/ai could not be read" in done.stderr


def test_an_empty_range_is_said(exogate, repo: Repo) -> None:
    repo.commit({"a": "1\n"})
    done = exogate("provenance", "--repo", repo.path, "main..main")
    assert done.returncode == 0
    assert "no commit" in done.stdout
    report = json.loads(exogate("provenance", "--repo", repo.path, "main..main", "--format", "json").stdout)
    assert report["commits"] == []
    assert any("no commit" in remark for remark in report["remarks"])


def test_an_empty_argument_is_no_range(exogate, repo: Repo) -> None:
    repo.commit({"a": "1\n"})
    done = exogate("provenance", "--repo", repo.path, "")
    assert done.returncode == 2
    assert "main..my-branch" in done.stderr


def test_provenance_of_a_repository_without_commits_is_said(exogate, repo: Repo) -> None:
    done = exogate("provenance", "--repo", repo.path)
    assert done.returncode == 2
    assert "no commits yet" in done.stderr


def test_a_file_called_like_a_preset_is_validated_itself(exogate, tmp_path: Path) -> None:
    (tmp_path / "standard").write_text("gates:\n  nothing: block\n")
    done = exogate("policy", "validate", "standard")
    assert done.returncode == 2
    assert "standard, line 2" in done.stderr


def test_a_policy_that_blocks_nothing_is_valid_and_says_what_that_means(exogate, tmp_path: Path) -> None:
    file = tmp_path / "mild.yml"
    file.write_text("gates: {compile: advise}\n")
    assert "accepts every change" in exogate("policy", "validate", file).stdout
    file.write_text("extends: compile\nenforce: false\n")
    assert "accepts every change" in exogate("policy", "validate", file).stdout
    file.write_text("policy: compile\n")
    assert "accepts every change" not in exogate("policy", "validate", file).stdout


def test_a_directory_is_no_policy_file(exogate, tmp_path: Path) -> None:
    done = exogate("policy", "validate", tmp_path)
    assert done.returncode == 2
    assert "is a directory" in done.stderr


def test_what_a_policy_says_of_itself_cannot_act_on_the_terminal(exogate, tmp_path: Path) -> None:
    file = tmp_path / "loud.yml"
    file.write_text('extends: compile\ndescription: "two\\nlines \\e[31m"\n')
    shown = exogate("policy", "show", file).stdout
    assert "\x1b" not in shown
    file.write_text(shown)
    assert exogate("policy", "validate", file).returncode == 0


def test_names_in_complaints_cannot_act_on_the_terminal(exogate, tmp_path: Path) -> None:
    file = tmp_path / "\x1b[31mred.yml"
    file.write_text("a: 1\n")
    done = exogate("policy", "validate", file)
    assert done.returncode == 2
    assert "\\x1b[31mred.yml, line 1" in done.stderr
    assert "\x1b" not in done.stderr


def test_doctor_keeps_each_line_short_enough_to_read(exogate) -> None:
    lines = exogate("doctor").stdout.splitlines()
    (container,) = [line for line in lines if "container:" in line]
    assert "--help" not in container

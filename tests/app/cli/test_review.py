"""`exogate review` from outside: exit statuses, formats, files, and bad input."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Repo

GOOD = "def double(x):\n    return 2 * x\n"
BROKEN = "def double(x:\n    return 2 * x\n"


@pytest.fixture
def sample(repo: Repo) -> Repo:
    """A repository with a good and a broken branch."""
    repo.commit({"a.py": "x = 1\n", "README.md": "hello\n"})
    repo.branch("good")
    repo.commit({"b.py": GOOD})
    repo.branch("broken")
    repo.commit({"b.py": BROKEN})
    return repo


def test_an_accepted_change_ends_with_0(exogate, sample: Repo) -> None:
    done = exogate("review", "--repo", sample.path, "--base", "main", "--head", "good", "--policy", "compile")
    assert done.returncode == 0, done.stderr
    assert "compile" in done.stdout


def test_a_rejected_change_ends_with_1_and_says_where(exogate, sample: Repo) -> None:
    done = exogate("review", "--repo", sample.path, "--base", "main", "--head", "broken", "--policy", "compile")
    assert done.returncode == 1
    assert "b.py" in done.stdout


def test_without_a_policy_nothing_blocks_and_the_report_says_so(exogate, sample: Repo) -> None:
    done = exogate("review", "--repo", sample.path, "--base", "main", "--head", "broken", "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert (report["decision"], report["would_decide"]) == ("accept", "reject")
    assert not any(verdict["blocking"] for verdict in report["verdicts"])


def test_the_bases_policy_is_enforced_whatever_the_head_says(exogate, repo: Repo) -> None:
    repo.commit({"a.py": "x = 1\n", ".github/exogate.yml": "policy: compile\n"})
    repo.branch("work")
    repo.commit({"b.py": BROKEN, ".github/exogate.yml": "policy: none\n"})
    done = exogate("review", "--repo", repo.path, "--base", "main", "--head", "work")
    assert done.returncode == 1
    assert "exogate.yml" in done.stdout


def test_a_gate_that_cannot_judge_ends_with_3(exogate, sample: Repo, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text("gates: {command: {settings: {run: [no-such-program-anywhere]}}}\n")
    done = exogate("review", "--repo", sample.path, "--base", "main", "--head", "good", "--policy", policy)
    assert done.returncode == 3, done.stdout
    assert "no-such-program-anywhere" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--head", "good"], "--base"),
        (["--base", "main", "--head", "nowhere"], "nowhere"),
        (["--base", "main", "--head", "main"], "nothing to judge"),
        (["--base", "main", "--head", "good", "--policy", "strickt"], "strict"),
        (["--base", "main", "--head", "good", "--gates", "compile,nonsense"], "nonsense"),
        (["--base", "main", "--head", "good", "--format", "xml"], "sarif"),
        (["--base", "main", "--head", "good", "--pr-body", "/nowhere"], "--pr-body"),
        (["--base", "main", "--head", "good", "--python", "/bin/true"], "--python"),
        (["--base", "main", "--head", "good", "--sandbox", "none"], "bubblewrap"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(exogate, sample: Repo, args: list[str], said: str) -> None:
    done = exogate("review", "--repo", sample.path, *args)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_broken_policy_ends_with_2_and_its_line(exogate, repo: Repo) -> None:
    repo.commit({"a.py": "x = 1\n", ".github/exogate.yml": "gates:\n  compile: perhaps\n"})
    repo.branch("work")
    repo.commit({"b.py": GOOD})
    done = exogate("review", "--repo", repo.path, "--base", "main", "--head", "work")
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "'block', 'advise' or 'off'" in done.stderr


def test_nothing_half_written_is_left_when_nothing_was_judged(exogate, sample: Repo, tmp_path: Path) -> None:
    report = tmp_path / "out" / "report.json"
    report.parent.mkdir()
    report.write_text("the last one")
    done = exogate(
        "review", "--repo", sample.path, "--base", "main", "--head", "nowhere", "--format", "json", "--output", report
    )
    assert done.returncode == 2
    assert [p.name for p in report.parent.iterdir()] == ["report.json"]
    assert report.read_text() == "the last one"


def test_a_report_goes_whole_to_its_file(exogate, sample: Repo, tmp_path: Path) -> None:
    report = tmp_path / "report.sarif"
    args = ("--repo", sample.path, "--base", "main", "--head", "broken", "--policy", "compile")
    done = exogate("review", *args, "--format", "sarif", "--output", report)
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(report.read_text())["version"] == "2.1.0"


def test_an_output_that_cannot_be_written_is_said(exogate, sample: Repo, tmp_path: Path) -> None:
    args = ("--repo", sample.path, "--base", "main", "--head", "good", "--policy", "compile")
    done = exogate("review", *args, "--output", tmp_path / "missing" / "report.txt")
    assert done.returncode == 2
    assert "--output" in done.stderr


def test_json_is_json_and_pipes_get_no_progress_and_no_colour(exogate, sample: Repo) -> None:
    args = ("--repo", sample.path, "--base", "main", "--head", "good", "--policy", "compile")
    done = exogate("review", *args, "--format", "json")
    report = json.loads(done.stdout)
    assert report["schema_version"] == "1.1"
    assert report["decision"] == "accept"
    assert {"name", "hash"} <= report["policy"].keys()
    assert {"status", "harnesses", "model_families", "models", "signals"} <= report["provenance"].keys()
    keys = {"gate", "outcome", "blocking", "score", "reason", "findings", "seconds"}
    assert all(keys <= verdict.keys() for verdict in report["verdicts"])
    assert done.stderr == ""
    assert "\x1b" not in exogate("review", *args).stdout


def test_markdown_is_markdown(exogate, sample: Repo) -> None:
    args = ("--repo", sample.path, "--base", "main", "--head", "broken", "--policy", "compile")
    assert "|" in exogate("review", *args, "--format", "markdown").stdout


def test_a_bare_repository_is_reviewed_and_not_changed(exogate, sample: Repo, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(sample.path), str(bare)], check=True)
    before = {p: p.stat().st_mtime_ns for p in bare.rglob("*")}
    done = exogate("review", "--repo", bare, "--base", "main", "--head", "broken", "--policy", "compile")
    assert done.returncode == 1
    assert {p: p.stat().st_mtime_ns for p in bare.rglob("*")} == before


def test_the_pull_requests_words_count_for_provenance(exogate, sample: Repo, tmp_path: Path) -> None:
    body = tmp_path / "body.md"
    body.write_text("Fixes it.\n\n<!-- CURSOR_AGENT_PR_BODY_BEGIN -->\nhello\n")
    args = ("--repo", sample.path, "--base", "main", "--head", "good", "--policy", "none", "--format", "json")
    assert json.loads(exogate("review", *args).stdout)["provenance"]["status"] == "undeclared"
    declared = json.loads(exogate("review", *args, "--pr-body", body).stdout)["provenance"]
    assert declared["status"] == "ai-declared"
    branch = json.loads(exogate("review", *args, "--branch", "claude/fix-it").stdout)["provenance"]
    assert branch["status"] == "ai-declared"


def test_a_repository_without_python_or_tests_is_reviewed(exogate, repo: Repo) -> None:
    repo.commit({"README.md": "hello\n"})
    repo.branch("work")
    repo.commit({"README.md": "hello there\n", "logo.png": b"\x89PNG\0\0"})
    done = exogate(
        "review", "--repo", repo.path, "--base", "main", "--head", "work", "--policy", "standard", "--format", "json"
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    outcomes = {verdict["gate"]: verdict["outcome"] for verdict in report["verdicts"]}
    assert outcomes["compile"] == outcomes["base-tests"] == "skip"


def test_a_sign_off_attests_only_where_the_policy_accepts_it(exogate, repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "x = 1\n"})
    repo.branch("work")
    repo.commit({"b.py": GOOD}, "Add b\n\nSigned-off-by: Ada Moreau <ada@example.org>\n")
    status = {}
    for accepted in ("true", "false"):
        policy = tmp_path / f"{accepted}.yml"
        policy.write_text(f"gates: {{compile: block}}\naccept_signoffs: {accepted}\n")
        args = ("--repo", repo.path, "--base", "main", "--head", "work", "--policy", policy, "--format", "json")
        status[accepted] = json.loads(exogate("review", *args).stdout)["provenance"]["status"]
    assert status == {"true": "human-attested", "false": "undeclared"}


def test_a_policy_may_leave_some_provenance_out(exogate, sample: Repo, tmp_path: Path) -> None:
    policy = tmp_path / "p.yml"
    policy.write_text("gates: {compile: block}\napplies_to: [ai-declared, mixed]\n")
    args = ("--repo", sample.path, "--base", "main", "--head", "broken", "--policy", policy)
    done = exogate("review", *args)
    assert done.returncode == 0
    assert "no gate ran" in done.stdout
    assert exogate("review", *args, "--branch", "claude/x").returncode == 1


def test_which_python_runs_the_tests_is_said_where_tests_are_run(exogate, sample: Repo) -> None:
    args = ("review", "--repo", sample.path, "--base", "main", "--head", "good", "--policy")
    assert "Tests run under" not in exogate(*args, "compile").stdout
    assert "Tests run under" in exogate(*args, "tests").stdout


def test_a_change_of_the_policy_is_noted_and_does_not_judge(exogate, repo: Repo) -> None:
    repo.commit({"a.py": "x = 1\n"})
    repo.branch("work")
    repo.commit({"b.py": "def (\n", ".github/exogate.yml": "policy: none\n"})
    done = exogate("review", "--repo", repo.path, "--base", "main", "--head", "work", "--gates", "compile")
    assert done.returncode == 1
    assert "what it says there did not judge it" in " ".join(done.stdout.split())

"""`exogate ledger`, as people and pipelines run it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.cli.pour import pour
from app.ledger.ledger import Ledger
from app.provenance.agent_trace import parse_traces
from tests.app.cli.conftest import ROOT, Run, exogate
from tests.app.ledger.build import HEAD, MERGED, NAME, REJECTING, REPOSITORY, add_merge, add_review
from tests.app.ledger.conftest import empty_database
from tests.app.ledger.test_export import LINES

if TYPE_CHECKING:
    from tests.services.postgres import PostgresServer

__all__ = ["exogate"]


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, unless a test asks for the other: what the command adds does not depend on the database."""
    return empty_database(request, tmp_path)


@pytest.fixture
def run(exogate: Run, url: str, ledger: Ledger) -> Run:
    """The command on a ledger of one merge, whose repository agreed to be exported."""
    add_review(ledger)
    add_merge(ledger, LINES)
    said = {"repository_id": REPOSITORY, "number": 1, "head": HEAD, "actor": "ada"}
    ledger.override(**said, kind="label", value="-gates/passed", reason="evil \x1b[2J text")

    def with_settings(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
        return exogate("ledger", *args, **{"DATABASE_URL": url, "EXOGATE_EXPORT_REPOSITORIES": "Octo/Shop x/y", **env})

    return with_settings


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
def test_export_writes_the_rows(run: Run) -> None:
    told = rows(run("export", "--repository", "OCTO/shop"))
    assert [(one["path"], one["first"], one["last"]) for one in told] == [(o.path, o.first, o.last) for o in LINES]


def test_the_options_narrow(run: Run) -> None:
    def count(*args: str) -> int:
        return len(rows(run("export", "--repository", NAME, *args)))

    assert count("--provenance", "ai-declared") == 3
    assert count("--provenance", "mixed", "--provenance", "undeclared") == 2
    assert count("--gates-passed", "--reviewers", "none", "--since", "2026-08-01") == len(LINES)
    assert count("--reviewers", "independent") == 0
    assert count("--since", "2026-08-02") == 0
    assert count("--number", "2") == 0


def test_a_repository_that_did_not_agree_is_refused(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "rows.jsonl"
    done = run("export", "--repository", NAME, "--output", target, EXOGATE_EXPORT_REPOSITORIES="octo/other")
    assert done.returncode == 2
    assert done.stderr == (
        "Error: octo/shop is not exported: its owner has not opted in. Name it in EXOGATE_EXPORT_REPOSITORIES.\n"
    )
    assert (done.stdout, target.exists()) == ("", False)


def test_one_that_took_an_agreed_name_over_is_not_exported(run: Run, ledger: Ledger) -> None:
    """The repository that agreed was renamed; its rows go with its own name, not with the old one."""
    add_review(ledger, repository="octo/store")
    done = run("export", "--repository", NAME)
    assert done.returncode == 2
    assert "knows no repository 'octo/shop'" in done.stderr


def test_every_form_to_a_file(run: Run, tmp_path: Path) -> None:
    for form in ("jsonl", "parquet", "agent-trace", "git-ai-notes"):
        if form == "parquet":
            pytest.importorskip("pyarrow", reason="needs pyarrow")
        target = tmp_path / form
        done = run("export", "--repository", NAME, "--format", form, "--output", target)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert target.stat().st_size > 100
    assert len((tmp_path / "jsonl").read_text().splitlines()) == len(LINES)
    assert len(parse_traces((tmp_path / "agent-trace").read_bytes()).records) == 3
    assert f"N inline {MERGED}\n" in (tmp_path / "git-ai-notes").read_text()
    assert not list(tmp_path.glob(".exogate-*"))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "rows"
    target.write_bytes(b"old")
    target.chmod(0o600)

    def failing() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        pour(failing(), target)
    assert target.read_bytes() == b"old"
    pour([b"new ", b"rows"], target)
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new rows", 0o600)
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_a_sentence(run: Run) -> None:
    done = run("export", "--repository", NAME, "--output", "/dev/full")
    assert (done.returncode, done.stderr) == (3, "Error: /dev/full cannot be written: No space left on device.\n")


def test_parquet_needs_a_file(run: Run) -> None:
    done = run("export", "--repository", NAME, "--format", "parquet")
    assert done.returncode == 2
    assert "name a file with --output" in done.stderr


def test_an_output_that_cannot_be_written_is_refused_first(run: Run, tmp_path: Path) -> None:
    done = run("export", "--repository", NAME, "--output", tmp_path / "none" / "rows")
    assert done.returncode == 2
    assert "cannot be written: there is no directory" in done.stderr


def test_who_stops_reading_stops_nothing(run: Run, ledger: Ledger, url: str) -> None:
    for number in range(2, 200):
        add_merge(ledger, LINES, number=number)
    environment = {**os.environ, "DATABASE_URL": url, "EXOGATE_EXPORT_REPOSITORIES": NAME}
    command = [sys.executable, "-m", "app.cli", "ledger", "export", "--repository", NAME]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
def test_show_lists_repositories(run: Run) -> None:
    done = run("show")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()][-1] == [NAME, "1", "1", "1"]


def test_show_tells_what_happened(run: Run) -> None:
    done = run("show", "--repository", NAME, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    for part in ("Reviews", "Overrides", "Merges", "#1", "b" * 10, "c" * 10, "accept", "squash", "11 ai-declared"):
        assert part in done.stdout
    assert "\x1b" not in done.stdout
    assert "evil [2J text" in done.stdout


def test_show_narrows_and_says_so(run: Run, ledger: Ledger) -> None:
    for number in range(2, 40):
        add_review(ledger, REJECTING, number=number)
    everything = run("show", "--repository", NAME, COLUMNS="200").stdout
    assert "Older ones than these 20 are left out" in everything
    one = run("show", "--repository", NAME, "--number", "30", COLUMNS="200").stdout
    assert "#30" in one
    assert "#31" not in one
    assert "Merges" not in one
    none = run("show", "--repository", NAME, "--number", "99").stdout
    assert none.strip() == "The ledger holds nothing of octo/shop that was asked for."


def test_an_unknown_repository_is_a_sentence(run: Run) -> None:
    done = run("show", "--repository", "octo/none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "The ledger knows no repository 'octo/none'" in done.stderr


def test_looking_makes_no_ledger(exogate: Run, tmp_path: Path) -> None:
    done = exogate("ledger", "show", EXOGATE_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 2
    assert "ledger.sqlite3 is not there" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_ledger_of_another_version_is_left_alone(run: Run, url: str) -> None:
    file = sqlite3.connect(url.removeprefix("sqlite:///"))
    with file:
        file.execute("UPDATE exogate_schema SET version_num = '9999'")
    done = run("show")
    assert done.returncode == 2
    assert "version 9999 of the schema, which this Exogate does not know" in done.stderr


def test_an_empty_ledger_says_so(exogate: Run, url: str, ledger: Ledger) -> None:
    done = exogate("ledger", "show", DATABASE_URL=url)
    assert (done.returncode, done.stdout.strip()) == (0, "The ledger holds no review and no merge yet.")


def test_settings_that_cannot_be_used_are_sentences(exogate: Run) -> None:
    done = exogate("ledger", "show", PORT="many")
    assert (done.returncode, done.stderr) == (2, "Error: PORT is no number.\n")


def test_a_ledger_that_others_hold_can_be_looked_at(run: Run, url: str) -> None:
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert len(rows(run("export", "--repository", NAME))) == len(LINES)
    other.execute("ROLLBACK")


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_a_ledger_that_is_away_is_status_3(run: Run, postgres_server: PostgresServer) -> None:
    postgres_server.stop()
    try:
        done = run("show")
    finally:
        postgres_server.start()
    assert done.returncode == 3
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_its_packages_it_is_a_sentence(exogate: Run, tmp_path: Path) -> None:
    (tmp_path / "sqlalchemy.py").write_text("raise ModuleNotFoundError('sqlalchemy')\n")
    done = exogate("ledger", "show", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == 2
    assert "pip install 'exogate[app]'" in done.stderr

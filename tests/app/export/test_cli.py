"""`exogate export`, as people and pipelines run it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.cli.conftest import ROOT, Run
from tests.app.ledger.build import NAME, add_merge, add_review

if TYPE_CHECKING:
    from app.ledger.ledger import Ledger

BLOB = "e" * 40
CORPUS = [
    {"repository": NAME, "path": "b.py", "blob": BLOB},
    {"repository": NAME, "path": "src/a.py", "blob": "d" * 40},
    {"repository": "octo/other", "path": "b.py", "blob": BLOB},
]


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in CORPUS))
    return path


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
def test_the_condition_of_the_readme(run: Run) -> None:
    told = rows(run("--repo", "OCTO/shop", "--where", "provenance != ai-declared or gates >= compile"))
    assert [(one["number"], one["path"], one["status"]) for one in told if one["number"] == 2] == [
        (2, "b.py", "human-attested")
    ]
    assert [one["status"] for one in told if one["number"] == 1].count("ai-declared") == 3
    assert told[0]["verdicts"] == {"compile": "accept"}
    assert (told[0]["blob"], told[-1]["blob"], told[-1]["blob_lines"]) == (None, BLOB, 8)


def test_without_a_condition_everything_and_without_a_repository_all_that_agreed(run: Run, ledger: Ledger) -> None:
    add_review(ledger, repository_id=7, repository="x/y")
    add_merge(ledger, repository_id=7, repository="x/y")
    add_merge(ledger, repository_id=8, repository="octo/silent")
    assert {one["repository"] for one in rows(run())} == {NAME, "x/y"}
    assert {one["repository"] for one in rows(run("--repo", NAME))} == {NAME}
    assert len(rows(run("--repo", NAME, "--repo", "x/y"))) == len(rows(run()))


def test_one_that_did_not_agree_is_refused_beside_one_that_did(run: Run) -> None:
    done = run("--repo", NAME, "--repo", "octo/silent")
    assert (done.returncode, done.stdout) == (2, "")
    assert "octo/silent is not exported: its owner has not opted in." in done.stderr
    done = run(EXOGATE_EXPORT_REPOSITORIES="octo/none")
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "Error: The ledger knows no repository that agreed. Name those that did in EXOGATE_EXPORT_REPOSITORIES.",
    )


def test_a_mistake_in_the_condition_names_its_column(run: Run) -> None:
    done = run("--repo", NAME, "--where", "provenance = human\x1b[2J")
    assert done.returncode == 2
    assert "--where, column 14: 'human\\x1b[2J' is none of ai-declared, mixed, human-attested" in done.stderr
    assert "\x1b" not in done.stderr


def test_parquet_to_a_file(run: Run, tmp_path: Path) -> None:
    files = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    target = tmp_path / "lines.parquet"
    done = run("--repo", NAME, "--where", "path ~ b.py", "--format", "parquet", "--output", target)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [one["path"] for one in files.read_table(target).to_pylist()] == ["b.py", "b.py"]


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
def test_a_corpus_is_filtered_and_summed_up(run: Run, corpus: Path, tmp_path: Path) -> None:
    given = ("--where", "provenance != ai-declared", "--apply", corpus, "--output", tmp_path / "out.jsonl")
    done = run(*given)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.splitlines() == [
        "Merges whose contents the ledger does not know, because they were written before it kept them: 1.",
        "3 rows read: 2 kept, 1 dropped. Unknown to the ledger: 2, which were kept.",
    ]
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == CORPUS[1:]
    done = run(*given, "--weight", "--unknown", "drop")
    assert "3 rows read: 1 kept, 2 dropped. Unknown to the ledger: 2, which were dropped." in done.stderr
    weights = [json.loads(line)["weight"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert weights == [1 / 8]
    assert f"Mean weight: {1 / 8:.4f}." in done.stderr


def test_the_corpus_columns_and_the_least_share(run: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "c.jsonl"
    corpus.write_text(json.dumps({"repo_name": NAME, "path": "b.py", "blob_id": BLOB}) + "\n")
    given = ("--apply", corpus, "--output", tmp_path / "out.jsonl", "--where", "not provenance = ai-declared")
    names = ("--column", "repository=repo_name", "--column", "blob=blob_id")
    assert run(*given, *names, "--min-share", "0.375").stderr.endswith(
        "1 kept, 0 dropped. Unknown to the ledger: 0, which were kept.\n"
    )
    assert "0 kept, 1 dropped" in run(*given, *names, "--min-share", "0.376").stderr
    done = run(*given)
    assert done.returncode == 2
    assert "line 1 has no 'repository'. Say what it is called with --column." in done.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--weight"], "--weight is about a corpus: name one with --apply."),
        (["--unknown", "keep"], "--unknown is about a corpus"),
        (["--format", "parquet"], "name a file with --output"),
        (["--apply", "c", "--where", "gates = passed"], "--apply needs --output."),
        (["--apply", "c", "--output", "out.jsonl"], "--apply needs --where."),
        (["--apply", "c", "--output", "o", "--where", "gates = passed", "--format", "jsonl"], "keeps its form"),
        (["--apply", "c", "--output", "o", "--where", "gates = passed", "--weight", "--min-share", "1"], "--min-share"),
        (["--apply", "c", "--output", "o", "--where", "gates = passed", "--column", "blob"], "as in blob=blob_id"),
        (["--apply", "c", "--output", "o", "--where", "gates = passed"], "c is not there"),
    ],
)
def test_options_that_do_not_fit_are_refused(run: Run, given: list[str], words: str) -> None:
    done = run(*given)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_full_disk_is_a_sentence(run: Run, corpus: Path) -> None:
    done = run("--where", "gates = passed", "--apply", corpus, "--output", "/dev/full")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        3, "Error: /dev/full cannot be written: No space left on device.",
    )  # fmt: skip


def test_a_corpus_that_cannot_be_read_is_a_sentence(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "a.jsonl").mkdir()
    done = run("--where", "gates = passed", "--apply", folder, "--output", tmp_path / "out")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2, f"Error: {folder} holds no file that ends in .parquet, .jsonl, .ndjson.",
    )  # fmt: skip


def test_a_file_of_the_corpus_that_is_not_there_is_not_passed_over(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "a.jsonl").symlink_to("gone")
    done = run("--where", "gates = passed", "--apply", folder, "--output", tmp_path / "out")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        3, f"Error: {folder}/a.jsonl: No such file or directory. The corpus was not written.",
    )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_without_its_packages_it_is_a_sentence(exogate: Run, tmp_path: Path) -> None:
    (tmp_path / "sqlalchemy.py").write_text("raise ModuleNotFoundError('sqlalchemy')\n")
    done = exogate("export", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == 2
    assert "pip install 'exogate[app]'" in done.stderr


def test_the_help_names_every_field(exogate: Run) -> None:
    from app.export.fields import FIELDS

    said = exogate("export", "--help").stdout
    for name, field in FIELDS.items():
        assert any(f"{name} {operator} " in said for operator in field.operators)

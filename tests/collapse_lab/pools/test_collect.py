"""A harvest of what is really installed: small distributions, so that it takes seconds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("datasketch")

from collapse_lab.cli.harvest import command
from collapse_lab.pools import origins
from collapse_lab.pools.collect import collect, known_benchmarks, manifest_of, save
from collapse_lab.pools.functions import harvested, open_functions
from collapse_lab.pools.origins import STANDARD, Installed, installed
from collapse_lab.pools.rows import PoolError, read

ONLY = ["click"]
"""A dependency of the project: always there, and under a permissive licence."""


PROMPT = 'def f(n: int) -> int:\n    """Return twice the number."""\n'
BODY = "    return 2 * n\n"
TEST = "def check(candidate):\n    assert candidate(1) == 2\n"


def test_the_standard_library_is_found_without_its_tests_and_installed_packages() -> None:
    (found,) = installed([STANDARD]).found
    assert found.licence.name == "PSF-2.0"
    assert "textwrap.py" in found.modules
    assert not [m for m in found.modules if "site-packages" in m or "/tests/" in m or m.startswith("test/")]


def test_a_distribution_is_found_by_any_spelling_with_its_licence() -> None:
    (found,) = installed(["Click"]).found
    assert (found.name, found.licence.standing) == ("click", "permissive")
    assert "click/core.py" in found.modules
    sources = {origin.path: source for source, origin in found.sources()}
    assert b"def echo" in sources["click/utils.py"]


def test_what_asks_for_more_is_refused_and_the_projects_own_code_is_not_taken() -> None:
    refused = installed(["pylint", "exogate"])
    assert refused.found == []
    assert refused.refused == {"copyleft": ["pylint"]}


def test_a_harvest_is_written_with_a_manifest_that_names_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "functions.jsonl"
    manifest = save(collect(installed(ONLY), known_benchmarks(lambda _: None, ())), path)
    rows, sha256 = read(path)
    assert manifest == json.loads(manifest_of(path).read_text("utf-8"))
    assert manifest["sha256"] == sha256
    assert manifest["functions"] == len(rows) == manifest["distributions"]["click"]["functions"] > 20
    assert manifest["benchmarks"]["everyday"]["tasks"] > 190
    assert manifest["left_out"]["without a docstring of three words"] > 0
    assert {(row.origin.distribution, row.origin.licence) for row in rows} == {("click", "BSD-3-Clause")}
    assert all(row.origin.line > 0 for row in rows)


def test_the_same_environment_gives_the_same_file(tmp_path: Path) -> None:
    benchmarks = known_benchmarks(lambda _: None, ())
    one, other = (save(collect(installed(ONLY), benchmarks), tmp_path / name) for name in ("a", "b"))
    assert one["sha256"] == other["sha256"]


def test_a_harvest_without_a_function_is_an_error() -> None:
    with pytest.raises(PoolError, match="No function is left"):
        collect(Installed(), {})


def test_the_command_says_what_was_left_out(tmp_path: Path) -> None:
    path = tmp_path / "functions.jsonl"
    done = CliRunner().invoke(command, ["--out", str(path), "--package", "click", "--package", "pylint"])
    assert done.exit_code == 0, done.output
    assert "left out, licence copyleft: pylint" in done.output
    assert "overlap with everyday, left out: " in done.output
    assert f"functions in {path}, sha256 {read(path)[1][:12]}" in done.output


def test_a_benchmarks_file_can_be_named(tmp_path: Path) -> None:
    human_eval = [
        {"task_id": "HumanEval/0", "prompt": PROMPT, "canonical_solution": BODY, "test": TEST, "entry_point": "f"}
    ]
    (tmp_path / "he.jsonl").write_text("".join(json.dumps(row) + "\n" for row in human_eval), "utf-8")
    command_line = [
        "--out",
        str(tmp_path / "f"),
        "--package",
        "click",
        "--against",
        "humaneval",
        str(tmp_path / "he.jsonl"),
    ]
    done = CliRunner().invoke(command, command_line)
    assert done.exit_code == 0, done.output
    assert "overlap with humaneval, left out: 0 by 13, 0 by ast" in done.output
    missing = CliRunner().invoke(command, [*command_line[:-1], str(tmp_path / "none.jsonl")])
    assert missing.exit_code == 1
    assert "none.jsonl" in missing.output


def test_the_command_refuses_what_is_not_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--out", str(tmp_path / "f"), "--package", "no-such-package"])
    assert done.exit_code == 1
    assert "Not installed here: no-such-package." in done.output


def test_without_a_file_the_machines_own_harvest_is_made_once_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(origins, "installed", lambda: installed(ONLY))
    pool = open_functions(0, None, tmp_path)
    monkeypatch.setattr(origins, "installed", lambda: Installed())
    assert open_functions(0, None, tmp_path).identity == pool.identity
    assert harvested(tmp_path).parent == tmp_path
    assert pool.pool("prompts", 0, 5)
    said = "Reading the functions of what is installed here: minutes, once for this environment."
    assert [record.getMessage() for record in caplog.records] == [said]

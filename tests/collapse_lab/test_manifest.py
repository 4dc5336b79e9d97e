"""A run's folder belongs to one study, code and set of versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collapse_lab import revision
from collapse_lab.arms import cells
from collapse_lab.job import Plan, folder_of
from collapse_lab.manifest import ManifestError, claim, read
from collapse_lab.run import begin
from collapse_lab.study import Study
from collapse_lab.summary import _seconds

SETTINGS: dict[str, Any] = {"name": "s", "question": "?", "arms": [{"policy": "none"}, {"policy": "compile"}]}


def study(**settings: Any) -> Study:
    return Study.model_validate({**SETTINGS, **settings})


def test_a_folder_is_claimed_once_and_known_again(tmp_path: Path) -> None:
    out = tmp_path / "new" / "run"
    first = claim(out, study())
    assert claim(out, study()) == first == read(out)
    assert set(first) == {"study", "policies", "code", "versions"}
    # What `--quick` would replace is no part of what is run.
    assert claim(out, study(quick={"rounds": 1})) == first


@pytest.mark.parametrize(
    ("settings", "differs"),
    [
        ({"rounds": 3}, "study.rounds"),
        ({"rounds": 3, "prompts": 5}, "study.prompts, study.rounds"),
        ({"arms": [{"policy": "none"}]}, "policies.compile, study.arms"),
    ],
)
def test_another_study_is_refused_with_what_differs(tmp_path: Path, settings: dict[str, Any], differs: str) -> None:
    claim(tmp_path / "run", study())
    before = (tmp_path / "run" / "manifest.json").read_bytes()
    with pytest.raises(ManifestError) as error:
        claim(tmp_path / "run", study(**settings))
    named = str(error.value).partition("something else: ")[2].partition(". Results")[0]
    assert sorted(named.split(", ")) == differs.split(", ")
    assert "name another folder with --out" in str(error.value)
    assert (tmp_path / "run" / "manifest.json").read_bytes() == before


def older(manifest: dict[str, Any]) -> None:
    manifest["code"] = "0" * 64


def another_numpy(manifest: dict[str, Any]) -> None:
    manifest["versions"]["numpy"] = "1.0"


def without_versions(manifest: dict[str, Any]) -> None:
    del manifest["versions"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (older, "another revision of the code"),
        (another_numpy, "versions.numpy"),
        (without_versions, "another revision of the versions"),
    ],
)
def test_other_code_and_versions_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    file = tmp_path / "run" / "manifest.json"
    claim(tmp_path / "run", study())
    found = read(tmp_path / "run")
    change(found)
    file.write_text(json.dumps(found))
    with pytest.raises(ManifestError, match=says):
        claim(tmp_path / "run", study())


def test_a_policy_file_that_was_changed_is_another_study(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("gates:\n  compile: block\n")
    mine = study(arms=[{"policy": str(file)}])
    claim(tmp_path / "run", mine)
    file.write_text("gates:\n  compile: block\n  coin: block\n")
    with pytest.raises(ManifestError, match=r"policies\.\S*mine\.yml"):
        claim(tmp_path / "run", mine)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ManifestError, match="holds other files"):
        claim(tmp_path, study())
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("content", [None, "", '{"study"'])
def test_a_folder_without_a_manifest_that_can_be_read_says_so(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ManifestError, match="holds no results of a study"):
        read(tmp_path)


def test_the_code_is_what_results_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision, "_ROOT", tmp_path)
    for name, text in {"lab/a.py": "1", "lab/b.yml": "2", "lab/notes.md": "3", "other.py": "4"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def code(*parts: str) -> str:
        return revision.code.__wrapped__(*parts)

    before = code("lab")
    (tmp_path / "other.py").write_text("5")
    (tmp_path / "lab" / "notes.md").write_text("5")
    assert code("lab") == before
    assert code("lab", "other.py") == code("other.py", "lab") != before
    (tmp_path / "lab" / "b.yml").write_text("5")
    changed = code("lab")
    assert changed != before
    (tmp_path / "lab" / "b.yml").rename(tmp_path / "lab" / "c.yml")
    assert code("lab") not in (before, changed)


def test_pages_of_another_plan_are_not_taken_for_this_ones(tmp_path: Path) -> None:
    whole = Plan(study(), "*", 1, 5, "bases")
    begin(tmp_path, whole)
    page = folder_of(tmp_path, 0) / "round-0.json"
    page.parent.mkdir(parents=True)
    page.touch()
    begin(tmp_path, whole)
    assert page.exists()
    # The first arm of this plan is another one.
    part = Plan(study(), "compile", 1, 5, "bases")
    assert part.cells()[0] != whole.cells()[0]
    begin(tmp_path, part)
    assert not page.exists()
    assert Plan.read(tmp_path).cells() == cells(study(), "compile", 1)


def test_a_log_that_was_cut_off_costs_no_more_than_its_last_line(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    made = [json.dumps({"stage": "train", "key": key, "seconds": 1.5}) for key in ("a", "b", "a")]
    (tmp_path / "logs" / "000.jsonl").write_text("\n".join([*made[:2], '{"stage": "tr' + made[2], made[2]]) + "\n")
    (tmp_path / "logs" / "001.jsonl").write_text(json.dumps({"round": 1}) + '\n{"stage": "eva')
    assert _seconds(tmp_path) == {"train": 3.0}

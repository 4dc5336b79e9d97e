"""The two workflows for forks: the one that runs the change has no rights, the one with rights runs nothing of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
REVIEW, PUBLISH = (ROOT / "deploy" / "workflows" / f"exogate-{name}.yml" for name in ("review", "publish"))


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def steps(path: Path) -> list[dict[str, Any]]:
    (job,) = load(path)["jobs"].values()
    listed: list[dict[str, Any]] = job["steps"]
    return listed


def test_the_first_has_no_rights() -> None:
    text = REVIEW.read_text("utf-8")
    assert load(REVIEW)["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in load(REVIEW)["jobs"].values())
    assert "secrets." not in text
    assert set(load(REVIEW)[True]) == {"pull_request"}  # YAML 1.1 reads `on` as true


def test_the_second_has_what_it_needs_and_no_more() -> None:
    assert load(PUBLISH)["permissions"] == {}
    (job,) = load(PUBLISH)["jobs"].values()
    assert job["permissions"] == {"actions": "read", "contents": "read", "pull-requests": "write"}
    assert job["if"] == "github.event.workflow_run.event == 'pull_request'"


def test_the_second_runs_nothing_of_the_pull_request() -> None:
    checkouts = [step for step in steps(PUBLISH) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["repository"] for step in checkouts] == ["OWNER/exogate"]
    assert not any("download-artifact" in step.get("uses", "") for step in steps(PUBLISH))
    text = PUBLISH.read_text("utf-8")
    assert "cache" not in text
    assert "head_sha" not in text


def test_they_name_each_other_and_the_commands_defaults() -> None:
    pytest.importorskip("github", reason="PyGithub is not installed: pip install 'exogate[github]'")
    from app.github.from_run import Request

    request = Request("octo/shop", 1, "", "")
    assert load(PUBLISH)[True]["workflow_run"]["workflows"] == [load(REVIEW)["name"]]
    assert request.workflow == f".github/workflows/{REVIEW.name}"
    (upload,) = [step for step in steps(REVIEW) if "upload-artifact" in step.get("uses", "")]
    assert upload["with"]["name"] == request.artifact
    assert upload["with"]["path"] == "${{ steps.exogate.outputs.review-json }}"


@pytest.mark.parametrize("path", [REVIEW, PUBLISH])
def test_nothing_is_interpolated_into_a_script_and_all_is_pinned(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in step.get("run", "")
        uses = step.get("uses", "")
        assert not uses or re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", uses) or uses == "OWNER/exogate@v1"
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False

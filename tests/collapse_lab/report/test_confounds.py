"""What the table of switches says of natural language among what is trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("pandas", reason="needs pandas: pip install 'exogate[lab]'")

from collapse_lab.report.confounds import table
from collapse_lab.report.reading import Run, read

from .synthetic import Made, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    arms = (Made("none", "none"), Made("compile", "exogenous"))
    return read(write_run(tmp_path_factory.mktemp("run"), arms=arms, seeds=1, rounds=1, tasks={"pocket": 20}))


def said(run: Run, shares: tuple[float | None, ...], fim: float = 0.0, prose: dict[str, Any] | None = None) -> str:
    arms = tuple(
        replace(arm, facts={**arm.facts, **({} if share is None else {"prose_share": share})})
        for arm, share in zip(run.arms, shares, strict=True)
    )
    tasks = {"kind": "code", "benchmarks": [], "pool": {"name": "stack"}, **({"prose": prose} if prose else {})}
    settings = {**run.settings, "training": {**run.settings["training"], "fim_rate": fim}, "tasks": tasks}
    changed = replace(run, arms=arms, summary={**run.summary, "settings": settings})
    (row,) = [row for row in table(changed).rows if row["switch"] == "Fill-in-the-middle, natural language"]
    return str(row["here"])


def test_neither_is_said_as_before(run: Run) -> None:
    assert said(run, (None, None)) == "Neither is used: documents are a prompt and its completion."
    assert said(run, (None, None), 0.5).endswith("Natural language is not mixed in.")


def test_the_share_and_its_source_are_said(run: Run) -> None:
    assert said(run, (0.25, 0.25), prose={"name": "wikipedia"}) == (
        "No document has its middle last. 25% of a round's documents are natural language: beginnings of Wikipedia's "
        "articles."
    )
    both = said(run, (0.25, None), 0.5, {"name": "file"})
    assert both == (
        "50% of the documents have their middle last. 0%, 25% of a round's documents are natural language: texts of a "
        "file."
    )

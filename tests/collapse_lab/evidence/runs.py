"""Made-up runs whose policies are real ones: with their hashes, kinds and gate versions, as the engine writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from collapse_lab.policies import policy_of
from collapse_lab.report.reading import Run, read
from collapse_lab.summary import gate_versions
from tests.collapse_lab.report.synthetic import ARMS, Made, write_run

WANTED = ("none", "compile", "tests", "self-score-frozen", "human", "random@compile", "random@tests")
# `tests` accepts right code only; `self-score-frozen` has no toss beside it; all start from the same base.
FEW = tuple(made for made in ARMS if made.policy in WANTED)


def made_up(folder: Path, change: Callable[[dict[str, Any]], None] | None = None, **options: Any) -> Run:
    """Write a run as ``synthetic.write_run`` does, with real policies; *change* edits its summary before it is read."""
    options = {"arms": FEW, "rounds": 2, "tasks": {"pocket": 80}, **options}
    write_run(folder, **options)
    file = folder / "summary.json"
    summary = json.loads(file.read_text("utf-8"))
    for arm in summary["arms"]:
        if arm["control"] is None:
            policy = policy_of(arm["policy"])
            arm["policy_hash"], arm["gate_versions"] = policy.hash, gate_versions(policy)
    if change is not None:
        change(summary)
    file.write_text(json.dumps(summary, indent=1, sort_keys=True), "utf-8")
    return read(folder)


def hybrid(folder: Path, shares: tuple[float, ...] = (0.1, 0.5), **options: Any) -> Run:
    """Write a made-up run whose arms besides `none` and `human` train on *shares* of human documents."""
    labels = {f"none, hybrid, human {share:.0%}": share for share in shares}
    arms = [Made("none", "none"), *(Made(label, "none") for label in labels), Made("human", "control", control="human")]

    def change(summary: dict[str, Any]) -> None:
        for arm in summary["arms"]:
            share = labels.get(arm["label"])
            if share is None:
                continue
            arm |= {"policy": "none", "data_rule": "hybrid", "human_share": share}
            arm["policy_hash"], arm["gate_versions"] = policy_of("none").hash, {}
            for page in arm["rounds"]:
                if page["documents"]:
                    page["documents"] = {"synthetic": int(600 * (1 - share)), "human": int(600 * share), "lesson": 0}

    options = {"rounds": 2, "tasks": {"pocket": 80}, **options}
    return _with(folder, arms, change, options)


def _with(folder: Path, arms: list[Made], change: Callable[[dict[str, Any]], None], options: dict[str, Any]) -> Run:
    settings = {"arms": [{"policy": "none"}, {"control": "human"}]}
    write_run(folder, arms=arms, settings=settings, **options)
    file = folder / "summary.json"
    summary = json.loads(file.read_text("utf-8"))
    change(summary)
    file.write_text(json.dumps(summary, indent=1, sort_keys=True), "utf-8")
    return read(folder)

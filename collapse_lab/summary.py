"""`summary.json` and the tables of a run, from the pages that its arms have written so far."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from collapse_lab import revision
from collapse_lab.arms import Cell
from collapse_lab.doing import events
from collapse_lab.job import Plan, folder_of
from collapse_lab.manifest import read
from collapse_lab.policies import policy_of
from collapse_lab.store import write_json
from collapse_lab.tasks import open_source
from collapse_lab.tasks.task import STRATA, Benchmark
from gates import registry
from gates.gate import Kind
from gates.policy import Policy

SCHEMA_VERSION = "1.1"


def write_summary(out: Path, *, quick: bool, command: str) -> Path:
    """Write ``summary.json``, ``tables/scores.parquet`` and ``tables/rounds.parquet``; return the first's path.

    An arm that has not come to its end is there with the rounds that it has.
    """
    plan, manifest = Plan.read(out), read(out)
    pages = {number: list(_pages(folder_of(out, number), plan.rounds)) for number in range(len(plan.cells()))}
    summary = {
        "schema_version": SCHEMA_VERSION,
        "study": plan.study.name,
        "question": plan.study.question,
        "quick": quick,
        "command": command,
        "settings": plan.study.model_dump(mode="json", exclude={"quick"}),
        "rounds": plan.rounds,
        "code": {"revision": manifest["code"]},
        "versions": manifest["versions"],
        "hardware": revision.hardware(),
        "benchmarks": {n: _described(b) for n, b in open_source(plan.study.tasks).benchmarks().items()},
        "seconds": _seconds(out),
        "arms": [_arm(cell, pages[number]) for number, cell in enumerate(plan.cells()) if pages[number]],
    }
    write_json(out / "summary.json", summary)
    _write_tables(out, plan, summary)
    return out / "summary.json"


def _pages(folder: Path, rounds: int) -> Iterable[dict[str, Any]]:
    for t in range(rounds + 1):
        page = folder / f"round-{t}.json"
        if not page.is_file():
            return
        yield json.loads(page.read_text("utf-8"))


def _described(benchmark: Benchmark) -> dict[str, Any]:
    strata = Counter(task.stratum for task in benchmark.tasks)
    return {
        "tasks": len(benchmark.tasks),
        "hash": benchmark.hash,
        "strata": {stratum: strata[stratum] for stratum in STRATA},
    }


def _arm(cell: Cell, pages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "label": cell.label,
        "policy": cell.policy,
        "control": cell.judge.control,
        "match": cell.judge.match,
        "flip": cell.judge.flip,
        "data_rule": cell.data.rule,
        "human_share": cell.data.human_share,
        **({"prose_share": cell.prose_share} if cell.prose_share else {}),
        "start": cell.start,
        "base": cell.base,
        "seed": cell.seed,
        "policy_hash": policy_of(cell.judge.policy).hash if cell.judge.policy else None,
        "gate_versions": gate_versions(policy_of(cell.judge.policy)) if cell.judge.policy else None,
        "kind": kind_of(cell),
        "rounds": pages,
    }


def kind_of(cell: Cell) -> str:
    """Return what the judge's signal hangs on: the weakest independence among the gates that block."""
    if cell.judge.policy is None:
        return "control"
    policy = policy_of(cell.judge.policy)
    kinds = {registry.get(name).kind for name, rule in policy.active().items() if rule.level == "block"}
    if not kinds:
        return "none"
    return next(k.value for k in (Kind.ENDOGENOUS, Kind.ANCHORED, Kind.EXOGENOUS) if k in kinds)


def gate_versions(policy: Policy) -> dict[str, str]:
    """Return the version of every gate that blocks: those whose verdicts choose what a model is trained on."""
    return {name: registry.get(name).version for name, rule in policy.active().items() if rule.level == "block"}


def _seconds(out: Path) -> dict[str, float]:
    """Return the wall time that each stage took over all arms, every artifact counted once."""
    total: Counter[str] = Counter()
    seen: set[str] = set()
    for log in sorted((out / "logs").glob("*.jsonl")):
        for event in events(log):
            if "stage" in event and event["key"] not in seen:
                seen.add(event["key"])
                total[event["stage"]] += event["seconds"]
    return {stage: round(seconds, 1) for stage, seconds in total.most_common()}


def _write_tables(out: Path, plan: Plan, summary: dict[str, Any]) -> None:
    import pandas as pd

    tables = out / "tables"
    tables.mkdir(exist_ok=True)
    scores = [
        json.loads(line)
        for number in range(len(plan.cells()))
        for t in range(plan.rounds + 1)
        if (rows := folder_of(out, number) / f"scores-{t}.jsonl").is_file()
        for line in rows.read_text("utf-8").splitlines()
    ]
    pd.DataFrame(scores).to_parquet(tables / "scores.parquet", index=False)
    rounds = [
        {**{k: v for k, v in arm.items() if k not in ("rounds", "gate_versions")}, **_flat(page)}
        for arm in summary["arms"]
        for page in arm["rounds"]
    ]
    pd.DataFrame(rounds).to_parquet(tables / "rounds.parquet", index=False)


def _flat(page: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Return a page's numbers in one level: ``drift.entropy``."""
    found: dict[str, Any] = {}
    for key, value in page.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{above}{key}.")
        else:
            found[f"{above}{key}"] = value
    return found

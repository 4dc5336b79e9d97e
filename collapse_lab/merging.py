"""Runs of the same study's arms, made apart from each other, put together as one run's results.

What is put together is ``summary.json`` and the tables, which the report, comparisons, evidence and the paper's table
are made of; artifacts stay where they are. Results of different origin are never mixed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collapse_lab.arms import ArmsError, cells
from collapse_lab.manifest import FILE as MANIFEST
from collapse_lab.report.reading import Run
from collapse_lab.store import write_json
from collapse_lab.study import Study
from collapse_lab.whole import whole
from gates.policy import PolicyError

if TYPE_CHECKING:
    import pandas as pd

# What parts of one study have in common; where one of these differs, they are no parts of one.
_SAME = ("schema_version", "study", "quick", "rounds", "settings", "code", "versions", "benchmarks")
_TABLES = ("scores", "rounds")
_Who = tuple[str, int, int]


class MergeError(ValueError):
    """Runs that cannot be put together; the message says why, and what to do."""


@dataclass(frozen=True)
class Merged:
    """One summary of all parts. ``homes`` is the part that each arm (label, base, seed) is from, ``notes`` are
    sentences to be shown."""

    summary: dict[str, Any]
    homes: dict[_Who, int]
    notes: tuple[str, ...]


def merge(runs: Sequence[Run], command: str) -> Merged:
    """Put the summaries of runs together; their arms come in the study's order. Raises ``MergeError``.

    Of an arm that several of them have, the one that got further is taken, of equals the first.
    """
    first = runs[0]
    for run in runs[1:]:
        _same(first, run)
    arms, homes, notes = _arms(runs)
    order = _order(first)
    missing = [who for who in order if who not in arms]
    places = {who: place for place, who in enumerate(order)}
    if missing:
        labels = Counter(label for label, _, _ in missing)
        notes.append(f"Not there yet: {'; '.join(f'{label} ({count} seeds)' for label, count in labels.items())}.")
    kept = dict(sorted(arms.items(), key=lambda item: places.get(item[0], len(places))))
    seconds: Counter[str] = Counter()
    for run in runs:
        seconds.update(run.summary["seconds"])
    summary = {
        **first.summary,
        "command": command,
        "seconds": {stage: round(spent, 1) for stage, spent in seconds.most_common()},
        "arms": list(kept.values()),
    }
    machines = {json.dumps(run.summary["hardware"], sort_keys=True) for run in runs}
    if len(machines) > 1:
        notes.append(f"The parts were made on {len(machines)} kinds of machines; the summary names the first.")
    return Merged(summary, {who: homes[who] for who in kept}, tuple(notes))


def write(merged: Merged, runs: Sequence[Run], out: Path) -> Path:
    """Write ``summary.json`` and the tables; return the first's path. Raises ``MergeError``."""
    if (out / MANIFEST).exists() or any(out.resolve() == run.folder.resolve() for run in runs):
        raise MergeError(f"{out} holds a run of its own. Name another folder with --out.")
    tables = out / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    for name in _TABLES:
        with whole(tables / f"{name}.parquet") as part:
            _rows(name, merged, runs).to_parquet(part, index=False)
    write_json(out / "summary.json", merged.summary)
    return out / "summary.json"


def _same(first: Run, run: Run) -> None:
    differing = [key for key in _SAME if run.summary.get(key) != first.summary.get(key)]
    if differing:
        what = ", ".join(_named(key, first.summary.get(key), run.summary.get(key)) for key in differing)
        raise MergeError(
            f"{run.folder} and {first.folder} were made with something else: {what}. Results of different origin are "
            "never mixed: run one of them again."
        )


def _named(key: str, one: Any, other: Any) -> str:
    """Return the names of what differs below one key."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return key
    return ", ".join(f"{key}.{k}" for k in sorted(one.keys() | other.keys()) if one.get(k) != other.get(k))


def _arms(runs: Sequence[Run]) -> tuple[dict[_Who, dict[str, Any]], dict[_Who, int], list[str]]:
    """Return every arm with the number of the run that it is from, and what is to be said of those in several."""
    arms: dict[_Who, dict[str, Any]] = {}
    homes: dict[_Who, int] = {}
    notes = []
    for number, run in enumerate(runs):
        for arm in run.summary["arms"]:
            who = arm["label"], arm["base"], arm["seed"]
            if who not in arms or len(arm["rounds"]) > len(arms[who]["rounds"]):
                arms[who], homes[who] = arm, number
            elif len(arm["rounds"]) == len(arms[who]["rounds"]) and _measured(arm) != _measured(arms[who]):
                notes.append(
                    f"Arm {arm['label']}, seed {arm['seed']}, came out differently in {runs[homes[who]].folder} and "
                    f"{run.folder}, as it may on another machine. That of the former is taken."
                )
    return arms, homes, notes


def _measured(arm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an arm's rounds without the time that they took."""
    return [{key: value for key, value in page.items() if key != "seconds"} for page in arm["rounds"]]


def _order(run: Run) -> list[_Who]:
    """Return the arms of the study, as a run of all of them has them."""
    try:
        return [(cell.label, cell.base, cell.seed) for cell in cells(Study.model_validate(run.settings))]
    except (ValueError, ArmsError, PolicyError) as error:
        raise MergeError(f"{run.folder} is of a study that cannot be read here: {error}") from error


def _rows(name: str, merged: Merged, runs: Sequence[Run]) -> pd.DataFrame:
    """Return a table's rows, arm by arm in the summary's order, each from the run that its arm is from."""
    import pandas as pd

    try:
        found = [pd.read_parquet(run.folder / "tables" / f"{name}.parquet") for run in runs]
    except (OSError, ValueError) as error:
        raise MergeError(
            f"A table of a part cannot be read ({error}). Run that part again; what is done is kept."
        ) from error
    groups = [dict(iter(table.groupby(["label", "base", "seed"], sort=False))) for table in found]
    return pd.concat(list(_chosen(merged, groups)), ignore_index=True)


def _chosen(merged: Merged, groups: Sequence[dict[Any, pd.DataFrame]]) -> Iterator[pd.DataFrame]:
    for who, number in merged.homes.items():
        if who in groups[number]:
            yield groups[number][who]

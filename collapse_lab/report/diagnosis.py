"""The section on how raw samples end as programs, where `collapse-lab diagnose` has looked."""

from __future__ import annotations

from collections import Counter
from typing import Any

from collapse_lab.report.reading import ReportError, Run
from collapse_lab.report.section import Figure, Section
from collapse_lab.report.table import Column, Table, shown

_MOST = 8
_ENDED = "ran"


def diagnosis(run: Run) -> Section | None:
    """Return the section; ``None`` where the run was not diagnosed. Raises ``ReportError`` for tables that are none."""
    import pandas as pd

    files = [run.folder / "tables" / f"{name}.csv" for name in ("diagnosis", "diagnosis-endings")]
    if not all(file.is_file() for file in files):
        return None
    try:
        # A class of exception may be called anything, `None` among it.
        counts, endings = (pd.read_csv(file, keep_default_na=False).to_dict("records") for file in files)
        rows = _rows(run, counts)
        names = _names(endings)
        for row in rows:
            row.update(_shares(row, endings, names))
    except (OSError, ValueError, KeyError) as error:
        raise ReportError(f"{files[0]} cannot be read ({error}). `collapse-lab diagnose` writes it anew.") from error
    columns = (
        Column("label", "Arm", "code"),
        Column("round", "Round", "count"),
        Column("samples", "Samples", "count", "over all seeds"),
        Column("compiled", "Compiled", "share"),
        Column("strict", "Ran (strict)", "share", "to its end, without an exception"),
        Column("relaxed", "Ran (relaxed)", "share", "or asked for a module that is not installed"),
        *(Column(_key(name), name, "share") for name in names),
    )
    table = Table(
        "execution",
        "How raw samples end as programs",
        columns,
        rows,
        f"Shares of the samples; of endings the {_MOST} most frequent beside `{_ENDED}`.",
    )
    notes = [
        (
            "Samples of the raw output, before any gate, are compiled and run as programs in the sandbox, without "
            "tests: 5 processor seconds each, 512 MiB, Python's standard library alone, no network, no input. A "
            "function that nothing calls runs to its end whatever it says, so this is no measure of right code."
        )
    ]
    return Section("execution", "How samples end as programs", _found(rows), notes, [Figure(table)])


def _rows(run: Run, counts: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    """Return a row for round 0 and for the last diagnosed round of each arm of the run, seeds added up."""
    rows = []
    for label in run.labels:
        mine = [row for row in counts if row["label"] == label]
        for t in sorted({bound(int(row["round"]) for row in mine) for bound in (min, max)}) if mine else ():
            here = [row for row in mine if int(row["round"]) == t]
            total = sum(int(row["samples"]) for row in here)
            shares = {
                key: sum(int(row[key]) for row in here) / total if total else None
                for key in ("compiled", "strict", "relaxed")
            }
            rows.append({"label": label, "round": t, "samples": total, **shares})
    return rows


def _names(endings: list[dict[Any, Any]]) -> list[str]:
    totals: Counter[str] = Counter()
    for row in endings:
        totals[str(row["ending"])] += int(row["samples"])
    return [name for name, _ in totals.most_common() if name != _ENDED][:_MOST]


def _shares(row: dict[str, Any], endings: list[dict[Any, Any]], names: list[str]) -> dict[str, float | None]:
    mine = [e for e in endings if e["label"] == row["label"] and int(e["round"]) == row["round"]]
    counts: Counter[str] = Counter()
    for one in mine:
        counts[str(one["ending"])] += int(one["samples"])
    return {_key(name): counts[name] / row["samples"] if row["samples"] else None for name in names}


def _key(ending: str) -> str:
    return f"ending_{ending}"


def _found(rows: list[dict[str, Any]]) -> str:
    mine = [row for row in rows if row["label"] == "none"]
    if len(mine) < 2:
        return ""
    first, last = mine[0], mine[-1]
    return (
        f"Without a gate {shown(first['strict'], 'share')} of the samples ran to their end in round "
        f"{first['round']}, and {shown(last['strict'], 'share')} in round {last['round']}."
    )

"""The sections on gates: how well they judge, and whether they come to stamp everything."""

from __future__ import annotations

from typing import Any

from collapse_lab.report.draw.plane import Point, plane
from collapse_lab.report.draw.rows import Mark, Panel, Row, chart
from collapse_lab.report.draw.style import Picture
from collapse_lab.report.reading import Run
from collapse_lab.report.section import Figure, Section
from collapse_lab.report.table import Column, Table, shown

_POOL = {
    "acceptance": "Acceptance",
    "acceptance_frozen": "Acceptance, frozen threshold",
    "gate_precision": "Precision",
    "gate_recall": "Recall",
    "wrong_accept_rate": "Wrong accepted",
    "gate_auroc": "AUROC",
    "correctness": "Right code in the pool",
    "gate_errors": "Not judged",
}
_HELD_OUT = {
    "acceptance": "Acceptance",
    "right_accept_rate": "Right accepted",
    "wrong_accept_rate": "Wrong accepted",
    "precision": "Precision",
    "auroc": "AUROC",
}
_NAMED = 9


def quality(run: Run) -> Section:
    """Return the section on gate quality: held-out samples first, the training pools behind."""
    rows = [Row(a, run.group(a)) for a in run.labels if run.mean(a, 0, "held_out", "fresh", "n") is not None]
    figures = []
    for side, words in (
        ("fresh", "the model's own answers of that round"),
        ("frozen", "round 0's answers, the same set every round"),
    ):
        table = _table(
            run,
            [r.label for r in rows],
            f"gates-{side}",
            f"Gates on held-out samples: {words}",
            ("held_out", side),
            _HELD_OUT,
        )
        panels = [
            Panel(
                _HELD_OUT[key],
                marks,
                percent=key != "auroc",
                lowest=0.5 if key == "auroc" else 0.0,
                highest=1.0,
                missing="no score" if key == "auroc" else "not measured",
            )
            for key in ("right_accept_rate", "wrong_accept_rate", "auroc")
            if any((marks := _marks(run, rows, ("held_out", side, key))).values())
        ]
        plot = (
            _dumbbells(run, f"gates-{side}", f"Gate quality on held-out samples, {side}", rows, panels)
            if panels
            else None
        )
        figures.append(Figure(table, plot, f"Held-out samples, {side}: {words}."))
    table = _table(run, run.labels, "gates-pool", "Gates on the pools that were trained on", (), _POOL)
    figures.append(Figure(table))
    truth, what = ("the label, which a summary has not", "answers") if run.answered else ("the hidden tests", "code")
    notes = [
        (
            f"Held-out samples are answers to benchmark prompts, never trained on; truth is {truth}. A good gate lets "
            f"right {what} through and wrong {what} not. Hollow marks are round 0, filled ones the last round."
        ),
        (
            f"The two sets answer different questions: on *fresh* samples both the gate and the {what} have changed, "
            "on *frozen* ones only the gate can have."
        ),
    ]
    found = "" if rows else "No gate was measured on held-out samples in this run."
    return Section(
        "gates", "How well the gates judge", found, notes if rows else [], figures if rows else [figures[-1]]
    )


def rubber(run: Run) -> Section:
    """Return the section on rubber stamps."""
    rows: list[dict[str, Any]] = []
    for label in run.labels:
        t = run.last_of(label)
        index, last, first = (
            run.mean(label, t, "rubber_stamp_index"),
            run.mean(label, t, "correctness_held_out"),
            run.mean(label, 0, "correctness_held_out"),
        )
        better = last - first if last is not None and first is not None else None
        rows.append(
            {
                "label": label,
                "round": t,
                "index": index if t > 0 else None,
                "lenient": index + better if t > 0 and index is not None and better is not None else None,
                "better": better if t > 0 else None,
                "shift_first": run.mean(label, 0, "total_variation"),
                "shift": run.mean(label, t, "total_variation"),
            }
        )
    columns = (
        Column("label", "Arm", "code"),
        Column("round", "Round", "count"),
        Column("index", "Rubber-stamp index", "points", "change in acceptance minus change in correctness"),
        Column(
            "lenient", "Change in acceptance", "points", "at the threshold frozen on round 0, fresh held-out samples"
        ),
        Column("better", "Change in correctness", "points", "of the same samples"),
        Column("shift_first", "Accepted vs raw, round 0", "share", "total variation over strata and endings"),
        Column("shift", "Accepted vs raw, last round", "share"),
    )
    table = Table("rubber-stamp", "Rubber stamps", columns, rows)
    seen = [row for row in rows if row["lenient"] is not None and row["better"] is not None]
    judges = [r for r in seen if run.group(r["label"]) not in ("none", "control")]
    named = {r["label"] for r in sorted(judges, key=lambda r: -abs(r["index"]))[:_NAMED]} | {"none"}
    points = [Point(r["label"], run.group(r["label"]), r["better"], r["lenient"], r["label"] in named) for r in seen]
    if not points:
        return Section(
            "rubber-stamp", "Who became a rubber stamp", "Not measured in this run.", figures=[Figure(table)]
        )
    relaxed = [r for r in judges if r["lenient"] > 0 and r["index"] > 0]
    worst = max(relaxed, key=lambda r: r["index"], default=None)
    alt = "Change in acceptance against change in correctness, points: " + "; ".join(
        f"{r['label']} {shown(r['lenient'], 'points')} against {shown(r['better'], 'points')}" for r in seen
    )
    plot = Picture(
        "rubber-stamp",
        "Change in acceptance against change in correctness",
        alt,
        lambda narrow: plane(
            points,
            "change in correctness, points",
            "change in acceptance, frozen threshold, points",
            "more lenient than the code became better",
            narrow,
        ),
    )
    found = (
        f"The clearest rubber stamp is `{worst['label']}`: at the frozen threshold its acceptance "
        f"{_moved(worst['lenient'])} points while the share of right code {_moved(worst['better'])}."
        if worst
        else "No policy came to accept more at its frozen threshold than its code became better."
        if judges
        else ""
    )
    notes = [
        ("On the dashed line a gate accepts exactly as much more as the code became better. Above it, it became a "
        "rubber stamp. "
        "`none` accepts everything in every round: it stands as high above the line as its code became worse."),
        "Rising acceptance alone proves nothing; read this view with the wrong-accept rates above.",
    ]  # fmt: skip
    return Section("rubber-stamp", "Who became a rubber stamp", found, notes, [Figure(table, plot)])


def _moved(change: float) -> str:
    """Return ``rose by 4.2`` or ``fell by 4.2``, in points."""
    return f"{'rose' if change >= 0 else 'fell'} by {abs(100 * change):.1f}"


def _table(run: Run, labels: list[str], name: str, title: str, path: tuple[str, ...], keys: dict[str, str]) -> Table:
    rows = []
    for label in labels:
        t = run.last_of(label)
        row: dict[str, Any] = {"label": label, "round": t}
        for key in keys:
            row[f"{key}_first"], row[f"{key}_last"] = (run.mean(label, at, *path, key) for at in (0, t))
        rows.append(row)
    columns = [Column("label", "Arm", "code"), Column("round", "Last round", "count")]
    for key, words in keys.items():
        columns += [
            Column(f"{key}_first", f"{words}, round 0", "share"),
            Column(f"{key}_last", f"{words}, last", "share"),
        ]
    return Table(name, title, tuple(columns), rows)


def _marks(run: Run, rows: list[Row], path: tuple[str, ...]) -> dict[str, list[Mark]]:
    return {row.label: first_and_last(run, row.label, path) for row in rows}


def first_and_last(run: Run, label: str, path: tuple[str, ...]) -> list[Mark]:
    """Return a hollow mark for round 0 and a filled one for the last round, where they were measured."""
    t = run.last_of(label)
    first, last = run.mean(label, 0, *path), run.mean(label, t, *path)
    marks = [Mark(first, filled=False)] if first is not None else []
    return marks + ([Mark(last)] if last is not None and t > 0 else [])


def _dumbbells(run: Run, name: str, title: str, rows: list[Row], panels: list[Panel]) -> Any:
    key = [("round 0", "none", False), ("last round", "none", True)]
    parts = []
    for panel in panels:
        ends = ((r.label, panel.marks.get(r.label, ())) for r in rows)
        said = "; ".join(f"{label} {' to '.join(f'{m.value:.2f}' for m in marks)}" for label, marks in ends if marks)
        parts.append(f"{panel.title}: {said}")
    return Picture(
        name,
        title,
        f"{title}, round 0 to last round. {'. '.join(parts)}",
        lambda narrow: chart(rows, panels, key, narrow),
    )


def dumbbells(run: Run, name: str, title: str, rows: list[Row], measures: list[tuple[str, tuple[str, ...]]]) -> Any:
    """Return a picture of measures from round 0 to the last round, one panel each; ``None`` where none was measured."""
    panels = [Panel(words, marks) for words, path in measures if any((marks := _marks(run, rows, path)).values())]
    return _dumbbells(run, name, title, rows, panels) if panels else None

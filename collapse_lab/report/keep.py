"""The page's first sections: what each arm kept, how that came about, and where it was lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collapse_lab.metrics.intervals import Interval
from collapse_lab.report.contrasts import Contrast
from collapse_lab.report.draw.curves import Curve, Small, multiples
from collapse_lab.report.draw.rows import Mark, Panel, Row, chart
from collapse_lab.report.draw.style import Picture
from collapse_lab.report.reading import Run
from collapse_lab.report.retention import Kept, curve, retained
from collapse_lab.report.scores import Scores
from collapse_lab.report.section import Figure, Section
from collapse_lab.report.table import Column, Table, shown

_STRATUM_MARKERS = ("o", "s", "v")


def rows_of(run: Run) -> list[Row]:
    """Return a row for each label, in the run's order."""
    return [Row(label, run.group(label)) for label in run.labels]


def percent(value: Interval | None) -> str:
    """Return a retention in words: ``78 % (70 to 86)``."""
    return shown(value, "percent")


def retention(
    run: Run, scores: Scores, found: Sequence[Kept], none: Sequence[Contrast], toss: Sequence[Contrast]
) -> Section:
    """Return the first section: retention by arm, controls first, with contrasts."""
    columns = (
        Column("label", "Arm", "code"),
        Column("group", "Kind"),
        Column("round", "Round", "count", "the last that any seed reached"),
        Column("seeds", "Seeds", "count"),
        Column("first", f"{scores.called}, round 0", "share"),
        Column("last", f"{scores.called}, last round", "share"),
        Column("retained", "Retention", "percent"),
        Column("area", "Area", "share", "mean height of the curve s_t / s_0"),
        Column("slope", "Slope a round", "points", f"points of {scores.called}"),
        Column("greedy_first", "Greedy, round 0", "share"),
        Column("greedy_last", "Greedy, last", "share"),
    )
    table = Table("retention", "Retention by arm", columns, [k.__dict__ for k in found])
    marks = {k.label: [Mark(k.retained.estimate, interval=k.retained)] for k in found if k.retained}
    said = {k.label: percent(k.retained).replace(" to ", "–") + _short(run, k) for k in found if k.retained}
    band = next((k.retained for k in found if k.label == "none"), None)
    what = "sampled" if scores.measure == "sampled" else "greedy"
    panel = Panel(
        f"Retention: {what} {scores.called}, last round / round 0",
        marks,
        said,
        band,
        percent=True,
        lowest=0.0,
        highest=1.0,
    )
    rows = rows_of(run)
    alt = "Retention with 95 % intervals: " + "; ".join(f"{k.label} {percent(k.retained)}" for k in found if k.retained)
    plot = (
        Picture("retention", "Retention by arm", alt, lambda narrow: chart(rows, [panel], [], narrow))
        if marks
        else None
    )
    notes = [
        (
            f"Retention is {what} {scores.called} in the last round over that in round 0, on {run.benchmarks[0]} "
            f"({scores.tasks} tasks), over the same seeds and tasks; intervals are 95 %, from a paired bootstrap "
            "over tasks and seeds. The shaded band is `none`: training on everything."
        ),
        _seeds_note(run),
    ]
    figures = [Figure(table, plot)]
    if none:
        figures.append(Figure(_contrasts("contrasts-none", "Against no gate", none, scores.called)))
    if toss:
        figures.append(
            Figure(_contrasts("contrasts-random", "Against a toss at the same acceptance rate", toss, scores.called))
        )
    figures += _other_benchmarks(run)
    said_first = " ".join(headline(run, found, none, toss)[:3])
    return Section("retention", "What each arm kept", said_first, [n for n in notes if n], figures)


def curves(run: Run, scores: Scores) -> Section:
    """Return the section of curves over rounds."""
    rows, panels, behind = [], [], {}
    for label in run.labels:
        points = curve(scores, label, run.last_of(label)) if run.last_of(label) >= 0 else []
        whole = [p for p in points if p is not None]
        rows += [
            {"label": label, "round": t, "score": p, "greedy": run.mean(label, t, "pass_at_1_greedy")}
            for t, p in enumerate(points)
        ]
        if len(whole) != len(points) or not points:
            continue
        drawn = Curve([p.estimate for p in whole], [p.low for p in whole], [p.high for p in whole])
        if label in ("none", "human"):
            behind[label] = (run.group(label), Curve(drawn.values))
        panels.append(Small(label, run.group(label), drawn))
    columns = (
        Column("label", "Arm", "code"),
        Column("round", "Round", "count"),
        Column("score", f"{scores.measure.capitalize()} {scores.called}", "share"),
        Column("greedy", f"Greedy {scores.called}", "share"),
    )
    table = Table("curves", "Scores by round", columns, rows)
    key = (
        f"{scores.called} by round, with 95 % intervals. Thin lines behind: "
        + " and ".join({"none": "none (dark)", "human": "human (green)"}[name] for name in behind)
        if behind
        else f"{scores.called} by round, with 95 % intervals."
    )
    alt = f"{scores.called} by round: " + "; ".join(
        f"{p.label} {p.curve.values[0]:.2f} to {p.curve.values[-1]:.2f}" for p in panels
    )
    plot = (
        Picture("curves", "Score by round and arm", alt, lambda narrow: multiples(panels, behind, key, narrow))
        if panels
        else None
    )
    return Section("curves", "Round by round", figures=[Figure(table, plot)])


def strata(run: Run, scores: Scores) -> Section:
    """Return the section on what is frequent and what is rare."""
    names = scores.strata
    rows: list[dict[str, Any]] = []
    marks: dict[str, list[Mark]] = {}
    for label in run.labels:
        t = run.last_of(label)
        kept = {name: retained(scores, label, t, stratum=name) for name in names}
        rows.append({"label": label, "round": t, **kept})
        marks[label] = [
            Mark(value.estimate, filled=number == len(names) - 1, marker=_STRATUM_MARKERS[number % 3])
            for number, name in enumerate(names)
            if (value := kept[name])
        ]
    columns = (
        Column("label", "Arm", "code"),
        Column("round", "Round", "count"),
        *(Column(n, n.capitalize(), "percent") for n in names),
    )
    table = Table("strata", "Retention by stratum", columns, rows)
    shapes = {"o": "hollow circle", "s": "hollow square", "v": "filled triangle"}
    key = ", ".join(f"{name}: {shapes[_STRATUM_MARKERS[i % 3]]}" for i, name in enumerate(names))
    panel = Panel("Retention, by how frequent a task's rarest part is", marks, percent=True, lowest=0.0)
    alt = f"Retention by stratum ({key}): " + "; ".join(
        f"{row['label']} " + ", ".join(f"{n} {shown(v.estimate if (v := row[n]) else None, 'percent')}" for n in names)
        for row in rows
    )
    any_marks = any(marks.values())
    plot = (
        Picture("strata", "Retention by stratum", alt, lambda narrow: chart(rows_of(run), [panel], [], narrow))
        if any_marks
        else None
    )
    none = next((row for row in rows if row["label"] == "none"), None)
    said = ""
    if none and len(names) > 1 and none[names[0]] and none[names[-1]]:
        rare, frequent = percent(none[names[-1]]), percent(none[names[0]])
        said = f"Without a gate {rare} is left in the {names[-1]}, {frequent} in the {names[0]}."
    return Section("strata", "Frequent and rare", said, [f"Marks: {key}."] if any_marks else [], [Figure(table, plot)])


def _contrasts(name: str, title: str, found: Sequence[Contrast], called: str) -> Table:
    columns = (
        Column("label", "Arm", "code"),
        Column("difference", "Difference, points", "points"),
        Column("verdict", "Verdict"),
        Column("p_holm", "p (Holm)", "p"),
        Column("by_seed", "By seeds alone", "points", "Student's t over the seeds' differences"),
        Column("agree", "Seeds of that sign"),
        Column("against", "Against", "code"),
        Column("round", "Round", "count"),
    )
    rows = [{**c.__dict__, "agree": f"{c.agreeing} of {c.seeds}", "verdict": c.verdict} for c in found]
    note = (
        f"Difference in {called}, paired by seed and task, 95 % bootstrap interval; p corrected for all "
        "rows of this table (Holm). More or less is said where that p is below .05 and every seed agrees in sign."
    )
    return Table(name, title, columns, rows, note)


def _other_benchmarks(run: Run) -> list[Figure]:
    """Return retention on every further benchmark, from its own scores."""
    figures = []
    for benchmark in run.benchmarks[1:]:
        scores = Scores(run.scores, benchmark)
        rows = [
            {"label": label, "round": run.last_of(label), "retained": retained(scores, label, run.last_of(label))}
            for label in run.labels
        ]
        columns = (
            Column("label", "Arm", "code"),
            Column("round", "Round", "count"),
            Column("retained", "Retention", "percent"),
        )
        called = "" if scores.called == "pass@1" else f", {scores.called}"
        title = f"The same on {benchmark} ({scores.tasks} tasks{called})"
        figures.append(Figure(Table(f"retention-{benchmark}", title, columns, rows)))
    return figures


def _short(run: Run, kept: Kept) -> str:
    return f", r{kept.round}" if kept.round < run.last else ""


def _seeds_note(run: Run) -> str:
    if len(run.seeds) == 1:
        return "There is one seed. Intervals are over tasks only: they say nothing of how another seed would be."
    if len(run.seeds) < 6:
        return (
            f"With {len(run.seeds)} seeds the bootstrap shows too little of how seeds differ, so intervals are "
            "somewhat too narrow. The column “by seeds alone” errs on the other side."
        )
    return ""


def headline(run: Run, found: Sequence[Kept], none: Sequence[Contrast], toss: Sequence[Contrast]) -> list[str]:
    """Return the first findings, a sentence each, from what there is."""
    by, by_none = {k.label: k for k in found}, {c.label: c for c in none}
    said = []
    if (plain := by.get("none")) and plain.retained:
        said.append(f"Without a gate, {percent(plain.retained)} of the score was left after {rounds(plain.round)}.")
    if (human := by.get("human")) and human.retained:
        said.append(f"Going on with fresh {run.people} instead left {percent(human.retained)}.")
    policies = [k for k in found if k.group not in ("none", "control") and k.retained and k.round == run.last]
    if policies:
        best = max(policies, key=lambda k: k.retained.estimate if k.retained else 0)
        said.append(f"Of the policies, `{best.label}` kept most: {percent(best.retained)}.")
    judged = [by_none[k.label] for k in policies if k.label in by_none]
    if judged:
        more, less = (sum(c.verdict == word for c in judged) for word in ("more", "less"))
        said.append(
            f"Of {len(judged)} policies compared with no gate, {more} kept more, {less} kept less, and "
            f"{len(judged) - more - less} cannot be told apart from it."
        )
    beaten = [c for c in toss if c.verdict == "more"]
    if toss:
        said.append(
            f"{len(beaten)} of the {len(toss)} compared with a toss at their own acceptance rate kept more than it."
        )
    return said


def rounds(count: int) -> str:
    """Return ``one round`` or ``5 rounds``."""
    return "one round" if count == 1 else f"{count} rounds"

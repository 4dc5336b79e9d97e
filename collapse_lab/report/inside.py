"""The sections on what the models write and how they represent it: variety, drift, overlap, endings."""

from __future__ import annotations

from typing import Any

from collapse_lab.report.draw.rows import Mark, Panel, chart
from collapse_lab.report.draw.style import Picture
from collapse_lab.report.gates import dumbbells
from collapse_lab.report.keep import rows_of
from collapse_lab.report.reading import Run
from collapse_lab.report.section import Figure, Section
from collapse_lab.report.table import Column, Table

Measures = list[tuple[str, tuple[str, ...]]]


def variety(run: Run) -> Section:
    """Return the section on spectrum and diversity."""
    layer = _layer(run)
    spectrum: Measures = [
        ("Effective rank, own samples", ("spectrum", "own", layer, "effective_rank")),
        (f"Effective rank, {run.people}", ("spectrum", "human", layer, "effective_rank")),
        ("λ₁ / λ₂, own samples", ("spectrum", "own", layer, "first_to_second")),
    ]
    more: Measures = [
        *(
            (f"{words}, {side}", ("spectrum", side, layer, key))
            for side in ("own", "human")
            for key, words in _SPECTRUM.items()
        ),
    ]
    diversity: Measures = [
        ("Vendi score", ("diversity", "vendi")),
        ("Different programs a prompt", ("diversity", "per_prompt")),
        ("Rare features recalled", ("tail_recall",)),
    ]
    texts: Measures = [(words, ("diversity", key)) for key, words in _DIVERSITY.items()]
    texts += [("Rare features recalled", ("tail_recall",))]
    texts += [(words, ("degeneracy", key)) for key, words in _DEGENERACY.items()]
    rows = rows_of(run)
    figures = [
        Figure(
            _table(run, "spectrum", f"Spectrum of hidden states (layer {layer})", more),
            dumbbells(run, "spectrum", "Spectrum", rows, spectrum),
        ),
        Figure(
            _table(run, "diversity", "Diversity and degeneracy of what is written", texts),
            dumbbells(run, "diversity", "Diversity", rows, diversity),
        ),
    ]
    notes = [
        (
            "Effective rank and λ₁ / λ₂ are of the centred covariance of last-token states: on the model's own "
            f"samples, which change from arm to arm, and on {run.people}, the same in all. All measures compare equal "
            "numbers of texts. A model that writes nonsense is diverse: read them beside the scores."
        ),
    ]
    return _measured("variety", "Spectrum and diversity", notes, figures)


def drift(run: Run) -> Section:
    """Return the section on drift from the round-0 model."""
    measures: Measures = [
        ("Own samples, round-0 model", ("drift", "own_nll_round0")),
        (run.people.capitalize(), ("drift", "human_nll")),
        ("Entropy of the next token", ("drift", "entropy")),
    ]
    figure = Figure(_table(run, "drift", "Drift", measures), dumbbells(run, "drift", "Drift", rows_of(run), measures))
    notes = [
        (
            "In nats a token: the negative log-likelihood of the model's own samples under the round-0 model, that "
            f"of {run.people} under the model, and the entropy of its next token. The first rises as what the model "
            f"writes leaves what it began with, the second as it forgets {run.people}; the third falls as it becomes "
            "sure of itself. A perplexity is e to the power of one of the first two."
        ),
    ]
    return _measured("drift", "Drift", notes, [figure])


def contamination(run: Run) -> Section:
    """Return the section on overlap of the training data with the benchmark."""
    found = {label: _training_set(run, label) for label in run.labels}
    kinds = list(dict.fromkeys(k for page in found.values() if page for k in page[1] if k != "human"))
    rows = []
    for label, page in found.items():
        row: dict[str, Any] = {"label": label, "round": page[0] if page else None}
        for kind in kinds:
            row[kind] = run.mean(label, page[0], "contamination", kind) if page else None
            row[f"{kind}_human"] = run.mean(label, page[0], "contamination", "human", kind) if page else None
        rows.append(row)
    columns = [Column("label", "Arm", "code"), Column("round", "Last training set", "count")]
    panels, said = [], []
    for kind in kinds:
        words = f"Runs of {kind} tokens" if kind.isdigit() else "Whole programs (AST)"
        columns += [Column(kind, words, "share"), Column(f"{kind}_human", f"{words}, human control", "share")]
        pairs = {r["label"]: (r[f"{kind}_human"], r[kind]) for r in rows}
        whole = {label: (a, b) for label, (a, b) in pairs.items() if a is not None and b is not None}
        marks = {label: [Mark(a, filled=False), Mark(b)] for label, (a, b) in whole.items()}
        panels.append(Panel(words, marks, percent=True, lowest=0.0))
        said.append(f"{words}: " + "; ".join(f"{label} {b:.3f} against {a:.3f}" for label, (a, b) in whole.items()))
    table = Table("contamination", "Overlap of training documents with the benchmark", tuple(columns), rows)
    key = [("people's answers to the same prompts", "none", False), ("what was trained on", "none", True)]
    alt = f"Training documents that overlap with the benchmark, against human answers. {'. '.join(said)}"
    plot = (
        Picture(
            "contamination", "Overlap with the benchmark", alt, lambda narrow: chart(rows_of(run), panels, key, narrow)
        )
        if panels
        else None
    )
    notes = [
        (
            "Programs on the same few subjects share passages without any copying; only what goes beyond the human "
            "control counts."
        )
    ]
    return _measured("contamination", "Overlap with the benchmark", notes, [Figure(table, plot)])


def _training_set(run: Run, label: str) -> tuple[int, dict[str, Any]] | None:
    """Return the last round of an arm whose training documents were measured, with what was found."""
    pages = [(t, arm.value(t, "contamination")) for arm in run.arms_of(label) for t in range(arm.last + 1)]
    return max(((t, page) for t, page in pages if page), key=lambda item: item[0], default=None)


def endings(run: Run) -> Section:
    """Return the section on how samples ended in the hidden tests."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for label in run.labels:
        for t in sorted({0, run.last_of(label)}):
            counts: dict[str, float] = {}
            for arm in run.arms_of(label):
                for name, count in (arm.value(t, "endings") or {}).items():
                    counts[name] = counts.get(name, 0) + count
            found[label, t] = {name: count / sum(counts.values()) for name, count in counts.items()}
    names = sorted(
        {n for shares in found.values() for n in shares}, key=lambda n: -sum(s.get(n, 0) for s in found.values())
    )[:10]
    if not names:
        return Section("endings", "How samples ended", "Not measured in this run.")
    columns = (
        Column("label", "Arm", "code"),
        Column("round", "Round", "count"),
        *(Column(n, n, "share") for n in names),
    )
    rows = [{"label": a, "round": t, **{n: s.get(n, 0.0) for n in names}} for (a, t), s in found.items() if s]
    table = Table(
        "endings", "How samples of the pool ended", columns, rows, "Shares of the pool; the ten most frequent endings."
    )
    return Section("endings", "How samples ended", figures=[Figure(table)])


_SPECTRUM = {
    "effective_rank": "Effective rank",
    "participation_ratio": "Participation ratio",
    "first_share": "λ₁ / Σλ",
    "first_to_second": "λ₁ / λ₂",
}
_DIVERSITY = {
    "distinct_2": "Distinct pairs of words",
    "self_bleu": "Self-BLEU",
    "compression": "Compression ratio",
    "duplicate_share": "Duplicate programs",
    "vendi": "Vendi score",
    "per_prompt": "Different programs a prompt",
}
_DEGENERACY = {"stop_rate": "Stopped by itself", "cap_rate": "Cut off", "repeated_line_share": "Repeated lines"}


def _layer(run: Run) -> str:
    for arm in run.arms:
        layers = arm.value(0, "spectrum", "own")
        if layers:
            return str(list(layers)[-1])
    return "-1"


def _table(run: Run, name: str, title: str, measures: Measures) -> Table:
    columns = [Column("label", "Arm", "code"), Column("round", "Last round", "count")]
    for words, path in measures:
        key = "_".join(part for part in path if part != _layer(run))
        columns += [
            Column(f"{key}_first", f"{words}, round 0", "number"),
            Column(f"{key}_last", f"{words}, last", "number"),
        ]
    rows = []
    for label in run.labels:
        t = run.last_of(label)
        row: dict[str, Any] = {"label": label, "round": t}
        for _, path in measures:
            key = "_".join(part for part in path if part != _layer(run))
            row[f"{key}_first"], row[f"{key}_last"] = (run.mean(label, at, *path) for at in (0, t))
        rows.append(row)
    return Table(name, title, tuple(columns), rows)


def _measured(name: str, title: str, notes: list[str], figures: list[Figure]) -> Section:
    """Return the section, or one that says that nothing of it was measured."""
    if any(figure.picture for figure in figures):
        return Section(name, title, notes=notes, figures=[f for f in figures if f.picture])
    return Section(name, title, "Not measured in this run.")

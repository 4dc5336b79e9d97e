"""The page's last sections: claims, prediction, settings, cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from collapse_lab.report.claims import Answer
from collapse_lab.report.draw.curves import Curve, Small, multiples
from collapse_lab.report.draw.style import Picture
from collapse_lab.report.prediction import Prediction
from collapse_lab.report.reading import Run
from collapse_lab.report.section import Figure, Section
from collapse_lab.report.table import Column, Table, shown

VERDICTS = ("reproduces", "does not reproduce", "not separable at this size", "not asked here")


def claims(found: Sequence[Answer]) -> Section:
    """Return the table of claims with the measured answers."""
    columns = (
        Column("claim", "Claim"),
        Column("verdict", "Answer"),
        Column("measured", "Measured"),
        Column("rule", "Rule"),
        Column("source", "Source"),
    )
    rows = [
        {"claim": a.claim.claim, "verdict": a.verdict, "measured": a.measured, "rule": a.rule, "source": a.claim.source}
        for a in sorted(found, key=lambda a: a.verdict == "not asked here")
    ]
    table = Table("claims", "Claims and answers", columns, rows, stacked=True)
    notes = [
        (
            "Study A is arXiv 2606.28438. Every answer follows from its rule, which was written down before any "
            "result: *reproduces* where the whole interval lies on the claimed side, *does not* where it lies on the "
            "other side or within the margin of no difference, *not separable* otherwise. No correction for the "
            "number of claims is made here; the tables of contrasts have it."
        ),
        "This is a small model on generated tasks. An answer is about this size, not about the models of Study A.",
    ]
    return Section("claims", "What others said, and what came out here", tally(found), notes, [Figure(table)])


def tally(found: Sequence[Answer]) -> str:
    """Return how many claims got which answer, in words."""
    counts = Counter(a.verdict for a in found)
    asked = len(found) - counts["not asked here"]
    if not asked:
        return "This run has the arms for none of the claims."
    return (
        f"Of {asked} claims that this run can speak to, {counts['reproduces']} "
        f"{'reproduces' if counts['reproduces'] == 1 else 'reproduce'}, {counts['does not reproduce']} "
        f"{'does' if counts['does not reproduce'] == 1 else 'do'} not, and {counts['not separable at this size']} "
        "cannot be separated at this size."
    )


def prediction(found: Prediction) -> Section:
    """Return the section on the simulator: prediction beside measurement."""
    title = "What a simple theory predicted"
    if found.strength is None or found.world is None or not found.arms:
        return Section("theory", title, found.why or "No arm of this run can be predicted.")
    columns = (
        Column("label", "Arm", "code"),
        Column("right", "Right accepted, round 0", "share"),
        Column("wrong", "Wrong accepted, round 0", "share"),
        Column("predicted", "Predicted, last round", "share"),
        Column("measured", "Measured, last round", "share"),
        Column("miss", "Predicted − measured", "points"),
        Column("error", "Mean error", "points"),
        Column("as_none", "… had one said: as `none`", "points"),
        Column("as_before", "… had one said: no change", "points"),
    )
    rows = [
        {
            "label": p.label,
            "right": p.review.right,
            "wrong": p.review.wrong,
            "predicted": p.curve[-1],
            "measured": p.measured[-1],
            "miss": p.curve[-1] - p.measured[-1],
            "error": p.error,
            "as_none": p.as_none,
            "as_before": p.as_before,
        }
        for p in found.arms
    ]
    left = "; ".join(f"{label}: {why}" for label, why in found.left_out.items())
    table = Table(
        "prediction", "Prediction beside measurement", columns, rows, f"Not predicted: {left}." if left else ""
    )
    panels = [
        Small(
            p.label,
            p.group,
            Curve(p.measured),
            Curve(p.curve, p.low, p.high),
            f"{100 * (p.curve[-1] - p.measured[-1]):+.0f}".replace("-", "−"),
        )
        for p in found.arms
    ]
    key = (
        "Solid: measured. Dashed: predicted, with nine in ten simulated runs. At the end: predicted − measured, points."
    )
    alt = "Predicted and measured pass@1 in the last round: " + "; ".join(
        f"{p.label} {p.curve[-1]:.2f} and {p.measured[-1]:.2f}" for p in found.arms
    )
    plot = Picture(
        "prediction", "Prediction beside measurement", alt, lambda narrow: multiples(panels, {}, key, narrow)
    )
    mean, none, before = (
        sum(getattr(p, a) for p in found.arms) / len(found.arms) for a in ("error", "as_none", "as_before")
    )
    better = sum(p.error < min(p.as_none, p.as_before) for p in found.arms)
    fidelity = ", ".join(
        f"{n} {shown(float(f), 'share')}" for n, f in zip(found.world.names, found.strength.fidelity, strict=True)
    )
    said = (
        f"The simulator was off by {_points(mean)} points of pass@1 on average, over all rounds of {len(found.arms)} "
        f"arms. Saying “as without a gate” would have been off by {_points(none)}, “nothing changes” by "
        f"{_points(before)}; it beat both on {better} of {len(found.arms)} arms."
    )
    notes = [
        (
            "It knows programs as right or wrong only, what the gate accepted of each in round 0, and how many "
            "samples a round has. How strongly training moves the model was fitted on `none` and `human` alone "
            f"(rate {found.strength.rate:.2f}; fidelity {fidelity}), on none of the arms shown. Where it misses, "
            "something else than round 0's gate quality decided: a gate that changed, or what kind of right code "
            "was kept."
        ),
    ]
    return Section("theory", title, said, notes, [Figure(table, plot)])


def cost(run: Run) -> Section:
    """Return the section on seconds, hardware, versions and the command."""
    seconds = {str(k): float(v) for k, v in (run.summary.get("seconds") or {}).items()}
    rows = [{"stage": stage, "seconds": spent} for stage, spent in sorted(seconds.items(), key=lambda item: -item[1])]
    rows.append({"stage": "in all", "seconds": sum(seconds.values())})
    stages = Table(
        "seconds",
        "Seconds by stage, summed over processes",
        (Column("stage", "Stage"), Column("seconds", "Seconds", "seconds")),
        rows,
    )
    facts: list[dict[str, Any]] = [
        {"what": "Command", "value": run.summary.get("command")},
        *({"what": f"Hardware: {k}", "value": str(v)} for k, v in (run.summary.get("hardware") or {}).items()),
        *({"what": f"Version: {k}", "value": str(v)} for k, v in (run.summary.get("versions") or {}).items()),
        *({"what": f"Code: {k}", "value": str(v)} for k, v in _flat(run.summary.get("code")).items()),
        *(
            {"what": f"Benchmark: {k}", "value": f"{v['tasks']} tasks, {v['hash']}"}
            for k, v in run.summary["benchmarks"].items()
        ),
    ]
    origin = Table("origin", "Made with", (Column("what", "What"), Column("value", "Value", "code")), facts)
    return Section("cost", "Time, machine, versions", figures=[Figure(stages), Figure(origin)])


def _flat(code: object) -> dict[str, object]:
    return dict(code) if isinstance(code, dict) else {"revision": code}


def _points(value: float) -> str:
    return f"{100 * value:.1f}"

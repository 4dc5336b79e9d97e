"""The bench's lines as a table for people: medians, ratios, and whether what was asked for was reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from collapse_lab.bench.lines import Line, latest
from collapse_lab.bench.plan import Step, goal

_GIB = 2**30


@dataclass(frozen=True)
class Row:
    """A line in words. ``reached`` is empty where nothing is asked of it, or it was not measured on a GPU."""

    step: str
    measured: str
    asked: str
    reached: str


def rows(lines: Sequence[Line]) -> list[Row]:
    """Return a row for the latest line of each step, with what was measured on a CPU behind the others."""
    found = sorted(latest(lines).values(), key=lambda line: line.kind == "cpu")
    return [row(line) for line in found]


def row(line: Line) -> Row:
    """Return a line in words."""
    step = Step.named(line.step)
    name = line.step if line.kind == "gpu" else f"{line.step} (cpu)"
    if line.status != "ok":
        said = {"failed": "failed", "late": "too slow", "absent": "not run"}[line.status]
        return Row(name, f"{said}: {line.why}", "", "no" if line.status == "late" else "")
    asked = goal(step) if line.kind == "gpu" else None
    words = {"decode": _decode, "train": _train, "arm": _arm}[step.what](line.values)
    if asked is None:
        return Row(name, words, "", "")
    measure, bound, most = asked
    value = middle(line.values[measure])
    if value is None:
        return Row(name, words, _bound(measure, bound), "not known")
    return Row(name, words, _bound(measure, bound), "yes" if (value <= bound if most else value >= bound) else "no")


def text(lines: Sequence[Line]) -> str:
    """Return the table, and below it what it was measured on."""
    table = [("step", "measured", "asked for", "reached")]
    table += [(one.step, one.measured, one.asked, one.reached) for one in rows(lines)]
    # A sentence on why nothing was measured stands in the last column that its row has, and may be as long as it is.
    widths = [max(len(r[n]) for r in table if n == 0 or any(r[n + 1 :])) for n in range(3)] + [0]
    said = ["  ".join(f"{cell:{width}}" for cell, width in zip(r, widths, strict=True)).rstrip() for r in table]
    origins = dict.fromkeys(origin(line) for line in latest(lines).values())
    notes = [f"Measured on {each}." for each in origins if each]
    if any(line.kind == "cpu" for line in lines):
        notes.append("Lines of a CPU are of tiny models and show that the steps work. Their numbers say nothing.")
    return "\n".join([*said, "", *notes])


def origin(line: Line) -> str:
    """Return the machine, versions and code of a line in a sentence's part; nothing where it was not measured."""
    if not line.made_on:
        return ""
    facts = line.made_on
    gpu = f"{facts.get('gpus', 1)} x {facts['gpu']}" if line.kind == "gpu" else facts.get("processor") or "a CPU"
    memory = f", {facts['gpu_memory_bytes'] / _GIB:.0f} GiB" if facts.get("gpu_memory_bytes") else ""
    driver = f", driver: {facts['driver']}" if facts.get("driver") else ""
    versions = ", ".join(f"{name} {number}" for name, number in line.versions.items() if number != "absent")
    code = line.code.get("commit") or line.code.get("sha256", "")[:12]
    return f"{gpu}{memory}{driver}; {versions}; code {code}"


def middle(value: Any) -> float | None:
    """Return a measured number, the median where there were several runs; ``None`` where it is not known."""
    if isinstance(value, list):
        return float(median(value)) if value else None
    return None if value is None else float(value)


def _decode(values: dict[str, Any]) -> str:
    generate = ", ".join(f"{median(speeds):,.0f} by {batch}" for batch, speeds in values["generate"].items())
    ratios = values["ratio"]
    parts = [
        f"{median(values['tokens_a_second']):,.0f} tokens/s",
        f"{median(ratios):.2f} x generate ({min(ratios):.2f} to {max(ratios):.2f}; {generate})",
    ]
    if values["of_limit"] is not None:
        parts.append(f"{values['of_limit']:.1%} of the memory's limit")
    parts.append(f"greedy the same {values['same']:.0%}")
    return "; ".join([*parts, f"{values['weights']} weights"])


def _train(values: dict[str, Any]) -> str:
    parts = [f"{median(values['tokens_a_second']):,.0f} tokens/s"]
    if values["used"] is not None:
        parts.append(f"MFU {values['used']:.1%}")
    if values["memory_bytes"]:
        parts.append(f"{values['memory_bytes'] / _GIB:.0f} GiB")
    return "; ".join([*parts, f"{values['weights']} weights"])


def _arm(values: dict[str, Any]) -> str:
    parts = [f"{values['seconds']:,.0f} s an arm"]
    for arm in values["arms"]:
        name, scores = next(
            (name, arm[key])
            for name, key in (("sampled", "sampled"), ("greedy", "greedy"))
            if key == "greedy" or arm[key][0] is not None
        )
        parts.append(f"{arm['label']}: {name} pass@1 {_score(scores[0])} -> {_score(scores[-1])}")
    return "; ".join(parts)


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _bound(measure: str, bound: float) -> str:
    return {"ratio": f">= {bound:g} x generate", "used": f"MFU >= {bound:.0%}", "seconds": f"<= {bound:g} s"}[measure]

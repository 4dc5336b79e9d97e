"""Two arms against each other, in words: of one run, or of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collapse_lab.metrics.intervals import mcnemar
from collapse_lab.report.contrasts import Contrast, of_pair
from collapse_lab.report.reading import ReportError, Run
from collapse_lab.report.scores import Paired, Scores, align
from collapse_lab.report.table import shown


@dataclass(frozen=True)
class Compared:
    """Arm *a* minus arm *b* on one benchmark in one round.

    ``sampled`` and ``greedy`` are contrasts of pass@1 (``None`` without such answers). ``exact`` has, for each (base,
    seed), how many tasks only *a* and only *b* solved greedily, and McNemar's exact p. Of summaries, which nobody
    solves, they are contrasts of BLEU-4, and ``exact`` is empty: ``called`` says what a score is.
    """

    a: str
    b: str
    benchmark: str
    round: int
    keys: tuple[tuple[int, int], ...]
    sampled: Contrast | None
    greedy: Contrast | None
    exact: tuple[tuple[int, int, float], ...]
    called: str = "pass@1"


def compare(one: Run, a: str, two: Run, b: str, benchmark: str | None = None, t: int | None = None) -> Compared:
    """Compare arm *a* of run *one* with arm *b* of run *two* (which may be the same). Raises ``ReportError``."""
    for run, label in ((one, a), (two, b)):
        if label not in run.labels:
            raise ReportError(f"{run.folder} has no arm {label!r}. It has: {'; '.join(run.labels)}.")
    name = benchmark or one.benchmarks[0]
    for run in (one, two):
        if name not in run.benchmarks:
            raise ReportError(f"{run.folder} has no benchmark {name!r}. It has: {', '.join(run.benchmarks)}.")
    if one.summary["benchmarks"][name]["hash"] != two.summary["benchmarks"][name]["hash"]:
        raise ReportError(
            f"Benchmark {name} has other tasks in {one.folder} than in {two.folder}: nothing can be paired."
        )
    if one is two and a == b:
        raise ReportError(f"{a!r} is named twice: there is nothing to compare.")
    last = min(one.last_of(a), two.last_of(b))
    at = last if t is None else t
    if not 0 <= at <= last:
        raise ReportError(f"Both arms have rounds 0 to {last}; there is no round {at} to compare.")
    tables = Scores(one.scores, name), Scores(two.scores, name)
    found = {m: align(tables[0].at(a, at, m), tables[1].at(b, at, m)) for m in ("sampled", "greedy")}
    seen = [pair for pair in found.values() if pair]
    if not seen:
        raise ReportError(f"{a} and {b} share no base and seed in round {at}: nothing can be paired.")
    if a == b:
        a, b = f"{a} ({one.folder.name})", f"{b} ({two.folder.name})"
    sampled, greedy = (of_pair(pair, a, b, at) if pair else None for pair in found.values())
    called = tables[0].called
    exact = _exact(found["greedy"]) if found["greedy"] and called != "BLEU-4" else ()
    return Compared(a, b, name, at, seen[0].keys, sampled, greedy, exact, called)


def sentences(found: Compared) -> list[str]:
    """Return the comparison in words."""
    seeds = len(found.keys)
    said = [
        (
            f"{found.a} minus {found.b}: benchmark {found.benchmark}, round {found.round}, {seeds} "
            f"{'seed' if seeds == 1 else 'seeds'} in pairs."
        )
    ]
    for name, contrast in (("sampled", found.sampled), ("greedy", found.greedy)):
        if contrast is not None:
            said.append(_sentence(name, contrast, found))
    for (base, seed), (only_a, only_b, p) in zip(found.keys, found.exact, strict=False):
        said.append(
            f"Greedy, base {base}, seed {seed}: {only_a} tasks only by {found.a}, {only_b} only by {found.b} "
            f"(McNemar, exact p {shown(p, 'p')})."
        )
    if seeds == 1:
        said.append("One seed: the interval is over tasks only and says nothing of other seeds.")
    return said


def _sentence(name: str, contrast: Contrast, found: Compared) -> str:
    low, high = contrast.difference.low, contrast.difference.high
    if low > 0 or high < 0:
        better, worse = (found.a, found.b) if low > 0 else (found.b, found.a)
        verdict = f"{better} is better than {worse}"
    else:
        verdict = "the two cannot be told apart"
    signs = f"{contrast.agreeing} of {contrast.seeds} seeds have that sign"
    return (
        f"{name.capitalize()} {found.called}: {shown(contrast.difference, 'points')} points, 95 % interval; {signs}: "
        f"{verdict}."
    )


def _exact(pair: Paired) -> tuple[tuple[int, int, float], ...]:
    a, b = pair.a > 0.5, pair.b > 0.5
    return tuple((int(np.sum(x & ~y)), int(np.sum(~x & y)), mcnemar(x, y)) for x, y in zip(a, b, strict=True))

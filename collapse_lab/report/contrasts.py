"""Differences between arms, paired by seed and task, and corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collapse_lab.metrics.intervals import Interval, holm, paired
from collapse_lab.report.reading import Run
from collapse_lab.report.scores import Measure, Paired, Scores


@dataclass(frozen=True)
class Contrast:
    """``label`` minus ``against`` in pass@1, in the last round that both reached, over the seeds that both have.

    ``agreeing`` counts the seeds whose own difference has the sign of the mean; ``by_seed`` is Student's interval of
    the seeds' differences, which takes nothing for granted about tasks (``None`` for one seed); ``p`` is two-sided
    (``p_value``), ``p_holm`` corrected for all contrasts of its family.
    """

    label: str
    against: str
    round: int
    seeds: int
    difference: Interval
    agreeing: int
    by_seed: Interval | None
    p: float
    p_holm: float = 1.0

    @property
    def verdict(self) -> str:
        """``more`` or ``less`` where the corrected p is below .05 and every seed agrees, else ``not separable``."""
        if self.p_holm >= 1 - self.difference.level or self.agreeing < self.seeds:
            return "not separable"
        return "more" if self.difference.estimate > 0 else "less"


def contrast(run: Run, scores: Scores, label: str, against: str, measure: Measure | None = None) -> Contrast | None:
    """Return one contrast, uncorrected; ``None`` before round 1, and where the two share no seed."""
    t = min(run.last_of(label), run.last_of(against))
    pair = scores.paired((label, t), (against, t), measure) if t > 0 else None
    return of_pair(pair, label, against, t) if pair else None


def of_pair(pair: Paired, label: str, against: str, t: int) -> Contrast | None:
    """Return the contrast of paired scores."""
    difference = paired(pair.a, pair.b)
    if difference is None:
        return None
    by_seed = student([float(mean) for mean in (pair.a - pair.b).mean(axis=1)])
    return Contrast(label, against, t, len(pair.keys), difference, pair.agreeing(), by_seed, p_value(difference))


def student(values: Sequence[float], level: float = 0.95) -> Interval | None:
    """Return the mean of one number a seed with Student's t interval; ``None`` for fewer than two."""
    from scipy.stats import sem, t

    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    half = float(sem(values) * t.ppf(0.5 + level / 2, len(values) - 1))
    return Interval(mean, mean - half, mean + half, level)


def p_value(difference: Interval) -> float:
    """Return the two-sided p that a difference is 0, by the normal distribution with the width of its bootstrap
    interval: it has no floor at 1 / repeats, which a correction for many contrasts would run into."""
    from scipy.stats import norm

    half = (difference.high - difference.low) / 2
    if half <= 0:
        return 0.0 if difference.estimate else 1.0
    z = abs(difference.estimate) / (half / norm.ppf(0.5 + difference.level / 2))
    return float(2 * norm.sf(z))


def against_none(run: Run, scores: Scores) -> list[Contrast]:
    """Return every label's contrast with `none` (of the same data rule where there is one), Holm over all of them."""
    return _family([contrast(run, scores, a, b) for a in run.labels if (b := none_for(run, a))])


def against_random(run: Run, scores: Scores) -> list[Contrast]:
    """Return every policy's contrast with the toss at its own acceptance rate, where the study has one."""
    return _family([contrast(run, scores, a, b) for a in run.labels if (b := random_for(run, a))])


def against_human(run: Run, scores: Scores) -> list[Contrast]:
    """Return every policy's contrast with the arm that trains on fresh human documents, where the study has it."""
    policies = [a for a in run.labels if run.group(a) != "control"] if "human" in run.labels else []
    return _family([contrast(run, scores, a, "human") for a in policies])


def none_for(run: Run, label: str) -> str | None:
    """Return the ungated arm that a label is compared with: of its data rule, else the plain one."""
    ungated = [a for a in run.labels if run.group(a) == "none"]
    facts = run.arms_of(label)[0].facts
    same = [a for a in ungated if a != label and a == "none" + label.removeprefix(str(facts["policy"]))]
    plain = [a for a in ungated if a == "none" and a != label]
    return next(iter([*same, *plain]), None)


def random_for(run: Run, label: str) -> str | None:
    """Return the arm that tosses at this arm's acceptance rate; ``None`` where there is none."""
    facts = run.arms_of(label)[0].facts
    rest = label.removeprefix(str(facts["policy"]))
    tosses = [a for a in run.labels if run.arms_of(a)[0].facts.get("match") == facts["policy"]]
    return next((a for a in tosses if a.endswith(rest)), next(iter(tosses), None))


def _family(found: Sequence[Contrast | None]) -> list[Contrast]:
    whole = [one for one in found if one is not None]
    return [replace(one, p_holm=p) for one, p in zip(whole, holm([one.p for one in whole]), strict=True)]

"""What a run with hybrid arms says about shares of unreviewed synthetic data."""

from __future__ import annotations

from collapse_lab.evidence.facts import interval, made_of, rounded, rounds_of, study_of
from collapse_lab.report.reading import Arm, Run
from collapse_lab.report.retention import retained
from collapse_lab.report.scores import Scores
from gates.evidence.exposure import Exposure, Point, made_exposure


def exposure(run: Run) -> Exposure | None:
    """Return the retention by share; ``None`` where the run has no hybrid arm without a gate at its end.

    Raises ``ReportError`` where raw results cannot be read.
    """
    last = rounds_of(run)
    ended = [label for label in run.labels if _counts(run, label) and run.last_of(label) == last]
    if not any(run.arms_of(label)[0].facts["data_rule"] == "hybrid" for label in ended):
        return None
    scores = Scores(run.scores, run.benchmarks[0])
    points = {point.share: point for label in ended if (point := _point(run, scores, label, last)) is not None}
    if len(points) < 2:
        return None
    keys = {arm.key for label in ended for arm in run.arms_of(label) if arm.last == last}
    return made_exposure(study_of(run, keys), tuple(points.values()), made_of(run))


def _counts(run: Run, label: str) -> bool:
    """Whether nothing judged in an arm, and each round trained on that round's documents: samples, human, or both."""
    facts = run.arms_of(label)[0].facts
    ungated = facts["kind"] == "none" and facts["data_rule"] in ("replace", "hybrid")
    human = facts["control"] == "human" and facts["data_rule"] == "replace"
    return (ungated or human) and facts["start"] == "previous" and not facts["flip"]


def _point(run: Run, scores: Scores, label: str, last: int) -> Point | None:
    arms = [arm for arm in run.arms_of(label) if arm.last == last]
    shares = [share for arm in arms if (share := _share(arm, last)) is not None]
    kept = interval(retained(scores, label, last))
    if not shares or kept is None:
        return None
    return Point(label=label, share=rounded(sum(shares) / len(shares)), seeds=len(arms), retention=kept)


def _share(arm: Arm, last: int) -> float | None:
    """Return the share of samples among all code that the arm's rounds trained on, as its documents were counted."""
    pages = [page for t in range(last) if isinstance(page := arm.value(t, "documents"), dict)]
    every = sum(sum(page.values()) - page.get("prose", 0) for page in pages)
    return sum(page["synthetic"] for page in pages) / every if every else None

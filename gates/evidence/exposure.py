"""What a share of unreviewed synthetic data costs: the lab's hybrid arms, as the app's estimate reads them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from gates.evidence.card import SCHEMA_VERSION, Count, Hash, Interval, Made, Share, Strict, Study, checked
from gates.evidence.sealed import seal, unsealed

FILE = "exposure.json"

# What an estimate takes for granted. They stand under every figure that is made of it.
ASSUMPTIONS = (
    "A model is trained on this repository's code alone, in the shares in which it was merged, in every round.",
    "AI-declared lines stand for samples that nobody reviewed: what gates and people sorted out is not counted.",
    "Undeclared lines count as human. Where AI-written code was not declared, the true share is higher.",
    "The measured model is very small, and its data is generated: what carries over is the order, not the size.",
    "Between two measured shares the curve is taken to be straight.",
)


class Point(Strict):
    """One arm: the share of unreviewed samples among a round's training documents, and what was kept behind it."""

    label: str = Field(pattern=r"^[ -~]{1,100}$")
    share: Share
    seeds: Count
    retention: Interval


class Exposure(Strict):
    """The file. Points go from the smallest share to the largest; no policy judged in any of them."""

    schema_version: Literal["1.0"]
    study: Study
    points: tuple[Point, ...] = Field(min_length=2)
    made: Made
    hash: Hash = Field(description="SHA-256 of the canonical JSON without this field.")

    @model_validator(mode="after")
    def _rising(self) -> Exposure:
        shares = [point.share for point in self.points]
        if any(one >= two for one, two in pairwise(shares)):
            raise ValueError("the shares do not rise from point to point")
        return self


@dataclass(frozen=True)
class Estimate:
    """What is kept at a share that lies between two measured ones (or is one of them: then both are the same)."""

    share: float
    retention: Interval
    below: Point
    above: Point


def made_exposure(study: Study, points: tuple[Point, ...], made: Made) -> Exposure:
    """Return the file of these parts, points in order, with its hash."""
    whole = {
        "schema_version": SCHEMA_VERSION,
        "study": study.model_dump(mode="json"),
        "points": [point.model_dump(mode="json") for point in sorted(points, key=lambda point: point.share)],
        "made": made.model_dump(mode="json"),
    }
    return Exposure.model_validate({**whole, "hash": seal(whole)})


def read_exposure(content: bytes) -> Exposure:
    """Return what a file holds. Raises ``SealError`` with a sentence, whatever it holds."""
    return checked(unsealed(content), Exposure)


def estimate(exposure: Exposure, share: float) -> Estimate | None:
    """Return the retention at a share of synthetic data, straight between the neighbours.

    ``None`` outside of what was measured. Raises ``ValueError`` for a share that is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"A share lies from 0 to 1; {share} does not.")
    for point in exposure.points:
        if point.share == share:
            return Estimate(share, point.retention, point, point)
    for below, above in pairwise(exposure.points):
        if below.share < share < above.share:
            weight = (share - below.share) / (above.share - below.share)
            return Estimate(share, _between(below.retention, above.retention, weight), below, above)
    return None


def _between(one: Interval, two: Interval, weight: float) -> Interval:
    mixed = (
        (1 - weight) * a + weight * b
        for a, b in ((one.estimate, two.estimate), (one.low, two.low), (one.high, two.high))
    )
    middle, low, high = mixed
    return Interval(estimate=middle, low=low, high=high)

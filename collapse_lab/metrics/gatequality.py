"""How well a gate's decisions agree with the hidden tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GateQuality:
    """A gate's decisions against the truth.

    ``acceptance``: the share accepted (``None`` where ``n`` is 0). ``auroc``: the chance that a right sample's score
    is above a wrong one's, ties counting half; ``None`` where no sample has a score, or all are right, or all wrong.
    ``precision``: the right ones' share of what was accepted; ``None`` where nothing was. ``recall`` and
    ``right_accept_rate``, two names of one number: the share of right samples that was accepted, ``None`` without
    any; ``wrong_accept_rate`` the same for the wrong ones.
    """

    n: int
    acceptance: float | None
    auroc: float | None
    precision: float | None
    recall: float | None
    wrong_accept_rate: float | None
    right_accept_rate: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return it for a table or a JSON file."""
        return asdict(self)


def quality(
    accepted: NDArray[np.bool_], truth: NDArray[np.bool_], scores: Sequence[float | None] | None = None
) -> GateQuality:
    """Return the quality of decisions *accepted* over samples of which *truth* are right, both of shape (n,).

    *scores* are the gate's, higher for better, one a sample. A sample that the gate could not score (``None``, or no
    finite number) ranks below all others, as it is not accepted either.
    """
    right, wrong = accepted[truth], accepted[~truth]
    recall = _mean(right)
    return GateQuality(
        n=len(accepted),
        acceptance=_mean(accepted),
        auroc=_auroc(truth, scores) if scores is not None else None,
        precision=_mean(truth[accepted]),
        recall=recall,
        wrong_accept_rate=_mean(wrong),
        right_accept_rate=recall,
    )


def _mean(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def _auroc(truth: NDArray[np.bool_], scores: Sequence[float | None]) -> float | None:
    from sklearn.metrics import roc_auc_score

    known = [score for score in scores if score is not None and isfinite(score)]
    if not known or truth.all() or not truth.any():
        return None
    # Places in the order of scores: sklearn takes finite numbers only, and nothing but the order counts.
    place = {score: number for number, score in enumerate(sorted(set(known)), 1)}
    return float(roc_auc_score(truth, [0 if score is None else place.get(score, 0) for score in scores]))

"""Whether a gate says yes more often than the code became better, and whether it changes anything by saying it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import fsum


def rubber_stamp_index(
    acceptance_frozen: float | None,
    acceptance_0: float | None,
    correctness: float | None,
    correctness_0: float | None,
) -> float | None:
    """Return (acceptance_t - acceptance_0) - (correctness_t - correctness_0), from -2 to 2.

    Acceptance is at the threshold frozen on round 0, correctness that of the same held-out samples. Above 0 the gate
    became more lenient than the code became better: a rubber stamp. ``None`` where any of the four is.
    """
    if acceptance_frozen is None or acceptance_0 is None or correctness is None or correctness_0 is None:
        return None
    return (acceptance_frozen - acceptance_0) - (correctness - correctness_0)


def total_variation(accepted: Sequence[Hashable], raw: Sequence[Hashable]) -> float | None:
    """Return half the sum of |p - q| over the kinds of items, 0 to 1; ``None`` where either is empty.

    *accepted* and *raw* name the kind of each item. Kinds should be few: where every item is a kind of its own, the
    distance is 1 - acceptance, whatever a gate does. Over coarser kinds it is a lower bound of the distance between
    the distributions of programs, and a gate that tosses a coin comes near 0.
    """
    if not accepted or not raw:
        return None
    p, q = Counter(accepted), Counter(raw)
    # Exact in any order: that of a set of words changes from process to process.
    return fsum(abs(p[kind] / len(accepted) - q[kind] / len(raw)) for kind in p.keys() | q.keys()) / 2

"""Some of many mutants, spread over the changed lines; the same ones each time."""

from __future__ import annotations

from collections.abc import Sequence

from gates.mutants.model import Mutant
from gates.mutants.operators import SUBTLETY


def choose(mutants: Sequence[Mutant], most: int) -> list[Mutant]:
    """Return at most *most* mutants, in their order.

    Every line gets one, the subtlest of its faults, before any gets a second. Where there are more lines than
    mutants allowed, the lines taken lie evenly apart.
    """
    if len(mutants) <= most:
        return list(mutants)
    lines: dict[tuple[str, int], list[int]] = {}
    for index, mutant in enumerate(mutants):
        lines.setdefault((mutant.path, mutant.line), []).append(index)
    for indices in lines.values():
        indices.sort(key=lambda i: SUBTLETY.index(mutants[i].operator))
    taken: list[int] = []
    depth = 0
    while len(taken) < most:
        layer = [indices[depth] for indices in lines.values() if depth < len(indices)]
        taken += _evenly(layer, most - len(taken))
        depth += 1
    return [mutants[i] for i in sorted(taken)]


def _evenly(indices: Sequence[int], most: int) -> list[int]:
    """Return at most *most* of a sequence, evenly apart."""
    if len(indices) <= most:
        return list(indices)
    return [indices[(2 * i + 1) * len(indices) // (2 * most)] for i in range(most)]

"""Winnowing: few fingerprints of a text, so chosen that any long enough common passage shares one.

S. Schleimer, D. Wilkerson and A. Aiken, "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003.
"""

from __future__ import annotations

from collections.abc import Sequence

# Passages shorter than GRAM tokens are never seen, those of PASSAGE tokens and more always (GRAM + WINDOW - 1).
GRAM = 9
WINDOW = 16
PASSAGE = GRAM + WINDOW - 1
# A gram of fewer different tokens (`v , v , v , v ,`) is form without content.
_DIFFERENT = 5
_MASK = 0xFFFF_FFFF


def grams(numbers: Sequence[int]) -> list[int]:
    """Return the hash of each run of ``GRAM`` tokens, in order; stable for one version of Python."""
    return [h & _MASK for h in map(hash, zip(*(numbers[i:] for i in range(GRAM)), strict=False))]


def telling_grams(numbers: Sequence[int]) -> list[int | None]:
    """Return the grams, ``None`` for one that says too little to be compared."""
    hashes = grams(numbers)
    return [h if len(set(numbers[i : i + GRAM])) >= _DIFFERENT else None for i, h in enumerate(hashes)]


def winnow(hashes: Sequence[int]) -> set[int]:
    """Return the minimum of each window of ``WINDOW`` hashes (and of the shorter ones at the start)."""
    chosen: set[int] = set()
    least, at = _MASK + 1, -1
    for index, value in enumerate(hashes):
        if value <= least:
            least, at = value, index
            chosen.add(value)
        elif at <= index - WINDOW:
            window = hashes[index - WINDOW + 1 : index + 1]
            least = min(window)
            at = index - window[::-1].index(least)
            chosen.add(least)
    return chosen

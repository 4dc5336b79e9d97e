r"""Program text as words: what diversity, contamination and the fingerprint of broken programs count.

One definition for all of them, that of the ``repetition`` gate: the matches of ``\w+|[^\w\s]``, words and single
signs; spaces, indents and line ends are no words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> list[str]:
    """Return the words of a text, in order."""
    return _WORD.findall(text)


def grams(of: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Return the runs of *n* words, in order; none where there are fewer words. Raises ``ValueError`` for n < 1."""
    if n < 1:
        raise ValueError(f"A run has at least one word; {n} were asked for.")
    return list(zip(*(of[start:] for start in range(n)), strict=False))

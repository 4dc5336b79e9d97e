"""How much of a text stands in another: smoothed BLEU-4 and ROUGE-L, of one sentence against one reference.

Both take tokens as the code-to-text evaluator of CodeXGLUE makes them, whose scores papers on CodeSearchNet report:
lower-cased, runs of letters and digits, and every other sign by itself, the underscore included.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import exp

_TOKEN = re.compile(r"[^\W_]+|[^\s\w]|_")
_ORDER = 4


def tokens(text: str) -> list[str]:
    """Return the tokens of a text."""
    return _TOKEN.findall(text.lower())


def bleu_4(answer: Sequence[str], reference: Sequence[str]) -> float:
    """Return the smoothed BLEU-4 of *answer* (tokens), 0 to 1; a corpus's is the mean of its sentences'.

    The geometric mean of the precisions of runs of one to four tokens, each clipped to what the reference has. To
    both sides of every precision but the first 1 is added (C.-Y. Lin and F. J. Och, "ORANGE", COLING 2004), so that
    an answer of which one word is right has a score, and one of which none is has 0. A shorter answer is multiplied
    by exp(1 - (r + 1) / (c + 1)): CodeXGLUE adds 1 to both lengths as well. Of nothing the score is 0 here; there it is
    exp(-r), because no token of none is wrong.
    """
    score = 1.0
    for length in range(1, _ORDER + 1):
        own, known = _runs(answer, length), _runs(reference, length)
        smooth = int(length > 1)
        right = sum((own & known).values()) + smooth
        if right == 0:
            return 0.0
        score *= (right / (own.total() + smooth)) ** (1 / _ORDER)
    return score * exp(min(0.0, 1 - (len(reference) + 1) / (len(answer) + 1)))


def _runs(of: Sequence[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(of[start:] for start in range(length)), strict=False))


def rouge_l(answer: Sequence[str], reference: Sequence[str]) -> float:
    """Return the ROUGE-L of *answer* (tokens), 0 to 1: the F1 of precision and recall by the longest common
    subsequence (C.-Y. Lin, "ROUGE", 2004; with beta = 1: both count the same)."""
    both = len(answer) + len(reference)
    return 2 * common(answer, reference) / both if both else 0.0


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence; time and rows grow with the product of the lengths."""
    last = [0] * (len(other) + 1)
    for token in one:
        row = [0]
        for place, known in enumerate(other, 1):
            row.append(last[place - 1] + 1 if token == known else max(last[place], row[-1]))
        last = row
    return last[-1]

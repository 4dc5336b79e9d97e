"""How different a model's texts are from each other. *texts* are completions; words as in ``metrics.words``.

All are ``None`` where there is nothing to compare. None of them knows which of two texts is better: a model that
writes nonsense is diverse.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Hashable, Sequence
from math import exp, log, sqrt
from random import Random
from typing import TYPE_CHECKING

from collapse_lab.metrics.words import grams, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLEU_ORDER = 4
# Chen and Cherry 2014, method 1: a precision of nothing counts as a tenth of a match.
_BLEU_EPSILON = 0.1
_KERNEL_ORDERS = (1, 2, 3, 4)


def distinct_n(texts: Sequence[str], n: int) -> float | None:
    """Return the different runs of *n* words as a share of all (J. Li et al., NAACL 2016), over all texts together.

    It falls as texts get more: compare equal numbers.
    """
    every = [gram for text in texts for gram in grams(words(text), n)]
    return len(set(every)) / len(every) if every else None


def self_bleu(texts: Sequence[str], sample: int = 200, seed: int = 0) -> float | None:
    """Return the mean BLEU-4 of each text against all the others, 0 to 1 (Y. Zhu et al., "Texygen", SIGIR 2018).

    1 where every text has a twin. At most *sample* texts, drawn by *seed*, are compared. A text of fewer than four
    words is judged by the orders that it has. ``None`` for fewer than two texts.
    """
    chosen = _drawn(texts, sample, seed)
    if len(chosen) < 2:
        return None
    split = [words(text) for text in chosen]
    lengths = Counter(map(len, split))
    counts = [[Counter(grams(row, n)) for row in split] for n in range(1, _BLEU_ORDER + 1)]
    most = [_two_most(column) for column in counts]
    each = [
        _brevity(len(row), lengths) * _precision([(c[i], m) for c, m in zip(counts, most, strict=True)], i)
        for i, row in enumerate(split)
    ]
    return sum(each) / len(each)


Most = dict[tuple[str, ...], tuple[int, int, int]]


def _two_most(counts: Sequence[Counter[tuple[str, ...]]]) -> Most:
    """Return, for each gram, its largest number in one text, that text, and the largest number in any other."""
    most: Most = {}
    for place, counter in enumerate(counts):
        for gram, count in counter.items():
            first, where, second = most.get(gram, (0, -1, 0))
            most[gram] = (count, place, first) if count > first else (first, where, max(second, count))
    return most


def _precision(orders: Sequence[tuple[Counter[tuple[str, ...]], Most]], place: int) -> float:
    """Return the geometric mean of a text's clipped precisions against all others."""
    logs = []
    for counts, most in orders:
        total = counts.total()
        if total == 0:
            break
        matched = sum(
            min(count, second if where == place else first)
            for count, (first, where, second) in ((count, most[gram]) for gram, count in counts.items())
        )
        logs.append(log((matched or _BLEU_EPSILON) / total))
    return exp(sum(logs) / len(logs)) if logs else 1.0


def _brevity(length: int, lengths: Counter[int]) -> float:
    """Return the penalty for a text shorter than the other text nearest to it in length (the shorter of two)."""
    others = (other for other, count in lengths.items() if count > (other == length))
    nearest = min(others, key=lambda other: (abs(other - length), other))
    if length >= nearest:
        return 1.0
    return exp(1 - nearest / length) if length else 0.0


def compression_ratio(texts: Sequence[str]) -> float | None:
    """Return how many times smaller all texts together get (zlib, level 9, one after the other): higher for more alike.

    After C. Shaib et al., "Standardizing the Measurement of Text Diversity", arXiv:2403.00553. Texts farther apart
    than 32 KiB do not help each other, and few texts get less small: compare equal numbers.
    """
    raw = "\n".join(texts).encode("utf-8", "surrogatepass")
    return len(raw) / len(zlib.compress(raw, 9)) if raw else None


def duplicate_share(fingerprints: Sequence[Hashable]) -> float | None:
    """Return the share of programs that are copies of an earlier one, 0 to below 1."""
    return 1 - len(set(fingerprints)) / len(fingerprints) if fingerprints else None


def per_prompt(groups: Sequence[Sequence[Hashable]]) -> float | None:
    """Return the mean over prompts of the different programs' share among the completions of one prompt.

    *groups* are fingerprints, one group a prompt. Between 1 / (completions a prompt) and 1.
    """
    shares = [len(set(group)) / len(group) for group in groups if group]
    return sum(shares) / len(shares) if shares else None


def vendi(texts: Sequence[str], sample: int = 400, seed: int = 0) -> float | None:
    """Return the Vendi score: the effective number of different texts, 1 to their number.

    D. Friedman and A. Dieng, "The Vendi Score", TMLR 2023: the exponential of the entropy of the eigenvalues of K / n.
    The kernel K is the mean over n = 1 to 4 of the cosines between the counts of runs of n words, as in the authors'
    package; a text of fewer than n words is like its own copies only. At most *sample* texts, drawn by *seed*, are
    compared; compare equal numbers.
    """
    chosen = _drawn(texts, sample, seed)
    return effective_number(_kernel([words(text) for text in chosen])) if chosen else None


def effective_number(kernel: NDArray[np.float64]) -> float:
    """Return the Vendi score of a similarity matrix, shape (n, n): symmetric, without negative eigenvalues, ones on
    its diagonal."""
    import numpy as np
    from scipy.special import entr

    # What is below 0 is there by rounding.
    values = np.linalg.eigvalsh(kernel / len(kernel)).clip(min=0)
    return float(np.exp(entr(values).sum()))


def _kernel(split: Sequence[list[str]]) -> NDArray[np.float64]:
    import numpy as np
    from scipy.sparse import csr_array

    kernel = np.zeros((len(split), len(split)))
    for n in _KERNEL_ORDERS:
        # A text without a gram of this order is like those of the same words only.
        rows = [Counter(grams(row, n) or [tuple(row)]) for row in split]
        columns = {gram: place for place, gram in enumerate(dict.fromkeys(gram for row in rows for gram in row))}
        values = np.concatenate([np.array(list(row.values()), float) / _norm(row) for row in rows])
        places = [columns[gram] for row in rows for gram in row]
        starts = np.cumsum([0, *(len(row) for row in rows)])
        table = csr_array((values, places, starts), shape=(len(rows), len(columns)))
        kernel += (table @ table.T).toarray()
    return kernel / len(_KERNEL_ORDERS)


def _norm(counts: Counter[tuple[str, ...]]) -> float:
    return sqrt(sum(count * count for count in counts.values()))


def _drawn(texts: Sequence[str], sample: int, seed: int) -> list[str]:
    if len(texts) <= sample:
        return list(texts)
    return Random(seed).sample(list(texts), sample)  # noqa: S311  # a study's draw, no secret

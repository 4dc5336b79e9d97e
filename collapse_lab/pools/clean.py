"""Copies, near copies and what overlaps a benchmark: left out, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from collapse_lab.metrics.contamination import held
from collapse_lab.metrics.fingerprint import fingerprint
from collapse_lab.metrics.words import grams, words
from collapse_lab.models.model import Document
from collapse_lab.pools.rows import Row

NEAR = 0.7
"""Two functions are near copies where they share this much of their runs of ``_SHINGLE`` words (Jaccard)."""

RUN = 13
"""A function overlaps a benchmark where both hold the same run of so many words."""

_SHINGLE = 5
_PERMUTATIONS = 128


def distinct(rows: Sequence[Row]) -> tuple[list[Row], Counter[str]]:
    """Return the rows without copies, the first of each kept, and how many were left out as what.

    ``copies``: the same text. ``copies but for names``: the same normalised syntax tree (``metrics.fingerprint``).
    ``near copies``: candidates by MinHash (datasketch), then compared exactly.
    """
    left_out: Counter[str] = Counter()
    texts: set[str] = set()
    programs: set[str] = set()
    kept = []
    for row in rows:
        if row.text in texts:
            left_out["copies"] += 1
        elif (program := fingerprint(row.text)) in programs:
            left_out["copies but for names"] += 1
        else:
            texts.add(row.text)
            programs.add(program)
            kept.append(row)
    apart = _apart(kept)
    left_out["near copies"] = len(kept) - len(apart)
    return apart, left_out


def _apart(rows: Sequence[Row]) -> list[Row]:
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]

    index = MinHashLSH(threshold=NEAR, num_perm=_PERMUTATIONS)
    shingles: dict[int, frozenset[str]] = {}
    empty = MinHash(num_perm=_PERMUTATIONS)
    for number, row in enumerate(rows):
        own = _shingles(row.completion)
        sketch = empty.copy()
        sketch.update_batch([shingle.encode("utf-8", "surrogatepass") for shingle in sorted(own)])
        if not any(_alike(own, shingles[other]) for other in index.query(sketch)):
            index.insert(number, sketch)
            shingles[number] = own
    return [rows[number] for number in shingles]


def _shingles(text: str) -> frozenset[str]:
    found = words(text)
    return frozenset(" ".join(gram) for gram in grams(found, _SHINGLE) or [tuple(found)])


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= NEAR * len(one | other)


def decontaminated(
    rows: Sequence[Row], benchmarks: Mapping[str, Sequence[Document]]
) -> tuple[list[Row], dict[str, dict[str, int]]]:
    """Return the rows that hold nothing of any benchmark, and how many overlap each of them, by what they hold.

    Prompts count as well as completions, on both sides: under ``13`` a run of so many words in common, under ``ast``
    the same program (``metrics.contamination``). A row may overlap several.
    """
    every = [("", prompt + completion) for tasks in benchmarks.values() for prompt, completion in tasks]
    tainted = {number for flags in _overlap(rows, every).values() for number, flag in enumerate(flags) if flag}
    suspects = [rows[number] for number in sorted(tainted)]
    counts = {
        name: {what: sum(flags) for what, flags in _overlap(suspects, tasks).items()}
        for name, tasks in benchmarks.items()
    }
    return [row for number, row in enumerate(rows) if number not in tainted], counts


def _overlap(rows: Sequence[Row], tasks: Sequence[Document]) -> dict[str, list[bool]]:
    whole = [("", prompt + completion) for prompt, completion in tasks]
    return held([("", row.text) for row in rows], whole, (RUN,))

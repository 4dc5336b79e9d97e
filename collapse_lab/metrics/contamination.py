"""How much of a benchmark stands in what a model is trained on.

Programs on the same few subjects share short passages without any copying, so the shares mean nothing by themselves:
beside them stand those of a control, human programs for the same prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collapse_lab.metrics.fingerprint import fingerprint
from collapse_lab.metrics.words import grams, words
from collapse_lab.models.model import Document


def overlap(
    documents: Sequence[Document], benchmark: Sequence[Document], n: Sequence[int] = (10, 13)
) -> dict[str, float | None]:
    """Return the share of documents that hold something of a benchmark, by what they hold.

    Under each number of *n*: documents whose completion has a run of so many words in common with a completion of
    the benchmark (a shorter one has none). Under ``ast``: documents that are the same program as one of the benchmark
    (``metrics.fingerprint``). Prompts are left out of the runs: they come from the tasks, not from the model.
    ``None`` without documents.

    The comparison is exact: only the benchmark's runs are kept, so that neither side needs a sketch.
    """
    return {what: _share(flags) for what, flags in held(documents, benchmark, n).items()}


def held(
    documents: Sequence[Document], benchmark: Sequence[Document], n: Sequence[int] = (10, 13)
) -> dict[str, list[bool]]:
    """Return, under the same names, which of the documents hold something of a benchmark, one flag a document."""
    flags: dict[str, list[bool]] = {}
    split = [words(completion) for _, completion in documents]
    for length in n:
        known = {gram for _, completion in benchmark for gram in grams(words(completion), length)}
        flags[str(length)] = [not known.isdisjoint(grams(row, length)) for row in split]
    programs = {fingerprint(prompt + completion) for prompt, completion in benchmark}
    flags["ast"] = [fingerprint(prompt + completion) in programs for prompt, completion in documents]
    return flags


def contamination(
    documents: Sequence[Document],
    benchmark: Sequence[Document],
    human: Sequence[Document],
    n: Sequence[int] = (10, 13),
) -> dict[str, Any]:
    """Return the overlap of documents with a benchmark, and under ``human`` that of the control."""
    return {**overlap(documents, benchmark, n), "human": overlap(human, benchmark, n)}


def _share(holds: Sequence[bool]) -> float | None:
    return sum(holds) / len(holds) if holds else None

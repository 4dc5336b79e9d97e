"""How an answer in words is marked: a pure comparison, outside of any sandbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from collapse_lab.benchmarks.answers.overlap import bleu_4, rouge_l, tokens
from collapse_lab.execution.outcome import Verdict

Said = Literal["yes", "no", "neither"]

# The first word, unless it is the first of two to choose from.
_SAID = re.compile(r"[\W_]*(yes|no)(?![^\W_])(?!\s*(?:/|,?\s*or\b)\s*(?:yes|no)(?![^\W_]))")


class Rubric(Protocol):
    """Marks answers to one task. A task that has one is never run."""

    @property
    def decides(self) -> bool:
        """Whether an answer is right or wrong; without, it has marks only."""

    @property
    def names(self) -> tuple[str, ...]:
        """The marks that every answer gets."""

    @property
    def facts(self) -> Mapping[str, int]:
        """What is known of the task, beside its answers, in rows of scores."""

    @property
    def identity(self) -> str:
        """Everything that a mark hangs on, for the benchmark's hash."""

    def mark(self, answer: str) -> Verdict:
        """Return the verdict on an answer, with its marks."""


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """A question with a label. ``positive``: the right answer is yes.

    An answer that is neither is wrong, ends as ``neither``, and is counted. Marks: ``yes`` and ``neither``, 1 where
    that was said; precision, recall and F1 of the positive class follow from these (``metrics.marks``).
    """

    positive: bool

    decides: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("yes", "neither")

    @property
    def facts(self) -> Mapping[str, int]:
        """The label."""
        return {"positive": int(self.positive)}

    @property
    def identity(self) -> str:
        """The rule's name and the label."""
        return f"yes-or-no {int(self.positive)}"

    def mark(self, answer: str) -> Verdict:
        """Return whether the answer is the label."""
        found = said(answer)
        marks = {"yes": float(found == "yes"), "neither": float(found == "neither")}
        if found == "neither":
            return Verdict("neither", marks=marks)
        return Verdict("passed" if (found == "yes") is self.positive else "wrong", marks=marks)


def said(answer: str) -> Said:
    """Return what an answer says: its first word decides, whatever stands around it.

    One that names both, ``yes or no`` or ``no/yes``, says neither, as does one that begins with any other word.
    """
    found = _SAID.match(answer.casefold())
    if found is None:
        return "neither"
    return "yes" if found[1] == "yes" else "no"


@dataclass(frozen=True, slots=True)
class Summary:
    """A person's sentence, which an answer is compared with. No answer is right or wrong.

    Marks: ``bleu`` and ``rouge_l`` of the answer's first paragraph, 0 to 1.
    """

    reference: str

    decides: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = ("bleu", "rouge_l")

    @property
    def facts(self) -> Mapping[str, int]:
        """Nothing."""
        return {}

    @property
    def identity(self) -> str:
        """The rule's name and the person's words."""
        return f"summary {self.reference!r}"

    def mark(self, answer: str) -> Verdict:
        """Return the verdict ``answered`` with the marks."""
        own, known = tokens(first_paragraph(answer)), tokens(self.reference)
        return Verdict("answered", marks={"bleu": bleu_4(own, known), "rouge_l": rouge_l(own, known)})


_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")


def first_paragraph(text: str) -> str:
    """Return the first paragraph of a text in one line, with single spaces."""
    return " ".join(_PARAGRAPH.split(text.strip(), maxsplit=1)[0].split())

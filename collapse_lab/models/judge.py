"""How a model is asked whether code is good, and what teaches it to answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collapse_lab.models.tokenizer import BAD, GOOD, VERDICT

if TYPE_CHECKING:
    from collapse_lab.models.model import Document, Model


def question(program: str) -> str:
    """Return the text after which a model writes its verdict."""
    return f"{program.rstrip()}\n{VERDICT}"


def lesson(program: str, good: bool) -> Document:
    """Return the training document that teaches one verdict."""
    return question(program), GOOD if good else BAD


def lessons(programs: Sequence[str], good: Sequence[bool]) -> list[Document]:
    """Return a training document for each labelled program."""
    return [lesson(program, label) for program, label in zip(programs, good, strict=True)]


def verdicts(model: Model, programs: Sequence[str]) -> list[float]:
    """Return logit(good) - logit(bad) for each program."""
    return model.preference([question(program) for program in programs], GOOD, BAD)

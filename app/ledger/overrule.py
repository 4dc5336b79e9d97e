"""What people's words make of what was declared: pure, and without changing a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from app.ledger.attribution import Origin
from app.ledger.words import override_status
from app.provenance.types import Status

_LESS_AI = (Status.HUMAN_ATTESTED, Status.UNDECLARED)


class Said(Protocol):
    """A row of the overrides."""

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def value(self) -> str: ...  # noqa: D102

    @property
    def head(self) -> str: ...  # noqa: D102


def overruling(overrides: Iterable[Said], head: str) -> Status | None:
    """Return the provenance that the last applicable override gives the merged *head*, ``None`` where none does.

    That a change is AI's holds for all that comes of it. That it is not holds for the head it was said of: it must
    not cover what was pushed afterwards.
    """
    last: Status | None = None
    for said in overrides:
        status = override_status(said.kind, said.value)
        if status is not None and (status not in _LESS_AI or said.head == head):
            last = status
    return last


def overruled(origin: Origin, word: Status | None) -> Origin:
    """Return whose a line is, once *word* was said of the whole change.

    ``mixed`` does not say which lines: it covers those of which nothing is declared.
    """
    if word is None or (word is Status.MIXED and origin.status is not Status.UNDECLARED):
        return origin
    if word in _LESS_AI:
        return Origin(word)
    return replace(origin, status=word)

"""People's words as SQL: the same rules as ``app.ledger.overrule``, for queries over many pull requests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from app.ledger.models import Merge, MergeLine, Override, Review
from app.ledger.words import PROVENANCE
from app.provenance.types import Status

_AI, _MIXED, _HUMAN, _NOBODY = (status.value for status in Status)
_SHORT = {"ai": _AI, "human": _HUMAN}
# That a change is AI's holds for all that comes of it; that it is not, for the head of which it was said.
_FOR_ALL_HEADS = ("ai", _AI, _MIXED)


def word(of: type[Review] | type[Merge]) -> ColumnElement[str | None]:
    """Return the provenance that people's last applicable word gives a row; NULL where none does."""
    said = aliased(Override)
    applies = or_(said.value.in_(_FOR_ALL_HEADS), said.head == of.head)
    last = (
        select(case(_SHORT, value=said.value, else_=said.value))
        .where(said.repository_id == of.repository_id, said.number == of.number, said.kind == PROVENANCE, applies)
        .order_by(said.id.desc())
        .limit(1)
        .correlate(of)
    )
    return cast(last.scalar_subquery(), Text)


def status(of: type[Review] | type[Merge]) -> ColumnElement[str]:
    """Return whose a change is, people's words counted."""
    return func.coalesce(word(of), of.status)


def line_status(said: ColumnElement[Any]) -> ColumnElement[str]:
    """Return whose lines of a merge are, where *said* is ``word`` of it; ``mixed`` covers only what nothing says."""
    keeps = or_(said.is_(None), and_(said == _MIXED, MergeLine.status != _NOBODY))
    return case((keeps, MergeLine.status), else_=said)

"""Findings as annotations of a check run: a remark at lines of a file of the head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.action.annotations import Kind, annotations_of
from app.reporting.text import clip, visible
from app.review_types import Review

# "The maximum size is 255 characters" for a title and "64 KB" for a message (REST API, Create a check run); a message
# of ours is a sentence or two.
_LONGEST_TITLE = 255
_LONGEST_MESSAGE = 4_000
_LEVELS = {Kind.ERROR: "failure", Kind.WARNING: "warning", Kind.NOTICE: "notice"}


@dataclass(frozen=True, slots=True)
class Note:
    """A remark at lines ``first`` to ``last`` (from 1) of ``path``; ``level`` is failure, warning or notice."""

    path: str
    first: int
    last: int
    level: str
    title: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as GitHub takes it."""
        return {
            "path": self.path,
            "start_line": self.first,
            "end_line": self.last,
            "annotation_level": self.level,
            "title": self.title,
            "message": self.message,
        }


def notes_of(review: Review) -> list[Note]:
    """Return the review's remarks, the most important first; what is at no file stands in the summary alone."""
    return list(_notes(review))


def _notes(review: Review) -> Iterator[Note]:
    for remark in annotations_of(review):
        if remark.path is None:
            continue
        first = remark.line if remark.line is not None and remark.line > 0 else 1
        last = remark.end_line if remark.end_line is not None and remark.end_line >= first else first
        yield Note(
            path=visible(remark.path),
            first=first,
            last=last,
            level=_LEVELS[remark.kind],
            title=clip(visible(remark.title), _LONGEST_TITLE),
            # GitHub refuses an empty message.
            message=clip(visible(remark.message), _LONGEST_MESSAGE) or remark.title,
        )

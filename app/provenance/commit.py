"""What provenance is read from: commits, the pull request's text, and the lines each commit added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Span = tuple[int, int]
"""First and last line, counted from 1, both inclusive."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit as git records it: names and addresses before any mailmap, the message as it was written."""

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    author_date: datetime
    committer_name: str
    committer_email: str
    committer_date: datetime
    message: str

    @property
    def is_merge(self) -> bool:
        """Whether the commit joins two or more histories."""
        return len(self.parents) > 1


@dataclass(frozen=True, slots=True)
class Actor:
    """An account as the forge's API names it, which nobody can forge."""

    id: int
    login: str
    is_bot: bool


@dataclass(frozen=True, slots=True)
class PullText:
    """What a pull request says of itself: its description, the name of its head branch, and who opened it."""

    body: str = ""
    branch: str | None = None
    author: Actor | None = None


@dataclass(frozen=True)
class Added:
    """The lines that one commit added.

    ``files`` holds the number of added lines by path; ``spans``, where they were read, which lines of the
    commit's version of each file those are, in order and without overlap.
    """

    files: Mapping[str, int] = field(default_factory=dict)
    spans: Mapping[str, tuple[Span, ...]] | None = None

    @property
    def total(self) -> int:
        """The number of lines added in all files."""
        return sum(self.files.values())

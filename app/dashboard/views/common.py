"""What several pages ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import abort, request

from app.dashboard.queries.names import Repository, find
from app.dashboard.services import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

UNKNOWN = "There is no such repository, or it is not yours to see."
# What a page says after something was asked for, by the word in the address.
SAID = {
    "written": "It waits for a worker to write it down. Load this page again to see what became of it.",
    "asked": "The review was asked for. It appears here when it is done.",
    "judging": "What is missing is being judged. Load this page again in a while.",
}
_LAST_PAGE = 100_000
_LARGEST = 2**63 - 1


def repository_or_404(session: Session, viewer: Viewer, owner: str, name: str) -> Repository:
    """Return a repository; one that is not known and one that may not be read look the same."""
    return find(session, viewer.readable(), f"{owner}/{name}") or abort(404, UNKNOWN)


def page_number() -> int:
    """Return which page of a list the address asks for; the first where it says nothing sensible."""
    return min(number_asked("page") or 1, _LAST_PAGE)


def number_asked(name: str) -> int | None:
    """Return a number above 0 that the address asks for; ``None`` where it is none, or larger than any id."""
    given = request.args.get(name, "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 20 else 0
    return number if 0 < number <= _LARGEST else None


def one_of(given: str | None, known: Sequence[str]) -> str | None:
    """Return what was given where it is one of the known words."""
    return given if given in known else None

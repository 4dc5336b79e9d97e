"""What goes wrong between us and the database, as sentences in which no password stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

REFUSED = "the ledger is append-only"
"""What the triggers of both databases say."""


class LedgerError(RuntimeError):
    """The ledger cannot do what was asked; the message is a sentence for people.

    ``passing`` says that the same call may succeed later: the database is locked, full or away.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What a driver's message contains, and the sentence that stands for it."""

    words: tuple[str, ...]
    sentence: str
    passing: bool


_COMPLAINTS = (
    _Complaint(
        (REFUSED,), "{place} refused to change or remove a row: rows of the ledger are added and never changed.", False
    ),
    _Complaint(
        ("database is locked", "database table is locked", "lock timeout", "deadlock detected"),
        "{place} is locked by another process and stayed so. Nothing was written; try again.",
        True,
    ),
    _Complaint(
        ("database or disk is full", "no space left", "disk i/o error", "could not extend file"),
        "{place} has no room left or its disk fails. Nothing was written; make room and try again.",
        True,
    ),
    _Complaint(
        ("unable to open database file", "readonly database"),
        "{place} cannot be opened for writing. Check that the file and its directory belong to this user.",
        False,
    ),
    _Complaint(
        ("file is not a database", "malformed"),
        "{place} is no SQLite database, or a damaged one. Restore it from a copy, or name another in DATABASE_URL.",
        False,
    ),
    _Complaint(
        ("password authentication failed", "no password supplied", "does not exist", "permission denied"),
        "{place} refused us: {detail}. Check the user, the password and the database's name in DATABASE_URL.",
        False,
    ),
    _Complaint(
        ("no such table", "undefinedtable"),
        "{place} does not hold the ledger's tables. Start Exogate once to make them.",
        False,
    ),
)


@contextmanager
def as_sentences(place: str) -> Iterator[None]:
    """Turn what SQLAlchemy and the drivers raise into ``LedgerError``; *place* names the database for people."""
    try:
        yield
    except PoolTimeoutError as error:
        raise LedgerError(f"{place} is busy: no connection became free. Try again.", passing=True) from error
    except DBAPIError as error:
        raise _said(error, place) from error


def _said(error: DBAPIError, place: str) -> LedgerError:
    text = f"{type(error.orig).__name__}: {error.orig}".lower()
    detail = _first_line(str(error.orig))
    found = next((one for one in _COMPLAINTS if any(word in text for word in one.words)), None)
    if found is not None:
        return LedgerError(found.sentence.format(place=place, detail=detail), passing=found.passing)
    if _is_away(error):
        return LedgerError(f"{place} does not answer. Nothing was written; start it and try again.", passing=True)
    return LedgerError(f"{place} refused what was asked of it: {detail}.")


def _is_away(error: DBAPIError) -> bool:
    """Whether the connection was refused, cut or never made (SQLSTATE classes 08 and 57P, or none at all)."""
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or (state is not None and state.startswith(("08", "57P"))):
        return True
    return state is None and type(error.orig).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")


def _first_line(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "no reason was given")
    return line.rpartition("FATAL: ")[2].strip().rstrip(".")


def named(url: URL) -> str:
    """Return the database's name for people: a file, or a server and its database, without user and password."""
    if url.get_backend_name() == "sqlite":
        return f"The ledger at {url.database}"
    host = url.host or url.query.get("host") or "the default host"
    return f"The ledger's database {url.database!r} at {host}"

"""The schema's versions: made, moved forwards and backwards by Alembic, in one transaction."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.ledger.engine import take_turn
from app.ledger.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

VERSIONS = "exogate_schema"
"""The table that holds the schema's version; not Alembic's usual name, so that a shared database does no harm."""


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration: the scripts of this package, and the connection to work on."""
    config = Config()
    # Alembic reads a % as the start of a placeholder.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def newest() -> str:
    """Return the version that this Exogate works with."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    if head is None:
        raise LedgerError("The ledger's migrations are missing from this installation. Install Exogate again.")
    return head


def current(connection: Connection) -> str | None:
    """Return the version that the database is at, ``None`` for one without the ledger's tables."""
    return MigrationContext.configure(connection, opts={"version_table": VERSIONS}).get_current_revision()


def upgrade(engine: Engine, place: str, revision: str = "head") -> None:
    """Move the schema forwards, whole or not at all; a second process waits its turn and finds nothing to do."""
    with engine.begin() as connection:
        take_turn(connection)
        at = current(connection)
        if at == newest() and revision == "head":
            return
        try:
            command.upgrade(configuration(connection), revision)
        except CommandError as error:
            raise _foreign(at, place) from error


def downgrade(engine: Engine, place: str, revision: str) -> None:
    """Move the schema back to *revision* (``base``: no tables). What the newer tables held is lost."""
    with engine.begin() as connection:
        take_turn(connection)
        try:
            command.downgrade(configuration(connection), revision)
        except CommandError as error:
            raise _foreign(current(connection), place) from error


def check(connection: Connection, place: str) -> None:
    """Raise ``LedgerError`` where the schema is not the one that this Exogate works with."""
    at = current(connection)
    if at is None:
        raise LedgerError(f"{place} does not hold the ledger's tables. Start Exogate once to make them.")
    if at != newest():
        known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
        if at not in known:
            raise _foreign(at, place)
        raise LedgerError(f"{place} is at version {at} of the schema; this Exogate needs {newest()}. Restart it once.")


def _foreign(at: str | None, place: str) -> LedgerError:
    return LedgerError(
        f"{place} is at version {at} of the schema, which this Exogate does not know: a newer one wrote it. "
        "Install that again, or restore the copy from before."
    )

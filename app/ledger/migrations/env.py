"""What Alembic runs for every command: our tables, on the connection that it was handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context

from app.ledger import models  # noqa: F401  which fills the metadata
from app.ledger.base import Base
from app.ledger.migrate import VERSIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """Run the migrations inside the caller's transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=VERSIONS,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])

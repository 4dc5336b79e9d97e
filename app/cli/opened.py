"""The ledger as commands that only look at it open it, and what goes wrong there in sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from app.cli.exits import Exit

if TYPE_CHECKING:
    from app.ledger.ledger import Ledger
    from app.settings import Settings


@contextmanager
def sentences(command: str) -> Iterator[None]:
    """Turn what is missing or refused into ``click.ClickException``; a ledger that may answer later is status 3."""
    try:
        from app.ledger.errors import LedgerError
    except ModuleNotFoundError as error:
        needs = f"{command} needs SQLAlchemy, Alembic and psycopg; install them: pip install 'exogate[app]'"
        raise click.ClickException(needs) from error
    try:
        yield
    except LedgerError as error:
        if not error.passing:
            raise click.ClickException(str(error)) from error
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(Exit.COULD_NOT_JUDGE) from error


def opened() -> tuple[Ledger, Settings]:
    """Return the ledger that the environment names, and the settings."""
    from app.ledger.ledger import Ledger
    from app.settings import Settings, SettingsError

    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return Ledger.open_existing(settings.database_url), settings


def check_agreed(settings: Settings, repository: str) -> None:
    """Raise ``click.ClickException`` where whoever runs the App did not opt *repository* in."""
    if repository.lower() not in {name.lower() for name in settings.export_repositories}:
        raise click.ClickException(
            f"{repository} is not exported: its owner has not opted in. Name it in EXOGATE_EXPORT_REPOSITORIES."
        )


def ids(ledger: Ledger, repository: str) -> list[int]:
    """Return the repositories of a name. Raises ``click.ClickException`` where the ledger knows none."""
    found = list(ledger.repository_ids(repository))
    if not found:
        raise click.ClickException(f"The ledger knows no repository {repository!r}. `exogate ledger show` lists them.")
    return found

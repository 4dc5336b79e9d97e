"""The commands that run the App: one command a file, loaded by ``exogate`` when called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from app.settings import Settings


def settings_or_usage() -> Settings:
    """Return what the environment says. Raises ``ClickException`` with every problem, one a line."""
    from app.settings import Settings, SettingsError

    try:
        return Settings.read(os.environ)
    except SettingsError as error:
        raise click.ClickException("\n".join(error.problems)) from error

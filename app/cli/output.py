"""Writing results: to standard output or whole to a file, with colour only where it is wanted."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click


def use_colour() -> bool:
    """Whether standard output takes colour: it is a terminal and NO_COLOR (no-color.org) is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Return the terminal's width in columns; 100 where there is none."""
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 100


def write(text: str, output: Path | None) -> None:
    """Write to *output*, whole or not at all, or to standard output. Raises ``click.ClickException``."""
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=output.parent, prefix=f".{output.name}.", delete=False, encoding="utf-8", newline="\n"
        ) as handle:
            handle.write(text if text.endswith("\n") else text + "\n")
        Path(handle.name).chmod(0o644)
        Path(handle.name).replace(output)
    except OSError as error:
        raise click.ClickException(
            f"{output} cannot be written: {error.strerror}. Name another file with --output."
        ) from error

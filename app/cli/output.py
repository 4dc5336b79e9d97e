"""Writing results: to standard output or whole to a file, with colour only where it is wanted."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import click


class OutputError(RuntimeError):
    """A result that cannot be written; the message is a sentence for people."""


def use_colour() -> bool:
    """Whether standard output takes colour: it is a terminal and NO_COLOR (no-color.org) is not set."""
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Return the terminal's width in columns; 100 where there is none or it does not know (some say 0)."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        return 100
    return columns if columns > 0 else 100


def say(text: str = "", *, nl: bool = True) -> None:
    """Print to standard output. Whoever reads it may leave early: that changes nothing about how we end.

    Raises ``OutputError``.
    """
    try:
        click.echo(text, nl=nl)
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        raise OutputError(f"The result cannot be written to standard output: {error.strerror}.") from error


def drop_output() -> None:
    """Let all further standard output go nowhere, so that nothing complains when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def check_output(output: Path | None) -> None:
    """Raise ``click.ClickException`` where *output* cannot be written to, as far as that shows without trying."""
    if output is None:
        return
    try:
        target = output.resolve()
        if target.is_dir():
            raise _unwritable(output, "it is a directory")
        if not target.parent.is_dir():
            raise _unwritable(output, f"there is no directory {target.parent}")
        _mode(target)
    except OSError as error:
        raise _unwritable(output, str(error.strerror)) from error
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise _unwritable(output, "permission denied")


def write(text: str, output: Path | None) -> None:
    """Write to *output*, whole or not at all, or to standard output. Raises ``OutputError``."""
    text = text if text.endswith("\n") else text + "\n"
    if output is None:
        say(text, nl=False)
        return
    try:
        _write_file(text, output.resolve())
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error


def _write_file(text: str, target: Path) -> None:
    mode = _mode(target)
    if mode is not None and not stat.S_ISREG(mode):
        with target.open("w", encoding="utf-8") as handle:  # a device or a pipe is written to, never replaced
            handle.write(text)
        return
    descriptor, name = tempfile.mkstemp(prefix=".exogate-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
        Path(name).chmod(0o644 if mode is None else stat.S_IMODE(mode))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _unwritable(output: Path, why: str) -> click.ClickException:
    return click.ClickException(f"{output} cannot be written: {why}. Name another file with --output.")

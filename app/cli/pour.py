"""Writing bytes: to standard output piece by piece, or to a file that is there whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from app.cli.output import OutputError, drop_output


def pour(chunks: Iterable[bytes], output: Path | None) -> None:
    """Write *chunks* to *output*, or to standard output, whose reader may leave early. Raises ``OutputError``."""
    if output is not None:
        with replacing(output) as target:
            target.writelines(chunks)
        return
    try:
        for chunk in chunks:
            click.echo(chunk, nl=False)
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        raise OutputError(f"The result cannot be written to standard output: {error.strerror}.") from error


@contextmanager
def replacing(output: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes *output*'s place once all was written. Raises ``OutputError``."""
    target = output.resolve()
    try:
        with _opened(target) as handle:
            yield handle
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error


@contextmanager
def _opened(target: Path) -> Iterator[IO[bytes]]:
    mode = target.stat().st_mode if target.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        with target.open("wb") as handle:  # a device or a pipe is written to, never replaced
            yield handle
        return
    descriptor, name = tempfile.mkstemp(prefix=".exogate-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            yield handle
        Path(name).chmod(0o644 if mode is None else stat.S_IMODE(mode))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

# Nobody writes one of the lab's small files for as long as this, in seconds.
_ABANDONED = 60.0


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes *path* when the block ends: a reader sees the old file or the new one.

    Several processes may write the same file. One that is killed in between leaves a file whose name begins with a
    dot: nobody reads it, and the next to write *path* removes it once it has lain for a minute.
    """
    mark = f".{path.name}."
    part = path.with_name(f"{mark}{uuid4().hex}")
    try:
        yield part
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    for other in path.parent.iterdir():
        if other.name.startswith(mark):
            with suppress(FileNotFoundError):
                if other.stat().st_mtime < time.time() - _ABANDONED:
                    other.unlink(missing_ok=True)

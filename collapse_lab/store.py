"""Artifacts by the hash of everything that made them: written whole or not at all, made once, found again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_META = "artifact.json"


def key_of(stage: str, **parts: Any) -> str:
    """Return the key of an artifact: a hash over the stage's name and JSON values (settings, input keys, revisions)."""
    text = json.dumps([stage, parts], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


class DamagedArtifactError(RuntimeError):
    """An artifact's file is missing or unreadable; the message names it and says to delete the artifact."""


@dataclass(frozen=True)
class Artifact:
    """A finished stage's directory. It is never changed again."""

    key: str
    path: Path

    def json(self, name: str) -> Any:
        """Return a JSON file's value."""
        try:
            return json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DamagedArtifactError(f"{self.path / name} cannot be read ({error}). Delete {self.path}.") from error

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return a JSONL file's rows."""
        try:
            return [json.loads(line) for line in (self.path / name).read_text("utf-8").splitlines()]
        except (OSError, ValueError) as error:
            raise DamagedArtifactError(f"{self.path / name} cannot be read ({error}). Delete {self.path}.") from error

    @property
    def seconds(self) -> float:
        """The wall time that making it took."""
        return float(self.json(_META)["seconds"])


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value atomically: a reader sees the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as handle:
        json.dump(value, handle, indent=1, sort_keys=True)
        handle.write("\n")
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSONL."""
    with path.open("w", encoding="utf-8") as handle:
        for row in rows:
            handle.write(json.dumps(row, sort_keys=True) + "\n")


@dataclass(frozen=True)
class Store:
    """A directory of artifacts, shared by processes and, on a shared file system, by hosts.

    ``objects/`` holds finished artifacts, ``work/`` those being made: a killed process leaves its work there, and
    the next one gets the same directory to go on in. A lock of the operating system (released with the process)
    lets each be made once.
    """

    root: Path

    def find(self, key: str) -> Artifact | None:
        """Return the artifact, or ``None`` where it has not been made."""
        path = self.root / "objects" / key[:2] / key
        return Artifact(key, path) if (path / _META).is_file() else None

    def make(self, key: str, stage: str, build: Callable[[Path], None]) -> Artifact:
        """Return the artifact; where it is not there, *build* writes its files into the directory it is given.

        *build* may find what an interrupted run of itself left there. What it raises is passed on, and the
        directory stays.
        """
        found = self.find(key)
        if found is not None:
            return found
        with self._locked(key):
            found = self.find(key)
            if found is not None:
                return found
            work = self.root / "work" / key
            work.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            build(work)
            write_json(work / _META, {"key": key, "stage": stage, "seconds": round(time.monotonic() - started, 3)})
            path = self.root / "objects" / key[:2] / key
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(path, ignore_errors=True)
            work.rename(path)
            return Artifact(key, path)

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        locks = self.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / key).open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

"""Artifacts by the hash of everything that made them: written whole or not at all, made once, found again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from collapse_lab.whole import whole

META = "artifact.json"


def key_of(stage: str, **parts: Any) -> str:
    """Return the key of an artifact: a hash over the stage's name and JSON values (settings, input keys, revisions)."""
    text = json.dumps([stage, parts], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


class DamagedArtifactError(RuntimeError):
    """An artifact's file is missing or unreadable; the message names it and says to delete the artifact."""


@dataclass(frozen=True)
class Artifact:
    """A finished stage's directory. It is never changed again, but for weights that ``pruning`` drops."""

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
        return float(self.json(META)["seconds"])


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value: a reader sees the old file or the new one."""
    with whole(path) as part:
        part.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", "utf-8")


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSONL."""
    with path.open("w", encoding="utf-8") as handle:
        for row in rows:
            handle.write(json.dumps(row, sort_keys=True) + "\n")


class Home(Protocol):
    """Another place where artifacts lie, behind a store's own folder."""

    def holds(self, key: str) -> bool:
        """Return whether the artifact seems to be there."""
        ...

    def fetch(self, key: str, into: Path) -> bool:
        """Write the artifact's files into the empty directory *into*; false where it is not there, or not whole."""
        ...

    def publish(self, key: str, path: Path) -> None:
        """Put the files of the directory *path* there, so that nobody finds a part of them."""
        ...


@dataclass(frozen=True)
class Store:
    """A directory of artifacts, shared by processes and, on a shared file system, by hosts.

    ``objects/`` holds finished artifacts, ``work/`` those being made: a killed process leaves its work there, and
    the next one gets the same directory to go on in. A lock of the operating system (released with the process)
    lets each be made once.

    What is not there is fetched from the homes ``behind`` it, in their order, before it is made; what is there, or
    made, is published to those that lack it. A store is a home itself.
    """

    root: Path
    behind: tuple[Home, ...] = ()

    def find(self, key: str) -> Artifact | None:
        """Return the artifact, or ``None`` where it has not been made."""
        found = self._kept(key) or self._fetched(key)
        if found is not None:
            for home in self.behind:
                if not home.holds(key):
                    home.publish(key, found.path)
        return found

    def make(self, key: str, stage: str, build: Callable[[Path], None]) -> Artifact:
        """Return the artifact; where it is not there, *build* writes its files into the directory it is given.

        *build* may find what an interrupted run of itself left there. What it raises is passed on, and the
        directory stays.
        """
        found = self.find(key)
        if found is not None:
            return found
        with self.locked(key):
            found = self.find(key)
            if found is not None:
                return found
            work = self.root / "work" / key
            work.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            build(work)
            write_json(work / META, {"key": key, "stage": stage, "seconds": round(time.monotonic() - started, 3)})
            try:
                # Another host may have made it meanwhile. Its floating-point numbers may differ in the last digit:
                # what was published first is what everybody goes on from.
                self._fetched(key)
            finally:
                self._place(key, work)
            for home in self.behind:
                if not home.holds(key):
                    home.publish(key, self._path(key))
            return Artifact(key, self._path(key))

    def holds(self, key: str) -> bool:
        """Return whether the artifact is in this folder."""
        return (self._path(key) / META).is_file()

    def fetch(self, key: str, into: Path) -> bool:
        """Copy the artifact's files into *into*, where it is in this folder."""
        if self.holds(key):
            shutil.copytree(self._path(key), into, dirs_exist_ok=True)
        return self.holds(key)

    def publish(self, key: str, path: Path) -> None:
        """Copy the files of *path* into this folder, as the artifact."""
        with self.locked(f"{key}.fetch"):
            copy = self._emptied(key)
            shutil.copytree(path, copy, dirs_exist_ok=True)
            self._place(key, copy)

    def _path(self, key: str) -> Path:
        return self.root / "objects" / key[:2] / key

    def _kept(self, key: str) -> Artifact | None:
        return Artifact(key, self._path(key)) if self.holds(key) else None

    def _fetched(self, key: str) -> Artifact | None:
        """Return the artifact from the first home that has it whole."""
        if not self.behind:
            return None
        with self.locked(f"{key}.fetch"):
            if self.holds(key):
                return self._kept(key)
            for home in self.behind:
                into = self._emptied(key)
                if home.fetch(key, into):
                    self._place(key, into)
                    return self._kept(key)
                shutil.rmtree(into)
        return None

    def _emptied(self, key: str) -> Path:
        """Return an empty directory for files that come from elsewhere. Its lock is held."""
        into = self.root / "work" / f"{key}.fetch"
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        return into

    def _place(self, key: str, made: Path) -> None:
        """Make a directory the artifact, at once; where another process was faster, its own stays."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.rename(path)
        except OSError:
            if not self.holds(key):
                # What lies there is no artifact: a part of one that somebody deleted.
                shutil.rmtree(path, ignore_errors=True)
                made.rename(path)
        shutil.rmtree(made, ignore_errors=True)

    @contextmanager
    def locked(self, name: str, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock of a name until the end of the block: alone, or *shared* with others that share it."""
        locks = self.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / name).open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            yield

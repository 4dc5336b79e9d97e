"""Results kept by the content that they were computed from."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Enough for the base snapshots of some hundred repositories; mypy's cache of a large one is the largest entry.
MOST_BYTES = 2 * 1024**3


def key_of(*parts: object) -> str:
    """Return one key for a sequence of JSON values: everything that the cached result depends on."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Cache:
    """JSON values in files named by key. ``directory`` ``None`` keeps nothing.

    Only results about *base* snapshots belong here: judged code must not be able to write what a later review
    reads. A file that is damaged counts as absent; a full disk loses the entry and nothing else.
    """

    directory: Path | None = None

    def get(self, key: str) -> Any | None:
        """Return the value stored under *key*, or ``None``."""
        if self.directory is None:
            return None
        try:
            return json.loads(self._path(key).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Store a JSON value under *key*, atomically."""
        if self.directory is None:
            return
        path = self._path(key)
        temporary = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as handle:
                temporary = handle.name
                json.dump(value, handle)
            Path(temporary).replace(path)
        except OSError:
            if temporary:
                Path(temporary).unlink(missing_ok=True)

    def prune(self, most_bytes: int = MOST_BYTES) -> None:
        """Remove the entries that were written longest ago until the rest fits into *most_bytes*."""
        if self.directory is None:
            return
        entries = []
        for path in self.directory.glob("??/*.json"):
            try:
                stat = path.stat()
            except OSError:
                continue
            entries.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _path(self, key: str) -> Path:
        assert self.directory is not None
        return self.directory / key[:2] / f"{key}.json"


def default_directory() -> Path:
    """Return the user's cache directory for Exogate (XDG Base Directory Specification)."""
    return Path(os.environ.get("EXOGATE_CACHE_DIR") or _xdg_cache() / "exogate")


def _xdg_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

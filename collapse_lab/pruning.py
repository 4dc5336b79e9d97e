"""Weights of rounds that are past: most of a run's disk, and asked for by nobody. Their hashes stay.

An artifact's other files are never touched, and its key names it as before. Where its weights are asked for after all
(an arm that came to the same model and is behind), they are fetched from a home that still has them, or trained again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from collapse_lab.store import Artifact, Home, Store, write_json

WEIGHTS, RECORD = "model", "dropped.json"


def is_dropped(artifact: Artifact) -> bool:
    """Return whether a model's weights are gone from its artifact."""
    return (artifact.path / RECORD).is_file()


def drop(store: Store, artifact: Artifact) -> None:
    """Delete a model's weights; ``dropped.json`` keeps each file's size in bytes and SHA-256.

    Waits for whoever is opening them (``Store.locked`` with ``weights_of``). Interrupted, it is ended by the next call.
    """
    folder = artifact.path / WEIGHTS
    if not folder.exists():
        return
    with store.locked(weights_of(artifact.key)):
        if not is_dropped(artifact):
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            write_json(artifact.path / RECORD, {file.relative_to(folder).as_posix(): _facts(file) for file in files})
        shutil.rmtree(folder, ignore_errors=True)


def bring_back(store: Store, artifact: Artifact, build: Callable[[Path], None]) -> None:
    """Put a model's weights back: from a home behind the store, or by *build*, which made the artifact.

    Trained again on another machine they may differ in their last bits. What *build* raises is passed on.
    """
    with store.locked(weights_of(artifact.key)):
        if not is_dropped(artifact):
            return
        made, fetched = (store.root / "work" / f"{artifact.key}.{how}" for how in ("again", "back"))
        if not any(_fetched(home, artifact.key, fetched) for home in store.behind):
            # What an interrupted training left there it goes on from.
            made.mkdir(parents=True, exist_ok=True)
            build(made)
        folder = artifact.path / WEIGHTS
        shutil.rmtree(folder, ignore_errors=True)
        (fetched if fetched.exists() else made).joinpath(WEIGHTS).rename(folder)
        (artifact.path / RECORD).unlink()
        for work in (made, fetched):
            shutil.rmtree(work, ignore_errors=True)


def weights_of(key: str) -> str:
    """Return the name of the lock that those who open a model's weights share."""
    return f"{key}.weights"


def _fetched(home: Home, key: str, into: Path) -> bool:
    """Fetch an artifact with its weights into *into*; where the home has none, nothing is left there."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    if home.fetch(key, into) and (into / WEIGHTS).is_dir():
        return True
    shutil.rmtree(into)
    return False


def _facts(file: Path) -> dict[str, int | str]:
    with file.open("rb") as handle:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(handle, "sha256").hexdigest()}

"""A second home for artifacts and pages, named by an address that fsspec understands: ``s3://``, ``file://``, ...

Nothing there is ever found half: an artifact's ``artifact.json`` is written after its other files and holds the size
and hash of each; a reader takes the files only when all of them fit.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from collapse_lab.store import META

_T = TypeVar("_T")
# Between attempts, in seconds; s3fs tries again by itself before that, other file systems do not.
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
# Trying again does not change these.
_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ImportError, TypeError, ValueError)
# Where there are no directories: a name may hold slashes, and making a "directory" might make a bucket.
_FLAT = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory"}


class RemoteError(RuntimeError):
    """A second home that cannot be read or written; the message says which, why, and what to do."""


class Remote:
    """A folder at *url*. Credentials come from the environment (``AWS_*``, ``FSSPEC_*``), never from the address.

    *pauses* are waited between attempts (seconds). Raises ``RemoteError``, here for an address that cannot be used.
    """

    def __init__(self, url: str, pauses: tuple[float, ...] = _PAUSES) -> None:
        self.url, self._pauses = url, pauses
        self._known: set[str] = set()
        self._damaged: set[str] = set()
        if urlsplit(url).password is not None:
            raise RemoteError(
                "The share's address holds a password, which every user of this machine could read. Leave it out, and "
                "set it in the environment: AWS_SECRET_ACCESS_KEY, or what fsspec documents as FSSPEC_PROTOCOL_NAME."
            )
        if "://" not in url:
            raise RemoteError(f"{url!r} is no address. Write file:///..., s3://bucket/folder, or another of fsspec's.")
        try:
            from fsspec.core import url_to_fs

            # Listings change under our feet: other hosts write.
            self._files, self._root = url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
        except ImportError as error:
            extra = "lab-s3" if url.startswith("s3") else "lab"
            raise RemoteError(
                f"{url} cannot be opened: {error}. Install it: pip install 'exogate[{extra}]'."
            ) from error
        except Exception as error:
            raise RemoteError(f"{url} cannot be opened: {_words(error)}.") from error
        names = self._files.protocol
        self._flat = not _FLAT.isdisjoint([names] if isinstance(names, str) else names)

    # Artifacts --------------------------------------------------------------------------------------------------

    def holds(self, key: str) -> bool:
        """Return whether the artifact's last file is there, and no attempt to fetch it has found it damaged."""
        if key in self._known or key in self._damaged:
            return key in self._known
        if self._tried("read", lambda: self._files.exists(self._at(_folder(key), META))):
            self._known.add(key)
        return key in self._known

    def fetch(self, key: str, into: Path) -> bool:
        """Write the artifact's files into *into*; false where it is not there, or not whole."""
        text = self.read(posixpath.join(_folder(key), META))
        if text is None:
            return False
        files = _listed(text)
        if files is not None and all(self._get(key, name, into, expected) for name, expected in files.items()):
            (into / META).write_bytes(text)
            self._known.add(key)
            return True
        # Whoever makes it now publishes it again.
        self._damaged.add(key)
        self._known.discard(key)
        return False

    def publish(self, key: str, path: Path) -> None:
        """Put an artifact's files there, ``artifact.json`` last; it lists the others with their sizes and hashes."""
        names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        files = {name: _described(path / name) for name in names if name != META}
        for name in files:
            self.put(posixpath.join(_folder(key), name), path / name)
        meta = {**json.loads((path / META).read_text("utf-8")), "files": files}
        self.write(posixpath.join(_folder(key), META), json.dumps(meta, indent=1, sort_keys=True).encode())
        self._damaged.discard(key)
        self._known.add(key)

    # Single files -----------------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes | None:
        """Return a file's content, ``None`` where there is no such file."""

        def attempt() -> bytes | None:
            try:
                found: bytes = self._files.cat_file(self._at(name))
            except FileNotFoundError:
                return None
            return found

        return self._tried("read", attempt)

    def write(self, name: str, content: bytes) -> None:
        """Write a file."""
        self._tried("write", lambda: self._written(name, lambda at: self._files.pipe_file(at, content)))

    def put(self, name: str, file: Path) -> None:
        """Copy a local file there."""
        self._tried("write", lambda: self._written(name, lambda at: self._files.put_file(str(file), at)))

    def names(self, under: str = "") -> list[str]:
        """Return the names of all files below a folder, relative to this home, sorted."""

        def attempt() -> list[str]:
            top = self._at(under)
            try:
                found = self._files.find(top)
            except FileNotFoundError:
                return []
            return sorted(posixpath.relpath(name, self._root) for name in found if name != top)

        return self._tried("list", attempt)

    def remove(self, under: str) -> None:
        """Remove a folder with all that is in it, where it is there."""

        def attempt() -> None:
            if self.names(under):
                self._files.rm(self._at(under), recursive=True)

        self._tried("clear", attempt)

    def probe(self) -> None:
        """See that a file can be written, read and removed again. Raises ``RemoteError``."""
        name = f"probe-{uuid4().hex}"
        self.write(name, b"x")
        if self.read(name) != b"x":
            raise RemoteError(f"{self.url} does not give back what is written there. Name another share.")
        self._tried("clear", lambda: self._files.rm_file(self._at(name)))

    def _written(self, name: str, how: Callable[[str], Any]) -> None:
        at = self._at(name)
        if not self._flat:
            self._files.makedirs(posixpath.dirname(at), exist_ok=True)
        how(at)

    def _get(self, key: str, name: str, into: Path, expected: list[int | str]) -> bool:
        """Fetch one file of an artifact; return whether it is what the artifact's list says."""
        target = into / _inside(name)
        target.parent.mkdir(parents=True, exist_ok=True)

        def attempt() -> bool:
            try:
                self._files.get_file(self._at(_folder(key), name), str(target))
            except FileNotFoundError:
                return False
            return True

        return self._tried("read", attempt) and _described(target) == expected

    def _at(self, *names: str) -> str:
        return posixpath.join(self._root, *names).rstrip("/")

    def _tried(self, verb: str, call: Callable[[], _T]) -> _T:
        """Return what *call* returns, trying again where it fails for a reason that may pass."""
        for pause in (*self._pauses, None):
            try:
                return call()
            except RemoteError:
                raise
            except Exception as error:
                if pause is None or isinstance(error, _FINAL):
                    attempts = "" if isinstance(error, _FINAL) else f" after {len(self._pauses) + 1} attempts"
                    raise RemoteError(
                        f"Cannot {verb} {self.url}{attempts}: {_words(error)}. Check the address, the network and the "
                        "credentials. Nothing is lost: the same command goes on."
                    ) from error
                time.sleep(pause)
        raise AssertionError("unreachable")


def _folder(key: str) -> str:
    return f"objects/{key[:2]}/{key}"


def _listed(text: bytes) -> dict[str, list[int | str]] | None:
    """Return the files that an ``artifact.json`` lists; ``None`` where it is damaged."""
    try:
        found = json.loads(text)["files"]
        return {str(name): [int(size), str(digest)] for name, (size, digest) in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _inside(name: str) -> str:
    """Return a listed file's name. A share must not say where on this machine something is written."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise RemoteError(
            f"An artifact of the share lists a file called {name!r}, outside of it. Do not use the share."
        )
    return name


def _described(file: Path) -> list[int | str]:
    with file.open("rb") as handle:
        return [file.stat().st_size, hashlib.file_digest(handle, "sha256").hexdigest()]


def _words(error: BaseException) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}".rstrip(".") if said else type(error).__name__

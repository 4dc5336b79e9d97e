"""What the set-up keeps in the data directory: the token for it while it is open, and afterwards what the App is."""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from app.settings import STORED

_TOKEN, _LOCK = "setup-token", "setup-lock"


class StoreError(RuntimeError):
    """The data directory cannot be used; the message is a sentence."""


def new_token(data_dir: Path) -> str:
    """Make a new token, which ends the one from before, and return it. Raises ``StoreError``."""
    token = secrets.token_urlsafe(32)
    with _sentences(data_dir):
        _prepare(data_dir)
        _write_whole(data_dir / _TOKEN, token)
    return token


def token(data_dir: Path) -> str | None:
    """Return the token that is good now, if there is one."""
    try:
        return (data_dir / _TOKEN).read_text("ascii") or None
    except (OSError, UnicodeDecodeError):
        return None


def mac(key: str, what: str) -> str:
    """Return what only who knows *key* can say about *what*."""
    return hmac.new(key.encode(), what.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


@contextmanager
def place(data_dir: Path) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """Keep the place for what the App is, and give the function that writes it: whole, or not at all.

    It is found out before GitHub is asked, not after, that nothing could be written. Raises ``StoreError``, as
    where the App was set up in the meantime or somebody else is about to.
    """
    with _sentences(data_dir):
        _prepare(data_dir)
        with (data_dir / _LOCK).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError("Another set-up is under way. Wait a minute, and load this page again.") from None
            if (data_dir / STORED).exists():
                raise StoreError("The App is set up already.")
            probe, name = tempfile.mkstemp(dir=data_dir)
            os.close(probe)
            Path(name).unlink()

            def write(values: Mapping[str, str]) -> None:
                with _sentences(data_dir):
                    _write_whole(data_dir / STORED, json.dumps(dict(values)))
                with suppress(OSError):
                    (data_dir / _TOKEN).unlink()

            yield write


def stored(data_dir: Path, name: str) -> str | None:
    """Return one of the values that were stored."""
    try:
        found = json.loads((data_dir / STORED).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


@contextmanager
def _sentences(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{data_dir} cannot be written to ({error.strerror or type(error).__name__}). Mend it, or let"
            " EXOGATE_DATA_DIR name another directory."
        ) from error


def _prepare(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        data_dir.chmod(0o700)
    except PermissionError:
        # A volume may belong to the engine that mounts it. Then no stranger may put a file in place of ours.
        if data_dir.stat().st_mode & 0o002:
            raise


def _write_whole(path: Path, text: str) -> None:
    """Write a file of mode 0600 that is there whole after a power failure, or not there."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # 0600 from the first byte
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

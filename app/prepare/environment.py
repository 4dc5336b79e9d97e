"""A prepared environment: wheels made in the sandbox, laid out beside an interpreter that never runs outside it."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.prepare import inside
from app.prepare.index import Index
from app.prepare.prepared import Prepared, PrepareError
from app.prepare.proxy import package_index_only
from app.prepare.requirements import Needs, needs_of
from gates.change import Change, Snapshot
from gates.interpreter import Interpreter
from gates.sandbox.spec import MIB, Command, Limits, Mount, Sandbox

_SCRIPT = "/exogate/prepare/fetch_wheels.py"
_SOCKET = "/exogate/index.sock"
_LIMITS = Limits(
    wall_seconds=600,
    cpu_seconds=600,
    processes=512,
    stdout_bytes=768 * MIB,
    file_bytes=768 * MIB,
    scratch_bytes=3072 * MIB,
    scratch_files=500_000,
)
_READY = "ready.json"
_LONGEST_REASON = 300


def prepare(change: Change, tip: Snapshot, sandbox: Sandbox, index: Index, root: Path) -> Prepared | None:
    """Return an environment with what the change's tests need; ``None`` where nothing says that they need anything.

    It is made of what the base branch asks for. Where the change asks for something else it is made of that, and the
    remarks say so. It is kept below *root* by what was asked for. Raises ``PrepareError``.
    """
    base, head = needs_of(tip), needs_of(change.head)
    # A branch that is merely behind asks for what the base asked for when it was left.
    edits = needs_of(change.base).requirements != head.requirements
    needs = head if edits else base
    if not needs.requirements:
        return None
    notes = list(needs.notes)
    if edits:
        files = ", ".join(dict.fromkeys((*head.files, *base.files)))
        notes.append(f"The change edits what the tests need ({files}): they ran with what the change asks for.")
    place = _kept(root, needs, index, sandbox)
    which = "the change's" if edits else "the base's"
    return Prepared(interpreter_in(place), f"with {which} dependencies, from {', '.join(needs.files)}", tuple(notes))


def interpreter_in(place: Path) -> Interpreter:
    """Return the environment's interpreter without starting it: a package's `.pth` file runs whenever it starts."""
    own = Interpreter.own()
    site = place / "lib" / f"python{own.version[0]}.{own.version[1]}" / "site-packages"
    return Interpreter(
        executable=place / "bin" / "python",
        version=own.version,
        prefix=place,
        base_prefix=own.base_prefix,
        site_packages=(site,),
        has_pytest=(site / "pytest").is_dir(),
    )


def _kept(root: Path, needs: Needs, index: Index, sandbox: Sandbox) -> Path:
    wanted = [*needs.requirements, *([] if _names_pytest(needs.requirements) else ["pytest"])]
    asked = {"requirements": wanted, "index": index.url, "python": sys.version}
    key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]
    place = root / key
    with _locked(root, key):
        if not (place / _READY).is_file():
            shutil.rmtree(place, ignore_errors=True)
            try:
                _lay_out(_wheels(wanted, index, sandbox), place)
                (place / _READY).write_text(json.dumps(asked), "utf-8")
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
    return place


def _names_pytest(requirements: Sequence[str]) -> bool:
    return any(
        line.lower().startswith("pytest") and not line[6:7].isalnum() and line[6:7] != "-" for line in requirements
    )


def _wheels(requirements: Sequence[str], index: Index, sandbox: Sandbox) -> bytes:
    """Return a tar of wheels, fetched and built in the sandbox."""
    own = Interpreter.own()
    try:
        places = index.places()
    except ValueError as error:
        raise PrepareError(f"The package index cannot be used: {error}") from error
    asked = {"socket": _SOCKET, "index": index.url, "requirements": list(requirements)}
    with (
        tempfile.TemporaryDirectory(prefix="exogate-prepare-") as scratch,
        package_index_only(Path(scratch), places) as listening,
    ):
        command = Command(
            argv=(str(_base_python()), "-I", _SCRIPT),
            stdin=json.dumps(asked).encode(),
            mounts=(Mount(Path(inside.__file__).parent, "/exogate/prepare"), Mount(listening, _SOCKET)),
            runtimes=(own.base_prefix,),
            limits=_LIMITS,
        )
        result = sandbox.run(command)
    if not result.ok:
        raise PrepareError(
            f"The tests' dependencies could not be fetched or built: {_why(result.killed, result.stderr)}"
        )
    return result.stdout


def _base_python() -> Path:
    """Return the interpreter that Exogate's own environment was made from; it sees no package of ours."""
    return Path(getattr(sys, "_base_executable", sys.executable))


def _why(killed: str | None, said: bytes) -> str:
    if killed:
        return f"{killed}."
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    told = (errors or lines or ["pip gave no reason"])[-1].removeprefix("ERROR: ")
    return f"{told[:_LONGEST_REASON].rstrip('.')}."


def _lay_out(tar: bytes, place: Path) -> None:
    """Install the wheels without running any of their code: pip starts while the environment is empty."""
    with tempfile.TemporaryDirectory(prefix="exogate-wheels-") as scratch:
        wheels = list(_unpacked(tar, Path(scratch)))
        venv.create(place, with_pip=True, symlinks=True)
        if not wheels:
            return
        options = ("--quiet", "--no-index", "--no-deps", "--no-compile", "--no-input", "--disable-pip-version-check")
        done = subprocess.run(
            [place / "bin" / "python", "-I", "-m", "pip", "install", *options, *wheels],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise PrepareError(f"The tests' dependencies could not be installed: {_why(None, done.stderr)}")


def _unpacked(tar: bytes, into: Path) -> Iterator[Path]:
    """Write the wheels of a tar that comes from the sandbox: plain files with a wheel's name, and nothing else."""
    try:
        with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is None or "/" in member.name or not member.name.endswith(".whl"):
                    raise PrepareError("The sandbox gave something that is no wheel.")
                target = into / member.name
                target.write_bytes(content.read())
                yield target
    except tarfile.TarError as error:
        raise PrepareError("The sandbox gave no archive of wheels.") from error


@contextmanager
def _locked(root: Path, key: str) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / f"{key}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

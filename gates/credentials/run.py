"""The scanner's run, in the sandbox where there is one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gates.credentials.lines import Unit
from gates.gate import Context
from gates.plain import run_plain
from gates.sandbox.spec import MIB, Limits
from gates.toolrun import INSIDE, ScriptFailedError, read_records, run_script

_SCRIPT = "scan_secrets.py"
_RUN_SECONDS = 300
_FILE_SECONDS = 5.0
_LIMITS = Limits(wall_seconds=_RUN_SECONDS, cpu_seconds=_RUN_SECONDS, stdout_bytes=64 * MIB)


@dataclass(frozen=True, slots=True)
class Credential:
    """One find: the line's index in its unit, ``form`` | ``keyword`` | ``entropy`` | ``placeholder``, and no value.

    ``digest`` is the value's SHA-1, ``start`` its first two characters (empty for a short one), ``length`` in
    characters.
    """

    index: int
    kind: str
    type: str
    digest: str
    start: str
    length: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found in a unit; ``complete`` is false where the scan was slow or failed."""

    found: tuple[Credential, ...]
    complete: bool


def scan(context: Context, units: Sequence[Unit]) -> list[Scanned]:
    """Scan each unit; the list has the same length and order.

    Without a sandbox the scan runs in a process of its own with a time limit: it runs none of the code it reads.
    Raises ``CouldNotJudgeError`` where the scanner did not start.
    """
    files = [{"name": u.name, "loose": u.loose, "lines": u.lines} for u in units]
    job: dict[str, Any] = {"files": files, "seconds": _FILE_SECONDS}
    try:
        records = (
            run_script(context, context.own, _SCRIPT, job, limits=_LIMITS) if context.sandbox else _plain(context, job)
        )
    except ScriptFailedError as error:
        if not error.records:
            raise
        records = error.records
    answers = [_scanned(record) for record in records[: len(units)]]
    return answers + [Scanned((), complete=False)] * (len(units) - len(answers))


def _plain(context: Context, job: dict[str, Any]) -> list[dict[str, Any]]:
    nonce = secrets.token_hex(16)
    argv = (str(context.own.executable), "-I", str(INSIDE.source / _SCRIPT))
    stdin = f"{nonce}\n{json.dumps(job)}".encode("ascii")
    return read_records(_SCRIPT, nonce, run_plain(context, argv, stdin, _RUN_SECONDS))


def _scanned(record: dict[str, Any]) -> Scanned:
    return Scanned(tuple(Credential(*found) for found in record["found"]), record["state"] == "ok")

"""Run a script of ``gates/inside`` in the sandbox and read its records from the trusted channel."""

from __future__ import annotations

import json
import secrets
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import gates.inside
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.spec import Command, Limits, Mount, Result

INSIDE = Mount(Path(gates.inside.__path__[0]), "/exogate/inside")

_END = b"end"
_QUOTED_LINES = 3
_QUOTED_CHARACTERS = 400


class ScriptFailedError(CouldNotJudgeError):
    """A script did not come to its end; ``records`` are those it had sent until then."""

    def __init__(self, message: str, records: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.records = records


class ForgedRecordError(ScriptFailedError):
    """Something that did not know the nonce wrote to the trusted channel: none of the records can be believed."""


def locate(context: Context, mount: Mount) -> str:
    """Return the path at which a script will see *mount*. Raises ``CouldNotJudgeError`` without a sandbox."""
    if context.sandbox is None:
        raise CouldNotJudgeError(context.sandbox_remedy)
    return context.sandbox.locate(mount)


def run_script(
    context: Context,
    interpreter: Interpreter,
    script: str,
    job: Mapping[str, Any],
    mounts: Iterable[Mount] = (),
    limits: Limits | None = None,
    *,
    runtimes: Iterable[Path] = (),
    env: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Run ``gates/inside/SCRIPT`` with *job* and return the records it sent, in order.

    *interpreter* runs it, isolated (``-I``); ``runtimes`` are further directories shown at their own path. Paths in
    *job* must be those that ``locate`` gives. Raises ``ScriptFailedError`` when the script was stopped, said too
    much, crashed or ended before it said so, ``ForgedRecordError`` when a line came without the nonce, and
    ``CouldNotJudgeError`` when no sandbox works.
    """
    nonce = secrets.token_hex(16)
    command = Command(
        argv=(str(interpreter.executable), "-I", f"{locate(context, INSIDE)}/{script}"),
        stdin=f"{nonce}\n{json.dumps(job)}".encode("ascii"),
        env=env or {},
        mounts=(INSIDE, *mounts),
        runtimes=tuple(dict.fromkeys((*interpreter.runtimes, *runtimes))),
        limits=limits or Limits(),
    )
    return read_records(script, nonce, context.run(command))


def run_and_salvage(
    context: Context,
    interpreter: Interpreter,
    script: str,
    job: Mapping[str, Any],
    mounts: Iterable[Mount],
    limits: Limits,
    *,
    runtimes: Iterable[Path] = (),
) -> tuple[list[dict[str, Any]], str | None]:
    """Run a script as ``run_script`` does; return the records, and why they are not all (``None`` where they are).

    Raises ``ForgedRecordError``, after which there is nothing to salvage.
    """
    try:
        return run_script(context, interpreter, script, job, mounts, limits, runtimes=runtimes), None
    except ForgedRecordError:
        raise
    except ScriptFailedError as error:
        return error.records, str(error)


def read_records(script: str, nonce: str, result: Result) -> list[dict[str, Any]]:
    """Return the records in a finished run's output; see ``run_script`` for what it raises."""
    records, ended, forged = _parse(result.stdout, f"{nonce} ".encode(), cut=result.truncated or not result.ok)
    if forged:
        raise ForgedRecordError(
            f"{script} could not be trusted: {forged} line(s) of its report came from somewhere else. "
            "Something in the judged code writes to descriptors that are not its own.",
            [],
        )
    problem = _problem(result, ended=ended)
    if problem is not None:
        raise ScriptFailedError(f"{script} did not finish: {problem}{_quote(result.stderr)}", records)
    return records


def _parse(output: bytes, prefix: bytes, *, cut: bool) -> tuple[list[dict[str, Any]], bool, int]:
    """Return the records, whether the last line said that they are all, and how many lines lack the nonce.

    The last line of output that was *cut* short is no forgery.
    """
    lines = output.split(b"\n")
    rest = lines.pop()
    records: list[dict[str, Any]] = []
    forged = 0 if cut or not rest else 1
    ended = False
    for line in lines:
        record = _record(line, prefix)
        if ended or (record is None and line != prefix + _END):
            forged += 1
        elif record is None:
            ended = True
        else:
            records.append(record)
    return records, ended, forged


def _record(line: bytes, prefix: bytes) -> dict[str, Any] | None:
    if not line.startswith(prefix):
        return None
    try:
        value = json.loads(line[len(prefix) :])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _problem(result: Result, *, ended: bool) -> str | None:
    """Return why a run does not count, or ``None``."""
    if result.killed is not None:
        return f"it was stopped because {result.killed}."
    if result.truncated:
        return "it reported more than its output limit allows."
    if result.exit_code is None or result.exit_code != 0:
        return f"it failed with exit status {result.exit_code}{_signal(result.exit_code)}."
    return None if ended else "it ended before it had reported everything."


def _signal(code: int | None) -> str:
    """Return the signal's name in brackets; shells and bwrap answer 128 + N for a child that signal N ended."""
    number = -code if code is not None and code < 0 else (code or 0) - 128
    return f" ({signal.Signals(number).name})" if number in {s.value for s in signal.Signals} else ""


def _quote(stderr: bytes) -> str:
    """Return the last lines of standard error on one line, without anything a terminal would obey."""
    lines = [line.strip() for line in neutral(stderr.decode("utf-8", "replace")).split("\n") if line.strip()]
    text = " | ".join(lines[-_QUOTED_LINES:])
    return f" Its last words: {text[-_QUOTED_CHARACTERS:]}" if text else ""


def neutral(text: str) -> str:
    """Return *text* with everything unprintable but line ends replaced by ``?``."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)

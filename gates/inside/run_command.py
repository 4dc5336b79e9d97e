"""Run a foreign command in a copy of a tree, and report how it ended and what report files it left.

Job: ``{"tree": dir, "setup": [word], "run": [word], "seconds": s, "env": {name: value}, "report": glob or null,
"report_bytes": n}``. Records: ``{"step": "setup" or "run", "end": "exit" or "timeout" or "missing", "status": n or
null, "seconds": s, "tail": text}``, then ``{"root": dir}`` and ``{"report": path, "data": base64}`` for each file, or
``{"problem": why}`` where they could not be read.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import os
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.inside.channel import Channel
else:
    sys.path.insert(0, str(Path(__file__).parent))
    from channel import Channel

    del sys.path[0]

COPY = Path("tree")
TAIL_BYTES = 2_000
MOST_REPORTS = 1_000
_PR_SET_DUMPABLE = 4


def main() -> None:
    """Do the job."""
    channel = Channel()
    shield()
    job = channel.job
    root = COPY.resolve()
    shutil.copytree(job["tree"], root, symlinks=True)
    environment = {**os.environ, **job["env"]}
    if not job["setup"] or step(channel, "setup", job["setup"], root, job["seconds"], environment):
        remove_reports(root, job["report"])
        step(channel, "run", job["run"], root, job["seconds"], environment)
        send_reports(channel, root, job["report"], job["report_bytes"])
    channel.finish()


def shield() -> None:
    """Keep processes of the same user from reading this one's memory or opening its descriptors (prctl(2))."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def step(channel: Channel, name: str, argv: list[str], root: Path, seconds: float, environment: dict[str, str]) -> bool:
    """Run one command, send how it ended, and return whether it succeeded."""
    started = time.monotonic()
    try:
        process = subprocess.Popen(  # pylint: disable=consider-using-with  # watch() ends and reaps it
            argv,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        why = f"{argv[0]}: {error.strerror}"
        channel.send({"step": name, "end": "missing", "status": None, "seconds": 0.0, "tail": why})
        return False
    tail, in_time = watch(process, started + seconds)
    record = {"end": "exit" if in_time else "timeout", "status": process.returncode if in_time else None}
    text = tail.decode("utf-8", "replace")
    channel.send({"step": name, **record, "seconds": time.monotonic() - started, "tail": text})
    return in_time and process.returncode == 0


def watch(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bool]:
    """Read a process to its end or the deadline; return its last words and whether it ended by itself.

    What it left running in its own session ends with it, and does not keep its output open.
    """
    assert process.stdout is not None
    tail = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while process.poll() is None and time.monotonic() < deadline:
            if selector.get_map():
                tail = read_some(process, selector, tail)
            else:
                time.sleep(0.01)
        in_time = process.returncode is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        while selector.get_map() and (more := read_some(process, selector, tail, wait=0.0)) != tail:
            tail = more
    return tail, in_time


def read_some(
    process: subprocess.Popen[bytes], selector: selectors.BaseSelector, tail: bytes, wait: float = 0.05
) -> bytes:
    """Return *tail* with what there is to read, cut to its last bytes; stop listening at the end."""
    assert process.stdout is not None
    if not selector.select(wait):
        return tail
    chunk = os.read(process.stdout.fileno(), 65_536)
    if not chunk:
        selector.unregister(process.stdout)
    return (tail + chunk)[-TAIL_BYTES:]


def remove_reports(root: Path, pattern: str | None) -> None:
    """Remove reports that were in the tree before the command ran: they say nothing about this run."""
    for path in root.glob(pattern) if pattern else ():
        if path.is_symlink() or path.is_file():
            path.unlink()


def send_reports(channel: Channel, root: Path, pattern: str | None, most_bytes: int) -> None:
    """Send the report files, all or none."""
    channel.send({"root": str(root)})
    if pattern is None:
        return
    try:
        paths = sorted(root.glob(pattern))
    except (OSError, RecursionError) as error:
        channel.send({"problem": f"The tree that the command left cannot be searched for it: {error}."})
        return
    if len(paths) > MOST_REPORTS:
        channel.send({"problem": f"{len(paths)} files match the report's path; at most {MOST_REPORTS} are read."})
        return
    records: list[dict[str, Any]] = []
    for path in paths:
        content = read_file(path, most_bytes)
        if content is None or len(content) > most_bytes:
            name = ascii(str(path.relative_to(root)))
            channel.send({"problem": f"{name} is no plain file, or makes more than {most_bytes} bytes of reports."})
            return
        most_bytes -= len(content)
        records.append({"report": str(path.relative_to(root)), "data": base64.b64encode(content).decode("ascii")})
    for record in records:
        channel.send(record)


def read_file(path: Path, most_bytes: int) -> bytes | None:
    """Return a plain file's content and at most one byte too many; ``None`` for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = bytearray()
        while len(content) <= most_bytes and (chunk := os.read(descriptor, most_bytes + 1 - len(content))):
            content += chunk
        return bytes(content)
    except OSError:
        return None
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()

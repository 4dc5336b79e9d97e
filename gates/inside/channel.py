"""The trusted channel, seen from inside the sandbox: one job in, records out behind the job's nonce."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


class Channel:
    """The job that was given, and the way back for its records.

    Opening it takes standard input and standard output away from everything that runs afterwards: descriptor 0
    reads nothing, descriptor 1 writes to standard error, and only this object knows the nonce.
    """

    def __init__(self) -> None:
        first, _, rest = sys.stdin.buffer.read().partition(b"\n")
        self._nonce = first
        self.job: Any = json.loads(rest)
        # os.dup gives a descriptor that programs started from here do not inherit.
        self._descriptor = os.dup(1)
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def send(self, record: dict[str, Any]) -> None:
        """Write one record; it is on its way when this returns."""
        self._write(json.dumps(record).encode("ascii"))

    def close(self) -> None:
        """Forget the way back: what runs in this process from here on (a forked child) cannot report."""
        os.close(self._descriptor)
        self._nonce = b""

    def finish(self) -> None:
        """Say that all records were sent; without it the run counts as ended too early."""
        self._write(b"end")

    def _write(self, body: bytes) -> None:
        rest = memoryview(self._nonce + b" " + body + b"\n")
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

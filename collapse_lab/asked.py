"""The arms that a process is asked for, as numbers on its standard input; it ends when whoever asked is gone."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from queue import SimpleQueue


class Asked:
    """The numbers in *lines*, one after the other; each must be told ``done`` before its answer is given.

    Where the lines end and a number is not done, its asker died without a word (its own end closes the pipe): then
    this process is terminated, so that nothing goes on working, perhaps beside a new run, for somebody who is gone.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self._asked, self._done = 0, 0
        self._numbers: SimpleQueue[str | None] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __iter__(self) -> Iterator[int]:
        """Yield each number when it comes. Raises ``ValueError`` for a line that is none."""
        while (line := self._numbers.get()) is not None:
            yield int(line)

    def done(self) -> None:
        """Say that the number which was yielded last is done."""
        self._done += 1

    def _read(self) -> None:
        for line in self._lines:
            self._asked += 1
            self._numbers.put(line)
        if self._done < self._asked:
            os.kill(os.getpid(), signal.SIGTERM)
        self._numbers.put(None)

"""Run a study's arms on other hosts: put them into a queue, and watch until the last has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rq.job import JobStatus

from collapse_lab.arm_queue import ArmQueue, Order, QueueError, State, drop, put, state, workers
from collapse_lab.job import Plan, done
from collapse_lab.remote import Remote
from collapse_lab.run import Progress, begin, by_base
from collapse_lab.shared import begin as begin_share
from collapse_lab.shared import mirror

# A job that has ended without its last page: a file system over a network shows new files late.
_LATE_SECONDS = 60.0


@dataclass
class Watch:
    """A run whose arms are in a queue. Pages, not jobs, say which arms have ended: a queue forgets."""

    out: Path
    plan: Plan
    queue: ArmQueue
    share: Remote | None = None
    look: float = 1.0
    late: float = _LATE_SECONDS

    def start(self) -> int:
        """Put every arm into the queue that has not ended and is in none; return how many were put there.

        Raises ``QueueError`` where arms of another selection of the same run are at work: their pages lie elsewhere.
        """
        if working := drop(self.queue, self._order(0)):
            raise QueueError(
                f"{len(working)} arms of this run are at work for another choice of --arms, --seeds or --rounds. Wait "
                "until they have ended, or stop their workers."
            )
        begin(self.out, self.plan)
        if self.share is not None:
            begin_share(self.out, self.share, self.plan)
        return put(self.queue, (self._order(number) for number in self._open(by_base(self.plan.cells()))))

    def follow(self, shown: Callable[[Progress], None]) -> Progress:
        """Watch until every arm has ended; an arm that the queue has lost is put there again."""
        gone: dict[int, float] = {}
        told: set[str] = set()
        while True:
            open_ = self._open(range(len(self.plan.cells())))
            progress = Progress(done=[n for n in range(len(self.plan.cells())) if n not in open_])
            for number in open_:
                found = state(self.queue, self._order(number))
                if found.status is None:
                    put(self.queue, [self._order(number)])
                self._sort(progress, number, found, gone)
                if found.refused and found.on_its_way and found.refused not in told:
                    told.add(found.refused)
                    progress.notes.append(found.refused)
            if progress.waiting and not progress.running and not workers(self.queue):
                note = f"No worker listens. Start one: collapse-lab worker --queue {self.queue.name}"
                if note not in told:
                    told.add(note)
                    progress.notes.append(note)
            shown(progress)
            if not progress.waiting and not progress.running:
                return progress
            time.sleep(self.look)

    def _sort(self, progress: Progress, number: int, found: State, gone: dict[int, float]) -> None:
        if found.status == JobStatus.STARTED:
            progress.running[number] = 0.0
        elif found.status is None or found.on_its_way:
            progress.waiting.append(number)
        elif found.status != JobStatus.FINISHED:
            lines = found.why.splitlines()
            progress.failed[number] = lines[-1] if lines else f"its job is {found.status.value}"
        elif time.monotonic() - gone.setdefault(number, time.monotonic()) < self.late:
            progress.running[number] = 0.0
        else:
            progress.failed[number] = (
                f"a worker has done it, but its pages are not in {self.share.url if self.share else self.out}. Is that "
                "the same place for all hosts?"
            )

    def _open(self, numbers: Iterable[int]) -> list[int]:
        """Return the arms among *numbers* that have not ended, by the pages that are there now."""
        missing = [n for n in numbers if not done(self.out, n, self.plan.rounds)]
        if self.share is not None and missing:
            mirror(self.out, self.share)
            missing = [n for n in missing if not done(self.out, n, self.plan.rounds)]
        return missing

    def _order(self, number: int) -> Order:
        return Order(str(self.out.resolve()), self.share.url if self.share else None, number, self.plan.digest)

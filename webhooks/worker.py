"""A worker: takes jobs from the queue, and has each carried out in a process of its own.

RQ forks that process (its work-horse). If it dies, RQ puts the job back; if the worker dies, the next worker that
looks does, once the dead one was silent for ``silence`` seconds. If Redis dies, both wait.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, cast

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from app.github.checkout import SupersededError as PushedError
from app.settings import Settings, SettingsError
from webhooks import metrics
from webhooks.deliveries import DONE, FAILED, FINAL, SUPERSEDED, Deliveries, RecordError
from webhooks.failures import Failure, SupersededError, judge
from webhooks.hook_job import HookJob, HookQueue, work_of
from webhooks.job_form import PAUSES
from webhooks.jobs import Job as Work
from webhooks.jobs import JobError, kind_of
from webhooks.ledger import open_ledger
from webhooks.perform import DEFAULT, Performer, PerformerError, Turn, load
from webhooks.process import SET_UP_LOOK, follow_parent, log_to_stderr
from webhooks.queue import JobQueue
from webhooks.redis_connection import QueueError, connect

if TYPE_CHECKING:
    from rq.executions import Execution
    from rq.job import Job

SILENCE = 45
_BEFORE = "It was done before, as the ledger says."
_LOG = logging.getLogger("exogate.worker")


@dataclass(frozen=True)
class Bench:
    """What a worker works with. After *silence* seconds without a sign of life a worker counts as dead."""

    queue: JobQueue
    deliveries: Deliveries
    performer: Performer
    silence: int = SILENCE


class HookWorker(Worker):
    """Carries out Exogate's jobs, and calls no function that Redis names.

    The first SIGTERM lets the job at hand come to its end; a second one stops it, and it is put back.
    """

    max_connection_wait_time = 5.0

    def __init__(self, bench: Bench) -> None:
        tick = max(1, bench.silence // 3)
        super().__init__(
            [bench.queue.rq],
            connection=bench.queue.redis,
            job_class=HookJob,
            queue_class=HookQueue,
            serializer=JSONSerializer,
            # An idle worker waits for this long less 15 seconds, and then looks after dead workers and due attempts.
            worker_ttl=15 + tick,
            maintenance_interval=tick,
            job_monitoring_interval=max(1, bench.silence // 6),
        )
        self._bench = bench

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return for how many seconds a sign of life holds."""
        return self._bench.silence

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Give a sign of life. Where Redis does not hear it the job goes on; it may then be done twice."""
        try:
            super().maintain_heartbeats(job, execution)
        except RedisError as error:
            _LOG.warning("Redis does not answer (%s); the job goes on", type(error).__name__)

    def run_maintenance_tasks(self) -> None:
        """Look after dead workers' jobs, leaked turns, and attempts that are due."""
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        scheduler = RQScheduler(
            self.queues, connection=self.connection, logging_level=logging.WARNING, serializer=self.serializer
        )
        scheduler.acquire_locks()  # type: ignore[no-untyped-call]
        if scheduler.acquired_locks:
            try:
                scheduler.enqueue_scheduled_jobs()  # type: ignore[no-untyped-call]
            finally:
                scheduler.release_locks()  # type: ignore[no-untyped-call]

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop the job at hand; RQ then puts it back."""
        if self.horse_pid:
            self.kill_horse()

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Carry a job out, in its own process, which ends with the worker's."""
        follow_parent(signal.SIGKILL)
        if os.getppid() != self.pid:
            os._exit(1)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Have a job carried out."""
        cast("HookJob", job).action = self._carry_out
        return super().perform_job(job, queue, execution)

    def handle_exception(
        self,
        job: Job,
        *exc_info: type[BaseException] | BaseException | TracebackType | None,
    ) -> None:
        """Tell why a job could not even be begun; of everything else ``_carry_out`` has told."""
        if not cast("HookJob", job).told:
            _LOG.error(
                "Job %s cannot be begun (%s): it is none of ours, or damaged.", job.id, type(exc_info[1]).__name__
            )

    def _carry_out(self, job: HookJob) -> str:
        job.told = True
        try:
            work = work_of(job)
        except JobError as error:
            _LOG.error("%s", error)
            job.retries_left = 0
            raise
        try:
            if self._was_done(work):
                return _BEFORE
            outcome, detail = self._attempt(work, job)
        except Exception as error:
            self._failed(work, job, error)
            raise
        self._settle(work, job.id, outcome, detail)
        return detail

    def _was_done(self, work: Work) -> bool:
        """Write down what waits for the ledger, this job's delivery too, and ask it what became of that before.

        Redis forgets a delivery after some days, and may have lost what it knew.
        """
        deliveries = self._bench.deliveries
        self._bench.queue.outbox.drain(deliveries)
        if deliveries.outcome(work.delivery) not in FINAL:
            return False
        _LOG.info("%s: %s: %s", kind_of(work), work.about, _BEFORE)
        return True

    def _attempt(self, work: Work, job: HookJob) -> tuple[str, str]:
        queue = self._bench.queue
        if why := queue.superseded(work, job.id):
            return SUPERSEDED, why
        turn = Turn(job.id, 1 + len(PAUSES) - (job.retries_left or 0), lambda: queue.superseded(work, job.id))
        try:
            return DONE, self._bench.performer.perform(work, turn)
        except (SupersededError, PushedError) as error:
            return SUPERSEDED, str(error)

    def _failed(self, work: Work, job: HookJob, error: Exception) -> None:
        found = judge(error, time.time())
        if found.passing and job.should_retry:
            number = len(PAUSES) - (job.retries_left or 0)
            job.pause = max(PAUSES[min(number, len(PAUSES) - 1)], int(found.wait) + 1 if found.wait else 0)
            _LOG.warning("%s: again in %d s: %s", job.description, job.pause, found.sentence)
            return
        job.retries_left = 0
        # The trace of a defect quotes code, and no values.
        _LOG.error("%s: failed: %s", job.description, found.sentence, exc_info=None if found.passing else error)
        self._give_up(work, found)
        self._settle(work, job.id, FAILED, found.sentence)

    def _give_up(self, work: Work, found: Failure) -> None:
        try:
            self._bench.performer.gave_up(work, found.sentence)
        except Exception as error:  # noqa: BLE001  whatever it is, the job's own failure is what counts
            # The reaper closes what is left open.
            _LOG.warning("it could not be told on GitHub: %s", judge(error, time.time()).sentence)

    def _settle(self, work: Work, id_: str, outcome: str, detail: str) -> None:
        _LOG.info("%s: %s: %s: %s", kind_of(work), work.about, outcome, detail)
        try:
            # A delivery with several jobs has an outcome when the last of them has.
            if not self._bench.queue.others_of(id_):
                self._bench.deliveries.done(work.delivery, outcome, detail)
        except (RecordError, RedisError) as error:
            # Redis remembers the job for a day; the next look of the keeper writes it down.
            _LOG.warning("%s: the outcome is not in the ledger: %s", id_, error)
        try:
            metrics.count(self._bench.queue.redis, self._bench.queue.name, kind_of(work), outcome)
        except RedisError as error:
            _LOG.warning("%s: not counted: Redis does not answer (%s)", id_, type(error).__name__)


def bench_of(settings: Settings, performer: str, silence: int) -> Bench:
    """Return a worker's bench. Raises ``RecordError``, ``QueueError`` or ``PerformerError`` with a sentence."""
    connect(settings.redis_url).ping()  # said now, and not after minutes of patience
    deliveries = open_ledger(settings.database_url)
    queue = JobQueue(connect(settings.redis_url, patient=True))
    return Bench(queue, deliveries, load(performer, settings), silence)


def _set_up() -> Settings:
    """Return the settings, once there are all: jobs that came from elsewhere would fail for good without them."""
    settings = Settings.read(os.environ)
    if settings.missing:
        _LOG.warning("The App is not set up yet; this worker begins when it is. %s", " ".join(settings.missing))
    while settings.missing:
        time.sleep(SET_UP_LOOK)
        settings = Settings.read(os.environ)
    return settings


def main() -> int:
    """Work until told to stop. The settings come from the environment."""
    log_to_stderr()
    try:
        settings = _set_up()
        silence = int(os.environ.get("EXOGATE_SILENCE", SILENCE))
        bench = bench_of(settings, os.environ.get("EXOGATE_PERFORMER", DEFAULT), silence)
        worker = HookWorker(bench)
    except (SettingsError, RecordError, QueueError, PerformerError, ValueError) as error:
        _LOG.error("%s", error)
        return 2
    except RedisError as error:
        _LOG.error("Redis does not answer (%s). Start it, or mend REDIS_URL.", type(error).__name__)
        return 3
    worker.work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())

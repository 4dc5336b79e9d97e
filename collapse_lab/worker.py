"""A worker that takes arms from an RQ queue: each in a fresh process, and never one of another revision.

RQ's own workers fork a child that calls the function which the job names. This one starts ``collapse_lab.hosted`` for
every job, looks after it, and tells Redis that it lives; a worker that falls silent has its arm put back by the next
one that cleans up (RQ's ``StartedJobRegistry``).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.utils import now
from rq.worker import WorkerStatus

from collapse_lab.arm_queue import ArmJob, ArmQueue, Order, QueueError
from collapse_lab.hosted import REFUSED

if TYPE_CHECKING:
    from redis import Redis
    from rq.executions import Execution

_SIGNS_IN_A_SILENCE = 6


class ArmWorker(Worker):
    """Takes arms until it is told to stop. A signal puts the arm at hand back at the head of the queue.

    *runs* is where this host keeps what it makes for runs behind a share, *bases* where it keeps bases. After
    *silence* seconds without a sign of life a worker counts as dead. *told* hears what it does.
    """

    def __init__(
        self, name: str, connection: Redis, runs: Path, bases: Path, silence: int, told: Callable[[str], object]
    ) -> None:
        super().__init__(
            [ArmQueue(name, connection=connection, serializer=JSONSerializer)],
            connection=connection,
            job_class=ArmJob,
            queue_class=ArmQueue,
            serializer=JSONSerializer,
            # An idle worker looks for dead ones' arms in every round of waiting, which lasts 15 s less than this.
            worker_ttl=15 + max(1, silence // 3),
            maintenance_interval=max(1, silence // 3),
            job_monitoring_interval=max(1, silence // _SIGNS_IN_A_SILENCE),
        )
        self._runs, self._bases, self._silence = runs, bases, silence
        self._told = told
        self._leaving = False
        self.refusal: str | None = None

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return for how many seconds a sign of life holds."""
        return self._silence

    def handle_warm_shutdown_request(self) -> None:
        """Stop the arm at hand: it goes on elsewhere from the artifacts that it has made."""
        self._leaving = True
        if self.horse_pid:
            self.kill_horse()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run one arm, and tell Redis how it ended."""
        execution = self.prepare_execution(job)
        job.started_at = now()
        try:
            order = Order.of(job)
            self.prepare_job_execution(job, remove_from_intermediate_queue=True)
        except QueueError as error:
            queue.intermediate_queue.remove(job.id)
            self._failed(job, queue, execution, str(error))
            self.set_state(WorkerStatus.IDLE)
            return
        self._told(f"taken: {job.description}")
        status, said = self._run(order, job, execution)
        job.ended_at = now()
        if status == 0:
            self._told(f"ended: {job.description}")
            self.handle_job_success(job, queue, queue.started_job_registry, execution)
        elif self._stopped_job_id == job.id or not (self._leaving or status == REFUSED):
            self._failed(job, queue, execution, said)
        else:
            if not self._leaving:
                self._refuse(job, said)
            self._put_back(job, queue, execution)
        self.set_state(WorkerStatus.IDLE)

    def _run(self, order: Order, job: Job, execution: Execution) -> tuple[int, str]:
        """Run an arm in a fresh process to its end; return its exit status and its last words."""
        folder = Path(order.folder)
        if order.share is not None:
            folder = self._runs / hashlib.sha256(order.share.encode()).hexdigest()[:16]
            folder.mkdir(parents=True, exist_ok=True)
        elif not folder.is_dir():
            return REFUSED, (
                f"There is no folder {folder} on this host. It must be on a file system that all hosts have under the "
                "same path; otherwise start the run with --share."
            )
        errors = folder / "logs" / f"{order.number:03d}.{self.name}.err"
        errors.parent.mkdir(exist_ok=True)
        with errors.open("wb") as handle:
            process = self._start(order, folder, handle)
        with process:
            self._horse_pid = process.pid
            if self._leaving:
                self.kill_horse()
            while process.poll() is None:
                try:
                    process.wait(self.job_monitoring_interval)
                except subprocess.TimeoutExpired:
                    self._sign_of_life(job, execution)
            self._horse_pid = 0
        lines = errors.read_text("utf-8", "replace").strip().splitlines()
        if process.returncode == 0 or process.returncode == REFUSED or self._leaving:
            errors.unlink()
        said = lines[-1] if lines else "it said nothing"
        if process.returncode in (1, REFUSED):
            return process.returncode, f"{said} (on {self.hostname}, in {errors})" if len(lines) > 1 else said
        return (
            process.returncode,
            f"it ended with status {process.returncode}: {said} (on {self.hostname}, in {errors})",
        )

    def _start(self, order: Order, folder: Path, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "collapse_lab.hosted", str(folder), str(order.number), "--plan", order.plan]
        share = ["--share", order.share] if order.share else []
        return subprocess.Popen(
            [*command, "--bases", str(self._bases), *share],
            # Never written to: it ends when this process does, and takes the arm's with it.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={
                **{name: value for name, value in os.environ.items() if name != "REDIS_URL"},
                "OMP_NUM_THREADS": "1",
                "TOKENIZERS_PARALLELISM": "false",
            },
            start_new_session=True,
        )

    def _sign_of_life(self, job: Job, execution: Execution) -> None:
        try:
            self.maintain_heartbeats(job, execution)
        except RedisError as error:
            # The arm goes on; if Redis is away for long, another worker does it too, and both make the same.
            self._told(f"Redis does not answer ({error}); the arm goes on")

    def _failed(self, job: Job, queue: Queue, execution: Execution, why: str) -> None:
        """Tell that an arm failed. It is not tried again: it would fail again."""
        self._told(f"failed: {job.description}: {why}")
        job.ended_at = now()
        job.retries_left = 0
        self.handle_job_failure(job, queue=queue, exc_string=why, execution=execution)

    def _refuse(self, job: Job, why: str) -> None:
        """Leave the queue to other hosts, and say why, here and to whoever watches the run."""
        self.refusal = why
        self._stop_requested = True
        job.meta["refused"] = f"A worker on {self.hostname} refused: {why}"
        job.save_meta()  # type: ignore[no-untyped-call]

    def _put_back(self, job: Job, queue: Queue, execution: Execution) -> None:
        with self.connection.pipeline() as pipeline:
            self.cleanup_execution(job, pipeline, execution)
            job.set_status(JobStatus.QUEUED, pipeline=pipeline)
            queue.push_job_id(job.id, pipeline=pipeline, at_front=True)
            pipeline.execute()
        self._told(f"put back: {job.description}")

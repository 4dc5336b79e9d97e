"""A job as RQ knows it. Redis is trusted with our jobs only: one that lies there calls no function that it names."""

from __future__ import annotations

from collections.abc import Callable

from rq import Queue
from rq.exceptions import DeserializationError
from rq.job import Job, JobStatus

from webhooks.jobs import Job as Work
from webhooks.jobs import JobError, from_json

FUNCTION = "webhooks.perform"
# Seconds for which one worker looks after dead ones' jobs, at most; it takes milliseconds.
_LOOKING = 20


class HookJob(Job):
    """A job that calls no function that Redis names; the worker that takes it says what it does."""

    action: Callable[[HookJob], object] | None = None
    pause: int = 0
    told: bool = False

    def perform(self) -> object:
        """Do what the worker says."""
        if self.action is None:
            raise JobError("This job has no worker. Start one: exogate worker")
        self._result = self.action(self)
        return self._result

    def get_retry_interval(self) -> int:
        """Return how many seconds to wait: after a worker's death none, otherwise what ``pause`` says."""
        return self.pause

    @property
    def success_callback(self) -> None:
        """No function."""

    @property
    def failure_callback(self) -> None:
        """No function."""

    @property
    def stopped_callback(self) -> None:
        """No function."""

    def send_webhooks(self, status: str | JobStatus, *, exc_string: str | None = None) -> None:
        """Send nothing."""


class HookQueue(Queue):
    """A queue of such jobs."""

    job_class = HookJob

    def acquire_maintenance_lock(self) -> bool:
        """Whether we may look after dead workers' jobs now; one worker at a time does.

        RQ holds this for 15 minutes. A worker that is killed while it looks would keep all others from looking.
        """
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=_LOOKING))


def work_of(job: Job) -> Work:
    """Return what an RQ job asks for. Raises ``JobError`` where it is none of ours."""
    try:
        named, args = job.func_name, job.args
    except (DeserializationError, ValueError, TypeError, KeyError):
        named, args = "", ()
    if named == FUNCTION and not job.kwargs and len(args) == 1 and isinstance(args[0], dict):
        return from_json(args[0])
    raise JobError(f"Job {job.id} asks for something that this worker does not do. It carries out Exogate's jobs only.")

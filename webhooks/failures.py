"""What an error that ended a job means: whether it passes, when to try again, and the sentence for people."""

from __future__ import annotations

from dataclasses import dataclass

from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from app.github.errors import GitHubError, LimitedError, LostError
from app.ledger.errors import LedgerError
from webhooks.deliveries import RecordError
from webhooks.jobs import JobError


class LaterError(RuntimeError):
    """It cannot be done now; ``wait`` is the number of seconds to stay away, if that was said."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class SupersededError(RuntimeError):
    """It need not be done any more; the message says why."""


@dataclass(frozen=True)
class Failure:
    """``passing``: the same job may succeed later, after at least ``wait`` seconds."""

    sentence: str
    passing: bool
    wait: float = 0.0


# What passes by itself. Everything else would fail again, and is a defect or somebody's to mend.
_PASSING = (LaterError, LostError, LimitedError, RecordError, RedisError, ConnectionError)


def judge(error: BaseException, now: float) -> Failure:
    """Return what *error* means; *now* in seconds since the epoch is for limits that say when they end."""
    sentence = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, LimitedError):
        until = 0.0 if error.reset is None else max(0.0, error.reset - now) + 1
        return Failure(sentence, passing=True, wait=error.wait if error.wait is not None else until)
    if isinstance(error, LaterError):
        return Failure(sentence, passing=True, wait=error.wait or 0.0)
    if isinstance(error, LedgerError):
        return Failure(sentence, passing=error.passing)
    if isinstance(error, _PASSING):
        return Failure(sentence, passing=True)
    if isinstance(error, JobTimeoutException):
        return Failure("It took longer than a job may and was stopped.", passing=False)
    if isinstance(error, GitHubError | JobError):
        return Failure(sentence, passing=False)
    return Failure(f"This is a defect ({type(error).__name__}); the worker's log says where. Please report it.", False)

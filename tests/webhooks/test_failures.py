"""What passes is tried again, and what does not is not; no sentence quotes a value of ours."""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from rq.timeouts import JobTimeoutException

from app.github.errors import DeniedError, GitHubError, LimitedError, LostError, MissingError, SuspendedError
from app.ledger.errors import LedgerError
from webhooks.deliveries import RecordError
from webhooks.failures import Failure, LaterError, judge
from webhooks.jobs import JobError


@pytest.mark.parametrize(
    ("error", "passing", "wait"),
    [
        (LaterError("x"), True, 0.0),
        (LaterError("x", 7), True, 7.0),
        (LostError("x"), True, 0.0),
        (LimitedError("x", 60.0, None), True, 60.0),
        (LimitedError("x", None, 1090.0), True, 91.0),
        (LimitedError("x", None, 900.0), True, 1.0),
        (LimitedError("x", 5.0, 5000.0), True, 5.0),
        (LimitedError("x", None, None), True, 0.0),
        (LedgerError("x", passing=True), True, 0.0),
        (LedgerError("x"), False, 0.0),
        (RecordError("x"), True, 0.0),
        (RedisConnectionError("x"), True, 0.0),
        (ConnectionResetError("x"), True, 0.0),
        (DeniedError("x"), False, 0.0),
        (SuspendedError("x"), False, 0.0),
        (MissingError("x"), False, 0.0),
        (GitHubError("x"), False, 0.0),
        (JobError("x"), False, 0.0),
    ],
)
def test_known_errors(error: Exception, passing: bool, wait: float) -> None:
    assert judge(error, 1000.0) == Failure("x", passing, wait)


def test_a_defect_is_not_quoted() -> None:
    found = judge(KeyError("ghs_secret"), 0.0)
    assert not found.passing
    assert "ghs_secret" not in found.sentence
    assert "KeyError" in found.sentence


def test_a_job_that_takes_too_long_is_not_tried_again() -> None:
    assert judge(JobTimeoutException("x"), 0.0) == Failure("It took longer than a job may and was stopped.", False)


def test_a_sentence_is_one_line_and_never_empty() -> None:
    assert judge(LostError("a\nb"), 0.0).sentence == "a b"
    assert judge(LostError(""), 0.0).sentence == "LostError"

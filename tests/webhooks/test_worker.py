"""Real workers on a real Redis: they are killed, Redis is restarted, and no job is lost."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from rq import Callback, Queue
from rq.job import JobStatus

from webhooks.deliveries import DONE, FAILED, SUPERSEDED, Delivery, Entry
from webhooks.hook_job import FUNCTION
from webhooks.job_form import PAUSES
from webhooks.jobs import Job, Reconsider, ReviewHead, to_json
from webhooks.queue import JobQueue, Put

from .payloads import HEAD, NEWER, WHERE
from .processes import Host, alive, children, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.redis import RedisServer


def review(id_: str, reason: str = "r", number: int = 1, head: str = HEAD, updated: int = 100) -> ReviewHead:
    return ReviewHead(
        **{**WHERE, "delivery": id_}, number=number, head=head, base_ref="main", reason=reason, updated=updated
    )


def put(queue: JobQueue, job: Job) -> str:
    assert queue.put(job, job.delivery) is Put.QUEUED
    return job.delivery


def settled(host: Host, id_: str) -> Callable[[], bool]:
    ledger = host.ledger
    ledger.record([Entry(Delivery(id_, "pull_request", "opened", 5, 11, datetime.now(UTC)))])
    return lambda: ledger.outcome(id_) is not None


def test_a_job_is_carried_out_and_its_outcome_written_down(host: Host, queue: JobQueue) -> None:
    put(queue, review("a"))
    ended = settled(host, "a")
    worker = host.worker()
    until(ended, worker)
    assert [line["what"] for line in host.said] == ["begun", "ended"]
    assert host.ledger.outcome("a") == DONE
    until(lambda: queue.status("a") == JobStatus.FINISHED, worker)
    assert queue.redis.hgetall("exogate:ends") == {b"review done": b"1"}
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


def test_a_superseded_job_ends_quietly_and_says_so(host: Host, queue: JobQueue) -> None:
    put(queue, review("old"))
    put(queue, review("new", head=NEWER, updated=200))
    old, new = settled(host, "old"), settled(host, "new")
    worker = host.worker()
    until(lambda: old() and new(), worker)
    assert host.ledger.outcome("old") == SUPERSEDED
    assert host.ledger.outcome("new") == DONE
    assert {line["id"] for line in host.said} == {"new"}
    assert f"A newer head was asked for: {NEWER[:7]} instead of {HEAD[:7]}." in host.log


def test_a_job_at_work_hears_that_it_is_superseded(host: Host, queue: JobQueue) -> None:
    put(queue, review("old", "hang"))
    old, new = settled(host, "old"), settled(host, "new")
    worker = host.worker()
    until(lambda: host.told("begun", "old"), worker)
    put(queue, review("new", head=NEWER, updated=200))
    until(lambda: old() and new(), worker)
    assert host.ledger.outcome("old") == SUPERSEDED
    assert not host.told("ended", "old")
    assert host.told("ended", "new")


def make_due(queue: JobQueue, id_: str) -> float:
    """Let a job's next attempt be due, once there is one, and return in how many seconds it would have been."""
    key = queue.rq.scheduled_job_registry.key
    until(lambda: queue.redis.zscore(key, id_) is not None)
    score = queue.redis.zscore(key, id_)
    assert isinstance(score, float)
    queue.redis.zadd(key, {id_: 1})
    return score - time.time()


def test_what_passes_is_tried_again_when_github_said(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "later"))
    ended = settled(host, "a")
    worker = host.worker()
    until(lambda: queue.status("a") == JobStatus.SCHEDULED, worker)
    assert not ended()
    # The turn is free while it waits: another job of the pull request goes first.
    put(queue, Reconsider(**{**WHERE, "delivery": "b"}, number=1, head=HEAD, reason="r"))
    until(settled(host, "b"), worker)
    assert 20 < make_due(queue, "a") <= 31
    until(ended, worker)
    assert host.ledger.outcome("a") == DONE
    assert [line["attempt"] for line in host.told("begun", "a")] == [1, 2]
    assert "again in 31 s: GitHub asks to wait." in host.log


def test_what_never_passes_fails_in_the_end_and_says_so(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "never"))
    ended = settled(host, "a")
    worker = host.worker()
    waits = []
    for attempt in range(len(PAUSES)):
        until(lambda: queue.status("a") == JobStatus.SCHEDULED, worker)
        assert len(host.told("begun", "a")) == attempt + 1
        waits.append(make_due(queue, "a"))
        until(lambda begun=attempt + 2: len(host.told("begun", "a")) == begun, worker)  # type: ignore[misc]
    until(ended, worker)
    assert host.ledger.outcome("a") == FAILED
    assert all(pause - 30 < wait <= pause + 1 for pause, wait in zip(PAUSES, waits, strict=True))
    assert [line["reason"] for line in host.told("gave up", "a")] == ["GitHub is away."]


def test_a_defect_is_not_tried_again_and_not_quoted(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "defect"))
    put(queue, review("b", number=2))
    a, b = settled(host, "a"), settled(host, "b")
    worker = host.worker()
    until(lambda: a() and b(), worker)
    assert host.ledger.outcome("a") == FAILED
    assert host.ledger.outcome("b") == DONE
    (line,) = host.told("gave up", "a")
    assert line["reason"].startswith("This is a defect (ValueError)")
    assert len(host.told("begun", "a")) == 1
    until(lambda: queue.status("a") == JobStatus.FAILED, worker)


def test_a_failed_job_gives_its_turn_back(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "defect"))
    put(queue, review("b", head=NEWER, updated=200))
    b = settled(host, "b")
    until(b, host.worker())
    assert host.ledger.outcome("b") == DONE


def test_the_job_of_a_worker_that_was_killed_is_done_by_another(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "hang"))
    ended = settled(host, "a")
    first = host.worker()
    until(lambda: host.told("begun", "a"), first)
    (begun,) = host.told("begun", "a")
    first.kill()
    first.wait()
    until(lambda: not alive(begun["pid"]))
    host.go()
    until(ended, host.worker())
    assert host.ledger.outcome("a") == DONE
    assert len(host.told("begun", "a")) == 2


def test_the_job_of_a_process_that_was_killed_is_done_again(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "hang"))
    ended = settled(host, "a")
    worker = host.worker()
    until(lambda: host.told("begun", "a"), worker)
    (begun,) = host.told("begun", "a")
    os.kill(begun["pid"], signal.SIGKILL)
    until(lambda: len(host.told("begun", "a")) == 2, worker)
    host.go()
    until(ended, worker)
    assert host.ledger.outcome("a") == DONE


def test_a_job_that_was_taken_and_never_begun_is_done(host: Host, queue: JobQueue) -> None:
    """A worker was killed between taking a job's id and noting that it works on it."""
    put(queue, review("a"))
    ended = settled(host, "a")
    rq = queue.rq
    queue.redis.lmove(rq.key, rq.intermediate_queue.key)
    queue.redis.set(rq.intermediate_queue.get_first_seen_key("a"), time.time() - 61)
    until(ended, host.worker())
    assert host.ledger.outcome("a") == DONE
    assert rq.intermediate_queue.get_job_ids() == []


def test_the_first_sigterm_lets_the_job_end(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "hang"))
    put(queue, review("b", number=2))
    ended = settled(host, "a")
    worker = host.worker()
    until(lambda: host.told("begun", "a"), worker)
    worker.send_signal(signal.SIGTERM)
    host.go()
    assert worker.wait(60) == 0
    assert ended()
    assert host.ledger.outcome("a") == DONE
    assert queue.rq.job_ids == ["b"]


def test_the_second_sigterm_puts_it_back(host: Host, queue: JobQueue) -> None:
    put(queue, review("a", "hang"))
    worker = host.worker()
    until(lambda: host.told("begun", "a"), worker)
    worker.send_signal(signal.SIGTERM)
    until(lambda: queue.redis.hexists(f"rq:worker:{name(queue)}", "shutdown_requested_date"), worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert queue.status("a") == JobStatus.QUEUED
    assert queue.rq.job_ids == ["a"]


def name(queue: JobQueue) -> str:
    from rq import Worker

    (worker,) = Worker.all(queue=queue.rq)
    return worker.name


def test_a_redis_that_is_restarted_loses_nothing(tmp_path: Path, own_redis: RedisServer) -> None:
    host = Host(tmp_path / "host", own_redis.url)
    try:
        queue = JobQueue(own_redis.connection())
        put(queue, review("a", "hang"))
        put(queue, review("b", number=2))
        a, b = settled(host, "a"), settled(host, "b")
        worker = host.worker()
        until(lambda: host.told("begun", "a"), worker)
        own_redis.kill()
        host.go()
        own_redis.start()
        until(lambda: (a() and b()) or worker.poll() is not None)
        if worker.poll() is not None:  # it may give up where Redis is away; who started it starts another
            until(lambda: a() and b(), host.worker())
        assert host.ledger.outcome("a") == host.ledger.outcome("b") == DONE
    finally:
        host.end()


def test_two_workers_never_do_two_jobs_of_a_pull_request_at_once(host: Host, queue: JobQueue) -> None:
    ids = [f"{number}-{index}" for index in range(6) for number in (1, 2)]
    for id_ in ids:
        put(queue, Reconsider(**{**WHERE, "delivery": id_}, number=int(id_[0]), head=HEAD, reason="r"))
    ends = [settled(host, id_) for id_ in ids]
    workers = [host.worker(), host.worker()]
    until(lambda: all(end() for end in ends), *workers)
    for number in "12":
        lines = [(line["what"], line["id"]) for line in host.said if line["id"].startswith(number)]
        own = [id_ for id_ in ids if id_.startswith(number)]
        assert lines == [(what, id_) for id_ in own for what in ("begun", "ended")]


def test_a_delivery_with_several_jobs_has_an_outcome_when_the_last_ended(host: Host, queue: JobQueue) -> None:
    ended = settled(host, "a")
    assert queue.put(review("a"), "a") is Put.QUEUED
    assert queue.put(review("a", "hang", number=2), "a_1") is Put.QUEUED
    worker = host.worker()
    until(lambda: host.told("begun", "a_1"), worker)
    assert host.told("ended", "a")
    assert not ended()
    host.go()
    until(ended, worker)
    assert len(host.ledger.ledger.deliveries_since(datetime.fromtimestamp(0, UTC))) == 1


def called(*_: object) -> None:
    raise AssertionError("nothing that Redis names is called")


def test_a_worker_runs_no_pickle_no_named_function_and_no_callback(host: Host, queue: JobQueue, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    back = Callback("os.mkdir")
    rq = queue.rq
    jobs = [
        Queue("exogate", connection=queue.redis).enqueue_call("pathlib.Path.touch", args=(str(touched),)),
        rq.enqueue_call("pathlib.Path.touch", args=[str(touched)]),
        rq.enqueue_call("os.mkdir", args=[str(touched)], on_failure=back, on_success=back),
        rq.enqueue_call(FUNCTION, args=[{**to_json(review("x")), "job": "x"}], job_id="x"),
    ]
    worker = host.worker()
    until(lambda: all(queue.status(job.id) == JobStatus.FAILED for job in jobs), worker)
    assert not touched.exists()
    assert f"Job {jobs[0].id} cannot be begun (DeserializationError)" in host.log
    assert host.log.count("asks for something that this worker does not do") == 2
    assert "is of no kind that this worker knows" in host.log
    until(lambda: not children(worker.pid), worker)


def test_a_worker_waits_until_the_app_is_set_up(host: Host, queue: JobQueue) -> None:
    for name in ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"):
        del host.environment[name]
    put(queue, review("a"))
    ended = settled(host, "a")
    worker = host.worker()
    until(lambda: "The App is not set up yet" in host.log, worker)
    assert host.said == []
    stored = {"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY": "PRIVATE KEY-----", "GITHUB_WEBHOOK_SECRET": "x"}
    (host.folder / "new").write_text(json.dumps(stored))
    (host.folder / "new").rename(host.folder / "app.json")
    until(ended, worker)
    assert host.log.count("The App is not set up yet") == 1


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"REDIS_URL": "unix:///nowhere/s"}, 3, "Redis does not answer"),
        ({"REDIS_URL": "http://h"}, 2, "REDIS_URL is no address"),
        ({"EXOGATE_PERFORMER": "nowhere:x"}, 2, "nowhere:x cannot be loaded"),
        ({"DATABASE_URL": "sqlite:////proc/nowhere/x"}, 2, "cannot be made"),
    ],
)
def test_what_a_worker_lacks_is_a_sentence(host: Host, change: dict[str, str], status: int, said: str) -> None:
    worker = host.start("-m", "webhooks.worker", environment=change)
    assert worker.wait(250) == status
    assert said in host.log
    assert "Traceback" not in host.log

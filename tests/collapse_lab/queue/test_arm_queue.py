"""Jobs are JSON, name one function, and are in the queue once; what else lies in Redis is refused, not run."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rq import Callback, Queue, Retry
from rq.job import Job, JobStatus
from rq.registry import clean_registries
from rq.serializers import JSONSerializer

from collapse_lab.arm_queue import FUNCTION, ArmQueue, Order, QueueError, connect, open_queue, put, shown, state
from collapse_lab.job import Plan, folder_of
from collapse_lab.manifest import claim
from collapse_lab.queued import Watch
from collapse_lab.run import Progress
from collapse_lab.study import Study

from .conftest import Host, until

if TYPE_CHECKING:
    from redis import Redis

STUDY = {"name": "s", "question": "?", "arms": [{"policy": "none"}, {"policy": "compile"}, {"control": "human"}]}
Hosts = Callable[[str], Host]


@pytest.fixture
def queue(redis: Redis) -> ArmQueue:
    return open_queue("lab", redis)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A run's folder."""
    claim(tmp_path / "run", study())
    plan().write(tmp_path / "run")
    return tmp_path / "run"


def study() -> Study:
    return Study.model_validate(STUDY)


def plan(pattern: str = "*") -> Plan:
    return Plan(study(), pattern, 1, 1, "bases")


def watch(out: Path, queue: ArmQueue, pattern: str = "*") -> Watch:
    return Watch(out, plan(pattern), queue, look=0.0, late=0.0)


def order(number: int = 0, folder: str = "/nowhere") -> Order:
    return Order(folder, None, number, "0" * 12)


def ended(out: Path, number: int) -> None:
    page = folder_of(out, number) / "round-1.json"
    page.parent.mkdir(parents=True)
    page.touch()


def looks(found: Watch, count: int) -> list[Progress]:
    """Return what is shown in the first looks at a run that does not end."""
    seen: list[Progress] = []

    def shown(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == count:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found.follow(shown)
    return seen


def touch_by_pickle(path: str) -> None:
    Path(path).touch()


CALLED: list[str] = []


def called_back(job: Job, *_: Any) -> None:
    CALLED.append(job.id)


def test_an_arm_is_in_the_queue_once(queue: ArmQueue) -> None:
    orders = [order(0), order(1)]
    assert put(queue, orders) == 2
    assert put(queue, [*orders, order(2)]) == 1
    assert queue.job_ids == [order(number).id for number in range(3)]
    # Nor while it is at work, in whichever queue it is.
    queue.fetch_job(order(1).id).set_status(JobStatus.STARTED)
    assert put(open_queue("other", queue.connection), orders) == 0


def test_a_failed_arm_is_put_there_again(queue: ArmQueue) -> None:
    put(queue, [order()])
    queue.remove(order().id)
    queue.fetch_job(order().id).set_status(JobStatus.FAILED)
    assert put(queue, [order()]) == 1
    assert state(queue, order()).status == JobStatus.QUEUED


def test_jobs_are_json_and_the_same_arm_is_the_same_job(queue: ArmQueue) -> None:
    put(queue, [order()])
    job = queue.fetch_job(order().id)
    assert json.loads(job.data) == [FUNCTION, None, [asdict(order())], {}]
    assert (job.timeout, Order.of(job)) == (-1, order())
    ids = {order().id, order(1).id, order(folder="/x").id, replace(order(), plan="1" * 12).id}
    assert len(ids) == 4
    assert replace(order(), share="s3://b/x").id == replace(order(folder="/x"), share="s3://b/x").id


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("os.system", ["touch called"]),
        ("os.system", [asdict(order())]),
        (FUNCTION, []),
        (FUNCTION, ["/x", None, 0, "0"]),
        (FUNCTION, [{"folder": "/x"}]),
        (FUNCTION, [{**asdict(order()), "number": "0"}]),
        (FUNCTION, [{**asdict(order()), "number": -1}]),
        (FUNCTION, [{**asdict(order()), "folder": "--leash"}]),
        (FUNCTION, [{**asdict(order()), "more": 1}]),
    ],
)
def test_a_job_that_is_none_of_ours_is_refused(queue: ArmQueue, function: str, args: list[Any]) -> None:
    job = queue.enqueue_call(function, args=args)
    with pytest.raises(QueueError, match="something that this worker does not do"):
        Order.of(job)


def test_a_worker_runs_no_pickle_no_named_function_and_no_callback(
    redis: Redis, queue: ArmQueue, host: Hosts, tmp_path: Path
) -> None:
    called = tmp_path / "called"
    pickled = Queue("lab", connection=redis).enqueue_call(touch_by_pickle, args=(str(called),))
    named = queue.enqueue_call("pathlib.Path.touch", args=[str(called)])
    back = Callback("os.mkdir")
    answered = queue.enqueue_call("os.mkdir", args=[str(called)], on_failure=back, on_success=back)
    worker = host("a")
    assert worker.finish("worker", "--queue", "lab", "--burst") == 0
    for job in (pickled, named, answered):
        assert f"Job {job.id} asks for something that this worker does not do" in worker.said
        assert job.get_status() == JobStatus.FAILED
    assert not called.exists()
    assert queue.count == 0
    assert queue.intermediate_queue.get_job_ids() == []


@pytest.mark.parametrize(("kind", "calls"), [(ArmQueue, 0), (Queue, 1)])
def test_an_arm_whose_worker_died_is_put_back_and_nothing_called(
    redis: Redis, queue: ArmQueue, kind: type[Queue], calls: int
) -> None:
    """RQ itself would call what the job names; a queue of arms does not."""
    job = queue.enqueue_call(
        FUNCTION, args=[asdict(order())], on_failure=Callback(f"{__name__}.called_back"), retry=Retry(max=1)
    )
    queue.remove(job)
    job.set_status(JobStatus.STARTED)
    redis.zadd(queue.started_job_registry.key, {f"{job.id}:x": 1.0})
    CALLED.clear()
    clean_registries(kind("lab", connection=redis, serializer=JSONSerializer))
    assert len(CALLED) == calls
    assert queue.job_ids == [job.id]
    assert job.get_status() == JobStatus.QUEUED


def test_only_arms_that_have_not_ended_are_put_there(out: Path, queue: ArmQueue) -> None:
    found = watch(out, queue)
    ended(out, 1)
    assert found.start() == 2
    assert found.start() == 0
    assert [Order.of(job).number for job in queue.jobs] == [0, 2]
    (look,) = looks(found, 1)
    assert (look.done, look.waiting, look.running, look.failed) == ([1], [0, 2], {}, {})


def test_a_run_without_a_worker_says_so_once(out: Path, queue: ArmQueue) -> None:
    found = watch(out, queue)
    found.start()
    first, second = looks(found, 2)
    assert first.notes == ["No worker listens. Start one: collapse-lab worker --queue lab"]
    assert second.notes == []


def test_what_redis_forgot_is_put_there_again(out: Path, queue: ArmQueue) -> None:
    found = watch(out, queue)
    found.start()
    queue.connection.flushall()
    looks(found, 1)
    assert queue.count == 3


def test_a_run_ends_by_its_pages_and_says_why_arms_failed(out: Path, queue: ArmQueue) -> None:
    found = watch(out, queue)
    found.start()
    ended(out, 0)
    jobs = queue.jobs
    jobs[1].set_status(JobStatus.FAILED)
    jobs[1]._handle_failure("Traceback\nValueError: no space left", pipeline=(pipeline := queue.connection.pipeline()))
    pipeline.execute()
    # Done, says the worker; but it wrote its pages elsewhere.
    jobs[2].set_status(JobStatus.FINISHED)
    progress = found.follow(lambda progress: None)
    assert (progress.done, progress.waiting, progress.running) == ([0], [], {})
    assert progress.failed[1] == "ValueError: no space left"
    assert "the same place for all hosts?" in progress.failed[2]


def test_arms_of_another_choice_leave_the_queue(out: Path, queue: ArmQueue) -> None:
    watch(out, queue).start()
    ended(out, 0)
    assert watch(out, queue, "human").start() == 1
    assert [Order.of(job) for job in queue.jobs] == [Order(str(out), None, 0, plan("human").digest)]
    # Pages lie by an arm's number, which is now another arm's.
    assert not folder_of(out, 0).exists()


def test_while_arms_of_another_choice_are_at_work_nothing_is_changed(out: Path, queue: ArmQueue) -> None:
    watch(out, queue).start()
    queue.jobs[0].set_status(JobStatus.STARTED)
    ended(out, 1)
    with pytest.raises(QueueError, match="1 arms of this run are at work for another choice"):
        watch(out, queue, "human").start()
    assert folder_of(out, 1).exists()
    assert Plan.read(out) == plan()


def test_a_worker_of_another_revision_refuses_and_leaves_the_arm_to_others(
    out: Path, queue: ArmQueue, host: Hosts
) -> None:
    found = watch(out, queue)
    found.start()
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "code": "0" * 64}))
    worker = host("a")
    assert worker.finish("worker", "--queue", "lab") == 2
    assert "This worker takes no more arms" in worker.said
    assert "another revision of the code" in worker.said
    assert "bring this host to the run's revision" in worker.said
    assert [job.get_status() for job in queue.jobs] == [JobStatus.QUEUED] * 3
    assert [Order.of(job).number for job in queue.jobs] == [0, 1, 2]
    assert not (out / "arms").exists()
    (look,) = looks(found, 1)
    assert any("refused" in note and "another revision of the code" in note for note in look.notes)


def test_a_worker_on_a_host_without_the_folder_leaves_the_arm_to_others(queue: ArmQueue, host: Hosts) -> None:
    put(queue, [order()])
    worker = host("a")
    assert worker.finish("worker", "--queue", "lab") == 2
    assert "There is no folder /nowhere on this host." in worker.said
    assert queue.jobs[0].get_status() == JobStatus.QUEUED


def test_an_arm_of_an_older_choice_is_not_begun(out: Path, queue: ArmQueue, host: Hosts) -> None:
    plan().write(out)
    old = Order(str(out), None, 0, plan("human").digest)
    put(queue, [old])
    assert host("a").finish("worker", "--queue", "lab", "--burst") == 0
    assert "this arm is not wanted" in state(queue, old).why
    assert not (out / "arms").exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_stopped_puts_its_arm_back_at_the_head(
    out: Path, queue: ArmQueue, host: Hosts, how: signal.Signals
) -> None:
    # The arm waits for ever: its manifest is a pipe to which nobody writes.
    (out / "manifest.json").unlink()
    os.mkfifo(out / "manifest.json")
    watch(out, queue).start()
    worker = host("a")
    process = worker.start("worker", "--queue", "lab")
    until(lambda: children(process.pid), process)
    (arm,) = children(process.pid)
    process.send_signal(how)
    assert process.wait(120) == 0
    assert "put back: arm 0" in worker.said
    assert not alive(arm)
    assert [Order.of(job).number for job in queue.jobs] == [0, 1, 2]
    assert queue.started_job_registry.get_job_ids(cleanup=False) == []


def test_a_worker_that_is_killed_takes_its_process_with_it(out: Path, queue: ArmQueue, host: Hosts) -> None:
    (out / "manifest.json").unlink()
    os.mkfifo(out / "manifest.json")
    watch(out, queue).start()
    process = host("a").start("worker", "--queue", "lab")
    until(lambda: children(process.pid) and b"hosted" in cmdline(children(process.pid)[0]), process)
    (arm,) = children(process.pid)
    process.kill()
    process.wait()
    until(lambda: not alive(arm))


def children(pid: int) -> list[int]:
    """Return the processes that a process started, its threads' too."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return found


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.slow
def test_a_run_that_is_stopped_leaves_its_arms_in_the_queue(queue: ArmQueue, host: Hosts, tmp_path: Path) -> None:
    file = tmp_path / "s.yml"
    file.write_text(json.dumps(STUDY))
    asking = host("a")
    process = asking.start("run", file, "--seeds", "1", "--out", tmp_path / "run", "--queue", "lab")
    until(lambda: "No worker listens" in asking.said, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    assert "The arms in queue lab go on without this command." in asking.said
    assert queue.count == 3
    assert asking.finish("status", tmp_path / "run") == 0
    assert "0 of 18 rounds are done." in asking.said


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("url", ["redis://:secret@localhost:1", "redis://localhost:1/0?password=secret"])
def test_a_password_is_never_taken_from_the_command_line(url: str) -> None:
    with pytest.raises(QueueError, match="Set REDIS_URL instead") as error:
        connect(url)
    assert "secret" not in str(error.value)


def test_a_redis_that_is_not_there_is_a_sentence_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://me:secret@localhost:1/2")
    with pytest.raises(QueueError, match="Redis at redis://localhost:1/2 cannot be used") as error:
        connect(None)
    assert "secret" not in str(error.value)
    monkeypatch.delenv("REDIS_URL")
    with pytest.raises(QueueError, match="No Redis is named"):
        connect(None)
    assert shown("rediss://me:secret@h:1/0?password=secret") == "rediss://h:1/0"


@pytest.mark.slow
def test_the_doctor_says_whether_redis_and_the_share_can_be_reached(redis: Redis, host: Hosts, tmp_path: Path) -> None:
    doctor = host("a")
    doctor.finish("doctor", "--share", f"file://{tmp_path}/share")
    assert "ok  Redis" in doctor.said
    assert f"ok  file://{tmp_path}/share can be read and written" in doctor.said
    (tmp_path / "file").touch()
    status = host("b").finish("doctor", "--redis", "redis://localhost:1", "--share", f"file://{tmp_path}/file/x")
    assert status == 1
    said = (tmp_path / "b" / "said").read_text()
    assert "no  Redis at redis://localhost:1 cannot be used" in said
    assert f"no  Cannot write file://{tmp_path}/file/x" in said

"""The App as it runs: gunicorn, workers, the keeper, and with `up` a Redis of its own. Processes are killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis

from webhooks.deliveries import DONE
from webhooks.embedded import EmbeddedError, alone, socket_for
from webhooks.queue import JobQueue
from webhooks.server import PATH
from webhooks.signature import HEADER, sign

from .examples import COUNT, examples
from .payloads import HEAD, pulled
from .processes import ROOT, SECRET, Host, alive, children, until

if TYPE_CHECKING:
    from tests.services.redis import RedisServer

pytestmark = pytest.mark.slow

# As app.cli runs a command.
COMMAND = """
import click, sys
from webhooks.cli.{0} import command
try:
    sys.exit(command.main(prog_name="exogate {0}", standalone_mode=False))
except click.ClickException as error:
    error.show()
    sys.exit(2)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def post(port: int, payload: Any, id_: str, event: str = "pull_request", secret: str = SECRET) -> int:
    body = json.dumps(payload).encode()
    headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": id_, HEADER: sign(secret, body)}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def start(host: Host, name: str, *options: str) -> subprocess.Popen[bytes]:
    return host.start("-c", COMMAND.format(name), *options)


def serve(host: Host) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    process = start(host, "serve", "--port", str(port))
    until(lambda: get(port, "/healthz")[0] == 200, process)
    return process, port


def test_serve_takes_deliveries_and_says_how_it_is(host: Host, queue: JobQueue) -> None:
    process, port = serve(host)
    assert post(port, pulled("opened"), "d-1") == 202
    assert post(port, pulled("opened"), "d-1") == 200
    assert post(port, pulled("opened"), "d-2", secret="wrong") == 401
    assert queue.rq.job_ids == ["d-1"]
    assert host.ledger.outcome("d-1") is None
    status, said = get(port, "/readyz")
    assert (status, json.loads(said)) == (200, {"redis": "ok", "ledger": "ok", "settings": "ok"})
    for secret in (SECRET, "PRIVATE KEY"):
        assert secret not in host.log
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_metrics_are_those_of_all_processes(host: Host, queue: JobQueue) -> None:
    _, port = serve(host)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: post(port, pulled("opened"), f"d-{n}"), range(64)))
    assert answers.count(202) == 1
    assert set(answers) == {200, 202}
    lines = get(port, "/metrics")[1].splitlines()
    counts = [float(line.split()[1]) for line in lines if line.startswith("exogate_deliveries_total{")]
    assert sum(counts) == 64


def test_every_published_example_is_answered_by_the_server(host: Host, queue: JobQueue) -> None:
    _, port = serve(host)
    sent = [(event, {**payload, "installation": {"id": 5}}) for event, payload in examples()]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: post(port, each[1][1], f"x-{each[0]}", each[1][0]), enumerate(sent)))
    assert len(answers) == COUNT
    assert set(answers) <= {200, 202, 204}


def test_a_web_process_that_is_killed_loses_no_delivery(host: Host, queue: JobQueue) -> None:
    process, port = serve(host)
    for number in range(10):
        assert (
            post(port, {**pulled("opened"), "repository": {"id": number + 1, "full_name": "o/r"}}, f"a-{number}") == 202
        )
    for pid in children(process.pid):
        os.kill(pid, signal.SIGKILL)
    taken = 0
    for number in range(10):
        payload = {**pulled("opened"), "repository": {"id": number + 100, "full_name": "o/r"}}
        until(lambda n=number, p=payload: sent(port, p, f"b-{n}"), process)  # type: ignore[misc]
        taken += 1
    assert sorted(queue.rq.job_ids) == sorted([f"a-{n}" for n in range(10)] + [f"b-{n}" for n in range(taken)])


def sent(port: int, payload: Any, id_: str) -> bool:
    """Send a delivery as often as GitHub would on our asking; whether it was taken."""
    try:
        return post(port, payload, id_) in (200, 202)
    except OSError:
        return False


def test_serve_tells_github_while_redis_is_away(tmp_path: Path, own_redis: RedisServer) -> None:
    host = Host(tmp_path / "host", own_redis.url)
    try:
        _, port = serve(host)
        own_redis.kill()
        assert post(port, pulled("opened"), "d-1") == 503
        assert get(port, "/readyz")[0] == 503
        assert get(port, "/healthz")[0] == 200
        own_redis.start()
        assert post(port, pulled("opened"), "d-1") == 202
        assert get(port, "/readyz")[0] == 200
    finally:
        host.end()


def test_serve_refuses_settings_that_cannot_be_used(host: Host) -> None:
    process = host.start("-c", COMMAND.format("serve"), environment={"PORT": "many"})
    assert process.wait(60) != 0
    assert "PORT is no number." in host.log
    assert "Traceback" not in host.log


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Host]:
    """A machine without a Redis."""
    made = Host(tmp_path / "machine", None, EXOGATE_KEEPER_SECONDS="3600", GITHUB_API_URL="http://127.0.0.1:9")
    yield made
    made.end()


def up(machine: Host) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    said = machine.log.count("Exogate listens at") if (machine.folder / "log").exists() else 0
    process = start(machine, "up", "--port", str(port), "--workers", "1", "--processes", "1")
    until(lambda: machine.log.count("Exogate listens at") > said, process)
    return process, port


def redis_of(machine: Host) -> Redis:
    made: Redis = Redis(unix_socket_path=str(machine.folder / "redis" / "socket"))
    return made


def offspring(pid: int) -> list[int]:
    direct = children(pid)
    return [*direct, *(below for child in direct for below in offspring(child))]


def test_up_does_everything_and_leaves_nothing(machine: Host) -> None:
    process, port = up(machine)
    assert post(port, pulled("opened"), "d-1") == 202
    until(lambda: machine.ledger.outcome("d-1") == DONE, process)
    family = offspring(process.pid)
    assert len(family) >= 5
    # Nothing but the owner may speak with this Redis.
    assert (machine.folder / "redis" / "socket").stat().st_mode & 0o077 == 0
    assert (machine.folder / "redis").stat().st_mode & 0o077 == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert not [pid for pid in family if alive(pid)]
    assert "Stopped." in machine.log
    assert "Traceback" not in machine.log


def test_what_waits_when_up_ends_goes_on_at_the_next_start(machine: Host) -> None:
    process, port = up(machine)
    queue = JobQueue(redis_of(machine))
    payload = pulled("opened")
    assert post(port, payload, "d-1") == 202
    until(lambda: machine.told("ended", "d-1"), process)
    until(lambda: queue.depth()["started"] == 0, process)
    worker = next(
        pid for pid in children(process.pid) if b"webhooks.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    os.kill(worker, signal.SIGSTOP)  # so that the next delivery waits
    assert post(port, {**pulled("opened"), "repository": {"id": 12, "full_name": "o/r"}}, "d-2") == 202
    family = offspring(process.pid)
    process.kill()
    process.wait()
    until(lambda: not [pid for pid in family if alive(pid)])
    assert not machine.told("ended", "d-2")
    process, _ = up(machine)
    # Redis may have handed it to the stopped worker already: RQ puts such a job back after a minute, which is over now.
    queue = JobQueue(redis_of(machine))
    queue.redis.set(queue.rq.intermediate_queue.get_first_seen_key("d-2"), time.time() - 61)
    until(lambda: machine.ledger.outcome("d-2") == DONE, process)


@pytest.mark.parametrize("name", [b"webhooks.worker", b"webhooks.web", b"redis-server"])
def test_what_dies_is_started_again(machine: Host, name: bytes) -> None:
    process, port = up(machine)

    def find() -> list[int]:
        return [pid for pid in children(process.pid) if name in cmdline(pid)]

    (pid,) = find()
    os.kill(pid, signal.SIGKILL)
    until(lambda: find() not in ([], [pid]), process)
    until(lambda: sent(port, pulled("opened"), "d-1") if get(port, "/readyz")[0] == 200 else False, process)
    until(lambda: machine.ledger.outcome("d-1") == DONE, process)
    assert "ended with status -9; it is started again" in machine.log


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_second_up_on_the_same_data_is_refused(machine: Host) -> None:
    with alone(machine.folder):
        process = start(machine, "up", "--port", str(free_port()))
        assert process.wait(60) != 0
    assert "Another `exogate up` runs on" in machine.log
    with alone(machine.folder), pytest.raises(EmbeddedError), alone(machine.folder):
        pass


def test_a_port_that_is_taken_ends_up_with_a_sentence(machine: Host) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(machine, "up", "--port", str(taken.getsockname()[1]))
        assert process.wait(120) != 0
    assert "Error: the web process" in machine.log


def test_a_socket_with_a_long_path_has_a_place_of_its_own(tmp_path: Path) -> None:
    with socket_for(tmp_path) as near:
        assert near == tmp_path / "redis" / "socket"
    with socket_for(tmp_path / ("x" * 100)) as far:
        assert len(str(far)) <= 107
        assert far.parent.stat().st_mode & 0o077 == 0
    assert not far.parent.exists()


def test_a_package_called_app_in_the_directory_is_not_taken_for_ours(machine: Host, tmp_path: Path) -> None:
    """`exogate up` is started where a repository lies, and that may have a package called app."""
    for name in ("app", "webhooks"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('taken for ours')\n")
    from webhooks.children import module

    done = subprocess.run(
        [*module("webhooks.worker")],
        cwd=tmp_path,
        env={**machine.environment, "PYTHONPATH": str(ROOT), "REDIS_URL": "unix:///nowhere/s"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert "Redis does not answer" in done.stderr
    assert HEAD not in done.stderr


def test_worker_runs_workers_and_the_keeper(host: Host, queue: JobQueue) -> None:
    from webhooks.jobs import ReviewHead

    from .payloads import WHERE

    work = ReviewHead(**WHERE, number=1, head=HEAD, base_ref="main", reason="r", updated=1)
    queue.put(work, "d-1")
    process = start(host, "worker", "--workers", "2")
    until(lambda: host.told("ended", "d-1"), process)
    until(lambda: len(children(process.pid)) == 3, process)
    family = offspring(process.pid)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert time.monotonic() - begun < 60
    assert not [pid for pid in family if alive(pid)]


def test_serve_has_the_set_up_page_and_believes_what_it_stored(host: Host, queue: JobQueue) -> None:
    for name in ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"):
        del host.environment[name]
    _, port = serve(host)
    assert "The App is not set up. Open this link" in host.log
    assert get(port, "/setup")[0] in (200, 403)
    assert post(port, pulled("opened"), "d-1") == 503
    stored = {
        "GITHUB_APP_ID": "7",
        "GITHUB_APP_PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----",
        "GITHUB_WEBHOOK_SECRET": SECRET,
    }
    (host.folder / "app.json").write_text(json.dumps(stored))
    assert post(port, pulled("opened"), "d-1") == 202

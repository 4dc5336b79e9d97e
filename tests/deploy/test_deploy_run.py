"""The commands that are deployed, as plain processes, in what a container gives them: a read-only root, one writable
data directory, a /tmp, a user of its own who is nobody, and no capability.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("flask", reason="the App is not installed: pip install 'exogate[app]'")

from gates.sandbox import seccomp, syscalls
from tests.services.redis import own_redis
from tests.webhooks.payloads import pulled
from tests.webhooks.processes import SECRET, Host, until
from tests.webhooks.test_up import COMMAND, free_port
from webhooks.deliveries import DONE
from webhooks.server import PATH
from webhooks.signature import HEADER, sign

from .files import DEPLOY, ROOT, commands, compose

if TYPE_CHECKING:
    from tests.services.redis import RedisServer

__all__ = ["own_redis"]
PROFILE = DEPLOY / "container" / "seccomp-worker.json"
BWRAP = shutil.which("bwrap")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BWRAP is None, reason="bubblewrap is missing: apt-get install bubblewrap"),
]


class Contained:
    """Starts the App's commands in what the containers of compose.yaml have, as far as bubblewrap can make it."""

    def __init__(self, host: Host, redis: RedisServer) -> None:
        self.host, self.redis, self.port = host, redis, free_port()

    def words(self, *inside: str, unmasked: bool = False) -> list[str]:
        proc = ("--bind", "/proc", "/proc") if unmasked else ("--unshare-pid", "--proc", "/proc")
        writable = [str(self.host.folder), str(self.redis.folder)]
        return [
            str(BWRAP), "--unshare-user", "--uid", "10001", "--gid", "10001", "--cap-drop", "ALL", "--die-with-parent",
            "--ro-bind", "/", "/", "--dev", "/dev", *proc, "--tmpfs", "/tmp",
            "--ro-bind", str(ROOT), str(ROOT), *(word for path in writable for word in ("--bind", path, path)),
            "--chdir", str(self.host.folder), *inside,
        ]  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        more = {"PORT": str(self.port), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return {**self.host.environment, **more, "EXOGATE_CACHE_DIR": str(self.host.folder / "cache")}

    def start(self, where: str) -> subprocess.Popen[bytes]:
        name, *options = commands()[where]
        with (self.host.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                self.words(sys.executable, "-c", COMMAND.format(name), *options),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.host._started.append(process)
        return process

    def run(self, *inside: str, unmasked: bool = False, refused: int | None = None) -> subprocess.CompletedProcess[str]:
        words = self.words(*inside, unmasked=unmasked)
        if refused is not None:
            words[1:1] = ["--seccomp", str(refused)]
        passed = () if refused is None else (refused,)
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False, pass_fds=passed)


@pytest.fixture
def contained(tmp_path: Path, own_redis: RedisServer) -> Iterator[Contained]:
    host = Host(tmp_path / "data", own_redis.url)
    made = Contained(host, own_redis)
    if made.run("true").returncode:
        pytest.skip("this machine lets ordinary programs make no user namespaces")
    yield made
    host.end()


@pytest.mark.parametrize("kind", ["compose.yaml", "kubernetes", "systemd"])
def test_web_and_workers_do_their_work_on_a_read_only_root(contained: Contained, kind: str) -> None:
    prefix = "exogate-" if kind == "kubernetes" else ""
    web, worker = (contained.start(f"{kind} {prefix}{name}") for name in ("web", "worker"))
    check = [
        word.replace(":8000/", f":{contained.port}/") for word in compose()["services"]["web"]["healthcheck"]["test"]
    ]
    check[1] = sys.executable
    until(lambda: subprocess.run(check[1:], check=False, stderr=subprocess.DEVNULL).returncode == 0, web, worker)
    body = json.dumps(pulled("opened")).encode()
    headers = {"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "d-1", HEADER: sign(SECRET, body)}
    request = urllib.request.Request(f"http://127.0.0.1:{contained.port}{PATH}", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 202
    until(lambda: contained.host.ledger.outcome("d-1") == DONE, web, worker)
    assert SECRET not in contained.host.log


@pytest.mark.sandbox
def test_the_sandbox_works_where_the_worker_runs_and_only_with_an_unmasked_proc(contained: Contained) -> None:
    """A sandbox in a sandbox, made without any capability.

    bubblewrap's own /proc is masked as a container's is: with that one it must fail, and say what to do.
    """
    code = "from gates.sandbox.choose import available; print(*((b.name, b.works, b.remedy) for b in available()))"
    masked = contained.run(sys.executable, "-c", code)
    assert "('bubblewrap', False" in masked.stdout, masked.stdout + masked.stderr
    assert "systempaths=unconfined" in masked.stdout and "procMount: Unmasked" in masked.stdout
    assert "systempaths=unconfined" in compose()["services"]["worker"]["security_opt"]
    unmasked = contained.run(sys.executable, "-c", code, unmasked=True)
    assert "('bubblewrap', True" in unmasked.stdout, unmasked.stdout + unmasked.stderr


@pytest.mark.sandbox
def test_the_sandbox_works_under_the_workers_list_of_refused_system_calls(contained: Contained) -> None:
    machine = seccomp.MACHINES.get(platform.machine())
    if machine is None:
        pytest.skip(f"there is no table of system calls for {platform.machine()}")
    known = syscalls.REFUSED | syscalls.ABSENT
    refused = [name for rule in json.loads(PROFILE.read_text("utf-8"))["syscalls"] for name in rule["names"]]
    assert set(refused) - set(known) == {"clock_adjtime64", "clock_settime64", "stime"}  # of 32-bit machines
    program = seccomp.assemble(machine, [seccomp.Rule(known[name], 1) for name in refused if name in known])
    code = "from gates.sandbox.choose import available; print(*((b.name, b.works) for b in available()))"
    keyctl = known["keyctl"][machine.column]
    keys = f"import ctypes as c; print(c.CDLL(None, use_errno=True).syscall({keyctl}, 0, -3, 0), c.get_errno())"
    for script, said in ((code, "('bubblewrap', True)"), (keys, "-1 1")):
        with tempfile.TemporaryFile() as filter_:
            filter_.write(program)
            filter_.seek(0)
            done = contained.run(sys.executable, "-c", script, unmasked=True, refused=filter_.fileno())
        assert said in done.stdout, done.stdout + done.stderr

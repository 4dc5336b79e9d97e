"""The runner back-end: all that it does keep, tried on this machine with harmless scripts of the test's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gates.sandbox import runner
from gates.sandbox.runner import Runner
from gates.sandbox.spec import MIB, Command, Limits, Mount, Result, SandboxError
from tests.gates.sandbox.attacks.probes import processes_with

PREFIXES = [runner.prefix(), ()]


@pytest.fixture(params=PREFIXES, ids=["as separate as this kernel permits", "without namespaces"], autouse=True)
def prefix(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide Exogate's memory in a process of its own only: the test run must stay open to its own tools."""
    monkeypatch.setattr(runner, "prefix", lambda: request.param)
    monkeypatch.setattr(runner, "_hide_own_memory", lambda: None)
    yield


def shell(script: str, **fields: object) -> Result:
    return Runner().run(Command(("/bin/sh", "-c", script), **fields))  # type: ignore[arg-type]


def test_gives_input_output_and_status() -> None:
    result = shell("cat; echo problem >&2; exit 7", stdin=b"hello")
    assert (result.exit_code, result.stdout, result.stderr, result.killed) == (7, b"hello", b"problem\n", None)


def test_a_signals_status_is_the_shells() -> None:
    assert shell("kill -9 $$").exit_code == 137


def test_the_hosts_environment_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    assert b"GITHUB_TOKEN" not in shell("env").stdout


def test_scratch_is_empty_and_gone_afterwards_even_when_locked() -> None:
    result = shell("pwd; ls -A; mkdir -p a/b; touch a/b/c; chmod 0 a/b a")
    assert result.stdout.count(b"\n") == 1
    assert not Path(result.stdout.decode().strip()).exists()


def test_scratch_is_gone_afterwards_even_when_it_is_deeper_than_a_path_may_be_long() -> None:
    script = (
        "import os\n"
        "print(os.getcwd(), flush=True)\n"
        "for _ in range(450):\n"
        "    os.mkdir('directory')\n"
        "    os.chdir('directory')\n"
        "os.chmod('.', 0)\n"
    )
    result = Runner().run(Command((sys.executable, "-I", "-S", "-c", script)))
    assert result.ok, result
    assert not Path(result.stdout.decode().strip()).exists()


def test_a_symlink_in_place_of_the_scratch_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    result = shell(f'here=$(pwd); echo "$here"; cd /; rmdir "$here"; ln -s {tmp_path} "$here"')
    assert not Path(result.stdout.decode().strip()).is_symlink()
    assert (tmp_path / "kept").read_text() == "kept"


def test_the_size_of_a_deep_scratch_directory_is_taken_without_recursion(tmp_path: Path) -> None:
    deepest = scratch = tmp_path / "scratch"
    deepest.mkdir()
    for _ in range(1500):
        deepest /= "d"
        deepest.mkdir()
    try:
        assert len(list(runner._sizes(scratch))) == 1500
    finally:
        # pytest could not remove it: shutil.rmtree recurses.
        runner._remove(scratch)
    assert not scratch.exists()


def test_privileges_and_system_calls_are_limited() -> None:
    status = shell("cat /proc/self/status").stdout.decode()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


def test_daemons_end_with_the_command() -> None:
    word = f"{os.getpid()}.{uuid.uuid4().int % 10**9}"
    assert shell(f"(setsid sleep {word} >/dev/null 2>&1 &) ; sleep 0.1").ok
    killed = shell(f"(setsid sleep {word} &) ; sleep 20", limits=Limits(wall_seconds=0.4))
    assert killed.killed == "it ran longer than 0.4 s"
    assert processes_with(word.encode()) == []


def test_a_killed_exogate_leaves_nothing_running(tmp_path: Path) -> None:
    word = f"600.{uuid.uuid4().int % 10**12}"
    script = (
        "from gates.sandbox import runner\n"
        "from gates.sandbox.spec import Command\n"
        f"runner.prefix = lambda: {runner.prefix()!r}\n"
        f"runner.Runner().run(Command(('/bin/sh', '-c', '(setsid sleep {word} &) ; sleep {word}')))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=Path(runner.__file__).parents[2],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        assert _soon(lambda: len(processes_with(word.encode())) >= 2)
        process.kill()
        process.wait()
        assert _soon(lambda: processes_with(word.encode()) == [])
    finally:
        process.kill()
        for pid in processes_with(word.encode()):
            os.kill(pid, signal.SIGKILL)


def _soon(happened: Callable[[], bool]) -> bool:
    """Whether it happens within a time that only a fault can outlast."""
    deadline = time.monotonic() + 150
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    return happened()


@pytest.mark.parametrize(
    ("script", "limits", "why"),
    [
        ("while :; do :; done", Limits(cpu_seconds=1), "used more than 1 s of processor time"),
        ("for i in $(seq 60); do sleep 5 & done; wait", Limits(processes=20), "started more than 20 processes"),
        ("head -c 20000000 /dev/zero > x; sleep 3", Limits(scratch_bytes=4 * MIB), "more than 4 MiB to its scratch"),
        ("touch $(seq 300); sleep 3", Limits(scratch_files=200), "made more than 200 files"),
        ("head -c 3000000 /dev/zero", Limits(stdout_bytes=MIB), "output limit of 1 MiB"),
    ],
)
def test_limits_end_the_run(script: str, limits: Limits, why: str) -> None:
    result = shell(script, limits=limits)
    assert result.killed is not None, result
    assert why in result.killed


def test_a_file_over_the_limit_is_not_written() -> None:
    result = shell("head -c 3000000 /dev/zero > x; wc -c < x", limits=Limits(file_bytes=MIB))
    assert int(result.stdout) == MIB


def test_a_command_that_does_not_exist_is_a_sandbox_error() -> None:
    with pytest.raises(SandboxError, match="could not start /no/such"):
        Runner().run(Command(("/no/such/program",)))


def test_no_process_but_the_command_holds_the_trusted_channel_open() -> None:
    script = (
        "import os\n"
        "mine = os.readlink('/proc/self/fd/1')\n"
        "def holds(pid):\n"
        "    try:\n"
        "        return any(os.readlink(f'/proc/{pid}/fd/{n}') == mine for n in os.listdir(f'/proc/{pid}/fd'))\n"
        "    except OSError:\n"
        "        return False\n"
        "print(*(pid for pid in os.listdir('/proc') if pid.isdecimal() and holds(pid)), os.getpid())\n"
    )
    *holders, command = Runner().run(Command((sys.executable, "-I", "-S", "-c", script))).stdout.split()
    # The test run itself, which reads the channel, is hidden in a process of its own only; see the fixture.
    assert set(map(int, holders)) - {os.getpid()} == {int(command)}


def test_mounts_are_seen_at_their_own_place(tmp_path: Path) -> None:
    assert Runner().locate(Mount(tmp_path, "/exogate/tree")) == str(tmp_path)


@pytest.mark.parametrize("hidden", [True, False])
def test_a_secret_of_exogates_own_process_cannot_be_read_by_its_user(hidden: bool) -> None:
    script = (
        "from gates.sandbox import runner\n"
        + ("" if hidden else "runner._hide_own_memory = lambda: None\n")
        + "from gates.sandbox.spec import Command\n"
        "runner.prefix = lambda: ()\n"
        "result = runner.Runner().run(Command(('/bin/sh', '-c', 'cat /proc/*/environ 2>/dev/null')))\n"
        "print(b'for-exogate-alone' in result.stdout)\n"
    )
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*user, "/usr/bin/python3" if user else sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "TOKEN": "for-exogate-alone"},
        cwd=Path(runner.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{not hidden}\n"

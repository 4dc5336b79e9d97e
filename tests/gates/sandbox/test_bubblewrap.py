"""What a command gets and gives under bubblewrap; what it must not is in test_attacks.py."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gates.interpreter import Interpreter
from gates.sandbox import rlimits
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import MIB, Command, Limits, Mount, Result, SandboxError
from tests.gates.sandbox.attacks.model import FIRST_PROCESS_HIDDEN, Weakened, without
from tests.gates.sandbox.attacks.probes import processes_with

pytestmark = pytest.mark.sandbox


def shell(script: str, **fields: object) -> Result:
    return Bubblewrap().run(Command(("/bin/sh", "-c", script), **fields))  # type: ignore[arg-type]


def test_gives_input_output_and_status() -> None:
    result = shell("cat; echo problem >&2; exit 7", stdin=b"hello")
    assert (result.exit_code, result.stdout, result.stderr, result.killed) == (7, b"hello", b"problem\n", None)
    assert not result.ok
    assert shell(":").ok


def test_gives_the_command_its_environment_and_no_other() -> None:
    result = shell("env", env={"LANG": "C", "GREETING": "good day"})
    names = dict(line.split("=", 1) for line in result.stdout.decode().splitlines())
    assert names["GREETING"] == "good day"
    assert names["LANG"] == "C"
    assert names["HOME"] == names["TMPDIR"] == "/scratch"
    assert set(names) <= {
        "GREETING",
        "LANG",
        "HOME",
        "TMPDIR",
        "PATH",
        "PWD",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONHASHSEED",
    }


def test_starts_in_an_empty_scratch_directory_each_time() -> None:
    for _ in range(2):
        assert shell("pwd; ls -A; touch left; mktemp -u").stdout.startswith(b"/scratch\n/scratch/tmp.")


def test_shows_directories_and_single_files(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.txt").write_text("from the tree\n")
    (tmp_path / "one.txt").write_text("from the file\n")
    mounts = (
        Mount(tmp_path / "tree", "/exogate/tree"),
        Mount(tmp_path / "one.txt", "/exogate/deep/er/one.txt"),
        Mount(tmp_path / "one.txt", "/scratch/there/one.txt"),
        Mount(tmp_path / "tree", "/tmp/tree"),
    )
    result = shell("cat /exogate/tree/a.txt /exogate/deep/er/one.txt /tmp/tree/a.txt there/one.txt", mounts=mounts)
    assert result.stdout == b"from the tree\nfrom the file\n" * 2
    assert [Bubblewrap().locate(mount) for mount in mounts] == [mount.target for mount in mounts]


def test_shows_a_mount_within_a_mount_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").write_text("inner")
    mounts = (Mount(tmp_path / "other", "/exogate/t/inner"), Mount(tmp_path / "outer", "/exogate/t"))
    assert shell("cat /exogate/t/inner/a.txt", mounts=mounts).stdout == b"inner"


def test_runs_a_virtual_environment_anywhere_even_through_a_symlink(tmp_path: Path) -> None:
    real = tmp_path / "home" / "u" / "x"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(real / ".venv")], check=True)
    (tmp_path / "link").symlink_to(tmp_path / "home")
    for place in (real, tmp_path / "link" / "u" / "x"):
        python = Interpreter.at(place / ".venv" / "bin" / "python")
        result = Bubblewrap().run(
            Command((str(python.executable), "-c", "import sys; print(sys.prefix)"), runtimes=python.runtimes)
        )
        assert result.stdout.decode().strip() == str(place / ".venv"), result


def test_runs_a_virtual_environment_that_lies_in_a_mount(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    python = Interpreter.at(tmp_path / ".venv" / "bin" / "python")
    command = Command(
        (str(python.executable), "-c", ""), mounts=(Mount(tmp_path, str(tmp_path)),), runtimes=python.runtimes
    )
    assert Bubblewrap().run(command).ok


def test_a_command_may_use_its_own_loopback_and_terminals() -> None:
    script = (
        "import os, socket, tempfile\n"
        "server = socket.create_server(('localhost', 0))\n"
        "socket.create_connection(server.getsockname()).close()\n"
        "assert socket.gethostbyname(socket.gethostname()) == '127.0.0.1'\n"
        "os.openpty(); tempfile.TemporaryFile().write(b'x'); os.mkfifo('pipe')\n"
        "import multiprocessing; multiprocessing.Lock()\n"
        "import pwd; assert pwd.getpwuid(os.getuid()).pw_dir == '/scratch'\n"
    )
    python = Interpreter.own()
    result = Bubblewrap().run(Command((str(python.executable), "-I", "-c", script), runtimes=python.runtimes))
    assert result.ok, result


def test_a_command_that_does_not_exist_is_a_sandbox_error_with_a_remedy() -> None:
    with pytest.raises(SandboxError, match="the command is not in the sandbox"):
        Bubblewrap().run(Command(("/no/such/program",)))


def test_a_command_cannot_pretend_that_the_sandbox_failed() -> None:
    assert shell("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1").exit_code == 1


def test_without_bwrap_the_remedy_is_named() -> None:
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        Bubblewrap(program="no-such-bwrap").run(Command(("/bin/true",)))


def test_an_old_bwrap_is_named_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho 'bwrap: Unknown option --size' >&2\nexit 1\n")
    old.chmod(0o755)
    with pytest.raises(SandboxError, match=r"older than 0\.7.*Install bubblewrap 0\.7"):
        Bubblewrap(program=str(old)).run(Command(("/bin/true",)))


@pytest.mark.parametrize("value", ["a\0--bind\0/\0/", "\0"])
def test_an_environment_cannot_bring_arguments_of_its_own(value: str) -> None:
    with pytest.raises(SandboxError, match="null byte"):
        shell(":", env={"NAME": value})


def test_process_one_is_not_to_be_looked_into() -> None:
    assert shell("ls -A /proc/1; test -r /proc/self/status").stdout == b""


def test_bwraps_own_command_line_names_no_path_of_the_host(tmp_path: Path) -> None:
    command = Command(("/bin/cat", "/proc/1/cmdline", "/proc/1/environ"), mounts=(Mount(tmp_path, "/exogate/tree"),))
    result = without(*FIRST_PROCESS_HIDDEN)(command, None)
    assert b"bwrap" in result.stdout
    assert str(tmp_path).encode() not in result.stdout


def test_the_filter_is_what_stops_the_calls() -> None:
    seccomp = "grep '^Seccomp:' /proc/self/status"
    assert shell(seccomp).stdout.split() == [b"Seccomp:", b"2"]
    assert Weakened(filtered=False).run(Command(("/bin/sh", "-c", seccomp))).stdout.split() == [b"Seccomp:", b"0"]


def test_the_kernel_would_end_the_sandbox_first_when_memory_runs_out() -> None:
    assert shell("cat /proc/self/oom_score_adj").stdout.split() == [b"1000"]


def test_nothing_is_left_when_a_run_returns() -> None:
    word = f"{os.getpid()}.0{threading.get_ident()}"
    result = shell(f"(setsid sleep {word} &) ; sleep {word}", limits=Limits(wall_seconds=0.3))
    assert result.killed == "it ran longer than 0.3 s"
    assert result.seconds < 3
    assert processes_with(word.encode()) == []


def test_many_runs_at_once_keep_apart_and_leave_no_descriptor_open() -> None:
    before = sorted(Path("/proc/self/fd").iterdir())

    def one(number: int) -> bytes:
        return shell(f"cat; echo {number}", stdin=b"x" * 200_000).stdout[-8:].strip(b"x\n")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(40))) == [str(number).encode() for number in range(40)]
    assert sorted(Path("/proc/self/fd").iterdir()) == before
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    states = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] for child in children]
    assert "Z" not in states


@pytest.mark.parametrize("attempt", range(5))
def test_a_sandbox_that_bwrap_cannot_lay_out_is_explained_in_its_words(attempt: int) -> None:
    broken = Weakened(edit=lambda args: [*args, "--ro-bind", f"/no/such/{attempt}", "/exogate/x"])
    with pytest.raises(SandboxError, match=f"/no/such/{attempt}"):
        broken.run(Command(("/bin/true",)))


def test_limits_that_cannot_be_set_start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("gates.sandbox.handshake.rlimits.lower", fail)
    word = f"5.{uuid.uuid4().int % 10**12}"
    with pytest.raises(SandboxError, match="limits of the sandbox could not be set"):
        Bubblewrap().run(Command(("/bin/sleep", word)))
    time.sleep(0.1)
    assert processes_with(word.encode()) == []


@pytest.mark.parametrize("when", ["before the command starts", "while it runs"])
def test_a_killed_exogate_leaves_no_command_running(when: str) -> None:
    word = f"5.{uuid.uuid4().int % 10**12}"
    early = "import os; from gates.sandbox import rlimits; rlimits.lower = lambda *_, **__: os.kill(os.getpid(), 9)\n"
    script = (
        "from gates.sandbox.bubblewrap import Bubblewrap\n"
        "from gates.sandbox.spec import Command\n"
        f"Bubblewrap().run(Command(('/bin/sleep', '{word}')))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", (early if when.startswith("before") else "") + script],
        cwd=Path(rlimits.__file__).parents[2],
    )
    time.sleep(0.7)
    process.kill()
    assert process.wait() == -9
    time.sleep(0.2)
    left = processes_with(word.encode())
    try:
        assert [pid for pid in left if "sleep" in Path(f"/proc/{pid}/comm").read_text()] == []
    finally:
        for pid in left:
            os.kill(pid, 9)


def test_a_failed_start_leaves_no_descriptor_open() -> None:
    before = sorted(Path("/proc/self/fd").iterdir())
    for _ in range(3):
        with pytest.raises(SandboxError):
            Bubblewrap().run(Command(("/no/such/program",)))
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_memory_that_processes_share_is_counted_once() -> None:
    script = (
        "import os, time\n"
        "kept = bytearray(b'x' * (60 << 20))\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(0.4); os._exit(0)\n"
        "time.sleep(0.5)\n"
    )
    python = Interpreter.own()
    limits = Limits(total_memory_bytes=200 * MIB, wall_seconds=20)
    command = Command((str(python.executable), "-I", "-S", "-c", script), runtimes=python.runtimes, limits=limits)
    assert Bubblewrap().run(command).ok

"""Where results go: pipes, terminals and files of every kind."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.cli.conftest import ROOT
from tests.conftest import Repo


@pytest.fixture
def args(repo: Repo) -> tuple[object, ...]:
    """A review that is rejected at once."""
    repo.commit({"a.py": "x = 1\n"})
    repo.branch("broken")
    repo.commit({"b.py": "def (\n"})
    return ("review", "--repo", repo.path, "--base", "main", "--head", "broken", "--policy", "compile")


def _on_a_terminal(*args: object, columns: int = 80, **env: str) -> str:
    """Return what a terminal shows; *columns* 0 is one that does not know its width, as under `script` in a job."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", **env}
    command = [sys.executable, "-m", "app.cli", *map(str, args)]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment):
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 65_536):
                seen += part
        except OSError:  # Linux says EIO when the other side is closed
            pass
    os.close(ours)
    return seen.decode()


def _into_a_closed_pipe(*args: object) -> subprocess.CompletedProcess[bytes]:
    ours, theirs = os.pipe()
    os.close(ours)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app.cli", *map(str, args)]
    try:
        return subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, env=environment, check=False)
    finally:
        os.close(theirs)


@pytest.mark.parametrize("command", [("gates",), ("doctor",), ("policy", "list")])
def test_no_color_is_honoured_by_every_command(command: tuple[str, ...]) -> None:
    assert "\x1b" not in _on_a_terminal(*command, NO_COLOR="1")


def test_a_terminal_gets_colour() -> None:
    assert "\x1b[1mcompile" in _on_a_terminal("gates")


def test_a_terminal_that_does_not_know_its_width_shows_the_report(repo: Repo) -> None:
    repo.commit({"a": "1\n"})
    assert "undeclared" in _on_a_terminal("provenance", "--repo", repo.path, columns=0)


def test_a_reader_that_leaves_early_does_not_change_the_decision(args: tuple[object, ...]) -> None:
    accepted = tuple("none" if arg == "compile" else arg for arg in args)
    for arguments, status in ((args, 1), (accepted, 0), (("gates",), 0), (("policy", "list"), 0)):
        done = _into_a_closed_pipe(*arguments)
        assert (done.returncode, done.stderr) == (status, b"")


def test_a_full_disk_is_said_and_never_accepted(args: tuple[object, ...]) -> None:
    accepted = tuple("none" if arg == "compile" else arg for arg in args)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *map(str, accepted)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            check=False,
        )
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "defect" not in done.stderr


def test_without_any_standard_output_the_decision_stands(args: tuple[object, ...]) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    closing = "import os, sys; os.close(1); os.execv(sys.executable, [sys.executable, '-m', 'app.cli', *sys.argv[1:]])"
    command = [sys.executable, "-c", closing, *map(str, args)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_what_is_no_plain_file_is_written_to_and_not_replaced(
    exogate, args: tuple[object, ...], tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    assert exogate(*args, "--format", "json", "--output", fifo).returncode == 1
    assert os.read(reader, 10).startswith(b"{")
    os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_link_to_a_report_stays_a_link_and_the_file_keeps_its_mode(
    exogate, args: tuple[object, ...], tmp_path: Path
) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    assert exogate(*args, "--format", "json", "--output", link).returncode == 1
    assert link.is_symlink()
    assert real.read_text().startswith("{")
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("output", "said"),
    [("missing/x.json", "no directory"), ("", "is a directory"), ("n" * 300, "File name too long")],
)
def test_where_the_report_cannot_go_is_said_before_anything_is_judged(
    exogate, args: tuple[object, ...], output: str, said: str
) -> None:
    nowhere = tuple("no-such-branch" if arg == "broken" else arg for arg in args)
    done = exogate(*nowhere, "--output", output)
    assert done.returncode == 2
    assert said in done.stderr
    assert "no-such-branch" not in done.stderr

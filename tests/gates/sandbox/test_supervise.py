"""The loop over a process's pipes, its end and its limits."""

from __future__ import annotations

import os
import signal
import time

import pytest

from gates.sandbox.spec import MIB, Limits, Result, SandboxError
from gates.sandbox.supervise import Launch, supervise


def shell(script: str, stdin: bytes = b"", **limits: float) -> Result:
    return supervise(Launch(("/bin/sh", "-c", script), {"PATH": os.defpath}), stdin, Limits(**limits))  # type: ignore[arg-type]


def test_feeds_and_reads_at_once_more_than_the_pipes_hold() -> None:
    stdin = os.urandom(5 * MIB)
    assert shell("cat", stdin).stdout == stdin


@pytest.mark.parametrize("script", ["exit 3", "exec <&-; sleep 0.2; exit 3", "head -c 1 >/dev/null; exit 3"])
def test_input_that_nobody_reads_is_no_error(script: str) -> None:
    result = shell(script, b"x" * (5 * MIB))
    assert (result.exit_code, result.killed) == (3, None)


def test_waits_for_the_end_and_not_for_the_closing_of_the_streams() -> None:
    result = shell("exec <&- >&- 2>&-; sleep 0.3; exit 4", b"x")
    assert result.exit_code == 4
    assert result.seconds >= 0.3


def test_returns_at_the_end_though_a_descendant_holds_the_streams_open() -> None:
    started = time.monotonic()
    result = shell("echo said; sleep 4 & exit 0")
    assert (result.exit_code, result.stdout) == (0, b"said\n")
    assert time.monotonic() - started < 3


def test_output_over_the_cap_ends_the_run_and_keeps_its_start() -> None:
    result = shell("while :; do echo 0123456789; done", stdout_bytes=1000)
    assert result.stdout == (b"0123456789\n" * 91)[:1000]
    assert (result.killed, result.truncated) == ("it wrote more than the output limit of 1000 bytes", True)
    assert result.exit_code is None
    assert not result.ok


def test_output_over_the_cap_counts_also_when_the_command_ended_before_it_was_read() -> None:
    result = shell("printf 0123456789", stdout_bytes=9)
    assert (result.stdout, result.truncated, result.exit_code) == (b"012345678", True, None)


def test_output_of_just_the_cap_is_whole() -> None:
    result = shell("printf 0123456789", stdout_bytes=10)
    assert (result.stdout, result.truncated, result.ok) == (b"0123456789", False, True)


def test_errors_over_the_cap_are_cut_with_a_mark_and_the_run_goes_on() -> None:
    result = shell("head -c 500000 /dev/zero >&2; echo end", stderr_bytes=100)
    assert result.ok
    assert result.stdout == b"end\n"
    assert result.stderr == bytes(100) + b"\n[exogate: the rest of standard error was cut]\n"


def test_time_ends_a_run() -> None:
    result = shell("echo begun; exec sleep 20", wall_seconds=0.3)
    assert (result.killed, result.exit_code, result.stdout) == ("it ran longer than 0.3 s", None, b"begun\n")
    assert result.seconds < 2


def test_what_was_written_before_the_end_is_kept() -> None:
    result = shell("head -c 50000 /dev/zero; exec sleep 20", wall_seconds=0.3)
    assert len(result.stdout) == 50_000


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_command_that_a_signal_ended_has_the_shells_status(number: signal.Signals) -> None:
    result = shell(f"kill -{int(number)} $$")
    assert (result.exit_code, result.killed) == (128 + number, None)


def test_the_kernels_limit_of_processor_time_is_told_as_such() -> None:
    result = shell("ulimit -S -t 1; while :; do :; done", cpu_seconds=1)
    assert (result.exit_code, result.killed) == (None, "it used more than 1 s of processor time")


@pytest.mark.parametrize("argv", [("/no/such/program",), ("/etc/hostname",), ("/bin/echo", "a\0b")])
def test_what_cannot_be_started_is_a_sandbox_error(argv: tuple[str, ...]) -> None:
    with pytest.raises(SandboxError, match="could not start"):
        supervise(Launch(argv, {}), b"", Limits())


def test_a_failing_attachment_leaves_no_process() -> None:
    seen = []

    def fail(process):  # type: ignore[no-untyped-def]
        seen.append(process)
        raise SandboxError("no")

    with pytest.raises(SandboxError, match="no"):
        supervise(Launch(("/bin/sleep", "20"), {}, attach=fail), b"", Limits())
    assert seen[0].returncode == -signal.SIGKILL


def test_what_is_not_wanted_any_more_is_ended_and_says_why() -> None:
    asked = []

    def unwanted() -> str | None:
        asked.append(1)
        return "a newer push came" if len(asked) > 3 else None

    launch = Launch(("/bin/sh", "-c", "echo begun; exec sleep 600"), {"PATH": os.defpath})
    result = supervise(launch, b"", Limits(wall_seconds=600), unwanted)
    assert (result.killed, result.exit_code, result.ok) == ("a newer push came", None, False)

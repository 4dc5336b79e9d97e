"""Which back-end is taken, and what is said when none is."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gates.sandbox import choose, probe, remedies
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.runner import Runner
from gates.sandbox.spec import Result, SandboxError
from tests.gates.sandbox.attacks.model import Weakened, without


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(choose.VARIABLE, raising=False)
    monkeypatch.setattr("gates.sandbox.runner._hide_own_memory", lambda: None)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which neither bwrap nor an engine is found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.sandbox
def test_bubblewrap_is_taken_where_it_works_and_quickly_found() -> None:
    started = time.monotonic()
    assert choose.choose() == Bubblewrap()
    assert time.monotonic() - started < 1


@pytest.mark.sandbox
def test_all_are_tried_and_described() -> None:
    found = {each.name: each for each in choose.available()}
    assert list(found) == ["bubblewrap", "container", "runner"]
    assert found["bubblewrap"].works, found["bubblewrap"].remedy
    assert "read-only root" in found["bubblewrap"].detail
    assert "throw-away" in found["runner"].detail
    assert all(each.works or each.remedy for each in found.values())


def test_none_is_taken_silently_and_every_remedy_is_told(bare: Path) -> None:
    with pytest.raises(
        SandboxError, match=r"(?s)apt-get install bubblewrap.*docker nor podman.*EXOGATE_SANDBOX=runner"
    ):
        choose.choose()


def test_the_runner_is_taken_only_by_name(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choose.VARIABLE, "runner")
    assert choose.choose() == Runner()
    monkeypatch.delenv(choose.VARIABLE)
    assert choose.choose("runner") == Runner()


def test_a_name_wins_over_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choose.VARIABLE, "no-such")
    assert choose.choose("runner") == Runner()
    with pytest.raises(SandboxError, match=r"no sandbox back-end 'no-such'.*bubblewrap, container, runner"):
        choose.choose()


def test_a_named_one_that_does_not_work_is_not_replaced(bare: Path) -> None:
    with pytest.raises(SandboxError, match=r"asked for does not work here.*apt-get install bubblewrap"):
        choose.choose("bubblewrap")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("setting up uid map: Permission denied", "apparmor_parser -r /etc/apparmor.d/bwrap"),
        ("loopback: Failed RTM_NEWADDR: Operation not permitted", "apparmor_restrict_unprivileged_userns=0"),
        ("No permissions to create new namespace, likely because ...", "unprivileged_userns_clone=1"),
        ("Creating new namespace failed: No space left on device", "user.max_user_namespaces"),
        ("Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
    ],
)
def test_each_symptom_has_its_remedy(bare: Path, said: str, remedy: str) -> None:
    (bare / "bwrap").write_text(f'#!/bin/sh\necho "bwrap: {said}" >&2\nexit 1\n')
    (bare / "bwrap").chmod(0o755)
    found = choose.available()[0]
    assert not found.works
    assert remedy in found.remedy
    assert said[:30] in found.detail


def test_an_unknown_symptom_is_quoted() -> None:
    assert "it said: bwrap: something new" in str(remedies.explain(b"bwrap: something new\n"))


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("extra", "flaw"), [(["--share-net"], "network"), (["--setenv", "TOKEN", "x"], "environment"), ([], None)]
)
def test_the_probe_sees_a_broken_promise(extra: list[str], flaw: str | None) -> None:
    found = probe.flaws(Weakened(edit=lambda args: [*args, *extra]).run(probe.COMMAND))
    assert [flaw is not None and flaw in each for each in found] == ([True] if flaw else [])


@pytest.mark.sandbox
def test_the_probe_sees_a_writable_root() -> None:
    result = without("--remount-ro", "/")(probe.COMMAND, None)
    assert probe.flaws(result) == ["files outside the scratch directory are writable"]


def test_a_probe_that_fails_is_a_flaw() -> None:
    assert probe.flaws(Result(1, b"", b"", 0.1)) == ["a test command failed (1)"]


def test_everything_can_be_imported_where_posix_is_not() -> None:
    """On Windows there is no resource, fcntl, pwd or grp, and os lacks much; the back-ends then say what they need."""
    script = (
        "import sys, os, importlib\n"
        "for name in ('resource', 'fcntl', 'pwd', 'grp', 'termios'): sys.modules[name] = None\n"
        "import subprocess, selectors, tempfile, platform\n"
        "for name in ('memfd_create', 'pidfd_open', 'geteuid', 'fork', 'setsid', 'sysconf', 'wait4'):\n"
        "    delattr(os, name)\n"
        "sys.platform = 'win32'\n"
        "from gates.sandbox import choose\n"
        "found = choose.available()\n"
        "print([each.works for each in found], 'needs Linux, and this is win32' in found[0].detail, found[0].remedy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": ""},
        cwd=Path(choose.__file__).parents[2],
    )
    assert done.stdout == "[False, False, False] True Use the container back-end\n", done.stderr

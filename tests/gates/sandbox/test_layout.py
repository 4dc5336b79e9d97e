"""What may be shown in a sandbox, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.sandbox import layout
from gates.sandbox.spec import Command, Limits, Mount, SandboxError


def shown(*, runtimes: tuple[Path, ...] = (), mounts: tuple[Mount, ...] = ()) -> list[tuple[str, str]]:
    return layout.shown(Command(("true",), runtimes=runtimes, mounts=mounts))


@pytest.mark.parametrize("path", ["/", "/home", "/etc", "/root", "/tmp", "/var", "/opt", str(Path.home())])
def test_a_runtime_that_is_too_broad_is_refused(path: str) -> None:
    with pytest.raises(SandboxError, match=f"{path} is too broad"):
        shown(runtimes=(Path(path),))


def test_a_runtime_that_leads_to_a_broad_directory_by_a_symlink_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to("/")
    with pytest.raises(SandboxError, match="/ is too broad"):
        shown(runtimes=(tmp_path / "python",))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("python", "no absolute path"),
        ("/opt/../etc", "no absolute path"),
        ("/proc/self", "kernel"),
        ("/no/such", "not a directory"),
    ],
)
def test_other_runtimes_are_refused_in_a_sentence(path: str, words: str) -> None:
    with pytest.raises(SandboxError, match=words):
        shown(runtimes=(Path(path),))


def test_runtimes_of_the_system_and_within_others_are_there_already(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    runtimes = (Path("/usr"), Path("/usr/local"), tmp_path / "a" / "b", tmp_path / "a")
    assert shown(runtimes=runtimes) == [(str(tmp_path / "a"),) * 2]


def test_a_runtime_behind_a_symlink_is_shown_at_both_paths(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert sorted(shown(runtimes=(tmp_path / "link",))) == [(str(tmp_path / name),) * 2 for name in ("link", "real")]


@pytest.mark.parametrize("target", ["", "relative", "/", "/a/../b", "/a//b", "/a/", "/proc/x", "/dev", "/sys/kernel"])
def test_a_mount_target_that_is_no_plain_path_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(SandboxError, match="mount target"):
        shown(mounts=(Mount(tmp_path, target),))


def test_a_mount_of_nothing_or_of_a_symlink_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/shadow")
    with pytest.raises(SandboxError, match="is a symlink"):
        shown(mounts=(Mount(tmp_path / "link", "/exogate/x"),))
    with pytest.raises(SandboxError, match="does not exist"):
        shown(mounts=(Mount(tmp_path / "nothing", "/exogate/x"),))


def test_everything_is_read_only_but_the_sized_file_systems() -> None:
    limits = Limits(scratch_bytes=4_000_000)
    args = layout.arguments(Command(("true",), limits=limits))
    assert "--bind" not in args
    assert "--dev-bind" not in args
    writable = {args[n + 1]: args[n - 1] for n, word in enumerate(args) if word == "--tmpfs"}
    closed = {args[n + 1] for n, word in enumerate(args) if word == "--remount-ro"}
    assert {path: size for path, size in writable.items() if path not in closed} == {
        "/scratch": "4000000",
        "/dev/shm": "1000000",
    }
    assert {"/", "/dev", "/proc"} <= closed

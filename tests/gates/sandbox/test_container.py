"""The container back-end: its arguments as data, and its run with a stand-in for the engine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.sandbox.container import Container, arguments, complaint, image
from gates.sandbox.remedies import NotStartedError
from gates.sandbox.spec import MIB, Command, Limits, Mount, SandboxError

# Stands in for docker: notes its arguments, drops docker's options up to the image, and runs the command.
_ENGINE = """#!/bin/sh
printf '%s\\n' "$@" >> "{log}"
env > "{log}.env"
[ "$1" = run ] || exit 0
{special}
while [ $# -gt 0 ]; do
  case "$1" in
    --entrypoint) command=$2; shift 3; break ;;
  esac
  shift
done
exec "$command" "$@"
"""


@pytest.fixture
def engine(tmp_path: Path) -> Callable[..., tuple[Container, Path]]:
    def make(special: str = ":") -> tuple[Container, Path]:
        program = tmp_path / "docker"
        program.write_text(_ENGINE.format(log=tmp_path / "log", special=special))
        program.chmod(0o755)
        return Container(engine=str(program)), tmp_path / "log"

    return make


def value(args: list[str], option: str) -> str:
    assert args.count(option) == 1
    return args[args.index(option) + 1]


def test_the_container_has_no_network_no_privilege_and_nothing_writable_but_its_scratch(tmp_path: Path) -> None:
    limits = Limits(cpu_seconds=7, total_memory_bytes=512 * MIB, processes=33, file_bytes=MIB, scratch_bytes=8 * MIB)
    args = arguments(
        Command(("python", "-c", "x"), env={"A": "b=c"}, mounts=(Mount(tmp_path, "/exogate/t"),), limits=limits),
        "label",
        "img",
    )
    assert value(args, "--network") == "none"
    assert "--read-only" in args
    assert value(args, "--cap-drop") == "ALL"
    assert value(args, "--security-opt") == "no-new-privileges"
    assert value(args, "--user") == "65534:65534"
    assert value(args, "--pids-limit") == "33"
    assert value(args, "--memory") == value(args, "--memory-swap") == str(512 * MIB)
    assert value(args, "--pull") == "never"
    assert value(args, "--name") == "label"
    assert value(args, "--mount") == f"type=bind,source={tmp_path},target=/exogate/t,readonly"
    options = [(args[n], args[n + 1]) for n in range(len(args) - 1)]
    assert ("--ulimit", "cpu=7:8") in options
    assert ("--ulimit", f"fsize={MIB}:{MIB}") in options
    assert ("--ulimit", "core=1:1") in options
    assert ("--env", "A=b=c") in options
    assert ("--tmpfs", f"/scratch:rw,exec,nosuid,nodev,size={8 * MIB},mode=1777") in options
    assert args[args.index("--entrypoint") :] == ["--entrypoint", "python", "img", "-c", "x"]
    assert not {"--privileged", "--volume", "--pid", "--device"} & set(args)


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb"])
def test_a_path_that_would_add_options_to_the_mount_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(SandboxError, match="comma"):
        arguments(Command(("true",), mounts=(Mount(tmp_path / name, "/exogate/t"),)), "label", "img")


def test_the_command_runs_and_the_engines_client_gets_no_secret(
    engine: Callable[..., tuple[Container, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "not-for-the-client")
    container, log = engine()
    result = container.run(Command(("/bin/sh", "-c", "cat; exit 3"), stdin=b"hello"))
    assert (result.exit_code, result.stdout) == (3, b"hello")
    assert "run" in log.read_text().splitlines()
    assert "GITHUB_TOKEN" not in Path(f"{log}.env").read_text()
    assert "rm" not in log.read_text().splitlines()


def test_at_the_time_limit_the_container_is_removed_by_its_name(engine: Callable[..., tuple[Container, Path]]) -> None:
    container, log = engine()
    started = time.monotonic()
    result = container.run(Command(("/bin/sleep", "20"), limits=Limits(wall_seconds=0.3)))
    assert result.killed == "it ran longer than 0.3 s"
    assert time.monotonic() - started < 8
    words = log.read_text().splitlines()
    assert words[words.index("rm") :] == ["rm", "--force", words[words.index("--name") + 1]]


def test_an_engine_that_does_not_remove_a_container_is_not_waited_for(
    engine: Callable[..., tuple[Container, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gates.sandbox.container._REMOVAL_SECONDS", 0.2)
    container, log = engine()
    program = Path(container.engine or "")
    program.write_text(program.read_text().replace('[ "$1" = run ] || exit 0', '[ "$1" = run ] || exec sleep 60'))
    with pytest.raises(SandboxError, match=r"did not answer.*rm --force exogate-"):
        container.run(Command(("/bin/sleep", "60"), limits=Limits(wall_seconds=0.3)))
    assert "rm" in log.read_text().splitlines()


def test_an_engine_that_does_not_answer_is_a_sandbox_error(engine: Callable[..., tuple[Container, Path]]) -> None:
    container, _ = engine("echo 'Cannot connect to the Docker daemon' >&2; exit 125")
    with pytest.raises(NotStartedError, match=r"Cannot connect.*pull"):
        container.run(Command(("true",)))


def test_without_an_engine_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="neither docker nor podman"):
        Container().run(Command(("true",)))


def test_podman_is_found_where_docker_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "podman").write_text("#!/bin/sh\n")
    (tmp_path / "podman").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Container().find() == str(tmp_path / "podman")


def test_the_image_is_the_users_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXOGATE_SANDBOX_IMAGE", raising=False)
    assert image().startswith("python:")
    monkeypatch.setenv("EXOGATE_SANDBOX_IMAGE", "registry.example/own:1")
    assert image() == os.environ["EXOGATE_SANDBOX_IMAGE"]


def test_an_engines_complaint_is_one_line_without_its_advice() -> None:
    said = "Unable to find image locally\ndocker: Cannot connect to the daemon.\n\nRun 'docker run --help' for more\n"
    assert complaint(said) == "Unable to find image locally docker: Cannot connect to the daemon."
    assert complaint("") == "nothing"

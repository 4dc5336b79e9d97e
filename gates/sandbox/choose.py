"""Which back-end a review uses: the one that is named, or the first strong one that really works here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from gates.sandbox import probe, seccomp
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.container import Container, image
from gates.sandbox.remedies import NotStartedError
from gates.sandbox.runner import Runner
from gates.sandbox.spec import Availability, Sandbox, SandboxError

VARIABLE = "EXOGATE_SANDBOX"
_BACKENDS: dict[str, Callable[[], Sandbox]] = {"bubblewrap": Bubblewrap, "container": Container, "runner": Runner}
# What may be used without being asked for; the runner's boundary is the machine itself, which only its owner knows.
_STRONG = ("bubblewrap", "container")
_ON_A_RUNNER = f"On a machine that is thrown away after the job, such as a GitHub-hosted runner: {VARIABLE}=runner."


def available() -> list[Availability]:
    """Return each back-end, with whether a command in it ran and found the promises kept."""
    return [_try(name) for name in _BACKENDS]


def choose(name: str | None = None) -> Sandbox:
    """Return the back-end called *name*, or that of ``EXOGATE_SANDBOX``, or the first strong one that works.

    Raises ``SandboxError`` with the remedies when the named one does not work, or none of the strong ones; another
    is never taken silently.
    """
    wanted = name or os.environ.get(VARIABLE)
    if wanted:
        return _named(wanted)
    failed = []
    for candidate in _STRONG:
        found = _try(candidate)
        if found.works:
            return _BACKENDS[candidate]()
        failed.append(_sentence(found))
    raise SandboxError(f"No sandbox works here, so nothing of the change is run. {' '.join(failed)} {_ON_A_RUNNER}")


def _named(name: str) -> Sandbox:
    if name not in _BACKENDS:
        raise SandboxError(f"There is no sandbox back-end {name!r}. Choose one of: {', '.join(_BACKENDS)}.")
    found = _try(name)
    if not found.works:
        raise SandboxError(f"The sandbox that was asked for does not work here. {_sentence(found)}")
    return _BACKENDS[name]()


def _sentence(found: Availability) -> str:
    return f"{found.name}: {found.detail}. {found.remedy}".rstrip(". ") + "."


def _try(name: str) -> Availability:
    """Return whether a command in the back-end runs as promised."""
    if name != "container" and sys.platform != "linux":
        return Availability(name, False, f"it needs Linux, and this is {sys.platform}", "Use the container back-end")
    backend = _BACKENDS[name]()
    try:
        found = probe.flaws(backend.run(probe.COMMAND))
    except NotStartedError as error:
        return Availability(name, False, error.cause, error.remedy)
    except SandboxError as error:
        return Availability(name, False, str(error).rstrip("."))
    if name == "runner":
        return Availability(name, True, _runner_detail(found))
    if found:
        return Availability(name, False, f"it runs, but {' and '.join(found)}", "Report this with `exogate doctor`")
    return Availability(name, True, _bubblewrap_detail() if name == "bubblewrap" else f"image {image()}")


def _runner_detail(found: Sequence[str]) -> str:
    weak = "; ".join([*found, "only the machine itself is the boundary, so choose it by name only on a throw-away one"])
    return f"a scrubbed environment and limits; {weak}"


def _bubblewrap_detail() -> str:
    done = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, timeout=20, check=False)
    filtered = "system calls filtered" if seccomp.program() else "no filter of system calls for this processor"
    root = "" if os.geteuid() else "; Exogate runs as root here, and an ordinary user would be one more wall"
    return f"{done.stdout.strip() or 'bubblewrap'}; own namespaces, read-only root, {filtered}{root}"

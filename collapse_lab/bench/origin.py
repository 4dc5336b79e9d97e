"""What a line was measured on, and by what: machine, versions, code."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from collapse_lab import revision
from collapse_lab.bench.plan import Kind

_ROOT = Path(__file__).parents[2]
# Where the Linux driver says which one it is.
_DRIVER = Path("/proc/driver/nvidia/version")
_ALSO = ("vllm", "accelerate", "triton")


def made_on(kind: Kind) -> dict[str, Any]:
    """Return the machine's facts; with a GPU its memory, capability and driver, and what torch was built for."""
    found: dict[str, Any] = dict(revision.hardware())
    if kind == "cpu":
        return found
    import torch

    properties = torch.cuda.get_device_properties(0)
    return {
        **found,
        "gpu": properties.name,
        "gpu_memory_bytes": properties.total_memory,
        "capability": f"{properties.major}.{properties.minor}",
        "driver": _driver(),
        "cuda": torch.version.cuda,
    }


def versions() -> dict[str, str]:
    """Return the versions that speed hangs on."""
    return {**revision.versions(), **{name: found for name in _ALSO if (found := _version(name))}}


def code() -> dict[str, str]:
    """Return which code it was: the package's version, a hash of the source, and the commit where there is one."""
    found = {"exogate": _version("exogate") or "", "sha256": revision.code(*revision.RESULTS, "collapse_lab/bench")}
    commit = _commit()
    return {**found, "commit": commit} if commit else found


def _driver() -> str | None:
    try:
        return _DRIVER.read_text("utf-8").splitlines()[0].strip()
    except (OSError, IndexError):
        return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    if not (_ROOT / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None

"""What a result depends on beside its settings: the code that made it, and the versions of what it called."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent
# Evidence cards are made of results: no result may hang on them, nor on what reads them.
_EVIDENCE = "gates/evidence"
# What a driver for CUDA leaves in the file system: of Linux, of WSL.
_DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
_CODE = (".py", ".yml", ".json", ".jsonl", ".txt")

# Which parts of the project, and which distributions, decide what a stage gives.
_TASKS = ("collapse_lab/tasks", "collapse_lab/pools")
MODEL = ("collapse_lab/models", *_TASKS, "collapse_lab/stages", "collapse_lab/sample.py")
_JUDGES = ("self_gates", "execution", "policies", "metrics", "benchmarks")
JUDGING = ("gates", *(f"collapse_lab/{name}" for name in _JUDGES), *MODEL)
# Everything that a page of numbers comes from; the report, the theory and the command line are not among it.
_STUDY = ("study", "study_model", "study_tasks")
_GRAPH = ("arms", "documents", "job", "lab", "looks", "measures", "page", "pool", *_STUDY, "workshop")
RESULTS = (*JUDGING, *(f"collapse_lab/{name}.py" for name in _GRAPH))
_NUMERIC = ("torch", "transformers", "tokenizers", "numpy")
_TOOLS = ("pylint", "astroid", "mypy", "bandit", "detect-secrets", "pytest")


@cache
def code(*parts: str) -> str:
    """Return a hash of the source of some parts of the project (paths relative to its root)."""
    digest = hashlib.sha256()
    for part in sorted(parts):
        path = _ROOT / part
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in _CODE)
        files = [file for file in files if not file.is_relative_to(_ROOT / _EVIDENCE)]
        for file in files:
            digest.update(f"{file.relative_to(_ROOT).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def versions(*, tools: bool = False) -> dict[str, str]:
    """Return the versions that numbers may depend on; with ``tools`` those that gates' verdicts depend on as well."""
    names = _NUMERIC + (_TOOLS if tools else ())
    return {"python": platform.python_version(), **{name: _version(name) for name in names}}


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def made_by(parts: tuple[str, ...], *, tools: bool = False) -> dict[str, Any]:
    """Return the part of a key that says by which code and which versions an artifact was made."""
    return {"code": code(*parts), "versions": versions(tools=tools)}


def hardware() -> dict[str, object]:
    """Return what the results were made on, for people to read; it is no part of a key."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "machine": platform.machine(),
        "processor": model,
        "cores": os.cpu_count(),
        # `job` gives each arm one.
        "threads_an_arm": 1,
        "system": platform.system(),
        **_gpus(),
    }


def _gpus() -> dict[str, object]:
    """Return the name of the GPUs that torch sees, and how many there are; nothing where there is none.

    Torch is asked, since it sees what a process may use; where no driver is, it is not even imported.
    """
    if not any(path.exists() for path in _DRIVERS):
        return {}
    try:
        import torch
    except ImportError:
        return {}
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return {"gpu": ", ".join(dict.fromkeys(names)), "gpus": len(names)} if names else {}

"""Running the command as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def exogate(tmp_path: Path) -> Run:
    """Run `exogate` in a process of its own, with a cache of its own."""

    def run(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "EXOGATE_CACHE_DIR": str(tmp_path / "cache"),
            "EXOGATE_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            **env,
        }
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *map(str, args)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            check=False,
            timeout=240,
        )

    return run

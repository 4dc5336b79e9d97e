"""`python -m tests.benchmarks [NAME...]`: run all benchmarks, or those named."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

NAMES = (
    "startup",
    "batch",
    "review",
    "action",
    "webhooks",
    "app_review",
    "dashboard",
    "export",
    "execution",
    "gates_lab",
    "decode",
    "training",
)


def main() -> int:
    missed = 0
    for name in sys.argv[1:] or NAMES:
        with tempfile.TemporaryDirectory() as scratch:
            for result in importlib.import_module(f"tests.benchmarks.{name}").measure(Path(scratch)):
                print(result, flush=True)
                missed += not result.reached
    print(f"{missed} goals missed." if missed else "All goals reached.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

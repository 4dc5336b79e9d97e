"""The benchmark files that tests read in place, where they are: ``../shared/data`` beside the project."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

_DATA = Path(__file__).parents[4] / "shared" / "data"


def file(name: str) -> Path:
    path = _DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not in ../shared/data")
    return path


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(file(name), "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]

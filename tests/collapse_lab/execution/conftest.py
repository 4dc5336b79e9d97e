from __future__ import annotations

from collections.abc import Iterator

import pytest

from collapse_lab.execution.harness import Harness
from collapse_lab.execution.outcome import Limits


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness(2, Limits(cpu_seconds=0.5, wall_factor=3, memory_mib=192)) as made:
        yield made

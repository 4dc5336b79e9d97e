from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from collapse_lab.execution.harness import Harness
from collapse_lab.execution.outcome import Limits
from collapse_lab.self_gates.context import LabContext
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.workspace import Workspace
from tests.collapse_lab.self_gates.standin import Author


@pytest.fixture
def lab() -> Iterator[LabContext]:
    """A lab's context with an author, and without a sandbox."""
    own = Interpreter.own()
    with Workspace() as workspace:
        yield LabContext(workspace, own, own, author=Author())


@pytest.fixture(scope="session")
def harness() -> Iterator[Harness]:
    with Harness(workers=2, limits=Limits(cpu_seconds=0.5), sandbox=Bubblewrap()) as opened:
        yield opened


@pytest.fixture
def running(lab: LabContext, harness: Harness) -> LabContext:
    """A lab's context that can run samples."""
    return replace(lab, sandbox=Bubblewrap(), execute=harness.judge, observe=harness.observe, jobs=2)

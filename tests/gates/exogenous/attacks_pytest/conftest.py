"""What the attacks share: a base whose tests the head's code fails, the gate, and a judge without its protections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from gates.cache import Cache
from gates.change import Change, MemorySnapshot
from gates.exogenous.base_tests import GATE, BaseTestsSettings
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Command, Limits, Mount, Result
from gates.verdict import Verdict
from gates.workspace import Workspace

BASE = {
    "src/m.py": "def double(x):\n    return 2 * x\n",
    "tests/test_m.py": (
        "import unittest\n"
        "from m import double\n\n\n"
        "def test_two():\n    assert double(2) == 4\n\n\n"
        "class Cases(unittest.TestCase):\n"
        "    def test_three(self):\n        self.assertEqual(double(3), 6)\n"
    ),
}
# Every attack's code is wrong as well: without the attack both tests fail.
WRONG = "\n\ndef double(x):\n    return 0\n"
# A judge that looks at pytest's exit status, in the head's own tree: what the gate would be without its protections.
_NAIVE = "cp -r /tree tree && cd tree && PYTHONPATH=src:. exec {python} {options}"


@dataclass
class Court:
    """Judges heads: properly with ``judge``, as a careless judge would with ``naive``."""

    context: Context

    def judge(
        self,
        head: Mapping[str, str | bytes | None],
        seconds: float = 20.0,
        base: Mapping[str, str | bytes | None] | None = None,
    ) -> Verdict:
        change = Change.between(self.tree(base or {}), self.tree(head))
        return GATE.judge([change], BaseTestsSettings(seconds=seconds), self.context)[0]

    def naive(
        self, head: Mapping[str, str | bytes | None], options: str = "-m pytest -q", seconds: float = 20.0
    ) -> Result:
        python = self.context.own
        return self.context.run(
            Command(
                ("/bin/sh", "-c", _NAIVE.format(python=python.executable, options=options)),
                mounts=(Mount(self.context.workspace.tree(self.tree(head)), "/tree"),),
                runtimes=python.runtimes,
                limits=Limits(wall_seconds=seconds),
            )
        )

    def tree(self, head: Mapping[str, str | bytes | None]) -> MemorySnapshot:
        return MemorySnapshot.of({p: c for p, c in {**BASE, **head}.items() if c is not None})


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    own = Interpreter.own()
    cache = Cache(tmp_path_factory.mktemp("cache"))
    with Workspace() as workspace:
        yield Court(Context(workspace, own, own, Bubblewrap(), cache=cache, jobs=2))


@pytest.fixture(scope="session")
def wrong() -> str:
    return WRONG

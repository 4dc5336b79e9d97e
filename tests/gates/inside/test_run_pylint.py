"""What a linter carries from one side to the next: nothing but what every side begins with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
from pathlib import Path
from gates.inside.astroid_memory import Memory, warm
from gates.inside.run_pylint import Watch, configure, judge, rehearse

linter = configure(None)
warm([])
Watch.install()
linter.initialize()
linter.prepare_checkers()
memory = Memory(linter)
tree = str(Path.cwd())
rehearse(linter, memory, tree)
for name in ("plain.py", "silent.py", "plain.py"):
    said, _ = judge(linter, {"tree": tree, "files": [name], "unheard": {}}, tree)
    memory.restore(tree)
    print(name, sorted(m["symbol"] for m in said["messages"]))
print(sorted(p.name for p in Path.cwd().iterdir()))
"""
_TEXT = '"""One."""\n\nimport os\n\n\ndef one(n: int, m: int) -> list[int]:\n    """One."""\n    return list(rang(n))\n'


def test_methods_that_are_looked_up_once_are_those_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(_TEXT)
    (tmp_path / "silent.py").write_text(f"# pylint: disable=unused-import,undefined-variable,unused-argument\n{_TEXT}")
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "plain.py ['undefined-variable', 'unused-argument', 'unused-import']",
        "silent.py []",
        "plain.py ['undefined-variable', 'unused-argument', 'unused-import']",
        "['plain.py', 'silent.py']",
    ], done.stderr

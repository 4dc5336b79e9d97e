from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
from pathlib import Path
from astroid import MANAGER
from gates.inside.astroid_memory import Memory, warm
from gates.inside.run_pylint import Watch, configure, judge

linter = configure(None)
warm([])
Watch.install()
linter.initialize()
memory, builtins = Memory(linter), MANAGER.astroid_cache["builtins"]
tree = str(Path.cwd())
for _ in range(2):
    said, _ = judge(linter, {"tree": tree, "files": ["one.py"], "unheard": {}}, tree)
    memory.restore(tree)
    assert MANAGER.astroid_cache.get("builtins") is builtins
print([m["symbol"] for m in said["messages"]])
"""


def test_the_builtins_are_read_once_for_all_files_though_none_imports_anything(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        '"""One."""\n\n\ndef one(n: int) -> list[int]:\n    """One."""\n    return list(rang(n))\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "['undefined-variable']", done.stderr

"""`make mutants`: small faults in the core of `gates/`, one at a time; how many do our own tests notice?

Each fault is put into a copy of the tree, and the tests named for its module are run there. Printed are the score
of each module and every fault that no test noticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from gates.mutants.choose import choose
from gates.mutants.make import distinct, mutants
from gates.mutants.model import Mutant

ROOT = Path(__file__).parents[1]
# A fault may make a loop endless.
_SECONDS = 120
_EACH = int(os.environ.get("MUTANTS_EACH", "25"))

CORE = {
    "gates/diff.py": ["tests/gates/test_diff.py"],
    "gates/change.py": ["tests/gates/test_change.py", "tests/app/test_local.py"],
    "gates/workspace.py": ["tests/gates/test_workspace.py"],
    "gates/cache.py": ["tests/gates/test_cache.py"],
    "gates/decision.py": ["tests/gates/test_panel.py"],
    "gates/panel.py": ["tests/gates/test_panel.py"],
    "gates/policy.py": ["tests/gates/test_policy.py"],
    "gates/policy_yaml.py": ["tests/gates/test_policy.py"],
    "gates/presets.py": ["tests/gates/test_policy.py"],
    "gates/baseline.py": ["tests/gates/test_baseline.py"],
    "gates/source.py": ["tests/gates/test_source.py"],
    "gates/testfiles.py": ["tests/gates/test_testfiles.py"],
    "gates/toolrun.py": ["tests/gates/test_toolrun.py"],
}


def main() -> int:
    """Try the faults; the exit status is 0 whatever the score, which is there to be read."""
    copies: SimpleQueue[Path] = SimpleQueue()
    tried = noticed = 0
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(max_workers=2) as pool:
        for number in range(2):
            copy = Path(scratch) / str(number)
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
            copies.put(copy)
        for module, tests in CORE.items():
            chosen = _faults(module)
            results = list(pool.map(lambda fault, t=tests: _is_noticed(copies, fault, t), chosen))
            tried, noticed = tried + len(results), noticed + sum(results)
            print(f"{module}: {sum(results)} of {len(results)} noticed", flush=True)
            for fault, was_noticed in zip(chosen, results, strict=True):
                if not was_noticed:
                    print(f"    line {fault.line}: {fault.original!r} -> {fault.replacement!r}")
    print(f"In all {noticed} of {tried} faults were noticed: {noticed / tried:.0%}.")
    return 0


def _faults(module: str) -> list[Mutant]:
    source = (ROOT / module).read_bytes()
    found = mutants(module, source, lambda line: True)
    assert isinstance(found, list), found
    return choose(distinct(source, found), _EACH)


def _is_noticed(copies: SimpleQueue[Path], fault: Mutant, tests: list[str]) -> bool:
    copy = copies.get()
    target = copy / fault.path
    whole = target.read_bytes()
    try:
        target.write_bytes(fault.apply(whole))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
        done = subprocess.run(command, cwd=copy, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return True
    else:
        return done.returncode != 0
    finally:
        target.write_bytes(whole)
        copies.put(copy)


if __name__ == "__main__":
    sys.exit(main())

"""What is measured on: a generated repository of ordinary size, with a change."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MODULES = 40

_MODULE = '''"""Series number {n}."""

from __future__ import annotations

from collections.abc import Sequence


def scale{n}(values: Sequence[float], factor: float = {n}.5) -> list[float]:
    """Return every value times the factor."""
    return [value * factor for value in values]


def running{n}(values: Sequence[float]) -> list[float]:
    """Return the running sums."""
    total = 0.0
    sums: list[float] = []
    for value in values:
        total += value
        sums.append(total)
    return sums


def search{n}(limit: int) -> int:
    """Return how many numbers below the limit are divisible by {d} or end in 7."""
    return sum(1 for number in range(limit) if number % {d} == 0 or str(number).endswith("7"))
'''

_TEST = """from series.part{n} import running{n}, scale{n}, search{n}


def test_scale():
    assert scale{n}([1.0, 2.0]) == [{n}.5, {n2}.0]


def test_running():
    assert running{n}([1.0, 2.0, 3.0]) == [1.0, 3.0, 6.0]


def test_search():
    assert search{n}(200_000) > 0
"""


def build(directory: Path) -> None:
    """Build the repository: 40 modules, 120 tests, and branches `one` and `two` that edit the same three files."""
    directory.mkdir(parents=True)
    _git(directory, "init", "--quiet", "--initial-branch=main")
    files = {
        "pyproject.toml": '[project]\nname = "series"\nversion = "1"\nrequires-python = ">=3.11"\n',
        "series/__init__.py": '"""Series."""\n',
    }
    for n in range(MODULES):
        files[f"series/part{n}.py"] = _MODULE.format(n=n, d=n % 7 + 2)
        files[f"tests/test_part{n}.py"] = _TEST.format(n=n, n2=2 * n + 1)
    _commit(directory, files)
    for branch in ("one", "two"):
        _git(directory, "checkout", "--quiet", "-b", branch, "main")
        _commit(directory, {f"series/part{n}.py": files[f"series/part{n}.py"] + _added(n, branch) for n in range(3)})
    _git(directory, "checkout", "--quiet", "main")


def build_large(directory: Path, files: int, broken: int) -> None:
    """Build a small repository with a branch `large` that adds so many files, some of which do not compile."""
    directory.mkdir(parents=True)
    _git(directory, "init", "--quiet", "--initial-branch=main")
    _commit(directory, {"large/__init__.py": ""})
    _git(directory, "checkout", "--quiet", "-b", "large")
    bodies = (f"def twice{n}(x):\n    return {'(' if n < broken else ''}2 * x\n" for n in range(files))
    _commit(directory, {f"large/part{n}.py": body for n, body in enumerate(bodies)})
    _git(directory, "checkout", "--quiet", "main")


def _added(n: int, branch: str) -> str:
    head = f"def {branch}{n}(values: Sequence[float]) -> float:"
    return f'\n\n{head}\n    """Return the largest value."""\n    return max(values)\n'


def commits(directory: Path, count: int) -> None:
    """Build a repository of so many commits, every third declared as an AI's, through `git fast-import`."""
    directory.mkdir(parents=True)
    _git(directory, "init", "--quiet", "--initial-branch=main")
    stream = bytearray()
    for n in range(count):
        trailer = "\n\nCo-authored-by: Claude Opus 4.6 <noreply@anthropic.com>\n" if n % 3 == 0 else "\n"
        message = f"Change number {n}\n\nWhy it was made, in a line or two.{trailer}".encode()
        content = "".join(f"line {k} of {n}\n" for k in range(20)).encode()
        stream += b"commit refs/heads/main\nauthor Ada <ada@example.org> %d +0000\n" % (1_700_000_000 + n)
        stream += b"committer Ada <ada@example.org> %d +0000\n" % (1_700_000_000 + n)
        stream += b"data %d\n%s\n" % (len(message), message)
        stream += b"M 100644 inline file%d.txt\ndata %d\n%s\n" % (n % 30, len(content), content)
    _git(directory, "fast-import", "--quiet", stdin=bytes(stream))


def samples(count: int) -> list[str]:
    """Return so many small Python files, each with a few things that pylint minds."""
    bodies = (
        "def f{n}(x):\n    y = x + {n}\n    return x\n",
        "import os\n\n\ndef f{n}(a, b=[]):\n    b.append(a)\n    return b\n",
        "def f{n}(x):\n    if x == None:\n        return {n}\n    else:\n        return undefined{n}\n",
        "class C{n}:\n    def m(self):\n        try:\n            return {n} / 0\n        except:\n            pass\n",
        'def f{n}(items):\n    """Return the items."""\n    return [i for i in items]\n',
    )
    return [bodies[n % len(bodies)].format(n=n) for n in range(count)]


def _commit(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    _git(directory, "add", "--all")
    _git(directory, "commit", "--quiet", "-m", "A change")


def _git(directory: Path, *args: str, stdin: bytes = b"") -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
    }
    subprocess.run(["git", "-C", str(directory), *args], env=environment, input=stdin, check=True)

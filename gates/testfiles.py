"""Which paths of a snapshot judge it: its tests, what they lean on, and what configures their runner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gates.change import Snapshot
from gates.testconfig import read_pytest_config

_DEFAULT_PYTHON_FILES = ("test_*.py", "*_test.py")
# Django's and unittest's habits; they count whatever pytest is told.
_OTHER_TEST_MODULES = ("tests.py",)
_TEST_DIRECTORIES = frozenset({"test", "tests"})
# A directory that ``testpaths`` names is one of tests only when it is called like one: some projects list their
# sources there, for the doctests.
_TEST_LIKE = re.compile(r"(?:^|[_.-])(?:tests?|testing|specs?)(?:$|[_.-])", re.IGNORECASE)

_RUNNER_NAMES = frozenset(
    {
        ".coveragerc",
        ".pytest.ini",
        ".pytest.toml",
        "conftest.py",
        "noxfile.py",
        "pyproject.toml",
        "pytest.ini",
        "pytest.toml",
        "setup.cfg",
        "sitecustomize.py",
        "tox.ini",
        "tox.toml",
        "usercustomize.py",
    }
)


@dataclass(frozen=True)
class TestLayout:
    """Where a repository keeps its tests.

    ``python_files`` are the patterns of test modules by name; ``testpaths`` limit them when they are the
    repository's own; ``directories`` are those that hold tests and what tests need, and nothing else.
    """

    __test__ = False  # pytest collects classes called Test*

    python_files: tuple[str, ...]
    testpaths: tuple[str, ...]
    directories: frozenset[str]

    @classmethod
    def of(cls, base: Snapshot, *others: Snapshot) -> TestLayout:
        """Read *base*'s configuration and directories; *others* (a head) only add directories of tests.

        A directory called ``test`` or ``tests`` counts when a test module or a ``conftest.py`` lies beneath it, so
        that a source package of that name does not.
        """
        config = read_pytest_config(base)
        patterns = config.words("python_files")
        testpaths = tuple(path for word in config.words("testpaths") if (path := _normalised(word)))
        evidence = (*(patterns or _DEFAULT_PYTHON_FILES), *_OTHER_TEST_MODULES, *_DEFAULT_PYTHON_FILES, "conftest.py")
        directories: set[str] = set()
        for snapshot in (base, *others):
            directories.update(_test_directories(snapshot.entries, evidence, testpaths))
        return cls(patterns or _DEFAULT_PYTHON_FILES, testpaths if patterns else (), frozenset(directories))

    def is_test_module(self, path: str) -> bool:
        """Whether a Python file holds tests, by its name.

        A pattern of the repository's own counts within its ``testpaths``, where it has any; one that matches every
        file (``*.py``) only within directories of tests.
        """
        name = path.rpartition("/")[2]
        if not name.endswith(".py") or name in ("conftest.py", "__init__.py"):
            return False
        if _matches(name, path, _OTHER_TEST_MODULES):
            return True
        if self.in_test_directory(path) and _matches(name, path, (*self.python_files, "test*.py")):
            return True
        if self.testpaths and not any(_lies_in(path, root) for root in self.testpaths):
            return _matches(name, path, tuple(p for p in self.python_files if p in _DEFAULT_PYTHON_FILES))
        return _matches(name, path, tuple(p for p in self.python_files if p not in ("*.py", "*")))

    def is_test_support(self, path: str) -> bool:
        """Whether tests lean on this path: any file among tests that is no test module, any ``conftest.py``."""
        if path.rpartition("/")[2] == "conftest.py":
            return True
        return self.in_test_directory(path) and not self.is_test_module(path)

    def is_runner_config(self, path: str) -> bool:
        """Whether this path can change what a test runner, or the interpreter under it, does."""
        name = path.rpartition("/")[2]
        return name in _RUNNER_NAMES or name.endswith(".pth")

    def judges(self, path: str) -> bool:
        """Whether a change to this path could change how the change is judged."""
        return self.is_runner_config(path) or self.is_test_support(path) or self.is_test_module(path)

    def in_test_directory(self, path: str) -> bool:
        """Whether a path lies beneath a directory of tests."""
        return any(parent in self.directories for parent in _parents(path))


def _test_directories(paths: Iterable[str], evidence: tuple[str, ...], testpaths: tuple[str, ...]) -> Iterator[str]:
    """Yield the directories of tests, of those paths where a file of tests lies beneath."""
    for path in paths:
        if not path.endswith(".py") or not _matches(path.rpartition("/")[2], path, evidence):
            continue
        for parent in _parents(path):
            name = parent.rpartition("/")[2]
            if name.lower() in _TEST_DIRECTORIES or (
                _TEST_LIKE.search(name) and any(fnmatchcase(parent, pattern) for pattern in testpaths)
            ):
                yield parent


def _matches(name: str, path: str, patterns: Iterable[str]) -> bool:
    """Match as pytest does: a pattern with a slash against the whole path, else against the name."""
    return any(
        fnmatchcase(path, pattern) or fnmatchcase(path, f"*/{pattern}")
        if "/" in pattern
        else fnmatchcase(name, pattern)
        for pattern in patterns
    )


def _lies_in(path: str, root: str) -> bool:
    return root == "." or any(fnmatchcase(parent, root) for parent in _parents(path)) or fnmatchcase(path, root)


def _parents(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _normalised(path: str) -> str:
    stripped = path.removeprefix("./").rstrip("/")
    return stripped or "."

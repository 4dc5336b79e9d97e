"""Declared Python versions read from a repository's files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.change import MemorySnapshot
from gates.pyversions import NEWEST_KNOWN, OLDEST_KNOWN, Declared, declared, from_poetry, from_specifier

ALL = tuple(range(OLDEST_KNOWN, NEWEST_KNOWN + 1))


def upwards(minor: int) -> tuple[int, ...]:
    return tuple(range(minor, NEWEST_KNOWN + 1))


@pytest.mark.parametrize(
    ("text", "minors"),
    [
        (">=3.9", upwards(9)),
        (">=3.8,<3.11", (8, 9, 10)),
        (">=3.8.1", upwards(8)),
        (">3.8", upwards(8)),
        ("~=3.8", upwards(8)),
        ("~=3.8.0", (8,)),
        ("==3.11.*", (11,)),
        (">=2.7, !=3.0.*, !=3.1.*, !=3.7.*", tuple(m for m in ALL if m != 7)),
        (">=3", ALL),
        ("<3", ()),
        ("", ALL),
        (">= three", None),
    ],
)
def test_specifiers(text: str, minors: tuple[int, ...] | None) -> None:
    assert from_specifier(text) == minors


@pytest.mark.parametrize(
    ("text", "minors"),
    [
        ("^3.9", upwards(9)),
        ("^3.8.1", upwards(8)),
        ("~3.8", (8,)),
        ("3.10.*", (10,)),
        ("3.10", (10,)),
        (">=3.8,<3.10", (8, 9)),
        (">= 3.8, < 3.10", (8, 9)),
        ("~3.8 || ~3.10", (8, 10)),
        ("*", ALL),
        ("^^3", None),
    ],
)
def test_poetry_constraints(text: str, minors: tuple[int, ...] | None) -> None:
    assert from_poetry(text) == minors


@pytest.mark.parametrize(
    ("path", "text", "minors"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.9,<3.11"\n', (9, 10)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.12"\n', upwards(12)),
        ("pyproject.toml", '[project]\nclassifiers = ["Programming Language :: Python :: 3.8", "X :: 3"]\n', (8,)),
        ("setup.cfg", "[options]\npython_requires = >=3.10, <3.12\n", (10, 11)),
        ("setup.cfg", "[metadata]\nclassifiers =\n  Programming Language :: Python :: 3.9\n", (9,)),
        ("setup.py", "from setuptools import setup\nsetup(name='x', python_requires='==3.8.*')\n", (8,)),
        ("setup.py", "import setuptools\nWANT = '~=3.9.0'\nsetuptools.setup(python_requires=WANT)\n", (9,)),
        ("setup.py", "setup(classifiers=['Programming Language :: Python :: 3.7'])\n", (7,)),
        ("Pipfile", '[requires]\npython_version = "3.11"\n', (11,)),
        (".python-version", "# ours\n3.12.1\n3.11\npypy3.9-7.3.11\n", (9, 11, 12)),
    ],
)
def test_each_source(path: str, text: str, minors: tuple[int, ...]) -> None:
    assert declared(MemorySnapshot.of({path: text})) == Declared(minors, path)


def test_a_promise_to_users_comes_before_the_developers_choice() -> None:
    files = {".python-version": "3.13\n", "setup.cfg": "[options]\npython_requires = ==3.9.*\n"}
    assert declared(MemorySnapshot.of(files)) == Declared((9,), "setup.cfg")


def test_nothing_declared() -> None:
    assert declared(MemorySnapshot.of({"a.py": "x = 1"})) == Declared()


def test_an_unreadable_declaration_gives_way_to_the_next() -> None:
    files = {"pyproject.toml": "[project\n", "setup.py": "setup(python_requires=compute())\n", ".python-version": "3.9"}
    assert declared(MemorySnapshot.of(files)) == Declared((9,), ".python-version")


def test_python_2_alone_is_a_declaration_without_a_known_version() -> None:
    assert declared(MemorySnapshot.of({"setup.py": "setup(python_requires='<3')"})) == Declared((), "setup.py")


PATHS = st.sampled_from(["pyproject.toml", "setup.cfg", "setup.py", "Pipfile", ".python-version"])
LINES = st.sampled_from(
    [
        b"[project]",
        b"requires-python = ",
        b"'>=3'",
        b"[options]",
        b"python_requires",
        b"=",
        b"3.9",
        b"\n",
        b"setup(",
        b")",
    ]
)


@given(files=st.dictionaries(PATHS, st.binary(max_size=80) | st.lists(LINES, max_size=12).map(b"".join), max_size=5))
def test_no_bytes_break_it(files: dict[str, bytes]) -> None:
    found = declared(MemorySnapshot.of(files))
    assert list(found.minors) == sorted(set(found.minors))
    assert found.source is None or found.source in files

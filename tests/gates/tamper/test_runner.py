from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.tamper.options import deselected_marks, narrowing, options_of
from tests.gates.tamper.tables import weakenings

TREE = {
    "tests/test_a.py": "def test_a():\n    assert f(1)\n",
    "tests/slow/test_b.py": "def test_b():\n    assert f(2)\n",
}
NARROWED, EDITED, SILENT = {"runner-narrowed"}, {"runner-edited"}, set[str]()


def broken(path: str, base: str, head: str) -> set[str]:
    return {w.rule for w in weakenings({**TREE, path: base}, {**TREE, path: head})}


@pytest.mark.parametrize(
    ("base", "head", "rules"),
    [
        ("addopts = -q", "addopts = -q -k 'not a'", NARROWED),
        ("addopts = -q", "addopts = -qk nothing", NARROWED),
        ("addopts = -q", "addopts = -m 'not slow'", NARROWED),
        ("addopts = -q", "addopts = -q --ignore=tests/slow", NARROWED),
        ("addopts = -q", "addopts = -q --ignore-glob '*b*'", NARROWED),
        ("addopts = -q", "addopts = --deselect tests/test_a.py::test_a", NARROWED),
        ("addopts = -q", "addopts = -p no:assertion", NARROWED),
        ("addopts = -q", "addopts = -pno:unittest", NARROWED),
        ("addopts = -q", "addopts = -p plugin", EDITED),
        ("addopts = -q", "addopts = --collect-only", NARROWED),
        ("addopts = -q", "addopts = --runxfail", NARROWED),
        ("addopts = -q", "addopts = -W ignore", NARROWED),
        ("addopts = -W error", "addopts = -q", NARROWED),
        ("addopts = --strict-markers", "addopts = -q", NARROWED),
        ("addopts = --cov-fail-under=90", "addopts = --cov-fail-under=50", NARROWED),
        ("addopts = --cov-fail-under=50", "addopts = --cov-fail-under=90", EDITED),
        ("addopts = --cov-fail-under 90", "addopts = -q", NARROWED),
        ("addopts = -k x", "addopts = -q", EDITED),
        ("addopts = -q", "addopts = -q -ra", EDITED),
        ("", "testpaths = tests", EDITED),
        ("", "testpaths = tests/slow", NARROWED),
        ("testpaths = tests", "testpaths = tests/slow", NARROWED),
        ("testpaths = tests/slow", "testpaths = tests", EDITED),
        ("", "python_files = test_a*.py", NARROWED),
        ("", "python_files = test_*.py *_spec.py", EDITED),
        ("", "python_classes = Check*", NARROWED),
        ("", "python_functions = check_*", NARROWED),
        ("", "python_functions = test check_*", EDITED),
        ("", "norecursedirs = slow", NARROWED),
        ("", "norecursedirs = build", EDITED),
        ("xfail_strict = true", "xfail_strict = false", NARROWED),
        ("xfail_strict = true", "", NARROWED),
        ("", "xfail_strict = true", EDITED),
        ("filterwarnings = error", "filterwarnings = default", NARROWED),
        ("filterwarnings = error", "filterwarnings =\n    error\n    ignore::DeprecationWarning", NARROWED),
        ("", "filterwarnings = ignore::DeprecationWarning", EDITED),
        ("", "markers = slow: takes long", SILENT),
        ("", "log_cli = true", SILENT),
        ("addopts = -q", "addopts =   -q", SILENT),
        ("", "timeout = 3", EDITED),
    ],
)
def test_an_option_of_pytest(base: str, head: str, rules: set[str]) -> None:
    assert broken("pytest.ini", f"[pytest]\n{base}\n", f"[pytest]\n{head}\n") == rules


@pytest.mark.parametrize(
    ("path", "base", "head", "rules"),
    [
        ("pyproject.toml", "[project]\nname='a'", "[project]\nname='b'\n[tool.ruff]\nline-length=3", SILENT),
        ("pyproject.toml", "", "[tool.pytest.ini_options]\naddopts='-k a'", NARROWED),
        ("pyproject.toml", "", "[tool.pytest]\naddopts=['-k', 'a']", NARROWED),
        ("pyproject.toml", "[tool.pytest]\nxfail_strict=true", "", NARROWED),
        ("pyproject.toml", "[tool.coverage.report]\nfail_under=90", "[tool.coverage.report]\nfail_under=9", NARROWED),
        ("pyproject.toml", "[tool.coverage.report]\nfail_under=90", "[tool.coverage.report]\nfail_under=95", EDITED),
        ("pyproject.toml", "[tool.coverage.run]\nomit=[]", "[tool.coverage.run]\nomit=['a.py']", EDITED),
        ("pyproject.toml", "[project]\nname='a'", "[project", {"unreadable-tests"}),
        ("setup.cfg", "[metadata]\nname=a", "[metadata]\nname=b", SILENT),
        ("setup.cfg", "[tool:pytest]\naddopts=-q", "[tool:pytest]\naddopts=-k a", NARROWED),
        ("tox.ini", "[testenv]\ncommands=pytest", "[testenv]\ncommands=pytest -k a", NARROWED),
        ("tox.ini", "[testenv]\ncommands=pytest", "[testenv]\ncommands=\n    - pytest", NARROWED),
        ("tox.ini", "[testenv]\ncommands=pytest", "[testenv]\ncommands=pytest -v", EDITED),
        ("tox.ini", "[testenv]\ncommands=pytest", "[testenv]\ncommands=pytest\nignore_outcome=true", NARROWED),
        ("tox.ini", "[testenv]\ncommands=pytest", "[testenv]\ncommands=pytest\nsetenv=PYTHONOPTIMIZE=1", NARROWED),
        (
            "tox.ini",
            "[testenv]\ncommands=pytest",
            "[testenv]\ncommands=pytest\n[testenv:x]\ncommands=lock -o a",
            EDITED,
        ),
        ("tox.ini", "[flake8]\na=1", "[flake8]\na=2", SILENT),
        (".coveragerc", "[report]\nfail_under = 80", "[report]\nfail_under = 8", NARROWED),
        (".coveragerc", "[report]\nfail_under = 80", "[report]", NARROWED),
        ("sub/pytest.ini", "[pytest]\naddopts=-q", "[pytest]\naddopts=-k a", NARROWED),
    ],
)
def test_a_file_of_configuration(path: str, base: str, head: str, rules: set[str]) -> None:
    assert broken(path, base, head) == rules


def test_a_new_file_that_takes_precedence_is_compared_with_what_held_before() -> None:
    base = {**TREE, "pyproject.toml": "[tool.pytest.ini_options]\nxfail_strict = true\n"}
    assert {w.rule for w in weakenings(base, {**base, "pytest.ini": "[pytest]\n"})} == NARROWED


def test_a_deleted_configuration_is_compared() -> None:
    base = {**TREE, "pytest.ini": "[pytest]\nxfail_strict = true\n"}
    assert [(w.rule, w.path) for w in weakenings(base, TREE)] == [("runner-narrowed", "pytest.ini")]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["-k", "a b", "-q"], [("-k", "a b"), ("-q", "")]),
        (["-ka"], [("-k", "a")]),
        (["--ignore=x", "tests"], [("--ignore", "x")]),
        (["--deselect", "x::y"], [("--deselect", "x::y")]),
        (["-k"], [("-k", "")]),
        (["-Werror"], [("-W", "error")]),
    ],
)
def test_words_become_options(words: list[str], options: list[tuple[str, str]]) -> None:
    assert options_of(words) == options


def test_marks_that_are_left_out() -> None:
    assert deselected_marks(["-m", "not slow and not (net)", "-q"]) == {"slow"}
    assert deselected_marks(["-m", "slow"]) == frozenset()


@given(st.lists(st.text(alphabet="-kmpW=no: x", max_size=8), max_size=6))
def test_the_same_options_narrow_nothing(words: list[str]) -> None:
    assert list(narrowing(words, words)) == []
    assert list(narrowing(["-k", "a", *words], words)) == []

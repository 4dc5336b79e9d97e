from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.testrun.options import kept, split_plugins


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("-n auto", ""),
        ("-n4 -k slow", "-k slow"),
        ("--numprocesses=4 --dist loadscope", ""),
        ("--cov --cov-report term --cov-report=xml --cov=src -m unit", "-m unit"),
        ("-ra -q -vv -xvs", ""),
        ("-x --maxfail 2 --lf", ""),
        ("-p xdist -p no:randomly -pno:xdist -pmine", "-p no:randomly -pmine"),
        ("--junitxml out.xml --tb=short --color yes", ""),
        ("--strict-config --strict-markers", "--strict-markers"),
        ("--import-mode=importlib --doctest-modules", "--import-mode=importlib --doctest-modules"),
        ("-W error -m 'a'", "-W error -m 'a'"),
        ("-c other.ini --rootdir=/ -s", "-s"),
        ("--ignore=x tests", "--ignore=x tests"),
        ("-n", ""),
        ("-p", "-p"),
    ],
)
def test_what_stays_of_the_options(words: str, left: str) -> None:
    assert kept(words.split()) == left.split()


@given(st.lists(st.text(max_size=6)))
def test_words_are_only_ever_taken_away(words: list[str]) -> None:
    left = iter(words)
    assert all(word in left for word in kept(words))


@given(st.lists(st.from_regex(r"[a-z/]{1,8}", fullmatch=True)))
def test_paths_stay(words: list[str]) -> None:
    assert kept(words) == words


@pytest.mark.parametrize(
    ("words", "left", "plugins"),
    [
        ("-p tests.plugin -k a", "-k a", ["tests.plugin"]),
        ("-ptests.plugin", "", ["tests.plugin"]),
        ("-p mine -p pack -p timeout", "-p timeout", ["mine", "pack"]),
        ("-p no:randomly -s", "-p no:randomly -s", []),
        ("-k a -p", "-k a -p", []),
    ],
)
def test_plugins_of_the_tree_are_set_aside(words: str, left: str, plugins: list[str]) -> None:
    paths = {"tests/plugin.py", "src/mine.py", "pack/__init__.py", "timeout.txt"}
    assert split_plugins(words.split(), paths, ["src", ""]) == (left.split(), plugins)

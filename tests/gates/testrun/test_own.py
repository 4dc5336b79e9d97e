from __future__ import annotations

from gates.change import Change, MemorySnapshot
from gates.testfiles import TestLayout
from gates.testrun.own import OwnTrees, code_paths, own_trees

FIXTURE = "import pytest\n\n\n@pytest.fixture\ndef box():\n    return 1\n"
HOOK = "def pytest_configure():\n    pass\n"
BASE = {"m.py": "base", "pytest.ini": "base", "tests/test_m.py": "base", "tests/data.txt": "base", "tests/gone.txt": ""}
HEAD = {"m.py": "head", "pytest.ini": "head", "tests/test_m.py": "head", "tests/data.txt": "head", "new.py": "head"}


def trees(base: dict[str, str], head: dict[str, str]) -> OwnTrees:
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))
    return own_trees(change, TestLayout.of(change.base, change.head))


def test_code_is_each_side_s_tests_are_the_head_s_and_configuration_is_the_base_s() -> None:
    found = trees(BASE, HEAD)
    shared = {"pytest.ini": b"base", "tests/test_m.py": b"head", "tests/data.txt": b"head"}
    assert {p: found.head.read(p) for p in found.head.entries} == {"m.py": b"head", "new.py": b"head", **shared}
    assert {p: found.base.read(p) for p in found.base.entries} == {"m.py": b"base", **shared}
    assert (found.added, found.findings) == ((), ())


def test_a_conftest_that_only_adds_is_in_both_trees() -> None:
    found = trees(BASE, {**HEAD, "tests/conftest.py": FIXTURE})
    assert found.added == ("tests/conftest.py",)
    assert found.head.read("tests/conftest.py") == found.base.read("tests/conftest.py") == FIXTURE.encode()


def test_a_conftest_that_does_more_is_in_none_and_told() -> None:
    found = trees(BASE, {**HEAD, "tests/conftest.py": HOOK})
    assert "tests/conftest.py" not in {*found.head.entries, *found.base.entries}
    assert [(f.path, f.line, f.rule) for f in found.findings] == [("tests/conftest.py", 1, "conftest-changed")]


def test_a_conftest_that_is_taken_away_stays_and_is_told() -> None:
    found = trees({**BASE, "tests/conftest.py": FIXTURE}, HEAD)
    assert found.head.read("tests/conftest.py") == found.base.read("tests/conftest.py") == FIXTURE.encode()
    assert "it is gone" in found.findings[0].message


def test_a_fixture_of_another_conftest_is_not_replaced() -> None:
    base = {**BASE, "conftest.py": FIXTURE}
    found = trees(base, {**base, "tests/conftest.py": FIXTURE})
    assert found.added == ()
    assert "it gives the name box another meaning" in found.findings[0].message


def test_code_is_what_is_neither_test_nor_configuration_nor_prose() -> None:
    head = {**HEAD, "README.md": "", "docs/a.RST": "", "data.bin": "", "setup.cfg": ""}
    change = Change.between(MemorySnapshot.of(BASE), MemorySnapshot.of(head))
    assert code_paths(change, TestLayout.of(change.base, change.head)) == ["data.bin", "m.py", "new.py"]

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gates.change import Change, MemorySnapshot
from gates.interpreter import Interpreter
from gates.testfiles import TestLayout
from gates.testrun.shadows import findings, shadows

BASE = {"src/m.py": "", "tests/test_m.py": "", "pkg/deep/test_n.py": "", "src/json.py": ""}


def found(head: Mapping[str, str], base: Mapping[str, str] = BASE) -> tuple[str, ...]:
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of({**base, **head}))
    return shadows(change, TestLayout.of(change.base), Interpreter.own())


@pytest.mark.parametrize(
    ("path", "shadow"),
    [
        ("hypothesis.py", "hypothesis.py"),
        ("src/hypothesis/__init__.py", "src/hypothesis"),
        ("src/yaml/data.txt", "src/yaml"),
        ("unittest/mock.py", "unittest"),
        ("pkg/deep/fractions.py", "pkg/deep/fractions.py"),
        ("pkg/fractions.py", "pkg/fractions.py"),
        ("math.cpython-311-x86_64-linux-gnu.so", "math.cpython-311-x86_64-linux-gnu.so"),
    ],
)
def test_a_library_s_name_where_tests_import_from_is_found(path: str, shadow: str) -> None:
    assert found({path: "x = 1\n"}) == (shadow,)


@pytest.mark.parametrize("path", ["hypotheses.py", "src/m/hypothesis.py", "docs/json.txt", "json.md", "other/json.py"])
def test_other_files_are_not(path: str) -> None:
    assert found({path: "x = 1\n"}) == ()


def test_what_the_base_has_is_its_own_choice() -> None:
    assert found({"src/json.py": "x = 2\n", "json.py": "x = 1\n"}) == ()


def test_the_base_says_where_its_tests_import_from() -> None:
    base = {**BASE, "pytest.ini": "[pytest]\npythonpath = lib ./more/\n"}
    assert found({"lib/re.py": "", "more/csv.py": ""}, base) == ("lib/re.py", "more/csv.py")
    assert found({"lib/re.py": "", "more/csv.py": ""}) == ()


def test_each_is_a_finding() -> None:
    (finding,) = findings(["src/yaml"])
    assert (finding.path, finding.rule) == ("src/yaml", "shadowed-module")

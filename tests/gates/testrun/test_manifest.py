"""A head keeps its manifest; pytest reads the base's."""

from __future__ import annotations

import pytest

from gates import registry
from gates.change import Change, MemorySnapshot
from gates.gate import Context
from gates.testrun.manifest import is_manifest, with_config
from gates.verdict import Outcome, Verdict

CODE = """\
import pathlib
import re

VERSION = re.search(r'version = "(.*)"', pathlib.Path("pyproject.toml").read_text()).group(1)


def double(x):
    return 2 * x
"""
TEST = """\
from calc import VERSION, double


def test_double():
    assert double(2) == 4


def test_version():
    assert VERSION
"""
BASE = {
    "pyproject.toml": '[project]\nversion = "1.0"\n\n[tool.pytest.ini_options]\npythonpath = ["lib"]\n',
    "lib/calc.py": CODE,
    "tests/test_calc.py": TEST,
}


def _judge(gate: str, head: dict[str, str], context: Context) -> Verdict:
    change = Change.between(MemorySnapshot.of(BASE), MemorySnapshot.of({**BASE, **head}))
    found = registry.get(gate)
    (verdict,) = found.judge([change], found.settings_type(), context)
    return verdict


def test_only_files_at_the_root_are_manifests() -> None:
    assert is_manifest("setup.cfg")
    assert not is_manifest("tests/setup.cfg")
    assert not is_manifest("pytest.ini")


def test_a_tree_with_the_same_manifest_is_left_as_it_is() -> None:
    base = MemorySnapshot.of(BASE)
    assert with_config(base, base, "pyproject.toml") == (base, "pyproject.toml")
    assert with_config(base, base, None) == (base, None)


def test_a_tree_with_another_manifest_keeps_it_beside_the_bases() -> None:
    head = MemorySnapshot.of({**BASE, "pyproject.toml": "[project]\n"})
    tree, path = with_config(head, MemorySnapshot.of(BASE), "pyproject.toml")
    assert path == ".exogate-base.toml"
    assert tree.read("pyproject.toml") == b"[project]\n"
    assert tree.read(path) == BASE["pyproject.toml"].encode()


@pytest.mark.sandbox
def test_own_tests_see_the_heads_manifest(context: Context) -> None:
    head = {
        "pyproject.toml": BASE["pyproject.toml"].replace("1.0", "2.0"),
        "tests/test_two.py": "from calc import VERSION\n\n\ndef test_two():\n    assert VERSION == '2.0'\n",
        "lib/calc.py": CODE + "\n\nNEW = 1\n",
    }
    verdict = _judge("own-tests", head, context)
    assert verdict.outcome is Outcome.ACCEPT, verdict


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "options",
    [
        'addopts = "--deselect tests/test_calc.py::test_double"',
        'testpaths = ["nowhere"]',
        'python_functions = ["none"]',
    ],
)
def test_the_heads_options_for_pytest_do_not_count(context: Context, options: str) -> None:
    manifest = f'[project]\nversion = "2.0"\n\n[tool.pytest.ini_options]\n{options}\n'
    wrong = CODE.replace("2 * x", "3 * x")
    verdict = _judge("base-tests", {"pyproject.toml": manifest, "lib/calc.py": wrong}, context)
    assert verdict.outcome is Outcome.REJECT
    assert [f.rule for f in verdict.findings] == ["new-failure"]

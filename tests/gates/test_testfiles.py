from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.change import MemorySnapshot
from gates.testconfig import PytestConfig, read_pytest_config
from gates.testfiles import TestLayout

FILES = {
    "pkg/__init__.py": "",
    "pkg/core.py": "",
    "pkg/test/__init__.py": "",
    "pkg/test/client.py": "",
    "tests/test_core.py": "",
    "tests/helpers.py": "",
    "tests/data/table.csv": "",
}


def layout(extra: dict[str, str] | None = None, head: dict[str, str] | None = None) -> TestLayout:
    others = [MemorySnapshot.of(head)] if head else []
    return TestLayout.of(MemorySnapshot.of({**FILES, **(extra or {})}), *others)


@pytest.mark.parametrize(
    ("path", "module", "support", "runner"),
    [
        ("tests/test_core.py", True, False, False),
        ("tests/deep/core_test.py", True, False, False),
        ("tests/tests.py", True, False, False),
        ("tests/testcore.py", True, False, False),
        ("test_top.py", True, False, False),
        ("pkg/test_core.py", True, False, False),
        ("app/tests.py", True, False, False),
        ("tests/helpers.py", False, True, False),
        ("tests/data/table.csv", False, True, False),
        ("tests/__init__.py", False, True, False),
        ("tests/conftest.py", False, True, True),
        ("conftest.py", False, True, True),
        ("pkg/core.py", False, False, False),
        ("pkg/test/client.py", False, False, False),
        ("pkg/testing.py", False, False, False),
        ("tests/test_core.txt", False, True, False),
        ("pyproject.toml", False, False, True),
        ("sub/setup.cfg", False, False, True),
        ("pytest.ini", False, False, True),
        ("pytest.toml", False, False, True),
        ("sitecustomize.py", False, False, True),
        ("pkg/hook.pth", False, False, True),
        (".coveragerc", False, False, True),
        ("noxfile.py", False, False, True),
        ("README.md", False, False, False),
    ],
)
def test_a_path_is_told_by_its_place_and_name(path: str, module: bool, support: bool, runner: bool) -> None:
    found = layout()
    assert found.is_test_module(path) is module
    assert found.is_test_support(path) is support
    assert found.is_runner_config(path) is runner
    assert found.judges(path) is (module or support or runner)


def test_a_source_package_called_test_becomes_one_of_tests_only_with_tests_in_it() -> None:
    assert not layout().is_test_support("pkg/test/client.py")
    assert layout({"pkg/test/test_client.py": ""}).is_test_support("pkg/test/client.py")
    assert layout({"pkg/test/conftest.py": ""}).is_test_support("pkg/test/client.py")
    assert layout(head={"pkg/test/test_client.py": ""}).is_test_support("pkg/test/client.py")


def test_the_case_of_a_directory_does_not_matter() -> None:
    assert layout({"Tests/test_a.py": ""}).is_test_support("Tests/images/a.png")


def test_own_patterns_replace_the_default_ones() -> None:
    found = layout({"pytest.ini": "[pytest]\npython_files = check_*.py\n"})
    assert found.is_test_module("pkg/check_core.py")
    assert not found.is_test_module("pkg/test_core.py")
    assert found.is_test_support("tests/helpers.py")


def test_a_pattern_for_every_file_counts_among_tests_only() -> None:
    found = layout({"pytest.ini": "[pytest]\npython_files = *.py\n"})
    assert found.is_test_module("tests/helpers.py")
    assert not found.is_test_module("pkg/core.py")


def test_own_patterns_count_within_testpaths() -> None:
    found = layout({"pytest.ini": "[pytest]\npython_files = *_spec.py test_*.py\ntestpaths = ./tests/ more\n"})
    assert found.is_test_module("more/a_spec.py")
    assert not found.is_test_module("pkg/a_spec.py")
    assert found.is_test_module("pkg/test_a.py")


def test_a_directory_named_by_testpaths_counts_when_it_is_called_like_tests() -> None:
    extra = {"testing/test_a.py": "", "src/test_b.py": "", "pytest.ini": "[pytest]\ntestpaths = testing src\n"}
    assert layout(extra).is_test_support("testing/helper.py")
    assert not layout(extra).is_test_support("src/helper.py")
    assert not layout({"testing/test_a.py": ""}).is_test_support("testing/helper.py")


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"pytest.ini": "[pytest]\na=1", "pyproject.toml": "[tool.pytest.ini_options]\na='2'"}, "pytest.ini"),
        ({"pytest.toml": "[pytest]\na='1'", "pytest.ini": "[pytest]\na=1"}, "pytest.toml"),
        ({".pytest.ini": "", "tox.ini": "[pytest]\na=1"}, ".pytest.ini"),
        ({"pyproject.toml": "[tool.other]\na=1", "tox.ini": "[pytest]\na=1"}, "tox.ini"),
        ({"pyproject.toml": "[tool.pytest]\na='1'", "setup.cfg": "[tool:pytest]\na=1"}, "pyproject.toml"),
        ({"tox.ini": "[tox]\na=1", "setup.cfg": "[tool:pytest]\na=1"}, "setup.cfg"),
        ({"setup.cfg": "[metadata]\na=1"}, None),
        ({"pytest.ini": "[broken", "setup.cfg": "[tool:pytest]\na=1"}, "pytest.ini"),
        ({"pyproject.toml": "= broken", "setup.cfg": "[tool:pytest]\na=1"}, "setup.cfg"),
    ],
)
def test_the_first_file_in_pytests_order_is_read(files: dict[str, str], path: str | None) -> None:
    assert read_pytest_config(MemorySnapshot.of(files)).path == path


def test_values_are_read_as_pytest_reads_them() -> None:
    config = PytestConfig("x", {"a": "one 'two three'", "b": ["x y", "z"], "c": "'open", "d": "\n error\n ignore:a\n"})
    assert config.words("a") == ("one", "two three")
    assert config.words("b") == ("x y", "z")
    assert config.words("c") == ("'open",)
    assert config.words("missing") == ()
    assert config.lines("d") == ("error", "ignore:a")


@given(
    st.sampled_from(["pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "pytest.toml"]),
    st.binary(max_size=80) | st.text(alphabet="[]=pytes:tol.'\n \\{}", max_size=60).map(str.encode),
)
def test_no_configuration_stops_the_reading(name: str, content: bytes) -> None:
    found = TestLayout.of(MemorySnapshot.of({name: content, "tests/test_a.py": ""}))
    assert found.is_test_module("tests/test_a.py")

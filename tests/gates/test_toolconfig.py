from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.change import Change, MemorySnapshot
from gates.toolconfig import BANDIT, MYPY, PYLINT, Finder


def found(finder: Finder, files: dict[str, Any]) -> str | None:
    config = finder.find(MemorySnapshot.of(files))
    return config.path if config is not None else None


@pytest.mark.parametrize(
    ("finder", "files", "path"),
    [
        (PYLINT, {}, None),
        (PYLINT, {"pylintrc": "", ".pylintrc": "", "pyproject.toml": "[tool.pylint]"}, "pylintrc"),
        (PYLINT, {"pylintrc.toml": "", ".pylintrc": ""}, ".pylintrc"),
        (PYLINT, {"pylintrc.toml": "[tool.pylint]", ".pylintrc": ""}, "pylintrc.toml"),
        (PYLINT, {"pyproject.toml": "[tool.pylint.main]", "setup.cfg": "[pylint]"}, "pyproject.toml"),
        (PYLINT, {"pyproject.toml": "[tool.mypy]", "setup.cfg": "[pylint.main]"}, "setup.cfg"),
        (PYLINT, {"setup.cfg": "[pylintx]", "tox.ini": "[pylint]"}, "tox.ini"),
        (PYLINT, {"sub/pylintrc": ""}, None),
        (MYPY, {"mypy.ini": "", ".mypy.ini": ""}, "mypy.ini"),
        (MYPY, {"pyproject.toml": "[tool.mypy]", "setup.cfg": "[mypy]"}, "pyproject.toml"),
        (MYPY, {"setup.cfg": "[mypy-a.b]"}, "setup.cfg"),
        (MYPY, {"setup.cfg": "[metadata]"}, None),
        (BANDIT, {".bandit": "[bandit]", "pyproject.toml": "[tool.bandit]"}, ".bandit"),
        (BANDIT, {"pyproject.toml": "[tool.bandit]"}, "pyproject.toml"),
        (MYPY, {"pyproject.toml": b"\xff", "setup.cfg": b"[mypy]\n\xff"}, None),
        (MYPY, {"pyproject.toml": "tool = 3"}, None),
        (MYPY, {"pyproject.toml": "x = " + "[" * 100_000}, None),
    ],
)
def test_the_configuration_is_found_where_the_tool_finds_it(
    finder: Finder, files: dict[str, str], path: str | None
) -> None:
    assert found(finder, files) == path


@pytest.mark.parametrize(
    ("base", "head", "path"),
    [
        ({"pyproject.toml": "[tool.mypy]\nstrict = true"}, {"pyproject.toml": "[tool.mypy]"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.mypy]"}, {}, "pyproject.toml"),
        ({"setup.cfg": "[mypy]"}, {"setup.cfg": "[mypy]", "mypy.ini": ""}, "mypy.ini"),
        ({"pyproject.toml": "[tool.mypy]"}, {"pyproject.toml": "[tool.mypy]\n[tool.other]"}, None),
        ({"setup.cfg": "[mypy]\n[x]\n"}, {"setup.cfg": "# a comment\n[mypy]\n"}, None),
        ({}, {"a.py": ""}, None),
    ],
)
def test_only_edits_of_the_tools_own_part_are_findings(
    base: dict[str, str], head: dict[str, str], path: str | None
) -> None:
    edits = MYPY.edits(Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head)))
    assert [f.path for f in edits] == ([path] if path is not None else [])


@given(st.binary(max_size=200) | st.text(alphabet="[]tool.mypy=\"'\n%:#{} ", max_size=60).map(str.encode))
def test_no_content_breaks_it(content: bytes) -> None:
    for finder in (PYLINT, MYPY, BANDIT):
        config = finder.find(MemorySnapshot.of(dict.fromkeys(finder.names, content)))
        assert config is None or config.path in finder.names

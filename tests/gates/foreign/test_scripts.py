from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.foreign.scripts import scripts


@pytest.mark.parametrize(
    ("command", "executed"),
    [
        (("./check.sh", "-v", "src/a.js"), {"check.sh"}),
        (("sh", "-e", "ci/check.sh", "src/a.js"), {"ci/check.sh"}),
        (("npm", "test"), set()),
        (("node", "app.js"), set()),
        ("A=1 ./a.sh && bash b.sh x; ! ./c.sh|sh d.sh", {"a.sh", "b.sh", "c.sh", "d.sh"}),
        ("if ./a.sh; then . ./b.sh; fi", {"a.sh", "b.sh"}),
        ("make\n./a.sh\n", {"a.sh"}),
        ("grep -q x src.txt", set()),
        ("./a.sh 'open", {"a.sh"}),
        ("'./a b.sh' && true", {"a b.sh"}),
        ("(./a.sh)", {"a.sh"}),
        ("", set()),
        ((), set()),
    ],
)
def test_scripts_are_what_a_command_executes(command: tuple[str, ...] | str, executed: set[str]) -> None:
    assert scripts(command) == executed


@given(st.text(max_size=40) | st.text("sh ./;&|'\"\\()\n#$", max_size=20))
def test_no_line_crashes_it(line: str) -> None:
    assert all(isinstance(path, str) for path in scripts(line))

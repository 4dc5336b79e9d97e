"""Functions out of source text: which, how they are taken apart, and what is left out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from collapse_lab.pools.harvest import Harvest, functions
from collapse_lab.pools.rows import Origin

ORIGIN = Origin("shop", "1.0", "shop/till.py", 0, "MIT")
BODY = "    first = price * 2\n    return first\n"
HEAD = 'def double(price: int) -> int:\n    """Return twice the price."""\n'


def left_out(source: str) -> dict[str, int]:
    harvest = Harvest()
    harvest.add(source.encode(), ORIGIN)
    assert harvest.rows == []
    return dict(harvest.left_out)


def test_a_function_is_taken_apart_after_its_docstring() -> None:
    (row,) = functions(f"import os\n\n\n{HEAD}{BODY}\n\nprint(os)\n".encode(), ORIGIN)
    assert (row.name, row.prompt, row.completion) == ("double", HEAD, BODY)
    assert row.origin == Origin("shop", "1.0", "shop/till.py", 4, "MIT")
    assert ast.parse(row.text)


def test_blank_lines_after_the_docstring_and_a_missing_last_line_end_make_no_difference() -> None:
    (row,) = functions(f"{HEAD}\n\n{BODY.rstrip()}".encode(), ORIGIN)
    assert (row.prompt, row.completion) == (HEAD, BODY)


def test_functions_under_if_and_try_are_taken_out_of_them() -> None:
    inside = "".join(f"    {line}\n" for line in (HEAD + BODY).splitlines())
    for source in (f"if True:\n{inside}", f"try:\n    import x\nexcept ImportError:\n{inside}"):
        (row,) = functions(source.encode(), ORIGIN)
        assert row.text == HEAD + BODY


def test_methods_and_inner_functions_are_not_taken() -> None:
    inside = "".join(f"    {line}\n" for line in (HEAD + BODY).splitlines())
    assert functions(f"class A:\n{inside}".encode(), ORIGIN) == []
    assert [row.name for row in functions(f"def outer():\n{inside}    return double\n".encode(), ORIGIN)] == []


def test_line_ends_and_encodings_are_read_as_python_reads_them() -> None:
    (row,) = functions((HEAD + BODY).replace("\n", "\r\n").encode(), ORIGIN)
    assert row.text == HEAD + BODY
    french = HEAD.replace("price.", "prix très cher.")
    (latin,) = functions(f"# coding: latin-1\n{french}{BODY}".encode("latin-1"), ORIGIN)
    assert "très cher" in latin.prompt
    (feed,) = functions(f"x = 1\n\f\n{HEAD}{BODY}".encode(), ORIGIN)
    assert feed.text == HEAD + BODY


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f(:\n", "files that do not parse"),
        (HEAD.replace("Return twice the price.", "Twice.") + BODY, "without a docstring of three words"),
        ("def f(n):\n    a = n\n    return a\n", "without a docstring of three words"),
        (f"@cache\n{HEAD}{BODY}", "decorated"),
        (HEAD, "without a body"),
        (f"{HEAD}    return 1\n", "too short or too long"),
        (HEAD + "    x = 1\n" * 41, "too short or too long"),
        ((HEAD + BODY).replace("    ", "  "), "not indented by four spaces"),
        ((HEAD + BODY).replace("    ", "\t"), "not indented by four spaces"),
        ('def f(n): "One two three."; return n\n', "not indented by four spaces"),
        (
            "if True:\n    def f():\n        '''One two\n three four.'''\n        x = 1\n        return x\n",
            "not the same when taken out of its file",
        ),
    ],
)
def test_what_is_left_out_is_counted(source: str, why: str) -> None:
    assert left_out(source) == {why: 1}


def test_the_longest_and_the_shortest_bodies_are_kept() -> None:
    for lines in (2, 40):
        (row,) = functions((HEAD + "    x = 1\n" * lines).encode(), ORIGIN)
        assert len(row.completion.splitlines()) == lines


def test_nothing_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    source = f"open({str(mark)!r}, 'w').close()\n{HEAD}{BODY}"
    assert len(functions(source.encode(), ORIGIN)) == 1
    assert not mark.exists()

"""What benchmarks are read with: assertions as cases, examples, signatures, strata."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from collapse_lab.benchmarks.asserts import cases_of, literal
from collapse_lab.benchmarks.examples import examples
from collapse_lab.benchmarks.human_eval import plain
from collapse_lab.benchmarks.signature import quoted, split
from collapse_lab.benchmarks.strata import stratified
from collapse_lab.tasks.task import Case, Task


@pytest.mark.parametrize(
    ("tests", "cases"),
    [
        ("assert f(1, [2]) == {'a': (3,)}", (Case("(1, [2])", "{'a': (3,)}"),)),
        ("assert f() == None\nassert True, 'fine'\nprint", (Case("()", "None"),)),
        ("assert (f(-1)) == 3 * 5, 'why'", (Case("(-1,)", "15"),)),
        ("assert f('a' + 'b') == 1.0 / 4", (Case("('ab',)", "0.25"),)),
        # anything else is not plain, and makes the whole no row of cases
        ("assert f(1) == 2\nassert not f(2)", None),
        ("assert f(1) != 2", None),
        ("assert f(1) == g(1)", None),
        ("assert f(x=1) == 2", None),
        ("assert g(1) == 2", None),
        ("assert f(1) == 2 == 2", None),
        ("assert abs(f(1) - 2) < 1e-6", None),
        ("assert False", None),
        ("x = 1\nassert f(1) == 2", None),
        ("assert True", None),
    ],
)
def test_assertions(tests: str, cases: tuple[Case, ...] | None) -> None:
    assert cases_of(ast.parse(tests).body, "f") == cases


@pytest.mark.parametrize("text", ["9 ** 9 ** 9", "'a' * 10 ** 9", "1 / 0", "[1] * 3", "-f(1)", "999999 ** 999999", "x"])
def test_what_is_not_reckoned_up(text: str) -> None:
    assert literal(ast.parse(text, mode="eval").body) is None


@pytest.mark.parametrize(
    ("check", "count"),
    [
        ("METADATA = {}\ndef check(f):\n    assert f(1) == 2\n    assert f(2) == 3\n", 2),
        ("def check(candidate):\n    assert candidate(1) == candidate(2)\n", 0),
        ("def check(candidate):\n    for x in range(3):\n        assert candidate(x) == x\n", 0),
        ("def other(candidate):\n    assert candidate(1) == 2\n", 0),
        ("def check(candidate:\n", 0),
    ],
)
def test_checks(check: str, count: int) -> None:
    assert len(plain(check)) == count


@pytest.mark.parametrize(
    ("docstring", "cases"),
    [
        (">>> f(1)\n    2\n    >>> f([1, 2])\n    'a'", (Case("(1,)", "2"), Case("([1, 2],)", "'a'"))),
        ("f(1) == 2", (Case("(1,)", "2"),)),
        ("f('(', 2) ➞ True  # a remark", (Case("('(', 2)", "True"),)),
        ("For example, f(3) => [1, 2]. And so on.", (Case("(3,)", "[1, 2]"),)),
        ("f(2) returns 0.5", (Case("(2,)", "0.5", 1e-6),)),
        ("f(1) = 1\n    f(1) = 2", (Case("(1,)", "1"),)),
        ("f(n) = f(n - 1) + 1", ()),
        (">>> f(object())\n    2", ()),
        (">>> g(1)\n    2", ()),
        ("f(1) is odd", ()),
        ("nothing", ()),
    ],
)
def test_examples(docstring: str, cases: tuple[Case, ...]) -> None:
    assert examples(f'def g(x):\n    return x\n\n\ndef f(x):\n    """ What.\n    {docstring}\n    """\n', "f") == cases


def test_a_docstring_after_an_import_is_read() -> None:
    assert examples('def f(x):\n    import math\n    """\n    f(1) == 2\n    """\n', "f") == (Case("(1,)", "2"),)


@pytest.mark.parametrize(
    ("source", "prompt", "reference"),
    [
        ("import re\ndef f(a,b): \n  if a:\n    return b\n  return re.sub(a, b, a)",
         "def f(a, b):\n", "    import re\n    if a:\n      return b\n    return re.sub(a, b, a)\n"),
        ("def f(x: List[int], y: int = 2) -> Thing: return x",
         "def f(x, y: int=2):\n", "    return x\n"),
        ("def g(x):\r\n\treturn x\r\nN = 3\r\ndef f(x):\r\n\treturn g(x) + N",
         "def f(x):\n", "    return g(x) + N\n\n\ndef g(x):\n    return x\n\n\nN = 3\n"),
        ("from math import *\ndef f(x):\n    x += 1  # why\n    # so\n    return sqrt(x)",
         "def f(x):\n", "    x += 1  # why\n    # so\n    return sqrt(x)\n\n\nfrom math import *\n"),
        ("def f(x):\n    return '''a\n    b'''", "def f(x):\n", "    return '''a\n    b'''\n"),
        ("def f(x):\n  return '''a\n  b'''", "def f(x):\n", "    return 'a\\n  b'\n"),
        ("def f(x):\n\treturn '\t' + x", "def f(x):\n", "    return '\\t' + x\n"),
    ],
)  # fmt: skip
def test_a_solution_becomes_prompt_and_reference(source: str, prompt: str, reference: str) -> None:
    parts = split(source, "f", "What it does.")
    assert parts == (f'{prompt}    """What it does."""\n', reference)


@pytest.mark.parametrize("source", ["def g(x):\n    return x", "f = lambda x: x", "@g\ndef f(x):\n    return x",
                                    "def f(x):\n    return 1\ndef f(x):\n    return 2", "def f(x:"])  # fmt: skip
def test_what_is_no_function_of_that_name(source: str) -> None:
    assert split(source, "f", "") is None


def test_imports_stay_outside_where_a_test_needs_them() -> None:
    assert split("import sys\ndef f(x):\n    return x", "f", "D", alone=False) == (
        'def f(x):\n    """D"""\n',
        "    return x\n\n\nimport sys\n",
    )


@pytest.mark.parametrize("text", ['one "two"', "a\nb", 'C:\\new "" """', "ends with \\", "é\n\n  deeper\nend"])
def test_a_docstring_says_what_it_was_given(text: str) -> None:
    tree = ast.parse(f"def f():\n{quoted(text)}")
    assert isinstance(tree.body[0], ast.FunctionDef)
    assert (ast.get_docstring(tree.body[0]) or "").strip() == text


def _task(number: int, body: str) -> Task:
    return Task(f"t{number}", "def f(x):\n", "f", f"    {body}\n", (), (), "middle", "t")


def test_strata_are_thirds_by_rarity() -> None:
    bodies = ["return x", "return x", "return x + 1", "return x + 1", "return sorted(x)", "return {a for a in x}"]
    tasks = stratified([_task(n, body) for n, body in enumerate(bodies)])
    assert [task.stratum for task in tasks] == ["head", "head", "middle", "middle", "tail", "tail"]
    assert tasks[4].operations[0] == "call:sorted"
    # which tasks there are decides, not where they stand
    backwards = stratified([_task(n, body) for n, body in reversed(list(enumerate(bodies)))])
    assert {t.id: t.operations for t in backwards} == {t.id: t.operations for t in tasks}
    assert [replace(task, operations=(), stratum="middle") for task in tasks] == [
        _task(n, body) for n, body in enumerate(bodies)
    ]

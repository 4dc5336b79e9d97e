"""A table that is not as it must be is refused in a sentence that says where."""

from __future__ import annotations

import pytest

from collapse_lab.benchmarks.everyday.reading import TOLERANCE, TableError, read
from collapse_lab.tasks.task import Case

GOOD = '''
- task: |
    def half(number: int) -> float:
        """Return half of the number.

        >>> half(4)
        2.0
        >>> half(1)
        0.5
        """
        return number / 2
  hidden: |
    0: 0.0, -3: -1.5
'''
PAIR = '''
- task: |
    def join(parts: list[str], mark: str) -> str:
        """Join them.

        >>> join(["a"], "-")
        'a'
        """
        return mark.join(parts)
  hidden: |
    ([], "-"): "", (["a", "b"], "-"): "a-b"
'''


def test_a_task_is_taken_apart_after_its_docstring() -> None:
    (entry,) = read("numbers", GOOD)
    assert entry.name == "half"
    assert entry.prompt.startswith("def half(number: int) -> float:\n")
    assert entry.prompt.endswith('    """\n')
    assert entry.reference == "    return number / 2\n"
    assert entry.visible == (Case("(4,)", "2.0", TOLERANCE), Case("(1,)", "0.5", TOLERANCE))
    assert entry.hidden == (Case("(0,)", "0.0", TOLERANCE), Case("(-3,)", "-1.5", TOLERANCE))


def test_several_arguments_stand_in_brackets_and_may_be_lists() -> None:
    (entry,) = read("lists", PAIR)
    assert entry.hidden == (Case("([], '-')", "''"), Case("(['a', 'b'], '-')", "'a-b'"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- task: |", "- 'task: |", "is no YAML"),
        ("hidden:", "cases:", "must have `task` and `hidden`"),
        ("return number / 2", "return number /", "does not parse"),
        ("0: 0.0, -3: -1.5", "1: 0.5", "is there twice"),
        ("0: 0.0, -3: -1.5", "half(1)", "must read"),
        ("0: 0.0, -3: -1.5", "**{1: 2.0}", "must read"),
        ("0: 0.0, -3: -1.5", "x: 2.0", "`x` is no value"),
        (">>> half(4)", ">>> half(number=4)", "no call of half with values alone"),
        (">>> half(4)", ">>> double(4)", "no call of half"),
        (">>> half(4)", ">>> half(4, 5)", "takes 1 arguments"),
        ('    """Return half of the number.', "    '", "does not parse"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, said: str) -> None:
    with pytest.raises(TableError, match=r"everyday, numbers.yml") as error:
        read("numbers", GOOD.replace(old, new, 1))
    assert said in str(error.value)


def test_a_table_is_a_list() -> None:
    with pytest.raises(TableError, match="must be a list of tasks"):
        read("numbers", "task: 1")


def test_a_function_without_a_docstring_or_with_company_is_refused() -> None:
    bare = "- task: |\n    def f(n: int) -> int:\n        return n\n  hidden: |\n    1: 1\n"
    for text in (bare, GOOD.replace("- task: |\n", "- task: |\n    import math\n")):
        with pytest.raises(TableError, match="one function with a docstring"):
            read("numbers", text)

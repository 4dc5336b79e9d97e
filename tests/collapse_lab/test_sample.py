"""A sample as a change: what gates see as already there, and what they see as written."""

from __future__ import annotations

from collapse_lab.sample import SOLUTION, Sample, change_of
from collapse_lab.tasks.task import Task


def _task(entry_point: str, prompt: str) -> Task:
    return Task(
        id="a",
        family="a",
        stratum="middle",
        operations=(),
        prompt=prompt,
        entry_point=entry_point,
        reference="    return 1\n",
        visible=(),
        hidden=(),
    )


def _sample(completion: str) -> Sample:
    return Sample("a-0", "a", completion, 4, True, 0)


def test_the_prompt_of_a_function_was_there_before() -> None:
    change = change_of(_task("one", "def one() -> int:\n"), _sample("    return 1\n"))
    assert change.base.read(SOLUTION) == b"def one() -> int:\n    raise NotImplementedError\n"
    assert change.head.read(SOLUTION) == b"def one() -> int:\n    return 1\n"


def test_of_a_file_that_is_continued_nothing_was_there_before() -> None:
    """Such a prompt ends where it ends: with a body that raises it would not parse, and gates would have no base."""
    more = _sample("\n    def two(self) -> int:\n        return 2\n")
    change = change_of(_task("", "class One:\n    size = 1\n"), more)
    assert change.base.entries == {}
    assert [file.path for file in change.files] == [SOLUTION]

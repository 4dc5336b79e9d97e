"""The tasks are nobody else's: not the pocket generator's, and not those of published benchmarks."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import pytest

from collapse_lab.benchmarks.everyday import everyday
from collapse_lab.execution import literals
from collapse_lab.metrics.fingerprint import fingerprint
from collapse_lab.metrics.words import grams, words
from collapse_lab.tasks.inputs import SIGNATURES
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.specification import SHAPES, Specification, call
from collapse_lab.tasks.tables import SLOTS
from collapse_lab.tasks.task import Task
from tests.collapse_lab.execution.benchdata import rows

TASKS = everyday().tasks
PUBLISHED = ("HumanEval.jsonl.gz", "HumanEvalPlus.jsonl.gz", "mbpp.jsonl.gz", "MbppPlus.jsonl.gz")
RUN = 13
ENOUGH = 6
"""On how many calls two functions must agree to be taken for one."""
# What a pocket function may be asked, by its kind of input.
WITHIN: Mapping[str, Callable[..., bool]] = {
    "natural": lambda n: 0 <= n <= 24,
    "digits": lambda n: 0 <= n <= 99_999,
    "pair": lambda a, b: 0 < a < 1000 and 0 < b < 1000,
}


def types(task: Task) -> tuple[tuple[str, ...], str]:
    function = ast.parse(task.program(task.reference)).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert function.returns is not None
    return tuple(ast.unparse(a.annotation) for a in function.args.args if a.annotation), ast.unparse(function.returns)


@pytest.fixture(scope="module")
def specifications() -> dict[tuple[str, str], list[Specification]]:
    """Every function that the pocket generator can ask for, by kind of input and type of result."""
    found: dict[tuple[str, str], list[Specification]] = defaultdict(list)
    for shape in SHAPES:
        for operations in product(*(SLOTS[slot] for slot in shape.slots)):
            specification = Specification(shape, operations)
            if specification.sound:
                found[specification.takes, specification.gives].append(specification)
    return found


def test_no_task_is_a_function_of_the_pocket_generator(
    specifications: dict[tuple[str, str], list[Specification]],
) -> None:
    assert sum(map(len, specifications.values())) > 100_000
    same = [(task.id, *names) for task in TASKS for names in _twins(task, specifications)]
    assert same == []


def test_a_function_of_the_pocket_generator_would_be_found(
    specifications: dict[tuple[str, str], list[Specification]],
) -> None:
    tasks = PocketSource().pool("prompts", 0, 3)
    assert all(any(True for _ in _twins(task, specifications)) for task in tasks)


def _twins(task: Task, known: dict[tuple[str, str], list[Specification]]) -> Iterator[tuple[str, ...]]:
    takes, gives = types(task)
    for kind in (kind for kind, of in SIGNATURES.items() if of == takes):
        cases = [(literals.read(c.arguments), literals.read(c.expected)) for c in (*task.visible, *task.hidden)]
        within = WITHIN.get(kind)
        asked = [case for case in cases if within is None or within(*case[0])]
        # The most telling first.
        asked.sort(key=lambda case: -len(repr(case)))
        if len(asked) >= ENOUGH:
            yield from (s.names for s in known[kind, gives] if all(_agrees(s, *case) for case in asked))


def _agrees(specification: Specification, arguments: Any, expected: Any) -> bool:
    return bool(call(specification, arguments) == expected)


def test_no_reference_is_a_program_of_the_pocket_pools() -> None:
    known = {fingerprint(prompt + body) for prompt, body in PocketSource().texts()}
    assert [task.id for task in TASKS if fingerprint(task.program(task.reference)) in known] == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_task_shares_a_long_run_of_words_with_a_published_one(name: str) -> None:
    known, names = set(), set()
    for row in rows(name):
        texts = [row[key] for key in ("prompt", "text", "canonical_solution", "code") if key in row]
        known |= {gram for text in texts for gram in grams(words(text), RUN)}
        names |= {row.get("entry_point", ""), *re.findall(r"def (\w+)", row.get("code", ""))}
    assert len(known) > 1000
    assert [t.id for t in TASKS if not known.isdisjoint(grams(words(t.program(t.reference)), RUN))] == []
    assert [task.id for task in TASKS if task.entry_point in names] == []

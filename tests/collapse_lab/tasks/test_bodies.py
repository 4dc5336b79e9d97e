"""Every reference body computes what the tables' pure functions say."""

from __future__ import annotations

import ast
from itertools import islice
from typing import Any

import pytest

from collapse_lab.study import PocketTasks
from collapse_lab.tasks.inputs import bank
from collapse_lab.tasks.operations import Classic
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.specification import Specification, all_singles, call, of_names
from collapse_lab.tasks.streams import stream
from collapse_lab.tasks.untidy import WAYS
from collapse_lab.tasks.writing import Written, write


def results(written: Written, inputs: list[tuple[Any, ...]]) -> list[str]:
    """Run a body that the generator wrote (our own text) on copies of some inputs."""
    space: dict[str, Any] = {}
    exec(compile(written.prompt + written.body, "reference", "exec"), space)
    return [repr(space[written.entry_point](*ast.literal_eval(repr(arguments)))) for arguments in inputs]


def expected(specification: Specification, inputs: list[tuple[Any, ...]]) -> list[str]:
    return [repr(call(specification, arguments)) for arguments in inputs]


@pytest.mark.parametrize("untidy", [0.0, 1.0])
def test_drawn_bodies_compute_their_specification_on_the_whole_bank(untidy: float) -> None:
    source = PocketSource(PocketTasks(untidy=untidy))
    ways = set()
    for found in islice(source.drawing("bodies", 0), 800):
        inputs = list(bank(found.specification.takes))
        assert results(found.written, inputs) == expected(found.specification, inputs), (
            found.written.prompt + found.written.body
        )
        ways.add(found.written.untidy)
    assert ways == (set(WAYS) if untidy else {""})


@pytest.mark.parametrize("single", list(all_singles()), ids=lambda s: s.names[0])
def test_every_operation_alone_is_right_in_every_writing(single: Specification) -> None:
    inputs = list(bank(single.takes))
    right = expected(single, inputs)
    random = stream("test", *single.names)
    bodies = set()
    for _ in range(12):
        written = write(single, random)
        if written.body not in bodies:
            bodies.add(written.body)
            assert results(written, inputs) == right, written.prompt + written.body
    first = single.operations[0]
    if isinstance(first, Classic):
        assert len(bodies) >= len(first.bodies)


def test_rare_company_of_operations_can_be_written_too() -> None:
    """Nearly even frequencies bring together what Zipf's hardly ever does."""
    source = PocketSource(PocketTasks(zipf=0.01))
    for found in islice(source.drawing("rare", 0), 1000):
        inputs = list(bank(found.specification.takes))[:20]
        assert results(found.written, inputs) == expected(found.specification, inputs)


def test_the_longest_lines_are_broken_up() -> None:
    for names in (
        ("source:up-to", "filter:prime", "map:opposite", "reduce:smallest"),
        ("source:down-from", "filter:prime", "map:digit-sum", "reduce:commonest"),
        ("source:divisors", "filter:prime", "map:digit-sum", "reduce:product"),
    ):
        specification = of_names("integers", names)
        random = stream("test", *names)
        for _ in range(100):
            written = write(specification, random)
            assert max(map(len, written.body.splitlines())) <= 100
        assert results(written, list(bank("natural"))) == expected(specification, list(bank("natural")))


def test_the_cases_are_what_the_reference_gives() -> None:
    for task in PocketSource().pool("cases", 1, 400):
        space: dict[str, Any] = {}
        exec(compile(task.program(task.reference), task.id, "exec"), space)
        for case in (*task.visible, *task.hidden):
            assert repr(space[task.entry_point](*ast.literal_eval(case.arguments))) == case.expected
            assert repr(ast.literal_eval(case.expected)) == case.expected


def test_no_reference_changes_its_argument() -> None:
    for task in PocketSource().pool("purity", 0, 400):
        space: dict[str, Any] = {}
        exec(compile(task.program(task.reference), task.id, "exec"), space)
        for case in task.hidden:
            arguments = ast.literal_eval(case.arguments)
            space[task.entry_point](*arguments)
            assert repr(arguments) == case.arguments


def test_bodies_are_short_and_their_lines_too() -> None:
    for found in islice(PocketSource().drawing("length", 0), 1000):
        lines = found.written.body.splitlines()
        assert len(lines) <= 11
        assert all(len(line) <= 100 for line in (*lines, *found.written.prompt.splitlines()))
        assert found.written.body.endswith("\n")
        assert found.written.prompt.endswith('"""\n')

"""What the benchmark promises of every task. A task that somebody adds is looked at by all of this."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import collapse_lab
from collapse_lab.benchmarks.everyday import entries, everyday
from collapse_lab.execution.harness import Harness
from collapse_lab.execution.outcome import Limits, Program
from collapse_lab.metrics.fingerprint import fingerprint
from collapse_lab.tasks.corrupt import corrupted
from collapse_lab.tasks.task import STRATA, Task

TASKS = everyday().tasks
MOST_ALIKE = 0.75
"""As in the pocket benchmark: no answer may be right for more than this share of the hidden cases."""
NOTHING = ("None", "0", "1", "-1", "0.0", "1.0", "''", "' '", "[]", "{}", "set()", "()", "True", "False", "[[]]", "[0]")


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness(2, Limits(cpu_seconds=2.0)) as made:
        yield made


def judged(harness: Harness, answers: list[tuple[Task, str]]) -> list[bool]:
    programs = [Program(task.program(body), task.entry_point, task.hidden) for task, body in answers]
    return [verdict.passed for verdict in harness.judge(programs)]


def parameters(task: Task) -> list[str]:
    function = ast.parse(task.program(task.reference)).body[0]
    assert isinstance(function, ast.FunctionDef)
    return [argument.arg for argument in function.args.args]


def test_there_are_some_two_hundred_tasks_of_every_stratum_and_many_families() -> None:
    strata = Counter(task.stratum for task in TASKS)
    families = Counter(task.family for task in TASKS)
    assert 190 <= len(TASKS) <= 260
    assert set(strata) == set(STRATA)
    assert min(strata.values()) >= len(TASKS) // 4
    assert len(families) >= 15
    assert min(families.values()) >= 6


def test_the_first_tasks_are_a_fair_part_of_all() -> None:
    first = Counter(task.family for task in TASKS[:54])
    assert set(first.values()) == {3}


def test_every_reference_gives_the_values_that_were_written_by_hand(harness: Harness) -> None:
    programs = [Program(t.program(t.reference), t.entry_point, (*t.visible, *t.hidden)) for t in TASKS]
    found = {
        task.id: (*task.visible, *task.hidden)[verdict.case or 0]
        for task, verdict in zip(TASKS, harness.judge(programs), strict=True)
        if not verdict.passed
    }
    assert found == {}


def test_answers_that_do_nothing_are_wrong(harness: Harness) -> None:
    answers = [
        (task, f"    return {value}\n")
        for task in TASKS
        for value in {*parameters(task), *NOTHING, *(case.expected for case in (*task.visible, *task.hidden))}
    ]
    right = judged(harness, answers)
    assert [(task.id, body) for (task, body), passed in zip(answers, right, strict=True) if passed] == []


def test_no_answer_is_right_nearly_always() -> None:
    most = {task.id: Counter(case.expected for case in task.hidden).most_common(1)[0][1] for task in TASKS}
    assert [task.id for task in TASKS if most[task.id] > MOST_ALIKE * len(task.hidden)] == []


def test_the_hidden_cases_see_small_slips(harness: Harness) -> None:
    """Nearly all: a few slips change nothing (``strict=True`` of lists that are equally long)."""
    slips = {
        (task, made.body)
        for task in TASKS
        for seed in range(12)
        if (made := corrupted(task, seed)).kind in ("operator", "off-by-one")
    }
    answers = sorted(slips, key=lambda slip: (slip[0].id, slip[1]))
    unseen = [(t.id, body) for (t, body), passed in zip(answers, judged(harness, answers), strict=True) if passed]
    assert len(answers) > 400
    assert len(unseen) <= 0.02 * len(answers), unseen


def test_every_task_has_two_examples_and_enough_hidden_cases() -> None:
    for task in TASKS:
        assert len(task.visible) == 2, task.id
        assert 6 <= len(task.hidden) <= 12, task.id
        assert len({case.arguments for case in (*task.visible, *task.hidden)}) == 2 + len(task.hidden), task.id


def test_prompts_and_references_have_their_form() -> None:
    for task in TASKS:
        assert task.prompt.startswith(f"def {task.entry_point}("), task.id
        assert task.prompt.endswith('    """\n'), task.id
        assert " -> " in task.prompt.partition("\n")[0], task.id
        assert 1 <= len(task.reference.splitlines()) <= 12, task.id
        assert task.reference.endswith("\n"), task.id
        assert not task.reference.endswith("\n\n"), task.id


def test_no_two_tasks_share_a_name_a_program_or_a_docstring() -> None:
    for what in (
        [task.id for task in TASKS],
        [fingerprint(task.program(task.reference)) for task in TASKS],
        [ast.get_docstring(ast.parse(task.program(task.reference)).body[0]) for task in TASKS],  # type: ignore[arg-type]
    ):
        assert [value for value, count in Counter(what).items() if count > 1] == []


def test_tables_are_short_enough_to_read() -> None:
    folder = Path(collapse_lab.__file__).parent / "benchmarks" / "everyday" / "tables"
    assert len(list(folder.glob("*.yml"))) == len(entries())
    assert [path.name for path in folder.glob("*.yml") if len(path.read_text("utf-8").splitlines()) > 300] == []


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("everyday")
    for task in TASKS:
        (folder / f"{task.entry_point}.py").write_text(task.program(task.reference), "utf-8")
    return folder


def test_ruff_finds_nothing_in_the_references(programs: Path) -> None:
    settings = ["--config", str(Path(collapse_lab.__file__).parents[1] / "pyproject.toml"), "--no-cache"]
    # A program is no module of a package, and has no import before its function.
    check = ["check", "--ignore", "D100,INP001,RUF007", "--output-format", "json", *settings, str(programs)]
    found = json.loads(_ran("ruff", *check).stdout)
    assert [(Path(row["filename"]).stem, row["code"], row["message"]) for row in found] == []
    formatted = _ran("ruff", "format", "--check", *settings, str(programs))
    assert formatted.returncode == 0, formatted.stdout


def test_mypy_finds_nothing_in_the_references(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n")
    command = ["--config-file", str(tmp_path / "mypy.ini"), "--cache-dir", str(tmp_path / "cache"), str(programs)]
    done = _ran("mypy", *command)
    assert done.returncode == 0, done.stdout


def _ran(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", tool, *arguments], capture_output=True, text=True, check=False)

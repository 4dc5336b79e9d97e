"""LiveCodeBench (Jain et al., arXiv 2403.07974): dated tasks of programming contests, in the published form.

A release is a row of files (``test.jsonl``, ``test2.jsonl``, ...): ``release_v3`` is the first three, ``v3`` the third
alone, ``v2_v4`` the second to the fourth. They are read from a folder, or from the Hub. ``since`` and ``until`` keep
the tasks that appeared from the one day to the other, both included: for a model, choose days after its training data.

Tasks are asked as HumanEval is, so that a completion is a function's body. A functional task's method becomes a plain
function; a task that reads standard input is asked as ``main``. The task's text is the docstring. No solutions are
published: the reference is a body that only raises, and measures on references say nothing here. The strata are the
published difficulties. Public and private tests count together, as in LiveCodeBench's own score; the public ones of
functional tasks, which the text shows, are what a gate may see.
"""

from __future__ import annotations

import ast
import base64
import binascii
import hashlib
import io
import json
import pickle
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import TypeAdapter, ValidationError

from collapse_lab.benchmarks.rows import BenchmarkError, Row, Schema, checked, read
from collapse_lab.benchmarks.signature import head, quoted
from collapse_lab.benchmarks.sources import from_hub_file
from collapse_lab.execution.exam import Exam
from collapse_lab.execution.live_code_bench import FunctionalExam, PrintedExam, Test, arguments
from collapse_lab.study import BenchmarkChoice
from collapse_lab.tasks.task import Case, Stratum, Task

HUB = "livecodebench/code_generation_lite"
_DEFAULT = "release_v1"
_FILES = ("test.jsonl", *(f"test{number}.jsonl" for number in range(2, 7)))
_RELEASE = re.compile(r"release_v(?P<last>[1-6])|v(?P<from>[1-6])(?:_v(?P<to>[1-6]))?")
_STRATA: Mapping[str, Stratum] = {"easy": "head", "medium": "middle", "hard": "tail"}
_STUB = "    raise NotImplementedError\n"
_TYPING = "Any Callable Deque Dict FrozenSet Generator Iterable Iterator List Optional Sequence Set Tuple Union"


class Published(Schema):
    """One test as published."""

    input: str
    output: str
    testtype: Literal["stdin", "functional"]


class Problem(Schema):
    """A row of LiveCodeBench's code generation files."""

    question_content: str
    question_id: str
    contest_date: datetime
    starter_code: str = ""
    difficulty: Literal["easy", "medium", "hard"]
    public_test_cases: str
    private_test_cases: str
    metadata: str = "{}"


_TESTS = TypeAdapter(tuple[Published, ...])


def rows(choice: BenchmarkChoice) -> Iterator[Row]:
    """Yield the rows of the chosen files. Raises ``BenchmarkError`` for a release that there is not."""
    if choice.path is not None and not (folder := Path(choice.path).expanduser()).is_dir():
        if choice.release is not None:
            raise BenchmarkError(f"A release is several files: with `release`, `path` is their folder, not {folder}.")
        yield from read(folder)
        return
    for name in files(choice.release or _DEFAULT):
        yield from read(from_hub_file(HUB, name) if choice.path is None else folder / name)


def files(release: str) -> tuple[str, ...]:
    """Return the files of a release. Raises ``BenchmarkError`` for one that has none."""
    if not (found := _RELEASE.fullmatch(release)):
        raise BenchmarkError(f"LiveCodeBench has no release {release!r}: write release_v1 to release_v6, v3, or v2_v4.")
    first = int(found["from"] or 1)
    last = int(found["last"] or found["to"] or first)
    return _FILES[first - 1 : last]


def tasks(rows: Iterable[Row], choice: BenchmarkChoice) -> Iterator[Task]:
    """Yield a task a row whose day is among the chosen. Raises ``BenchmarkError`` for a row of another form."""
    for row in rows:
        problem = checked(row, Problem)
        day = problem.contest_date.date()
        if (choice.since is None or day >= choice.since) and (choice.until is None or day <= choice.until):
            yield _task(row, problem)


def _task(row: Row, problem: Problem) -> Task:
    public = _published(row.place, "public_test_cases", problem.public_test_cases)
    tests = partial(_all_tests, row)
    identity = hashlib.sha256(json.dumps([problem.public_test_cases, problem.private_test_cases]).encode()).hexdigest()
    name = _function(row.place, problem.metadata)
    if name is None:
        entry_point, visible = "main", tuple[Case, ...]()
        prompt = f"def main() -> None:\n{quoted(problem.question_content)}"
        exam: Exam = PrintedExam(identity, tests)
    else:
        entry_point, visible = name, _visible(row.place, public)
        prompt = _prompt(row.place, problem, name)
        exam = FunctionalExam(identity, tests, name)
    return Task(
        id=f"livecodebench/{problem.question_id}",
        prompt=prompt,
        entry_point=entry_point,
        reference=_STUB,
        visible=visible,
        hidden=(),
        stratum=_STRATA[problem.difficulty],
        family="livecodebench",
        exam=exam,
    )


def _function(place: str, metadata: str) -> str | None:
    try:
        name = json.loads(metadata).get("func_name")
    except (ValueError, AttributeError) as error:
        raise BenchmarkError(f"{place}: metadata: this is no JSON object.") from error
    return str(name) if name else None


def _prompt(place: str, problem: Problem, name: str) -> str:
    """Return the method of the starter code as a function, with the imports that its types need."""
    try:
        tree = ast.parse(f"{problem.starter_code.rstrip()} pass")
    except SyntaxError as error:
        raise BenchmarkError(f"{place}: starter_code: it is no method to be completed: {error}.") from error
    methods = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name]
    if not methods:
        raise BenchmarkError(f"{place}: starter_code: it does not define {name}, which metadata names.")
    method = methods[0]
    method.args.args = [argument for argument in method.args.args if argument.arg != "self"]
    written = head(method, problem.question_content, _TYPING)
    first = written.partition("\n")[0]
    needed = sorted({word for word in re.findall(r"\w+", first) if word in _TYPING.split()})
    return f"from typing import {', '.join(needed)}\n\n\n{written}" if needed else written


def _visible(place: str, public: Iterable[Published]) -> tuple[Case, ...]:
    try:
        return tuple(Case(repr(arguments(Test(t.input, t.output))), repr(json.loads(t.output))) for t in public)
    except ValueError as error:
        raise BenchmarkError(
            f"{place}: public_test_cases: a functional test is JSON, line by line: {error}."
        ) from error


def _all_tests(row: Row) -> list[Test]:
    problem = checked(Row(row.place, row.again(), row.again), Problem)
    public = _published(row.place, "public_test_cases", problem.public_test_cases)
    private = _published(row.place, "private_test_cases", _unpacked(row.place, problem.private_test_cases))
    return [Test(test.input, test.output) for test in (*public, *private)]


def _published(place: str, field: str, text: str) -> tuple[Published, ...]:
    try:
        return _TESTS.validate_json(text)
    except ValidationError as error:
        raise BenchmarkError(f"{place}: {field}: {error.errors()[0]['msg']}.") from error


def _unpacked(place: str, text: str) -> str:
    """Return the private tests' JSON, which newer files hold pickled, compressed, and in base 64."""
    if text.lstrip().startswith("["):
        return text
    try:
        unpacked: Any = _Text(io.BytesIO(zlib.decompress(base64.b64decode(text, validate=True)))).load()
    except (binascii.Error, zlib.error, pickle.UnpicklingError, EOFError, ValueError) as error:
        raise BenchmarkError(f"{place}: private_test_cases: they cannot be unpacked: {error}.") from error
    return unpacked if isinstance(unpacked, str) else json.dumps(unpacked)


class _Text(pickle.Unpickler):
    """Reads a pickled text. A pickle that asks for a class or a function, which could run anything, is refused."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

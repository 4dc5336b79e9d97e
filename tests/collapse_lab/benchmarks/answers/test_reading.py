"""ReVeal and CodeSearchNet in their published forms: as tasks, and errors in sentences."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lab.benchmarks import BenchmarkError, open_benchmark
from collapse_lab.benchmarks.answers import codesearchnet as codesearchnet_module
from collapse_lab.benchmarks.answers import parts_of
from collapse_lab.benchmarks.answers.codesearchnet import Function, entry, undocumented
from collapse_lab.benchmarks.answers.rubric import Summary, YesOrNo
from collapse_lab.study import BenchmarkChoice
from collapse_lab.tasks.task import Benchmark
from tests.collapse_lab.benchmarks.answers.sets import c_rows, codesearchnet, python_row, reveal


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered, and the Hub cannot be asked."""
    open_benchmark.cache_clear()
    parts_of.cache_clear()
    monkeypatch.setitem(sys.modules, "datasets", None)


def opened(name: Any, path: Path | None, **others: Any) -> Benchmark:
    return open_benchmark(BenchmarkChoice(name=name, path=str(path) if path else None, **others))


def test_reveal_asks_a_question_whose_answer_is_a_word(tmp_path: Path) -> None:
    benchmark = opened("reveal", reveal(tmp_path / "reveal"))
    assert len(benchmark.tasks) > 15
    for task in benchmark.tasks:
        assert isinstance(task.rubric, YesOrNo)
        assert task.reference == (" yes\n" if task.rubric.positive else " no\n")
        assert task.prompt.startswith("static int ")
        assert task.prompt.endswith("\nAnswer:")
        assert "yes" not in task.prompt.removesuffix("yes or no.\nAnswer:")
        assert (task.entry_point, task.visible, task.hidden, task.exam) == ("", (), (), None)
        assert task.tested
        assert task.family in ("chrome", "debian")
        assert task.rubric.mark(task.reference).passed
    assert len({task.rubric for task in benchmark.tasks}) == 2


def test_all_forms_of_reveal_give_the_same_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = opened("reveal", reveal(tmp_path / "reveal", 40, 120))
    rows = [(row, n < 40) for n, row in enumerate(c_rows(range(160)))]
    table = tmp_path / "all.jsonl"
    table.write_text(
        "".join(json.dumps({"func": r["code"], "target": int(v), "project": r["project"]}) + "\n" for r, v in rows)
    )
    hub = [{"functionSource": r["code"], "label": v, "project": r["project"]} for r, v in rows]
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=lambda *_, **__: hub))
    assert opened("reveal", table).hash == opened("reveal", None).hash == lists.hash


def test_codesearchnet_asks_what_a_function_does_without_its_docstring(tmp_path: Path) -> None:
    benchmark = opened("codesearchnet", codesearchnet(tmp_path / "python_test_0.jsonl.gz"))
    assert len(benchmark.tasks) > 10
    for task in benchmark.tasks:
        assert isinstance(task.rubric, Summary)
        said = task.rubric.reference
        assert said.startswith("Return the ")
        assert task.reference == f" {said}\n"
        assert said not in task.prompt
        assert '"""' not in task.prompt
        assert ":param" not in task.prompt
        assert task.prompt.endswith("\nAnswer:")
        assert not task.tested
        assert task.rubric.mark(task.reference).marks == {"bleu": pytest.approx(1), "rouge_l": pytest.approx(1)}
        with pytest.raises(SyntaxError):  # two answers are two programs, so none may be one
            ast.parse(task.program(" Word"))


def test_a_folder_of_files_and_the_hub_are_read_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [python_row(number) for number in range(160)]
    for part in range(2):
        text = "".join(json.dumps(row) + "\n" for row in rows[80 * part : 80 * part + 80])
        (tmp_path / "parts" / f"{part}").mkdir(parents=True)
        (tmp_path / "parts" / f"{part}" / "python.jsonl").write_text(text)
    whole = opened("codesearchnet", codesearchnet(tmp_path / "whole.jsonl"))
    asked: list[Any] = []

    def load(*words: Any, **named: Any) -> list[dict[str, Any]]:
        asked.append((words, named))
        return rows

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load))
    assert opened("codesearchnet", tmp_path / "parts").hash == opened("codesearchnet", None).hash == whole.hash
    assert asked == [(("google/code_x_glue_ct_code_to_text", "python"), {"split": "validation+test"})]


def test_of_a_large_data_set_the_first_by_their_hashes_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codesearchnet_module, "MOST", 12)
    lines = codesearchnet(tmp_path / "one.jsonl").read_text().splitlines()
    (tmp_path / "other.jsonl").write_text("\n".join(reversed(lines)))
    one, other = ([e.sha256 for e in codesearchnet_module.entries(tmp_path / f"{n}.jsonl")] for n in ("one", "other"))
    assert len(set(one)) == 12
    assert one == other


def test_the_hash_knows_the_answers_and_the_slice(tmp_path: Path) -> None:
    whole = opened("codesearchnet", codesearchnet(tmp_path / "whole.jsonl"))
    rows = [python_row(number) for number in range(160)]
    text = "".join(json.dumps({**row, "docstring": row["docstring"].replace("the", "a")}) + "\n" for row in rows)
    (tmp_path / "other.jsonl").write_text(text)
    other = opened("codesearchnet", tmp_path / "other.jsonl")
    first = opened("codesearchnet", tmp_path / "whole.jsonl", first=3)
    assert [task.prompt for task in other.tasks] == [task.prompt for task in whole.tasks]
    assert len({whole.hash, other.hash, first.hash}) == 3
    assert first.tasks == whole.tasks[:3]


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        ("reveal", [{"func": "int f;", "target": 2}], r"mine\.jsonl, line 1: target: Input should be a valid boolean"),
        ("reveal", [{"func": "int f;"}], r"mine\.jsonl, line 1: target: Field required"),
        ("reveal", [{"target": 1}], r"mine\.jsonl, line 1: code: Field required"),
        ("reveal", [{"func": "int f;", "target": 1}], "reveal has [01] functions for the benchmark and [01] for"),
        ("codesearchnet", [{"docstring": "x"}], r"mine\.jsonl, line 1: code: Field required"),
        ("codesearchnet", [python_row(1, language="go")], r"line 1: the language is go, and Python is asked for"),
        ("codesearchnet", [python_row(1, docstring="Short.")], "codesearchnet has 0 functions for the benchmark"),
    ],
)
def test_what_is_wrong_with_a_file_is_a_sentence(tmp_path: Path, name: Any, rows: list[Any], says: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(BenchmarkError, match=says):
        opened(name, path)


def test_half_of_reveal_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    folder, empty = reveal(tmp_path / "reveal"), tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BenchmarkError, match=r"is one half of ReVeal\. Give the folder"):
        opened("reveal", folder / "vulnerables.json")
    (folder / "vulnerables.json").unlink()
    with pytest.raises(BenchmarkError, match=r"has no vulnerables\.json; ReVeal is"):
        opened("reveal", folder)
    with pytest.raises(BenchmarkError, match=r"has no file that ends in \.jsonl"):
        opened("codesearchnet", empty)


@pytest.mark.parametrize("name", ["reveal", "codesearchnet"])
def test_without_a_file_and_the_hub_it_is_said_what_is_lacking(name: str) -> None:
    with pytest.raises(BenchmarkError, match=rf"{name} is not to be had here: for the Hub's .* Give it a `path`"):
        opened(name, None)


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ('def f(x):\n    """Say."""\n    return x', "def f(x):\n    return x"),
        ('def f(x):\n    """Say\n    more."""\n\n    return x', "def f(x):\n\n    return x"),
        ("async def f(x):\n    'Say.'\n    await x", "async def f(x):\n    await x"),
        ('def f(x): "Say."; return x', "def f(x): return x"),
        ('def f(x):\n    "Say."; return x', "def f(x):\n    return x"),
        ('def f(x):\n    """Säy."""  # not this\n    return "ü"', 'def f(x):\n    return "ü"'),
        (
            'def f(x):\n    # first\n    """Say."""\n    # then\n    return x',
            "def f(x):\n    # first\n    # then\n    return x",
        ),
        ('@wraps(g)\ndef f(x):\r\n    """Say."""\r\n    return x\r\n', "@wraps(g)\ndef f(x):\n    return x"),
    ],
)
def test_the_docstring_is_taken_out_and_nothing_else(code: str, left: str) -> None:
    assert undocumented(code) == left


@pytest.mark.parametrize(
    "code",
    [
        'def f(x):\n    """Say."""',  # nothing else in it
        "def f(x):\n    return x",
        'print "Python 2"',
        'def f(x):\n    """Say."""\n    print x',
        'class A:\n    """Say."""\n    x = 1',
        'def f(x):\n    """Say."""\n    return x\n\nf(1)',
        "",
        "\0",
    ],
)
def test_what_is_no_function_with_a_docstring_is_not_taken(code: str) -> None:
    assert undocumented(code) is None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_code_is_taken_or_not(text: str) -> None:
    found = undocumented(text)
    assert found is None or ast.parse(found)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='"\\'), max_size=40))
def test_any_docstring_is_taken_out_whole(text: str) -> None:
    assert undocumented(f'def f(x):\n    """{text}"""\n    return x') == "def f(x):\n    return x"


@pytest.mark.parametrize(
    "docstring", ["Two words", "See https://example.org for all of it", "Show <img src> in the page", "w " * 300, ""]
)
def test_summaries_that_say_nothing_are_not_taken(docstring: str) -> None:
    assert entry(Function(**python_row(1, docstring=docstring)), "here") is None

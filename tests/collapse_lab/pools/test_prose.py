"""Texts to mix in: harvested from made-up distributions, out of a file, and in Wikipedia's form. No network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("datasketch")

from collapse_lab.cli.harvest import command
from collapse_lab.pools import origins
from collapse_lab.pools.collect import collect_prose, manifest_of, save
from collapse_lab.pools.origins import Installed, installed
from collapse_lab.pools.paragraphs import MOST
from collapse_lab.pools.prose import ProsePool, harvested, open_prose
from collapse_lab.pools.rows import Origin, PoolError
from collapse_lab.pools.texts import read_texts, text_row, write_texts
from collapse_lab.study import ProseChoice
from collapse_lab.tasks.task import Benchmark, Task

ORIGIN = Origin("shop", "1.0", "shop-1.0.dist-info/METADATA", 1, "MIT")
WORDS = ["bread", "milk", "salt", "rice", "beans", "apples", "pears", "plums", "nuts", "honey", "oil", "eggs", "tea"]


def sentence(number: int, words: int = 40) -> str:
    """Return a sentence that shares no run of words with that of another number."""
    return f"Number {number} " + " ".join(f"{WORDS[(number * 7 + n * n) % len(WORDS)]}{number}" for n in range(words))


def prose(number: int) -> str:
    """Return a paragraph as people write them, about something of its own."""
    names = ("an owl", "a fox", "the sea", "a mill", "snow", "a king", "our boat", "the moon", "a loaf", "bees")
    other = names[(number * 3 + 1) % 10]
    return (
        f"There was once a story of {names[number]} that nobody but {other} wanted to hear to its end. Chapter after "
        f"chapter {names[number]} went on, and {other} grew tired of waiting for what had been promised in the "
        f"beginning. In the end {other} left, and {names[number]} told the rest to an empty room, quite happily."
    )


def task(prompt: str) -> Task:
    return Task("b/0", prompt, "f", "    return 1\n", (), (), "middle", "b")


def pool(count: int = 30, benchmarks: dict[str, Benchmark] | None = None, **words: Any) -> ProsePool:
    rows = [text_row(sentence(number), ORIGIN) for number in range(count)]
    return ProsePool("file", rows, "hash", benchmarks or {}, **words)


def distribution(folder: Path, name: str, readme: str, licence: str = "MIT", source: str = "") -> None:
    """Write a distribution as an installer leaves it."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}.py").write_text(source, "utf-8")
    head = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: {licence}\n"
    (info / "METADATA").write_text(f"{head}Description-Content-Type: text/markdown\n\n{readme}\n", "utf-8")
    (info / "RECORD").write_text(f"{name}.py,,\n{name}-1.0.dist-info/METADATA,,\n", "utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    distribution(folder, "zzowl", f"# Owls\n\n{prose(0)}\n\n```\n{prose(1)}\n```\n", source=f'"""{prose(2)}"""\n')
    distribution(folder, "zzfox", prose(3), source=f'"""{prose(2)}\n\nThat was all.\n"""\n')
    distribution(folder, "zzking", prose(5), licence="GPL-3.0-only", source=f'"""{prose(6)}"""\n')
    monkeypatch.syspath_prepend(str(folder))
    return folder


ONLY = ["zzowl", "zzfox", "zzking"]


def test_descriptions_and_docstrings_of_modules_are_harvested_under_permissive_licences(here: Path) -> None:
    found = installed(ONLY)
    assert found.refused == {"copyleft": ["zzking"]}
    made = collect_prose(found, {})
    # In the order of names; the owl's docstring is nearly the fox's, and the first stays.
    assert [(row.origin.distribution, row.text) for row in made.rows] == [
        ("zzfox", prose(3)),
        ("zzfox", prose(2)),
        ("zzowl", prose(0)),
    ]
    assert [(row.origin.path, row.origin.line, row.origin.licence) for row in made.rows[:2]] == [
        ("zzfox-1.0.dist-info/METADATA", 1, "MIT"),
        ("zzfox.py", 1, "MIT"),
    ]
    assert made.manifest["texts"] == 3
    assert made.manifest["left_out"]["copies"] == 1
    assert made.manifest["distributions"]["zzowl"] == {"version": "1.0", "licence": "MIT", "texts": 1}


def test_a_text_that_holds_a_run_of_a_benchmark_is_not_harvested(here: Path) -> None:
    benchmark = Benchmark("b", (task(f'def f():\n    """{prose(0)[:160]}"""\n'),))
    made = collect_prose(installed(ONLY), {"b": benchmark})
    assert prose(0) not in [row.text for row in made.rows]
    assert made.manifest["overlapping"] == 1
    assert made.manifest["benchmarks"]["b"]["overlap"]["13"] == 1


def test_a_harvest_is_read_again_as_it_was_written(here: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    made = collect_prose(installed(ONLY), {})
    manifest = save(made, path)
    rows, sha256 = read_texts(path)
    assert rows == list(made.rows)
    assert sha256 == manifest["sha256"] == json.loads(manifest_of(path).read_text())["sha256"]


def test_nothing_installed_is_an_error() -> None:
    with pytest.raises(PoolError, match="No text is left"):
        collect_prose(Installed(), {})


def test_this_machines_texts_are_harvested_once(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "installed", lambda: installed(ONLY))
    first = open_prose(ProseChoice(name="packages"), {}, tmp_path / "cache")
    monkeypatch.setattr(origins, "installed", lambda: Installed())
    assert open_prose(ProseChoice(name="packages"), {}, tmp_path / "cache").identity == first.identity
    assert harvested(tmp_path / "cache").name.startswith("prose-")
    assert first.identity["rows"] == 3


def test_the_command_writes_texts(here: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    words = ["--prose", "--out", str(path), *(word for name in ONLY for word in ("--package", name))]
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    assert f"3 texts in {path}, sha256 {read_texts(path)[1][:12]}" in done.output
    assert "left out, licence copyleft: zzking" in done.output


def test_texts_are_drawn_by_seed_none_twice_and_fresh_for_another() -> None:
    one, other = pool().draw(5, 20), pool().draw(6, 20)
    assert one == pool().draw(5, 20)
    assert len({row.text for row in one}) == 20
    assert [row.text for row in one] != [row.text for row in other]
    assert pool(seed=1).draw(5, 20) != one
    assert len({row.text for row in pool().draw(0, 30)}) == 30


def test_too_few_texts_are_said_and_none_is_repeated() -> None:
    with pytest.raises(
        PoolError, match=r"mixes in 31 texts, and `prose: \{name: file\}` has 30 .*smaller `prose_share`"
    ):
        pool().draw(0, 31)


def test_no_text_out_of_a_benchmark_is_ever_drawn() -> None:
    taken = Benchmark("b", (task(f'def f():\n    """{sentence(4)[20:200]}"""\n'),))
    drawn = pool(benchmarks={"b": taken}).draw(3, 29)
    assert sentence(4) not in [row.text for row in drawn]
    assert len({row.text for row in drawn}) == 29
    with pytest.raises(PoolError, match=r"mixes in 30 texts, and .* has 29 that overlap no benchmark"):
        pool(benchmarks={"b": taken}).draw(3, 30)


def test_what_a_draw_hangs_on_is_in_the_identity() -> None:
    taken = Benchmark("b", (task("def f():\n"),))
    assert pool().identity == {"prose": "file", "sha256": "hash", "rows": 30, "seed": 0, "without": {}}
    assert pool(benchmarks={"b": taken}).identity["without"] == {"b": taken.hash}


def test_any_file_with_a_text_a_line_will_do(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    long = "\n\n".join(sentence(number, 60) for number in range(8))
    lines = [{"text": "A short one.", "source": 7}, {"text": long}, {"text": "A short one."}, {"text": " \n"}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + "\n", "utf-8")
    found = open_prose(ProseChoice(name="file", path=str(path)), {})
    drawn = [row.text for row in found.draw(0, found.identity["rows"])]
    assert "A short one." in drawn
    assert len(drawn) > 2
    assert all(len(text) <= MOST for text in drawn)
    assert sum(map(len, drawn)) >= len(long.replace("\n\n", ""))
    assert found.identity["sha256"] == read_texts(path)[1]


@pytest.mark.parametrize("line", ['{"text": 1}', "[]", '{"txt": "a"}', "{"])
def test_a_line_without_a_text_is_said_with_its_place(tmp_path: Path, line: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f'{{"text": "one"}}\n{line}\n', "utf-8")
    with pytest.raises(PoolError, match=r"mine\.jsonl, line 2: "):
        read_texts(path)


def test_a_file_that_is_not_there_or_empty_is_said(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=r"none\.jsonl cannot be read: .*harvest --prose --out"):
        read_texts(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(PoolError, match="has no text"):
        read_texts(tmp_path / "empty.jsonl")


def article(number: int) -> dict[str, Any]:
    text = "\n\n".join(sentence(100 * number + part) for part in range(20))
    return {"id": str(number), "url": f"https://example.org/{number}", "title": str(number), "text": text}


def test_the_beginnings_of_articles_are_fetched_once(tmp_path: Path) -> None:
    choice = ProseChoice(name="wikipedia")
    given = [*(article(n) for n in range(5)), {"text": "A stub."}, {"text": None}]
    first = open_prose(choice, {}, tmp_path, lambda: given)
    assert first.identity["rows"] == 5

    def never() -> Iterator[dict[str, Any]]:
        raise AssertionError("fetched again")

    again = open_prose(choice, {}, tmp_path, never)
    assert again.identity == first.identity
    for row in again.draw(0, 5):
        assert 1000 < len(row.text) <= MOST
        number = int(row.origin.path.rpartition("/")[2])
        assert article(number)["text"].startswith(row.text)
        assert row.origin.licence == "CC-BY-SA-3.0"


def test_without_the_package_or_the_hub_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = ProseChoice(name="wikipedia")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(PoolError, match=r"pip install datasets.*name: packages.*path: texts\.jsonl"):
        open_prose(choice, {}, tmp_path)

    asked: list[Any] = []

    def refuse(*words: Any, **more: Any) -> None:
        asked.append((words, more))
        raise ConnectionError("no route")

    stand_in: ModuleType = SimpleNamespace(load_dataset=refuse)  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "datasets", stand_in)
    with pytest.raises(PoolError, match=r"ConnectionError: no route.*path: texts\.jsonl"):
        open_prose(choice, {}, tmp_path)
    assert asked == [(("wikimedia/wikipedia", "20231101.en"), {"split": "train", "streaming": True})]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_fetched_elsewhere_needs_no_hub(tmp_path: Path) -> None:
    write_texts([text_row(sentence(n), ORIGIN) for n in range(4)], tmp_path / "w.jsonl")
    found = open_prose(ProseChoice(name="wikipedia", path=str(tmp_path / "w.jsonl")), {})
    assert (found.name, found.identity["rows"]) == ("wikipedia", 4)

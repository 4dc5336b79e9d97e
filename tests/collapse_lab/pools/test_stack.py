"""The Stack's form as rows. The Hub itself is stood in for: no test needs a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from collapse_lab.pools import PoolError
from collapse_lab.pools.stack import CHARACTERS, LEAST_TOKENS, PROMPT_TOKENS, open_stack, rows_of

LINE = "value = call(1, 2, 3)\n"


def file(lines: int, name: str = "a.py") -> dict[str, Any]:
    content = f"# {name} of {lines}\n" + "".join(f"# {number}\n{LINE}" for number in range(lines))
    return {
        "content": content,
        "max_stars_repo_path": name,
        "max_stars_repo_name": "ann/shop",
        "max_stars_repo_licenses": ["MIT"],
    }


def test_a_long_file_is_cut_at_a_line_into_prompt_and_reference() -> None:
    (row,) = rows_of([file(1000)])
    assert row.prompt.endswith("\n")
    assert PROMPT_TOKENS * CHARACTERS - len(LINE) <= len(row.prompt) <= PROMPT_TOKENS * CHARACTERS
    assert row.completion.endswith("\n")
    assert file(1000)["content"].startswith(row.text)
    assert (row.name, row.origin.distribution, row.origin.licence) == ("", "ann/shop", "MIT")


def test_a_short_file_is_left_out_and_one_between_has_no_reference() -> None:
    assert list(rows_of([file(10)])) == []
    between = {"content": LINE * (LEAST_TOKENS * CHARACTERS // len(LINE) + 1)}
    (row,) = rows_of([between])
    assert (row.prompt, row.completion) == (between["content"], "")


def test_one_endless_line_is_no_code() -> None:
    assert list(rows_of([{"content": "x" * 20_000}, {"content": None}])) == []


def test_files_without_a_reference_are_prompts_only(tmp_path: Path) -> None:
    files = [{**file(40 + n, f"{n}.py"), "content": f"n = {n}\n" + LINE * 100} for n in range(60)]
    pool = open_stack(0, None, tmp_path, lambda: [*files, *(file(400 + n) for n in range(60))])
    assert any(not task.reference for task in pool.pool("prompts", 0, 60))
    assert all(task.reference for task in pool.pool("human", 0, 20))
    assert all(task.entry_point == "" for task in pool.pool("base", 0, 5))


def test_it_is_fetched_once(tmp_path: Path) -> None:
    first = open_stack(0, None, tmp_path, lambda: [file(400 + n) for n in range(9)])

    def never() -> Iterator[dict[str, Any]]:
        raise AssertionError("fetched again")

    assert open_stack(0, None, tmp_path, never).identity == first.identity
    assert first.identity["pool"] == "stack"


def test_without_the_package_or_the_hub_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(PoolError, match="pip install datasets"):
        open_stack(0, None, tmp_path)

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route")

    stand_in: ModuleType = SimpleNamespace(load_dataset=refuse)  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "datasets", stand_in)
    with pytest.raises(PoolError, match=r"ConnectionError: no route.*Agree to its terms"):
        open_stack(0, None, tmp_path)
    assert list(tmp_path.iterdir()) == []

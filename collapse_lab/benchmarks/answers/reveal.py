"""ReVeal (Chakraborty et al., arXiv 2009.07235): C and C++ functions of Chromium and Debian, vulnerable or not.

The authors publish two lists, ``vulnerables.json`` and ``non-vulnerables.json``, of rows with ``code``: a folder that
holds both. A table of all with a label in each row (``func`` and ``target``, or ``functionSource`` and ``label``, as
the Hub has it) is read as well. One function in ten is vulnerable, in the benchmark as in the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import AliasChoices, Field

from collapse_lab.benchmarks.answers.entries import Entry
from collapse_lab.benchmarks.answers.rubric import YesOrNo
from collapse_lab.benchmarks.rows import BenchmarkError, Row, Schema, checked, read
from collapse_lab.benchmarks.sources import rows
from collapse_lab.study import BenchmarkChoice

LISTS = {"vulnerables.json": True, "non-vulnerables.json": False}

QUESTION = """

Question: Does the function above have a security vulnerability? Answer yes or no.
Answer:"""
"""No comment: a small base model answers this, and goes on with the code where the same stands in comments."""


class Function(Schema):
    """A row of either form."""

    code: str = Field(min_length=1, validation_alias=AliasChoices("code", "func", "functionSource"))
    project: str = "reveal"


class Labelled(Function):
    """A row of a table of all."""

    vulnerable: bool = Field(validation_alias=AliasChoices("target", "label"))


def entries(path: Path | None) -> Iterator[Entry]:
    """Yield an entry a row: of a folder with both lists, of one file, or of the Hub.

    Raises ``BenchmarkError``, with the place of a row that is none.
    """
    if path is None:
        yield from _labelled(rows(BenchmarkChoice(name="reveal")))
    elif path.is_dir():
        for name, vulnerable in LISTS.items():
            if not (path / name).is_file():
                raise BenchmarkError(f"The folder {path} has no {name}; ReVeal is {' and '.join(LISTS)}.")
            for row in read(path / name):
                yield entry(checked(row, Function), vulnerable=vulnerable)
    elif path.name in LISTS:
        raise BenchmarkError(
            f"{path} is one half of ReVeal. Give the folder that holds {' and '.join(LISTS)} as the `path`."
        )
    else:
        yield from _labelled(read(path))


def _labelled(found: Iterable[Row]) -> Iterator[Entry]:
    for row in found:
        function = checked(row, Labelled)
        yield entry(function, vulnerable=function.vulnerable)


def entry(function: Function, *, vulnerable: bool) -> Entry:
    """Return the function with the question behind it; the answer is one word."""
    code = function.code.replace("\r\n", "\n").strip()
    return Entry(
        code=code,
        prompt=code + QUESTION,
        answer=" yes\n" if vulnerable else " no\n",
        rubric=YesOrNo(vulnerable),
        kind="yes" if vulnerable else "no",
        family=function.project,
    )

"""CodeSearchNet (Husain et al., arXiv 1909.09436), Python: functions, and what their authors said that they do.

Rows are JSON lines with ``code`` and ``docstring``; a folder's files are read in the order of their names. Taken are
functions of this Python's grammar (some of the data set are Python 2's) whose docstring's first paragraph has 3 to
256 words, no link and no markup, as CodeXGLUE chooses them. The benchmark and the pool are cut by repository, as the
publishers' own partitions are, which are not used: a file of one of them is enough.

The answer asked for is the docstring's first paragraph. CodeXGLUE compares with the row's ``docstring_tokens``,
which lack commas and quotation marks, so that its scores are not comparable to the last decimal.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from heapq import nsmallest
from pathlib import Path

from pydantic import AliasChoices, Field

from collapse_lab.benchmarks.answers.entries import MOST, Entry
from collapse_lab.benchmarks.answers.overlap import tokens
from collapse_lab.benchmarks.answers.rubric import Summary, first_paragraph
from collapse_lab.benchmarks.parsing import parsed
from collapse_lab.benchmarks.rows import BenchmarkError, Row, Schema, checked, read
from collapse_lab.benchmarks.sources import rows
from collapse_lab.study import BenchmarkChoice

WORDS = range(3, 257)
"""How many tokens a summary has."""

QUESTION = """

Question: What does the function above do? Answer in one sentence.
Answer:"""

_MARKUP = re.compile(r"https?:|<img|</?\w+>")
_ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".json.gz")


class Function(Schema):
    """A row of the data set, as published or as the Hub's older table names its fields."""

    code: str = Field(validation_alias=AliasChoices("code", "whole_func_string"))
    docstring: str = Field(validation_alias=AliasChoices("docstring", "func_documentation_string"))
    repo: str = Field(default="", validation_alias=AliasChoices("repo", "repository_name"))
    language: str = "python"


def entries(path: Path | None) -> Iterator[Entry]:
    """Yield an entry for each row that is taken, of the ``MOST`` whose hashes come first: of a file, of a folder's
    files, or of the Hub.

    Raises ``BenchmarkError``, with the place of a row that is none.
    """
    functions = ((checked(row, Function), row.place) for row in _rows(path))
    # All of the data set takes minutes to parse, in every process.
    for function, place in nsmallest(MOST, functions, key=lambda found: _hash(found[0].code)):
        if (made := entry(function, place)) is not None:
            yield made


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def _rows(path: Path | None) -> Iterable[Row]:
    if path is None:
        return rows(BenchmarkChoice(name="codesearchnet"))
    if not path.is_dir():
        return read(path)
    files = sorted(file for file in path.rglob("*") if file.name.endswith(_ENDINGS))
    if not files:
        raise BenchmarkError(f"The folder {path} has no file that ends in {', '.join(_ENDINGS)}.")
    return (row for file in files for row in read(file))


def entry(function: Function, place: str) -> Entry | None:
    """Return the function without its docstring and the question behind it; ``None`` for one that is not taken."""
    if function.language != "python":
        raise BenchmarkError(f"{place}: the language is {function.language}, and Python is asked for.")
    summary = first_paragraph(function.docstring)
    if len(tokens(summary)) not in WORDS or _MARKUP.search(summary):
        return None
    code = undocumented(function.code)
    if code is None:
        return None
    return Entry(
        code=code,
        prompt=code + QUESTION,
        answer=f" {summary}\n",
        rubric=Summary(summary),
        kind="",
        family="codesearchnet",
        group=function.repo,
    )


def undocumented(code: str) -> str | None:
    """Return a function's source without its docstring; ``None`` where it is no one function with a docstring and
    more in its body."""
    source = code.replace("\r\n", "\n").replace("\r", "\n").strip()
    match parsed(source):
        case ast.Module(
            body=[
                ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())) as said, _, *_])
                | ast.AsyncFunctionDef(body=[ast.Expr(value=ast.Constant(value=str())) as said, _, *_])
            ]
        ) if said.end_lineno is not None:
            lines = source.encode("utf-8", "surrogatepass").split(b"\n")
            before = lines[said.lineno - 1][: said.col_offset]
            behind = lines[said.end_lineno - 1][said.end_col_offset :]
            # A line that was the docstring's alone goes with it; another statement of it stays.
            rest = behind.lstrip(b" \t;")
            own = [before + rest] if before.strip() or (rest and not rest.startswith(b"#")) else []
            kept = [*lines[: said.lineno - 1], *own, *lines[said.end_lineno :]]
            text = b"\n".join(kept).decode("utf-8", "surrogatepass")
            return text if parsed(text) is not None else None
    return None

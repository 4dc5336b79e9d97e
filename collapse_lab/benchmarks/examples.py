"""Examples that a prompt shows, as cases: what a gate may see of a published benchmark."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from doctest import DocTestParser

from collapse_lab.benchmarks.asserts import case_of
from collapse_lab.benchmarks.parsing import parsed
from collapse_lab.tasks.task import Case

_TOLERANCE = 1e-6
# What prompts write between a call and its value.
_BECOMES = re.compile(r"\s*(?:==>|==|=>|->|➞|➡|=|returns|should return|should be|is)\s*")


# What published prompts show and their own solutions contradict, by function and arguments.
_MISTAKEN = {("median", "([-10, 4, 6, 1000, 10, 20],)"), ("tri", "(1,)"), ("bf", "('Earth', 'Mercury')")}


def examples(prompt: str, entry_point: str) -> tuple[Case, ...]:
    """Return the cases in the docstring of a prompt's function, each call once: doctests, and lines such as
    ``f(1) == 2`` or ``f(1) ➞ 2``. What is no literal is left out; of floats only the first digits count."""
    found: dict[str, Case] = {}
    for case in _cases(_docstring(prompt, entry_point), entry_point):
        if (entry_point, case.arguments) not in _MISTAKEN:
            found.setdefault(case.arguments, case)
    return tuple(found.values())


def _docstring(prompt: str, entry_point: str) -> str:
    tree = parsed(f"{prompt}    pass\n")
    own = [
        node for node in (tree.body if tree else ()) if isinstance(node, ast.FunctionDef) and node.name == entry_point
    ]
    texts = [ast.get_docstring(node) or "" for node in own]
    # A docstring after an import in the function's body is none to Python.
    loose = [s.value.value for node in own for s in node.body if isinstance(s, ast.Expr)
             and isinstance(s.value, ast.Constant) and isinstance(s.value.value, str)]  # fmt: skip
    return next((text for text in [*texts, *loose] if text), "")


def _cases(docstring: str, entry_point: str) -> Iterator[Case]:
    try:
        shown = DocTestParser().get_examples(docstring)
    except ValueError:
        shown = []
    for example in shown:
        yield from _case(example.source, example.want, entry_point)
    for line in docstring.splitlines():
        at = line.find(f"{entry_point}(")
        if at >= 0 and not line.lstrip().startswith(">>>"):
            call, rest = _called(line[at:])
            if becomes := _BECOMES.match(rest):
                yield from _case(call, rest[becomes.end() :], entry_point)


def _called(text: str) -> tuple[str, str]:
    """Return the call at the start of *text*, up to where its brackets are closed, and what comes after."""
    for end, letter in enumerate(text, 1):
        if letter == ")":
            try:
                ast.parse(text[:end], mode="eval")
            except SyntaxError:
                continue
            return text[:end], text[end:]
    return "", ""


def _case(call: str, value: str, entry_point: str) -> Iterator[Case]:
    """Yield the case of a call's text and its value's, which may end with a stop or a remark."""
    for text in (value, re.split(r"\s{2,}|#|\.\s|\s\(", value)[0]):
        try:
            left, right = (ast.parse(part.strip().rstrip(".,;`"), mode="eval").body for part in (call, text))
        except SyntaxError:
            continue
        floats = any(isinstance(n, ast.Constant) and isinstance(n.value, float) for n in ast.walk(right))
        if case := case_of(left, right, entry_point, _TOLERANCE if floats else 0.0):
            yield case
            return

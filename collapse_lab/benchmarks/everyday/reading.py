"""A table of ``everyday`` tasks: YAML with a function and its hidden cases for each."""

from __future__ import annotations

import ast
import doctest
from dataclasses import dataclass
from typing import Any

import yaml

from collapse_lab.tasks.task import Case

TOLERANCE = 1e-9
"""The difference allowed where a result holds floats: what the order of additions can change."""

_KEYS = {"task", "hidden"}


class TableError(ValueError):
    """A table cannot be read; the message is a sentence with the file and the task."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A task as its table has it. ``prompt`` ends after the docstring, ``reference`` is what follows."""

    family: str
    name: str
    prompt: str
    reference: str
    visible: tuple[Case, ...]
    hidden: tuple[Case, ...]


def read(family: str, text: str) -> list[Entry]:
    """Return the entries of the table *text* of a family, in its order. Raises ``TableError``."""
    try:
        rows = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TableError(f"everyday, {family}.yml is no YAML: {error}") from error
    if not isinstance(rows, list):
        raise TableError(f"everyday, {family}.yml must be a list of tasks, each with `task` and `hidden`.")
    return [_entry(family, number, row) for number, row in enumerate(rows, start=1)]


def _entry(family: str, number: int, row: Any) -> Entry:
    where = f"everyday, {family}.yml, task {number}"
    if not isinstance(row, dict) or set(row) != _KEYS or not all(isinstance(part, str) for part in row.values()):
        raise TableError(f"{where}: it must have `task` and `hidden`, both texts, and nothing else.")
    function, docstring = _function(row["task"], where)
    lines = row["task"].splitlines(keepends=True)
    above = function.body[0].end_lineno or 0
    try:
        visible = _examples(docstring, function)
        hidden = _hidden(row["hidden"], function)
    except (SyntaxError, ValueError) as error:
        raise TableError(f"{where}, {function.name}: {error}") from error
    _refuse_doubles([*visible, *hidden], f"{where}, {function.name}")
    return Entry(family, function.name, "".join(lines[:above]), "".join(lines[above:]), visible, hidden)


def _function(source: str, where: str) -> tuple[ast.FunctionDef, str]:
    """Return the one function of the source and its docstring."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise TableError(f"{where}: the function does not parse: {error}") from error
    match body:
        case [ast.FunctionDef(body=[ast.Expr(), _, *_]) as function] if docstring := ast.get_docstring(function):
            return function, docstring
    raise TableError(f"{where}: `task` must be one function with a docstring and a body, and nothing beside it.")


def _examples(docstring: str, function: ast.FunctionDef) -> tuple[Case, ...]:
    return tuple(
        _case(_arguments(example.source, function), example.want, function)
        for example in doctest.DocTestParser().get_examples(docstring)
    )


def _arguments(source: str, function: ast.FunctionDef) -> tuple[Any, ...]:
    """Return the arguments of an example, which must be a plain call of the function."""
    match ast.parse(source.strip(), mode="eval").body:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name == function.name:
            return tuple(_value(ast.unparse(argument)) for argument in arguments)
    raise ValueError(f"the example `{source.strip()}` is no call of {function.name} with values alone.")


def _hidden(text: str, function: ast.FunctionDef) -> tuple[Case, ...]:
    """Return the cases of a table ``argument: result, ...``; several arguments stand in brackets."""
    tree = ast.parse("{" + text + "}", mode="eval").body
    # None is `**`, which nobody means.
    if not isinstance(tree, ast.Dict) or None in tree.keys:
        raise ValueError("`hidden` must read `argument: result, ...`; several arguments stand in brackets.")
    one = len(function.args.args) == 1
    cases = []
    for key, value in zip(tree.keys, tree.values, strict=True):
        assert key is not None
        found = _value(ast.unparse(key))
        cases.append(_case((found,) if one else found, ast.unparse(value), function))
    return tuple(cases)


def _case(arguments: Any, result: str, function: ast.FunctionDef) -> Case:
    if not isinstance(arguments, tuple) or len(arguments) != len(function.args.args):
        count = len(function.args.args)
        raise ValueError(f"{function.name} takes {count} arguments, and a case gives it {arguments!r}.")
    tolerance = TOLERANCE if function.returns and "float" in ast.unparse(function.returns) else 0.0
    return Case(repr(arguments), repr(_value(result)), tolerance)


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError) as error:
        raise ValueError(f"`{text.strip()}` is no value.") from error


def _refuse_doubles(cases: list[Case], where: str) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.arguments in seen:
            raise TableError(f"{where}: the call with {case.arguments} is there twice; leave one out.")
        seen.add(case.arguments)

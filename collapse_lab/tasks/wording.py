"""Docstrings: the words of a specification. They vary a little; what they ask for does not."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import cast

from collapse_lab.tasks.names import Names
from collapse_lab.tasks.operations import Arrange, Classic, Filter, Map, Measure, Reduce, Source, Step, Test
from collapse_lab.tasks.specification import Specification

NOUNS: Mapping[str, tuple[str, ...]] = {"lists": ("numbers", "integers", "values"), "words": ("words", "strings")}
_VERBS = ("Return", "Return", "Compute", "Find")
_ASKING = ("Return", "Tell", "Check")
_ENDS = (".", " and return the result.")


def docstring(specification: Specification, names: Names, random: Random) -> str:
    """Return the sentence that says what the function does."""
    form = specification.shape.form
    if specification.shape.family == "texts":
        return _text_branch(specification) if form == "branch" else _text_line(specification, random)
    if form == "branch":
        return _branch(specification, names, random)
    if form == "replace":
        return _replace(specification)
    phrase = _line(specification, names, random)
    return f"{random.choice(_ASKING if phrase.startswith('whether') else _VERBS)} {phrase}."


def _line(specification: Specification, names: Names, random: Random) -> str:
    first, *rest = specification.operations
    if isinstance(first, Classic):
        phrase = first.words.format(**_arguments(names))
        return cast("Map", rest[0]).one.format(phrase) if rest else phrase
    operations = list(specification.operations)
    if isinstance(first, Source):
        operations.pop(0)
        noun, tail = first.noun, " " + first.tail.format(**_arguments(names))
    else:
        noun, tail = random.choice(NOUNS[specification.shape.family]), ""
    phrase = f"the {noun}{tail}"
    for operation in operations:
        if isinstance(operation, Filter):
            phrase = _filtered(operation, noun, tail, random)
        elif isinstance(operation, Map):
            phrase = operation.many.format(phrase)
        elif isinstance(operation, Reduce | Arrange):
            phrase = random.choice(operation.words).format(phrase, bare=phrase.removeprefix("the "))
    return phrase


def _filtered(operation: Filter, noun: str, tail: str, random: Random) -> str:
    if operation.adjective and random.random() < 0.7:
        return f"the {operation.adjective} {noun}{tail}"
    return f"the {noun}{tail} that {operation.many}"


def _arguments(names: Names) -> dict[str, str]:
    return dict(zip(("a", "b") if len(names.parameters) == 2 else ("n",), names.parameters, strict=True))


def _branch(specification: Specification, names: Names, random: Random) -> str:
    ask, yes, no = specification.operations
    if isinstance(ask, Filter):
        n = names.parameters[0]
        first, second = (cast("Map", operation).one.format(n) for operation in (yes, no))
        if random.random() < 0.5:
            return f"Return {first} if {n} {ask.one}, otherwise {second}."
        return f"If {n} {ask.one}, return {first}; otherwise return {second}."
    noun = random.choice(NOUNS[specification.shape.family])
    first, second = (
        random.choice(cast("Reduce", operation).words).format(f"the {noun}", bare=noun) for operation in (yes, no)
    )
    return f"If {cast('Test', ask).words.format(noun)}, return {first}; otherwise return {second}."


def _replace(specification: Specification) -> str:
    ask, yes, no = specification.operations
    first, second = (cast("Map", operation).one.format("it") for operation in (yes, no))
    return f"List for each number {first} if it {cast('Filter', ask).one}, otherwise {second}."


def _text_line(specification: Specification, random: Random) -> str:
    steps = [operation for operation in specification.operations if isinstance(operation, Step)]
    last = specification.operations[-1]
    orders = [step.verb.format("it" if place else "the text") for place, step in enumerate(steps)]
    if isinstance(last, Measure):
        orders.append(f"return {last.words.format('it' if steps else 'the text')}")
        return _capital(", then ".join(orders)) + "."
    return _capital(", then ".join(orders)) + random.choice(_ENDS)


def _text_branch(specification: Specification) -> str:
    ask, yes, no = specification.operations
    first, second = (cast("Step", operation).verb.format("it") for operation in (yes, no))
    return f"If {cast('Test', ask).words.format('the text')}, {first}; otherwise {second}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

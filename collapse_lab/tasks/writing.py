"""A specification as a person wrote it: prompt and body."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from textwrap import wrap

from collapse_lab.tasks import bodies, text_bodies
from collapse_lab.tasks.flow import indented
from collapse_lab.tasks.inputs import SIGNATURES
from collapse_lab.tasks.names import Names
from collapse_lab.tasks.specification import Specification
from collapse_lab.tasks.untidy import untidied
from collapse_lab.tasks.wording import docstring

INDENT = "    "
_WIDTH = 96


@dataclass(frozen=True, slots=True)
class Written:
    """``untidy`` is the linter's message that the body earns, empty for a tidy one."""

    prompt: str
    entry_point: str
    body: str
    untidy: str = ""


def write(specification: Specification, random: Random, untidy: float = 0.0) -> Written:
    """Write one of the many texts of a specification; with the probability *untidy* in an untidy way."""
    names = Names(random, specification.takes)
    types = SIGNATURES[specification.takes]
    arguments = ", ".join(f"{name}: {type_}" for name, type_ in zip(names.parameters, types, strict=True))
    sentence = f'"""{docstring(specification, names, random)}"""'
    if len(sentence) > _WIDTH:
        sentence = f"\n{INDENT}".join(wrap(sentence, _WIDTH, break_long_words=False, break_on_hyphens=False))
    prompt = f"def {names.function}({arguments}) -> {specification.gives}:\n{INDENT}{sentence}\n"
    body, way = written_body(specification, names, random, untidy)
    return Written(prompt, names.function, body, way)


def written_body(specification: Specification, names: Names, random: Random, untidy: float) -> tuple[str, str]:
    """Return a body and the message that it earns."""
    writer = text_bodies if specification.shape.family == "texts" else bodies
    lines = writer.body(specification, names, random)
    way = ""
    if random.random() < untidy:
        lines, way = untidied(lines, names, random)
    return "\n".join(indented(lines)) + "\n", way

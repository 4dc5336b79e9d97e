"""What the tables of weakenings are made of: a base, a head, and the rules that the head breaks."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import NamedTuple

from gates.change import Change, MemorySnapshot
from gates.tamper.review import find_weakenings
from gates.tamper.rules import Weakening

PATH = "tests/test_it.py"
HEADER = """\
import unittest
from unittest import TestCase, mock
import pytest
from pkg.core import f, g, Thing
"""


class Case(NamedTuple):
    """One row: ``rules`` is empty where the head must be silent."""

    id: str
    base: str
    head: str
    rules: tuple[str, ...] = ()


def table(name: str) -> list[Case]:
    """Read a table of modules: ``=== ID: RULES``, the base, ``---``, the head; no rules where it must be silent."""
    text = (Path(__file__).parent / "cases" / name).read_text("utf-8")
    found = []
    for part in text.split("=== ")[1:]:
        title, _, modules = part.partition("\n")
        base, _, head = modules.partition("\n---\n")
        label, _, broken = title.partition(": ")
        found.append(Case(label, base, head, tuple(filter(None, broken.split(", ")))))
    return found


def body(text: str) -> str:
    """Return a module with one test that has this body."""
    return f"{HEADER}\ndef test_it():\n{indent(dedent(text).strip(), '    ')}\n"


def module(text: str) -> str:
    """Return a module with the common imports."""
    return HEADER + dedent(text)


def method(text: str) -> str:
    """Return a module with one unittest method that has this body."""
    return f"{HEADER}\nclass ItTest(TestCase):\n    def test_it(self):\n{indent(dedent(text).strip(), ' ' * 8)}\n"


def weakenings(base: dict[str, str], head: dict[str, str]) -> list[Weakening]:
    """Return what is found between two trees that do touch a test."""
    found = find_weakenings(Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head)))
    assert found is not None
    return found


def rules(base: str, head: str) -> tuple[str, ...]:
    """Return the rules broken between two versions of one test module, each once."""
    if base == head:
        return ()
    return tuple(sorted({w.rule for w in weakenings({PATH: base}, {PATH: head})}))

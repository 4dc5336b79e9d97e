"""Which licence a distribution has, by its own metadata, and whether it is permissive."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

Standing = Literal["permissive", "copyleft", "unknown"]
_OSI = "License :: OSI Approved :: "
_CLASSIFIER = "License :: "
_WORD = re.compile(r"[a-z0-9](?:[\w./-]*\w)?")
_PARTS = re.compile(r"[()]|[^\s()]+")


@dataclass(frozen=True, slots=True)
class Licence:
    """``name`` is an SPDX expression where the standing is known by one, else what was said."""

    name: str
    standing: Standing


def licence_of(expression: str | None, classifiers: Sequence[str], field: str | None) -> Licence:
    """Return the licence that a distribution's metadata states.

    The first of these that says anything counts: the SPDX *expression* (``License-Expression``), the trove
    *classifiers*, the free *field* (``License``). Of several classifiers all must be permissive: which of them may be
    chosen is not said. Only what the table ``licences.yml`` knows is permissive.
    """
    if expression:
        return Licence(expression, _standing(expression))
    named = [c.removeprefix(_OSI).removeprefix(_CLASSIFIER) for c in classifiers if c.startswith(_CLASSIFIER)]
    said = [name for name in named if name != "OSI Approved"]
    if said:
        known = [_table()["classifiers"].get(name, name) for name in sorted(said)]
        return Licence(" AND ".join(known), _worst([_single(name) for name in known]))
    if field and field.strip():
        first = field.strip().splitlines()[0].strip()
        name = _table()["names"].get(_plain(first), first)
        return Licence(name[:80], _standing(name))
    return Licence("none stated", "unknown")


def _standing(expression: str) -> Standing:
    """Return an SPDX expression's standing: of `OR` the better side, of `AND` the worse one."""
    words = _PARTS.findall(expression)
    try:
        standing, rest = _either(words)
    except IndexError:
        return "unknown"
    return "unknown" if rest else standing


def _either(words: list[str]) -> tuple[Standing, list[str]]:
    standing, words = _both(words)
    while words and words[0].upper() == "OR":
        other, words = _both(words[1:])
        standing = _RANKED[min(_RANKED.index(standing), _RANKED.index(other))]
    return standing, words


def _both(words: list[str]) -> tuple[Standing, list[str]]:
    standing, words = _one(words)
    while words and words[0].upper() == "AND":
        other, words = _one(words[1:])
        standing = _worst([standing, other])
    return standing, words


def _one(words: list[str]) -> tuple[Standing, list[str]]:
    if words[0] == "(":
        standing, rest = _either(words[1:])
        return (standing, rest[1:]) if rest[0] == ")" else ("unknown", rest)
    if len(words) > 2 and words[1].upper() == "WITH":
        return _single(f"{words[0]} WITH {words[2]}"), words[3:]
    return _single(words[0]), words[1:]


def _single(name: str) -> Standing:
    table = _table()
    if name.lower() in table["permissive"]:
        return "permissive"
    asks = rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, table['copyleft']))})"
    return "copyleft" if re.search(asks, name, re.IGNORECASE) else "unknown"


_RANKED: tuple[Standing, ...] = ("permissive", "copyleft", "unknown")


def _worst(standings: Sequence[Standing]) -> Standing:
    return _RANKED[max(map(_RANKED.index, standings))]


def _plain(text: str) -> str:
    """Return a licence's name in lower case, without the words and signs that some write and some do not."""
    return " ".join(word for word in _WORD.findall(text.lower()) if word not in ("the", "license", "licence"))


@cache
def _table() -> Mapping[str, Any]:
    found = yaml.safe_load((files(__package__) / "licences.yml").read_text("utf-8"))
    return {**found, "permissive": {name.lower() for name in found["permissive"]}}

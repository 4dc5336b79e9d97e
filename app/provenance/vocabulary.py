"""The words of ``vocabulary.json``: tools, makers of models, and the trailers that give credit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("vocabulary.json")


@dataclass(frozen=True, slots=True)
class Tool:
    """A harness by one of its names. An ambiguous name is also a person's."""

    harness: str
    family: str | None
    ambiguous: bool


@dataclass(frozen=True)
class Vocabulary:
    """The tables, ready for look-up; every key is in lower case.

    ``find_model`` finds a model's name in a text, its group names a key of ``families``; ``match_tool`` matches a
    tool's name at a text's start. ``nameless`` are values in a model's place that name none; ``surnames`` those of the
    ``fillers`` behind a tool's name which people bear too.
    """

    tools: Mapping[str, Tool]
    makers: Mapping[str, str | None]
    providers: Mapping[str, str | None]
    generic: frozenset[str]
    fillers: frozenset[str]
    surnames: frozenset[str]
    denials: frozenset[str]
    nameless: frozenset[str]
    credits: Mapping[str, str]
    find_model: Callable[[str], re.Match[str] | None]
    families: Mapping[str, str]
    default_families: Mapping[str, str | None]
    match_tool: Callable[[str], re.Match[str] | None]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Return the shipped vocabulary, read once."""
    raw = json.loads(_FILE.read_text(encoding="utf-8"))
    tools: dict[str, Tool] = {}
    for entry in raw["tools"]:
        for names, ambiguous in ((entry["names"], False), (entry["ambiguous"], True)):
            tools |= {name: Tool(entry["harness"], entry["family"], ambiguous) for name in names}
        tools.setdefault(entry["harness"].lower(), Tool(entry["harness"], entry["family"], ambiguous=False))
    families = {f"f{index}": family for index, family in enumerate(raw["families"])}
    branches = (f"(?P<f{i}>{'|'.join(patterns)})" for i, patterns in enumerate(raw["families"].values()))
    longest_first = sorted(tools, key=len, reverse=True)
    return Vocabulary(
        tools=tools,
        makers=raw["makers"],
        providers=raw["providers"],
        generic=frozenset(raw["generic"]),
        fillers=frozenset(raw["fillers"]),
        surnames=frozenset(raw["surnames"]),
        denials=frozenset(raw["denials"]),
        nameless=frozenset(raw["nameless"]),
        credits=raw["credits"],
        find_model=re.compile(rf"(?<![a-z0-9])(?:{'|'.join(branches)})", re.IGNORECASE).search,
        families=families,
        default_families={entry["harness"]: entry["family"] for entry in raw["tools"]},
        match_tool=re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE).match,
    )

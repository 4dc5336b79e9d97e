"""Which file of a snapshot configures a tool, by the tool's own order of search, and whether a change edits it."""

from __future__ import annotations

import configparser
import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from gates.change import Change, Snapshot
from gates.verdict import Finding, Severity

RULE = "configuration-edited"

# A configuration is small; a larger file is not read for one.
_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ToolConfig:
    """A configuration found: the file's path, and a hash of the part that is about the tool."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Finder:
    """How one tool looks for its configuration in the directory it runs in.

    ``names`` in order of search. A TOML file counts when it has the table ``[tool.TOOL]``, an INI file when
    ``is_section`` says so of one of its sections; files in ``whole`` count as they are.
    """

    tool: str
    names: tuple[str, ...]
    whole: frozenset[str]
    is_section: Callable[[str], bool]

    def find(self, snapshot: Snapshot) -> ToolConfig | None:
        """Return the configuration that the tool would use at the root of *snapshot*."""
        for name in self.names:
            entry = snapshot.entries.get(name)
            if entry is None or not entry.is_file or entry.size > _MAX_BYTES:
                continue
            part = self._part(name, snapshot.read(name))
            if part is not None:
                return ToolConfig(name, hashlib.sha256(part).hexdigest())
        return None

    def edits(self, change: Change) -> list[Finding]:
        """Return a finding where the head would configure the tool otherwise; the base's stays in force."""
        before, after = self.find(change.base), self.find(change.head)
        if before == after:
            return []
        path = after.path if after is not None else before.path if before is not None else None
        text = f"The change edits the configuration of {self.tool}. It was judged by the base's configuration."
        return [Finding(path, None, RULE, text, Severity.NOTE)]

    def _part(self, name: str, content: bytes) -> bytes | None:
        if name in self.whole:
            return content
        values = _toml(content, self.tool) if PurePosixPath(name).suffix == ".toml" else self._ini(content)
        return json.dumps(values, sort_keys=True, default=str).encode() if values is not None else None

    def _ini(self, content: bytes) -> dict[str, Any] | None:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(content.decode("utf-8"))
        except (configparser.Error, ValueError, RecursionError):
            return None
        found = {s: dict(parser.items(s)) for s in parser.sections() if self.is_section(s)}
        return found or None


def _toml(content: bytes, tool: str) -> Any | None:
    try:
        return tomllib.loads(content.decode("utf-8")).get("tool", {}).get(tool)
    except (ValueError, AttributeError, RecursionError):
        return None


# pylint.config.find_default_config_files
PYLINT = Finder(
    "pylint",
    ("pylintrc", "pylintrc.toml", ".pylintrc", ".pylintrc.toml", "pyproject.toml", "setup.cfg", "tox.ini"),
    frozenset({"pylintrc", ".pylintrc"}),
    lambda section: section == "pylint" or section.startswith("pylint."),
)
# mypy.defaults.CONFIG_NAMES and SHARED_CONFIG_NAMES
MYPY = Finder(
    "mypy",
    ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg"),
    frozenset({"mypy.ini", ".mypy.ini"}),
    lambda section: section == "mypy" or section.startswith("mypy-"),
)
# bandit reads an INI file (.bandit) by itself; pyproject.toml where it is named with -c, as its manual recommends.
BANDIT = Finder("bandit", (".bandit", "pyproject.toml"), frozenset({".bandit"}), lambda section: section == "bandit")

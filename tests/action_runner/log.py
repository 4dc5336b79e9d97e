"""Workflow commands in what a step prints, found as the runner finds them (actions/runner, ActionCommand.cs).

Two spellings count: `::name a=b,c=d::data` at the start of a line (after blanks), and the older `##[name a=b;]data`
anywhere in it. `set-output` in either still sets an output. Between `::stop-commands::TOKEN` and `::TOKEN::` none
counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NEW = re.compile(r"^\s*::([A-Za-z-]+)(?: +([^:]*))?::(.*)$", re.DOTALL)
_OLD = re.compile(r"##\[([A-Za-z-]+)(?: +([^\]]*))?\](.*)$", re.DOTALL)
_DATA = (("%0D", "\r"), ("%0A", "\n"))
_PROPERTY = (*_DATA, ("%3A", ":"), ("%2C", ","), ("%3B", ";"), ("%5D", "]"))
_KNOWN = frozenset(
    {"error", "warning", "notice", "debug", "group", "endgroup", "add-mask", "stop-commands"}
) | frozenset({"set-output", "save-state", "set-env", "add-path"})


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


@dataclass
class Log:
    """Every line of a job, and the commands that a runner would have obeyed."""

    lines: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    _until: str | None = None

    def read(self, text: str) -> list[Command]:
        """Take a step's output; return its commands. A step that ends leaves no token behind."""
        found = []
        for line in re.split(r"\r\n|\r|\n", text):
            self.lines.append(line)
            command = self._command(line)
            if command is not None:
                found.append(command)
        self._until = None
        self.commands += found
        return found

    def _command(self, line: str) -> Command | None:
        match = _NEW.match(line)
        if match and self._until is not None and match.group(1) == self._until:
            self._until = None
            return None
        resume = re.match(r"^\s*::([^:]+)::", line)
        if resume and resume.group(1) == self._until:
            self._until = None
            return None
        if self._until is not None:
            return None
        if match is None or match.group(1).lower() not in _KNOWN:
            match = _OLD.search(line)
        if match is None or match.group(1).lower() not in _KNOWN:
            return None
        name, properties, data = match.group(1).lower(), match.group(2) or "", match.group(3)
        if name == "stop-commands":
            self._until = data.strip()
            return None
        return Command(name, _properties(properties), _unescape(data, _DATA))


def _properties(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in re.split("[,;]", text) if "=" in part)
    return {key.strip(): _unescape(value, _PROPERTY) for key, _, value in pairs}


def _unescape(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for code, char in table:
        text = text.replace(code, char)
    return text.replace("%25", "%")

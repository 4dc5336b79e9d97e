"""Messages about modules that are not installed here: they speak of this machine, and not of the change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gates.change import Change
from gates.dependencies.installed import installed
from gates.dependencies.local import LocalModules
from gates.interpreter import Interpreter
from gates.verdict import Finding, Severity

# By rule of pylint or mypy, where a message names the module.
_MODULES = {
    "import-error": re.compile(r"Unable to import '([\w.]+)'"),
    "import-not-found": re.compile(r'module named "([\w.]+)"'),
    "import-untyped": re.compile(r'Library stubs not installed for "([\w.]+)"'),
}
_NAMED = 5


@dataclass(frozen=True)
class Absent:
    """The modules that one change could use and that are not here.

    A module of the repository (either side's) is never one: that it is missing is the change's doing. Whether the
    others exist and are declared is the question of the gate ``imports``.
    """

    change: Change
    interpreter: Interpreter

    @cached_property
    def _local(self) -> frozenset[str]:
        return LocalModules.of((*self.change.base.entries, *self.change.head.entries)).tops

    def module(self, finding: Finding) -> str | None:
        """Return the top-level module that a finding is about, where it is not here; else ``None``."""
        pattern = _MODULES.get(finding.rule)
        match = pattern.search(finding.message) if pattern else None
        top = match.group(1).partition(".")[0] if match else ""
        return top if top and top not in self._local and not installed(self.interpreter).providers(top) else None

    def split(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """Return the findings that count, and those about absent modules."""
        counting: list[Finding] = []
        absent: list[Finding] = []
        for finding in findings:
            (counting if self.module(finding) is None else absent).append(finding)
        return counting, absent

    def named(self, findings: Sequence[Finding]) -> str:
        """Return a sentence, after a blank, that names the absent modules of *findings*; empty where they are none."""
        names = sorted({module for f in findings if (module := self.module(f)) is not None})
        if not names:
            return ""
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f" Not installed here, and so not looked at: {', '.join(names[:_NAMED])}{more}."


def as_notes(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with the severity of those that do not count."""
    return [replace(f, severity=Severity.NOTE) for f in findings]

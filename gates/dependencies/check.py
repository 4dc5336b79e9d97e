"""One import held against what the repository is, declares and has installed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from gates.change import Snapshot
from gates.dependencies.declared import Declarations
from gates.dependencies.imported import Imported
from gates.dependencies.installed import Installed
from gates.dependencies.local import LocalModules
from gates.dependencies.lookalike import looks_like
from gates.dependencies.names import may_provide, normalised, providers
from gates.dependencies.stdlib import gap, is_stdlib
from gates.verdict import Finding, Severity


@dataclass(frozen=True)
class Surroundings:
    """What every import of one change is held against.

    ``declared`` holds the base's and the head's declarations; ``used`` says in which file of the base a top-level
    module is imported already, ``None`` for nowhere.
    """

    local: LocalModules
    declared: Declarations
    installed: Installed
    minors: tuple[int, ...]
    used: Callable[[str], str | None]
    known: frozenset[str] = frozenset()

    @cached_property
    def declared_names(self) -> frozenset[str]:
        """The declared distributions."""
        return frozenset(self.declared.names)

    def provides(self, module: str) -> bool:
        """Whether a declared distribution provides a module, as far as names and metadata tell."""
        top = module.partition(".")[0]
        known = providers(module)
        if self.declared_names & {*known, *self.installed.providers(top)}:
            return True
        # Another build of the same, or a part of it: pillow-simd, apache-airflow-providers-google.
        if any(name.startswith(f"{provider}-") for provider in known for name in self.declared_names):
            return True
        return any(may_provide(name, module) for name in self.declared_names)


def check(path: str, found: Imported, around: Surroundings, *, lenient: bool) -> Finding | None:
    """Return what is wrong with an import of the file at *path*, ``None`` where nothing is.

    *lenient*: among tests, documentation and tooling a known but undeclared distribution is only a warning.
    """
    if found.level:
        missing = around.local.missing_relative(path, found.module, found.level)
        return _missing(path, found, missing) if missing else None
    if not found.module or found.top in around.known:
        return None
    if is_stdlib(found.top) and found.top not in around.local.tops:
        phrase = gap(found.top, around.minors)
        message = f"The standard library's `{found.top}` {phrase}."
        return (
            None if phrase is None or found.optional else _finding(path, found, "stdlib-version", message, grave=False)
        )
    if found.top in around.local.tops:
        missing = around.local.missing_absolute(found.module)
        # `corp.auth` may come from `corp-auth`, which shares a namespace with the repository.
        elsewhere = missing is not None and normalised(missing) in around.declared_names
        return _missing(path, found, missing) if missing and not elsewhere else None
    if normalised(found.top) in around.declared.own:
        return None
    return None if around.provides(found.module) else _foreign(path, found, around, lenient=lenient)


def _foreign(path: str, found: Imported, around: Surroundings, *, lenient: bool) -> Finding | None:
    """Judge a module that neither the repository nor anything declared provides."""
    known = frozenset(providers(found.module)) | around.installed.providers(found.top)
    used = around.used(found.top)
    excused = found.optional or used is not None or not around.declared.complete
    if known:
        root = around.installed.brought_by(known, around.declared_names)
        grave = not (excused or lenient or found.typing_only or root or not around.declared.files)
        why = f" It is here only because {root} needs it." if root else f" {used} imports it already." if used else ""
        names = " or ".join(sorted(known))
        message = f"`{found.module}` comes from {names}, which no dependency file declares.{why} Declare it."
        return _finding(path, found, "undeclared-import", message, grave=grave)
    alike = looks_like(found.top)
    if alike is not None and used is None:
        message = (
            f"No distribution is known for `{found.top}`, and its name is easily taken for {alike}: is that meant?"
        )
        return _finding(path, found, "look-alike", message, grave=not found.optional)
    message = (
        f"`{found.top}` is not in the standard library, the repository or a declared dependency, and no "
        "distribution of that name is known here: it may not exist. Declare what provides it, or name it in `known`."
    )
    return _finding(path, found, "unknown-import", message, grave=not excused)


def check_dependency(name: str, path: str) -> list[Finding]:
    """Return the findings about a newly declared distribution."""
    note = Finding(path, None, "new-dependency", f"The change declares a new dependency: {name}.", Severity.NOTE)
    alike = looks_like(name)
    if alike is None:
        return [note]
    message = f"The new dependency {name} is easily taken for the widely used {alike}: is that meant?"
    return [note, Finding(path, None, "look-alike", message, Severity.ERROR)]


def uses(base: Snapshot) -> Callable[[str], str | None]:
    """Return a function that finds the first Python file of a base that imports a top-level module."""
    paths = [p for p, e in base.entries.items() if p.endswith(".py") and e.is_file and e.size <= 1024 * 1024]
    answers: dict[str, str | None] = {}

    def used(top: str) -> str | None:
        if top not in answers:
            pattern = re.compile(
                rb"^[ \t]*(?:import|from)[ \t]+" + re.escape(top.encode("utf-8", "replace")) + rb"\b", re.M
            )
            answers[top] = next((p for p, text in base.read_many(sorted(paths)) if pattern.search(text)), None)
        return answers[top]

    return used


def _missing(path: str, found: Imported, missing: str) -> Finding:
    message = f"The repository has no module {missing.replace('/', '.')}."
    return _finding(path, found, "missing-module", message, grave=not found.optional)


def _finding(path: str, found: Imported, rule: str, message: str, *, grave: bool) -> Finding:
    return Finding(path, found.line, rule, message, Severity.ERROR if grave else Severity.WARNING)

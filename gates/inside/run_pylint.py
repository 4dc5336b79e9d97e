"""pylint for many changes in one start of Python: a configured template forks a fresh child for each side of each.

Job: ``{"site_packages": [dir], "jobs": n, "seconds": s, "groups": [{"config": file, "base": dir, "items":
[{"id": i, "tree": dir, "files": [path], "unheard": {path: [line]}}]}]}``. The items of a group share a
configuration (``null`` for pylint's defaults); ``base`` is where its relative paths, plug-ins and ``init-hook``
belong. ``unheard`` names lines whose ``# pylint:`` comments do not count. Records: ``{"id", "complaints": [text], "messages": [{path,
line, end_line, symbol, category, message}], "score"}``, ``{"id", "failed": why}`` or ``{"group": n, "failed": why}``.
"""

from __future__ import annotations

import gc
import importlib.machinery
import math
import os
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from gates.inside.channel import Channel
    from gates.inside.forks import each_forked
else:
    sys.path.insert(0, str(Path(__file__).parent))
    from channel import Channel
    from forks import each_forked

    del sys.path[0]

import isort
from astroid import MANAGER  # type: ignore[import-untyped]
from astroid.exceptions import AstroidError  # type: ignore[import-untyped]
from pylint.lint import PyLinter, Run
from pylint.lint.expand_modules import discover_package_path
from pylint.reporters import CollectingReporter

_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
_ARGUMENTS = ("--persistent=n", "--jobs=1", "--recursive=n", "--reports=n", "--score=n")


class Linter(PyLinter):
    """pylint's linter, which checks the named files only and does not hear the comments on some lines."""

    unheard: ClassVar[dict[str, frozenset[int]]] = {}

    def check(self, files_or_modules: Sequence[str]) -> None:
        """Do nothing: ``Run`` would check at once, and here it only configures."""

    def lint(self, files: Sequence[str]) -> None:
        """Check *files* as the command line would."""
        super().check(files)

    @staticmethod
    def should_analyze_file(modname: str, path: str, is_argument: bool = False) -> bool:
        """Leave the rest of a package alone when its ``__init__.py`` is named."""
        return is_argument

    def process_tokens(self, tokens: list[tokenize.TokenInfo]) -> None:
        """Read the inline options, but those on lines that are not heard."""
        lines = self.unheard.get(os.path.normpath(self.current_file or ""), frozenset())
        super().process_tokens([t for t in tokens if t.type != tokenize.COMMENT or t.start[0] not in lines])


class OwnImports(importlib.machinery.PathFinder):
    """Imports of the tool itself: found where they were found at the start, never in the judged tree."""

    path: Sequence[str] = ()

    @classmethod
    def find_spec(cls, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        """Return a spec as ``PathFinder`` does, blind to what was put on ``sys.path`` later."""
        return super().find_spec(fullname, cls.path if path is None else path, target)

    @classmethod
    def install(cls) -> None:
        """Take the place of ``PathFinder``, with ``sys.path`` as it is now."""
        cls.path = list(sys.path)
        sys.meta_path[:] = [cls if f is importlib.machinery.PathFinder else f for f in sys.meta_path]


def configure(config: str | None) -> Linter:
    """Return a linter configured from *config* alone; plug-ins and ``init-hook`` run here."""
    Run.LinterClass = Linter
    run = Run([f"--rcfile={config or os.devnull}", *_ARGUMENTS, "nothing"], reporter=CollectingReporter(), exit=False)
    linter = run.linter
    assert isinstance(linter, Linter)
    return linter


def warm(items: Iterable[dict[str, Any]]) -> set[str]:
    """Read the modules that several items import into astroid's memory; return the top-level names there."""
    counts: Counter[str] = Counter()
    for item in items:
        names: set[str] = set()
        for path in item["files"]:
            try:
                names.update(m.decode() for m in _IMPORT.findall(Path(item["tree"], path).read_bytes()))
            except OSError:
                continue
        counts.update(names)
    for name in sorted(n for n, count in counts.items() if count > 1):
        try:
            MANAGER.ast_from_module_name(name)
        except (AstroidError, SyntaxError, ValueError, RecursionError):
            continue
    isort.place_module("os")  # compiles the patterns that pylint's import checker asks for in every file
    forget_places()
    return {name.partition(".")[0] for name in MANAGER.astroid_cache}


def forget_places() -> None:
    """Drop what astroid remembers of where modules are and are not, and keep the modules."""
    from astroid import modutils
    from astroid.interpreter._import import spec, util  # type: ignore[import-untyped]

    MANAGER._mod_file_cache.clear()
    caches = [modutils.cached_os_path_isfile, modutils._has_init, util.is_namespace, spec._find_spec]
    for cached in [*caches, spec._is_setuptools_namespace, *(f.find_module for f in spec._SPEC_FINDERS)]:
        cached.cache_clear()


def lint(linter: Linter, item: dict[str, Any], base: str, known: set[str]) -> dict[str, Any]:
    """Check one item's files; runs in a child of its own."""
    tree = item["tree"]
    sys.path[:] = [tree + p[len(base) :] if p == base or p.startswith(base + os.sep) else p for p in sys.path]
    os.chdir(tree)
    roots = {discover_package_path(path, linter.config.source_roots) for path in item["files"]}
    if known & {entry.name.partition(".")[0] for root in roots for entry in Path(root).iterdir()}:
        MANAGER.clear_cache()
    Linter.unheard = {os.path.normpath(p): frozenset(lines) for p, lines in item["unheard"].items()}
    linter.lint(item["files"])
    given = {os.path.normpath(path): path for path in item["files"]}
    messages = [
        {
            "path": given.get(os.path.normpath(os.path.relpath(m.abspath, tree)), m.path),
            "line": m.line,
            "end_line": m.end_line,
            "symbol": m.symbol,
            "category": m.category,
            "message": m.msg.replace(tree + os.sep, ""),
        }
        for m in linter.reporter.messages
    ]
    return {"messages": messages, "score": linter.generate_reports()}


def run_group(group: dict[str, Any], job: dict[str, Any], channel: Channel) -> None:
    """Configure once, then check every item of the group; runs in a child of its own."""
    base = group["base"] or str(Path.cwd())
    os.chdir(base)
    sys.path += [p for p in job["site_packages"] if p not in sys.path]
    linter = configure(group["config"])
    complaints = [f"{m.msg} ({m.symbol})" for m in linter.reporter.messages]
    linter.set_reporter(CollectingReporter())
    sys.path[:] = [str(Path(p).absolute()) for p in sys.path]
    OwnImports.install()
    known = warm(group["items"]) if len(group["items"]) > 1 else set()
    gc.collect()
    gc.freeze()

    def work(item: dict[str, Any]) -> dict[str, Any]:
        channel.close()
        return lint(linter, item, base, known)

    for item, value, problem in each_forked(group["items"], work, job["jobs"], job["seconds"]):
        channel.send({"id": item["id"], "complaints": complaints, **(value or {"failed": problem})})


def main() -> None:
    """Do the job that came on standard input."""
    channel = Channel()
    job = channel.job
    groups = enumerate(job["groups"])
    for (number, _), _, problem in each_forked(list(groups), lambda g: run_group(g[1], job, channel), 1, math.inf):
        if problem is not None:
            channel.send({"group": number, "failed": problem})
    channel.finish()


if __name__ == "__main__":
    main()

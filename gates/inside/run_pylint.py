"""pylint for many changes in one start of Python: a configured template forks children that check each side of each.

Job: ``{"site_packages": [dir], "jobs": n, "seconds": s, "groups": [{"config": file, "base": dir, "items":
[{"id": i, "tree": dir, "files": [path], "unheard": {path: [line]}}]}]}``. The items of a group share a
configuration (``null`` for pylint's defaults); ``base`` is where its relative paths, plug-ins and ``init-hook``
belong. ``unheard`` names lines whose ``# pylint:`` comments do not count.

Records: ``{"id", "complaints": [text], "messages": [{path, line, end_line, symbol, category, message}], "score"}``,
``{"id", "failed": why}`` or ``{"group": n, "failed": why}``.
"""

from __future__ import annotations

import gc
import importlib.machinery
import math
import os
import sys
import tempfile
import tokenize
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from pylint.checkers import BaseChecker

    from gates.inside.astroid_memory import Memory, Watch, known, warm
    from gates.inside.channel import Channel
    from gates.inside.forks import each_forked, sharing
else:
    sys.path.insert(0, str(Path(__file__).parent))
    from astroid_memory import Memory, Watch, known, warm
    from channel import Channel
    from forks import each_forked, sharing

    del sys.path[0]

from astroid import MANAGER  # type: ignore[import-untyped]
from pylint.lint import PyLinter, Run, pylinter
from pylint.lint.expand_modules import discover_package_path
from pylint.reporters import CollectingReporter
from pylint.utils import ASTWalker

_COUNTED = ("fatal", "error", "warning", "refactor", "convention", "statement", "info")
_ARGUMENTS = ("--persistent=n", "--jobs=1", "--recursive=n", "--reports=n", "--score=n")
# A fork costs as much as a small file. So few items are a review, and have a fork each; of more, so many share one.
_FEW = 16
_MOST_TOGETHER = 32


class Linter(PyLinter):
    """pylint's linter, which checks the named files only and does not hear the comments on some lines."""

    unheard: ClassVar[dict[str, frozenset[int]]] = {}
    prepared: list[BaseChecker] | None = None
    initialized = False

    def check(self, files_or_modules: Sequence[str]) -> None:
        """Do nothing: ``Run`` would check at once, and here it only configures."""

    def lint(self, files: Sequence[str]) -> None:
        """Check *files* as the command line would."""
        super().check(files)

    def initialize(self) -> None:
        """Switch off the messages that the version of Python rules out, once: every side begins with that state."""
        if not self.initialized:
            super().initialize()
            self.initialized = True

    @staticmethod
    def should_analyze_file(modname: str, path: str, is_argument: bool = False) -> bool:
        """Leave the rest of a package alone when its ``__init__.py`` is named."""
        return is_argument

    def prepare_checkers(self) -> list[BaseChecker]:
        """Return the checkers that the configuration asks for; it is the same for every side, and so are they."""
        if self.prepared is None:
            self.prepared = super().prepare_checkers()
        return self.prepared

    def score(self) -> float | None:
        """Return what the last run scored by the configuration's formula, ``None`` where nothing can be scored."""
        counts = {kind: getattr(self.stats, kind) for kind in _COUNTED}
        if not counts["statement"]:
            return None
        try:
            return float(eval(self.config.evaluation, {}, counts))  # noqa: S307  # the formula is the base's
        except Exception:  # noqa: BLE001  # pylint too leaves the score away then
            return None

    def process_tokens(self, tokens: list[tokenize.TokenInfo]) -> None:
        """Read the inline options, but those on lines that are not heard."""
        lines = self.unheard.get(str(Path(self.current_file or "").absolute()), frozenset())
        super().process_tokens([t for t in tokens if t.type != tokenize.COMMENT or t.start[0] not in lines])


class Walker(ASTWalker):
    """pylint's walker, which looks for a checker's methods once and not for every file: a third of a small file's time.

    Which of them are called follows from the checker and from the messages that are on when a side begins.
    """

    # By identity, since checkers of one name and messages are equal: the state of messages, and the methods by node.
    found: ClassVar[dict[int, tuple[dict[str, bool], dict[str, list[Any]], dict[str, list[Any]]]]] = {}

    def add_checker(self, checker: BaseChecker) -> None:
        """Collect the checker's methods, in the order of their names."""
        known = self.found.get(id(checker))
        if known is None or known[0] != self.linter._msgs_state:
            alone = ASTWalker(self.linter)
            alone.add_checker(checker)
            known = dict(self.linter._msgs_state), dict(alone.visit_events), dict(alone.leave_events)
            self.found[id(checker)] = known
        for mine, theirs in ((self.visit_events, known[1]), (self.leave_events, known[2])):
            for kind, methods in theirs.items():
                mine[kind] += methods


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
    vars(pylinter)["ASTWalker"] = Walker
    run = Run([f"--rcfile={config or os.devnull}", *_ARGUMENTS, "nothing"], reporter=CollectingReporter(), exit=False)
    linter = run.linter
    assert isinstance(linter, Linter)
    return linter


def judge(linter: Linter, item: dict[str, Any], base: str) -> tuple[dict[str, Any], bool]:
    """Check one item's files; return the record, and whether this process may check another item after it."""
    tree = item["tree"]
    beneath = base + os.sep
    sys.path[:] = [tree + p[len(base) :] if p == base or p.startswith(beneath) else p for p in OwnImports.path]
    os.chdir(tree)
    roots = {discover_package_path(path, linter.config.source_roots) for path in item["files"]}
    shadowing = bool(known() & {entry.name.partition(".")[0] for root in roots for entry in Path(root).iterdir()})
    if shadowing:
        MANAGER.clear_cache()
    Watch.tree, Watch.touched = tree, False
    Linter.unheard = {str(Path(tree, p)): frozenset(lines) for p, lines in item["unheard"].items()}
    linter.set_reporter(CollectingReporter())
    linter.lint(item["files"])
    return report(linter, item), not (shadowing or Watch.touched or linter.stats.fatal)


def report(linter: Linter, item: dict[str, Any]) -> dict[str, Any]:
    """Return what the linter said of one item."""
    tree = item["tree"]
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
    return {"messages": messages, "score": linter.score()}


def rehearse(linter: Linter, memory: Memory, base: str) -> None:
    """Check an empty file as if it were a side, so that no child needs to make what is made at the first check."""
    with tempfile.TemporaryDirectory() as tree:
        Path(tree, "rehearsal.py").touch()
        judge(linter, {"tree": tree, "files": ["rehearsal.py"], "unheard": {}}, base)
        os.chdir(base)
        memory.restore(tree)


def run_group(group: dict[str, Any], job: dict[str, Any], channel: Channel) -> None:
    """Configure once, then check every item of the group; runs in a child of its own."""
    base = group["base"] or str(Path.cwd())
    items = group["items"]
    os.chdir(base)
    sys.path += [p for p in job["site_packages"] if p not in sys.path]
    linter = configure(group["config"])
    complaints = [f"{m.msg} ({m.symbol})" for m in linter.reporter.messages]
    sys.path[:] = [str(Path(p).absolute()) for p in sys.path]
    OwnImports.install()
    warm(items if len(items) > 1 else [])
    Watch.install()
    linter.initialize()
    linter.prepare_checkers()
    memory = Memory(linter)
    if len(items) > _FEW:
        rehearse(linter, memory, base)
    gc.collect()
    gc.freeze()

    def work(part: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        channel.close()
        records = []
        for item in part:
            said, reusable = judge(linter, item, base)
            records.append(said)
            if not reusable:
                break
            memory.restore(item["tree"])
        return records

    together = _MOST_TOGETHER if len(items) > _FEW else 1
    for item, value, problem in sharing(items, work, together, job["jobs"], job["seconds"]):
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

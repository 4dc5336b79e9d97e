"""What astroid and pylint remember from one change to the next: kept where it is the library's, dropped elsewhere."""

from __future__ import annotations

import copy
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import isort
from astroid import MANAGER, modutils  # type: ignore[import-untyped]
from astroid.builder import AstroidBuilder  # type: ignore[import-untyped]
from astroid.context import _invalidate_cache  # type: ignore[import-untyped]
from astroid.exceptions import AstroidError, InferenceError  # type: ignore[import-untyped]
from astroid.inference_tip import clear_inference_tip_cache  # type: ignore[import-untyped]
from astroid.interpreter._import import spec, util  # type: ignore[import-untyped]
from pylint.checkers.clear_lru_cache import clear_lru_caches
from pylint.utils import LinterStats

if TYPE_CHECKING:
    from pylint.checkers import BaseChecker
    from pylint.lint import PyLinter

_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
_CONTAINERS = (list, dict, set, Counter, defaultdict)


def warm(items: Iterable[dict[str, Any]]) -> None:
    """Read the modules that several items import, where no tree is to be seen, into astroid's memory.

    The builtins are always among them: ``Memory`` forgets what is not there by now, and astroid makes them anew,
    half a second's work, for every file.
    """
    if "builtins" not in MANAGER.astroid_cache:
        MANAGER.clear_cache()
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


def known() -> set[str]:
    """Return the top-level names of the modules in memory: a tree that has one of them must not meet it there."""
    return {name.partition(".")[0] for name in MANAGER.astroid_cache}


def forget_places() -> None:
    """Drop what astroid remembers of where modules are and are not, and keep the modules."""
    MANAGER._mod_file_cache.clear()
    caches = [modutils.cached_os_path_isfile, modutils._has_init, util.is_namespace, spec._find_spec]
    for cached in [*caches, spec._is_setuptools_namespace, *(f.find_module for f in spec._SPEC_FINDERS)]:
        cached.cache_clear()


class Memory:
    """The state of a linter before its first side, to which it goes back after each."""

    def __init__(self, linter: PyLinter) -> None:
        self._linter = linter
        self._modules = frozenset(MANAGER.astroid_cache)
        self._messages = dict(linter._msgs_state)
        self._checkers = [(checker, _copied(vars(checker))) for checker in _others(linter)]

    def restore(self, tree: str) -> None:
        """Forget a side whose files are in *tree*."""
        for name in [n for n in MANAGER.astroid_cache if n not in self._modules]:
            if not _is_library(MANAGER.astroid_cache[name].file, tree):
                del MANAGER.astroid_cache[name]
        forget_places()
        clear_inference_tip_cache()
        _invalidate_cache()
        clear_lru_caches()
        for checker, state in self._checkers:
            vars(checker).clear()
            vars(checker).update(_copied(state))
        self._linter._msgs_state = dict(self._messages)
        self._linter.stats = LinterStats()


def _others(linter: PyLinter) -> list[BaseChecker]:
    return [checker for checker in linter.get_checkers() if checker is not linter]


def _copied(state: dict[str, Any]) -> dict[str, Any]:
    return {name: copy.copy(value) if type(value) in _CONTAINERS else value for name, value in state.items()}


def _is_library(file: str | None, tree: str) -> bool:
    return file is not None and Path(file).is_absolute() and not file.startswith(tree + os.sep)


class Watch:
    """Notices when a judged module changes what astroid knows of another one, such as by ``Thread.result = 1``.

    astroid adds attributes that are assigned anywhere to the class or module that it takes for their owner; from
    then on every later file would see them there.
    """

    tree = ""
    touched = False

    @classmethod
    def install(cls) -> None:
        """Look at every such assignment."""
        original = AstroidBuilder.delayed_assattr

        def watched(builder: Any, node: Any) -> None:
            original(builder, node)
            module = node.root()
            if not _is_library(module.file, cls.tree):
                cls.touched = cls.touched or not _is_of(node, module)

        AstroidBuilder.delayed_assattr = watched


def _is_of(node: Any, module: Any) -> bool:
    """Whether all that the assigned attribute may belong to is of *module*; in doubt it is not."""
    try:
        owners = [getattr(owner, "_proxied", owner) for owner in node.expr.infer()]
    except InferenceError:
        return True
    except (RecursionError, AttributeError):
        return False
    return all(owner.root() is module for owner in owners if hasattr(owner, "root"))

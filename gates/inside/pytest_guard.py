"""Watches the functions that decide what a test's outcome is, and says which were replaced by judged code."""

from __future__ import annotations

import sys
import types
from typing import Any, Iterator

_PREFIXES = ("_pytest.", "pluggy.")
_MODULES = frozenset({"_pytest", "pluggy", "pytest", "unittest.case", "unittest.result", "unittest.suite"})


class Guard:
    """Remembers each function's identity and code. Taken before any of the tree's code runs.

    A function that the interpreter's own packages replaced (plug-ins do) is no tampering; one whose new code comes
    from the tree, or from nowhere, is.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._known = {name: _mark(value) for name, value in _functions()}
        self._changed: set[str] = set()

    def look(self) -> None:
        """Compare with what was remembered."""
        now = dict(_functions())
        for name, mark in self._known.items():
            value = now.get(name)
            if value is not None and _mark(value) == mark:
                continue
            if value is None or self._is_foreign(value):
                self._changed.add(name)
        if self._changed:
            self._known = {name: mark for name, mark in self._known.items() if name not in self._changed}

    def changed(self) -> list[str]:
        """Look once more, and return the names of all that was ever found changed."""
        self.look()
        return sorted(self._changed)

    def _is_foreign(self, value: Any) -> bool:
        code = getattr(_plain(value), "__code__", None)
        if code is None:
            return True
        path = code.co_filename
        return path.startswith(self._root) or not path.startswith((sys.prefix, sys.base_prefix))


def _functions() -> Iterator[tuple[str, Any]]:
    for module_name, module in list(sys.modules.items()):
        if module_name not in _MODULES and not module_name.startswith(_PREFIXES):
            continue
        space = getattr(module, "__dict__", {})
        for name, value in list(space.items()):
            if isinstance(value, types.FunctionType):
                yield f"{module_name}.{name}", value
            elif isinstance(value, type) and value.__module__ == module_name:
                for key, member in list(vars(value).items()):
                    if isinstance(_plain(member), types.FunctionType):
                        yield f"{module_name}.{name}.{key}", member


def _plain(value: Any) -> Any:
    """Return the function within a class or static method or a property."""
    if isinstance(value, (classmethod, staticmethod)):
        return value.__func__
    return value.fget if isinstance(value, property) else value


def _mark(value: Any) -> tuple[Any, Any]:
    """Return what identifies a function; kept alive, so that no later one can take its address."""
    plain = _plain(value)
    return plain, getattr(plain, "__code__", None)

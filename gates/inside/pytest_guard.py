"""Watches the functions that decide what a test's outcome is, and says which were replaced by judged code."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

_PREFIXES = ("_pytest.", "pluggy.")
_MODULES = frozenset({"_pytest", "pluggy", "pytest", "unittest.case", "unittest.result", "unittest.suite"})
# Those that touch every outcome are looked at after each test, the others when all is over.
_CORE = (
    "_pytest.assertion.",
    "_pytest.outcomes.",
    "_pytest.python.",
    "_pytest.python_api.",
    "_pytest.raises.",
    "_pytest.reports.",
    "_pytest.runner.",
    "_pytest.skipping.",
    "_pytest.unittest.",
    "pluggy._callers.",
    "pluggy._hooks.",
    "pluggy._result.",
    "unittest.case.",
)


class Slot:
    """A place that holds a function, with the function and the code that were there when the guard was set up.

    Both are kept alive here, so that no later object can take their address.
    """

    __slots__ = ("code", "held", "holder", "key", "name", "plain")

    def __init__(self, name: str, holder: Mapping[str, Any], key: str) -> None:
        self.name = name
        self.holder = holder
        self.key = key
        self.held = holder[key]
        self.plain = _plain(self.held)
        self.code = self.plain.__code__

    def is_intact(self) -> bool:
        """Whether the same function with the same code is still there."""
        return self.holder.get(self.key) is self.held and self.plain.__code__ is self.code


class Guard:
    """Remembers pytest's functions. To be set up before any of the judged tree's code runs.

    A function that an installed package replaced (plug-ins do) is no tampering; one whose new code comes from the
    tree, or from nowhere, is.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._slots = list(_slots())
        self._core = [slot for slot in self._slots if slot.name.startswith(_CORE)]
        self._changed: set[str] = set()

    def look(self) -> None:
        """Look at the functions that touch every outcome."""
        self._inspect(self._core)

    def changed(self) -> list[str]:
        """Look at everything, and return the names of all that was ever found changed."""
        self._inspect(self._slots)
        return sorted(self._changed)

    def _inspect(self, slots: list[Slot]) -> None:
        for slot in slots:
            if not slot.is_intact() and self._is_foreign(slot.holder.get(slot.key)):
                self._changed.add(slot.name)

    def _is_foreign(self, value: Any) -> bool:
        code = getattr(_plain(value), "__code__", None)
        path = "" if code is None else code.co_filename
        return path.startswith(self._root) or not path.startswith((sys.prefix, sys.base_prefix))


def _slots() -> Iterator[Slot]:
    for module_name, module in list(sys.modules.items()):
        if module_name not in _MODULES and not module_name.startswith(_PREFIXES):
            continue
        for name, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType):
                yield Slot(f"{module_name}.{name}", vars(module), name)
            elif isinstance(value, type) and value.__module__ == module_name:
                for key, member in list(vars(value).items()):
                    if isinstance(_plain(member), types.FunctionType):
                        yield Slot(f"{module_name}.{name}.{key}", vars(value), key)


def _plain(value: Any) -> Any:
    """Return the function within a class or static method or a property."""
    if isinstance(value, (classmethod, staticmethod)):
        return value.__func__
    return value.fget if isinstance(value, property) else value

"""All gates by name: one table for ours, an entry-point group for other people's."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from gates.gate import Gate
from gates.nearest import did_you_mean

ENTRY_POINT_GROUP = "exogate.gates"

# Name -> "module:object". Modules are imported when their gate is asked for, so listing names costs nothing.
BUILT_IN: dict[str, str] = {
    "compile": "gates.exogenous.compile_:GATE",
    "repetition": "gates.exogenous.repetition:GATE",
    "lint": "gates.exogenous.lint:GATE",
    "types": "gates.exogenous.types_:GATE",
    "base-tests": "gates.exogenous.base_tests:GATE",
    "own-tests": "gates.exogenous.own_tests:GATE",
    "tampering": "gates.exogenous.tampering:GATE",
    "mutation": "gates.exogenous.mutation:GATE",
    "imports": "gates.exogenous.imports:GATE",
    "secrets": "gates.exogenous.secrets:GATE",
    "security": "gates.exogenous.security:GATE",
    "duplication": "gates.exogenous.duplication:GATE",
    "command": "gates.exogenous.command:GATE",
    "coin": "gates.exogenous.coin:GATE",
}


class UnknownGateError(LookupError):
    """No gate has this name; the message lists those that exist."""


class BrokenGateError(RuntimeError):
    """A third party's gate could not be loaded; the message names its package's entry point."""


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return every gate's name: ours in their table's order, then third parties' by name."""
    return (*BUILT_IN, *sorted(_third_party().keys() - BUILT_IN.keys()))


@cache
def get(name: str) -> Gate:
    """Return the gate called *name*. Ours win over a third party's of the same name.

    Raises ``UnknownGateError`` or ``BrokenGateError``.
    """
    target = BUILT_IN.get(name) or _third_party().get(name)
    if target is None:
        raise UnknownGateError(
            f"There is no gate called {name!r}. The gates are: {', '.join(names())}.{did_you_mean(name, names())}"
        )
    module, _, attribute = target.partition(":")
    try:
        return cast("Gate", getattr(import_module(module), attribute))
    except Exception as error:  # a plug-in may fail in any way while it is imported
        raise BrokenGateError(f"The gate {name!r} ({target}) could not be loaded: {error}.") from error


def _third_party() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}

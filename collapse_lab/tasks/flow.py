"""A list on its way through filter and map, as the pieces of code that a comprehension or a loop is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collapse_lab.tasks.operations import Map

Lines = list[str]


def indented(lines: Sequence[str]) -> Lines:
    """Return the lines one level deeper."""
    return [f"    {line}" for line in lines]


@dataclass(frozen=True, slots=True)
class Flow:
    """``value`` for each ``item`` of ``over`` that passes ``tests``.

    ``element`` is the item before the map. ``named``: ``over`` is the name of a list. ``atom``: ``value`` binds as
    tightly as a call.
    """

    over: str
    item: str
    element: str
    value: str
    named: bool = True
    tests: tuple[str, ...] = ()
    atom: bool = True

    @property
    def plain(self) -> bool:
        """Whether the items go through as they are."""
        return self.value == self.item and not self.tests

    def filtered(self, code: str) -> Flow:
        """Return the flow with one more test."""
        return replace(self, tests=(*self.tests, code.format(x=self.element)))

    def mapped(self, operation: Map, code: str) -> Flow:
        """Return the flow with another value."""
        return replace(self, value=code.format(x=self.element), atom=operation.atom)

    def asked(self, each: str) -> Flow:
        """Return the flow of what is asked of each value."""
        held = self.value if self.atom else f"({self.value})"
        return replace(self, value=each.format(p=held, v=self.value)) if each else self

    def comprehension(self) -> str:
        """Return ``value for item in over if tests``, without brackets."""
        test = f" if {' and '.join(self.tests)}" if self.tests else ""
        return f"{self.value} for {self.item} in {self.over}{test}"

    def listed(self) -> str:
        """Return an expression for the list of values."""
        if self.plain:
            return self.over if self.named else f"list({self.over})"
        return f"[{self.comprehension()}]"

    def loop(self, inner: Sequence[str]) -> Lines:
        """Return a loop over the items that pass."""
        lines = list(inner)
        if self.tests:
            lines = [f"if {' and '.join(self.tests)}:", *indented(lines)]
        return [f"for {self.item} in {self.over}:", *indented(lines)]

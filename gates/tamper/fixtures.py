"""Fixtures that other files' tests use: those of a ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator

from gates.tamper.module import TestModule
from gates.tamper.rules import Weakening


def compare_fixtures(base: TestModule, head: TestModule) -> Iterator[Weakening]:
    """Yield the fixtures that skip their tests now, or bring them fewer parameter sets."""
    for name, stops in head.stops.items():
        if name not in base.stops and name not in head.automatic:
            continue  # a new one: the tests that ask for it are edited, too
        known = {stop.key for stop in base.stops.get(name, ())}
        for stop in stops:
            if stop.key not in known:
                when = f" when {stop.condition}" if stop.condition else ""
                message = f"The fixture `{name}` now skips every test that uses it{when}."
                yield Weakening(head.path, stop.line, "new-skip" if stop.kind == "skip" else "new-xfail", message)
    for name, axis in base.params.items():
        after = head.params.get(name)
        values = after.rendered if after is not None else ("",)
        if name not in head.stops or axis.values is None or (after is not None and after.values is None):
            continue
        before, left = len(set(axis.rendered)), len(set(values))
        if left < before:
            message = f"The fixture `{name}` brings {left} parameter sets to its tests instead of {before}."
            yield Weakening(head.path, after.line if after is not None else None, "fewer-cases", message)

"""Snapshots put together from two others: code of one side under tests of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from gates.cache import key_of
from gates.change import Entry, Snapshot


@dataclass(frozen=True)
class Overlay:
    """``below`` with those paths replaced that ``from_above`` picks: they come from ``above``, or are gone with it."""

    below: Snapshot
    above: Snapshot
    from_above: Callable[[str], bool]

    @cached_property
    def id(self) -> str:
        """A name for the content."""
        return "overlay-" + key_of(
            [[p.encode("utf-8", "surrogateescape").hex(), e.kind, e.blob] for p, e in sorted(self.entries.items())]
        )

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Every path with what it is."""
        laid = {p: e for p, e in self.above.entries.items() if p in self._picked}
        # Where one side has a file and the other a directory of that name, the side that judges wins.
        directories = {parent for path in laid for parent in _parents(path)}
        kept = {
            p: e
            for p, e in self.below.entries.items()
            if p not in self._picked and p not in directories and not any(q in laid for q in _parents(p))
        }
        return {**kept, **laid}

    @cached_property
    def _picked(self) -> frozenset[str]:
        paths = self.below.entries.keys() | self.above.entries.keys()
        return frozenset(p for p in paths if self.from_above(p))

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises ``KeyError`` for a path that is not there."""
        return (self.above if path in self._picked else self.below).read(path)

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each path with its content."""
        wanted = [(p, p in self._picked) for p in paths]
        above = self.above.read_many([p for p, upper in wanted if upper])
        below = self.below.read_many([p for p, upper in wanted if not upper])
        for _, upper in wanted:
            yield from islice(above if upper else below, 1)


def _parents(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)

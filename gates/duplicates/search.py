"""The search for the passages of new code that stand elsewhere already."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gates.cache import Cache, key_of
from gates.change import Snapshot
from gates.duplicates.fingerprints import GRAM, WINDOW, grams, telling_grams, winnow
from gates.duplicates.tokens import Language, located, numbers

# A longer file is generated or data.
MAX_FILE_BYTES = 1024 * 1024
# Of so many files that share most with the new code each passage is looked for.
_TWINS = 20
# What the fingerprints depend on beside the text; hash() of a tuple may differ between Pythons.
_VERSION = (1, *sys.version_info[:2])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gram stands: its file, its first and last line, and its position among the file's tokens."""

    path: str
    first: int
    last: int
    position: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Tokens that stand elsewhere: which (run, first, end), on which lines, and on which lines of which other file."""

    run: int
    start: int
    end: int
    first: int
    last: int
    path: str
    twin_first: int
    twin_last: int

    @property
    def tokens(self) -> int:
        """The length in tokens."""
        return self.end - self.start


@dataclass(frozen=True)
class Piece:
    """The code that a change wrote in one file: runs of (token number, line)."""

    path: str
    language: Language
    runs: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, path: str, language: Language, text: bytes, keep: Callable[[int], bool]) -> Piece:
        """Cut a file's lines to *keep* into tokens."""
        return cls(path, language, tuple(map(tuple, located(language, text, language.codes, keep))))

    @property
    def tokens(self) -> int:
        """How many tokens were written."""
        return sum(map(len, self.runs))

    @cached_property
    def grams(self) -> list[list[int]]:
        """The grams of each run."""
        return [grams([number for number, _ in run]) for run in self.runs]

    @cached_property
    def telling(self) -> list[list[int | None]]:
        """The grams of each run, ``None`` for those that say too little to be compared."""
        return [telling_grams([number for number, _ in run]) for run in self.runs]


@dataclass
class Index:
    """The fingerprints of a base's files, each worked out once and kept by content."""

    base: Snapshot
    cache: Cache
    _prints: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def nearest(self, language: Language, hashes: set[int]) -> list[str]:
        """Return the paths that share most fingerprints with *hashes*, at most ``_TWINS``."""
        shared = {path: len(hashes.intersection(prints)) for path, prints in self._of(language).items()}
        ranked = sorted((path for path, count in shared.items() if count), key=lambda p: (-shared[p], p))
        return ranked[:_TWINS]

    def _of(self, language: Language) -> Mapping[str, list[int]]:
        if language.name not in self._prints:
            self._prints[language.name] = self._load(language)
        return self._prints[language.name]

    def _load(self, language: Language) -> dict[str, list[int]]:
        entries = self.base.entries
        paths = [
            path
            for path, entry in entries.items()
            if path.endswith(language.suffixes) and entry.is_file and entry.size <= MAX_FILE_BYTES
        ]
        keys = {path: key_of("duplication", _VERSION, language.name, entries[path].blob) for path in paths}
        found = {path: stored for path in paths if (stored := self.cache.get(keys[path])) is not None}
        codes = language.codes
        for path, text in self.base.read_many([p for p in paths if p not in found]):
            found[path] = sorted(winnow(grams(numbers(language, text, codes))))
            self.cache.put(keys[path], found[path])
        return found


Places = dict[int, Place]


def places(piece: Piece) -> Places:
    """Return where each gram of a piece stands first."""
    found: Places = {}
    before = 0
    for run, hashes in zip(piece.runs, piece.grams, strict=True):
        for index, value in enumerate(hashes):
            if value not in found:
                found[value] = Place(piece.path, run[index][1], run[index + GRAM - 1][1], before + index)
        before += len(run)
    return found


def passages(piece: Piece, twin: Places, *, own: bool = False) -> list[Passage]:
    """Return the passages of at least ``WINDOW`` grams of *piece* whose grams all stand in *twin*.

    *own* says that *twin* holds the piece itself: a gram counts from where its first occurrence has ended.
    """
    found: list[Passage] = []
    before = 0
    for number, (run, hashes) in enumerate(zip(piece.runs, piece.telling, strict=True)):
        matches: list[Place | None] = []
        for index, value in enumerate(hashes):
            place = twin.get(value) if value is not None else None
            itself = own and place and place.path == piece.path and place.position > before + index - GRAM
            matches.append(None if itself else place)
        found += _stretches(number, run, hashes, matches)
        before += len(run)
    return found


def _stretches(
    number: int, run: Sequence[tuple[int, int]], hashes: Sequence[int | None], matches: Sequence[Place | None]
) -> Iterator[Passage]:
    """Join neighbouring matches; grams that tell nothing neither begin nor end a stretch, nor make it long enough."""
    start = last = -1
    count = 0
    for index, (value, match) in enumerate(zip((*hashes, 0), (*matches, None), strict=True)):
        if match is not None:
            start, last, count = (index if start < 0 else start), index, count + 1
        elif value is not None and start >= 0:
            if count >= WINDOW:
                yield _passage(number, run, start, last, matches)
            start, count = -1, 0


def _passage(
    number: int, run: Sequence[tuple[int, int]], start: int, last: int, matches: Sequence[Place | None]
) -> Passage:
    begin, end = matches[start], matches[last]
    assert begin is not None
    assert end is not None
    stop = last + GRAM
    first, final = run[start][1], run[stop - 1][1]
    # A gram may stand at several places of the twin; only the first of each is known.
    likely = begin.first <= end.last <= begin.first + 2 * (final - first) + 10
    twin_last = end.last if likely and end.path == begin.path else begin.first + final - first
    return Passage(number, start, stop, first, final, begin.path, begin.first, twin_last)


def covered(found: Iterable[Passage]) -> int:
    """Return how many tokens lie in at least one of the passages."""
    return len({(p.run, index) for p in found for index in range(p.start, p.end)})

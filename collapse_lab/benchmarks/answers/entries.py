"""Published rows as entries: copies left out, then cut into a benchmark and a pool that have no code in common."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from collapse_lab.benchmarks.answers.rubric import Rubric
from collapse_lab.metrics.words import grams, words
from collapse_lab.sample import seed_of
from collapse_lab.tasks.task import Task

LONGEST = 4000
"""Functions of more characters are left out: a prompt that is cut to a model's context asks for something else."""

MOST = 40_000
"""How many functions of a data set are taken: those whose hashes come first."""

TEST = 5
"""One function in so many is the benchmark's."""

NEAR = 0.7
"""Two functions are near copies where they share this much of their runs of five words (Jaccard), as in
``pools.clean``; here the comparison is exact."""

_SHINGLE = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A function, what is asked about it, and what a person answered.

    ``kind`` is the answer's class where it has one. What has the same ``group`` is never cut apart. ``sha256`` is of
    the code's words, so that layout makes no other function.
    """

    code: str
    prompt: str
    answer: str
    rubric: Rubric
    kind: str
    family: str
    group: str = ""
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256("\0".join(words(self.code)).encode("utf-8", "surrogatepass")).hexdigest()
        object.__setattr__(self, "sha256", digest)

    @property
    def in_test(self) -> bool:
        """Whether it is the benchmark's: by its group or its own hash, whatever file it stands in."""
        return seed_of("answers", "test", self.group or self.sha256) % TEST == 0

    def task(self, id: str) -> Task:  # noqa: A002
        """Return it as a task. Its strata are all one: nothing says what is rare among answers."""
        return Task(
            id=id,
            prompt=self.prompt,
            entry_point="",
            reference=self.answer,
            visible=(),
            hidden=(),
            stratum="middle",
            family=self.family,
            rubric=self.rubric,
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """A data set cut in two, each in the order of hashes; what was left out of it, by why."""

    test: tuple[Entry, ...]
    pool: tuple[Entry, ...]
    left_out: dict[str, int]


def parted(entries: Iterable[Entry]) -> Parts:
    """Return the benchmark's part and the pool's.

    Left out: functions longer than ``LONGEST``; what is beyond the first ``MOST`` hashes; copies, of which the first
    stays; code that stands there with two labels, which says nothing; and of the pool what is a near copy of one of
    the benchmark.
    """
    left_out: Counter[str] = Counter()
    first: dict[str, Entry] = {}
    torn: set[str] = set()
    for entry in _taken(entries, left_out):
        known = first.setdefault(entry.sha256, entry)
        if known is not entry:
            left_out["copies"] += 1
            if known.kind != entry.kind:
                torn.add(entry.sha256)
    left_out["code with two labels"] = len(torn)
    kept = [entry for sha256, entry in first.items() if sha256 not in torn]
    test, pool = ([entry for entry in kept if entry.in_test is wanted] for wanted in (True, False))
    near = near_copies(pool, test)
    left_out["near copies of the benchmark"] = len(near)
    return Parts(tuple(test), tuple(e for n, e in enumerate(pool) if n not in near), dict(left_out))


def _taken(entries: Iterable[Entry], left_out: Counter[str]) -> list[Entry]:
    """Return the first of all by their hashes, without holding more; of equal hashes the order of the file stays."""
    seen = 0

    def short() -> Iterable[Entry]:
        nonlocal seen
        for entry in entries:
            if len(entry.code) > LONGEST:
                left_out["too long"] += 1
            else:
                seen += 1
                yield entry

    found = nsmallest(MOST, short(), key=lambda entry: entry.sha256)
    left_out["beyond the first"] = seen - len(found)
    return found


def near_copies(of: Sequence[Entry], known: Sequence[Entry]) -> set[int]:
    """Return the numbers of the entries that are near copies of a known one, copies included."""
    having: defaultdict[int, list[int]] = defaultdict(list)
    sizes = []
    for number, entry in enumerate(known):
        own = _shingles(entry.code)
        sizes.append(len(own))
        for shingle in own:
            having[shingle].append(number)
    found = set()
    for number, entry in enumerate(of):
        own = _shingles(entry.code)
        shared = Counter(other for shingle in own for other in having.get(shingle, ()))
        if any(count >= NEAR * (len(own) + sizes[other] - count) for other, count in shared.items()):
            found.add(number)
    return found


def _shingles(code: str) -> frozenset[int]:
    found = words(code)
    return frozenset(hash(gram) for gram in grams(found, _SHINGLE) or [tuple(found)])

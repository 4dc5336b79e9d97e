"""Functions with a question about each, and a person's answers: the pool beside a benchmark of answers in words."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from collapse_lab.pools.functions import PARTS
from collapse_lab.pools.rows import PoolError
from collapse_lab.sample import seed_of
from collapse_lab.tasks.task import Task

if TYPE_CHECKING:
    from collapse_lab.benchmarks.answers.entries import Entry
    from collapse_lab.study import PoolChoice

_EIGHTHS = 8
_OTHERS = range(7, 8)


class AnswerPool:
    """Implements ``collapse_lab.pools.FunctionSource`` over entries.

    An entry belongs to an eighth by its own hash, as in ``pools.functions``. A prompt has no answer in it; the task's
    reference has, for human documents, and its rubric knows the label, for what is counted. Where answers have
    classes, a draw has equally many prompts of each: of one vulnerable function in ten a model learns to say no.
    """

    def __init__(self, name: str, entries: Sequence[Entry], seed: int = 0) -> None:
        self.name, self._seed, self._rows = name, seed, len(entries)
        digest = hashlib.sha256()
        self._parts: defaultdict[range, defaultdict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for entry in entries:
            digest.update(repr((entry.prompt, entry.answer, entry.rubric.identity)).encode("utf-8", "surrogatepass"))
            eighth = seed_of("eighth", entry.sha256) % _EIGHTHS
            part = next((eighths for eighths in PARTS.values() if eighth in eighths), _OTHERS)
            self._parts[part][entry.kind].append(entry)
        self._sha256 = digest.hexdigest()

    @property
    def identity(self) -> dict[str, str | int]:
        """What the pool hangs on: every prompt and answer, and the seed of its draws."""
        return {"pool": self.name, "sha256": self._sha256, "rows": self._rows, "seed": self._seed}

    def pool(self, purpose: str, seed: int, count: int) -> list[Task]:
        """Return *count* tasks of the part that *purpose* has, in an order drawn by *seed*.

        None twice, as long as there are others of its class: then all of it are drawn anew. Raises ``PoolError``
        where the part is empty.
        """
        kinds = self._parts[PARTS.get(purpose, _OTHERS)]
        if not kinds:
            raise PoolError(f"The pool `{self.name}` has {self._rows} functions, and none for `{purpose}`: take more.")
        random = Random(seed_of("answers", self._seed, purpose, seed))  # noqa: S311  # a study's draw, no secret
        drawn: list[Entry] = []
        for number, kind in enumerate(sorted(kinds)):
            # What cannot be shared out evenly goes to the first classes.
            wanted = count // len(kinds) + (number < count % len(kinds))
            drawn += _drawn(kinds[kind], wanted, random)
        random.shuffle(drawn)
        return [e.task(f"{self.name}-{e.sha256[:12]}-{purpose}-{seed}-{place}") for place, e in enumerate(drawn)]

    def room(self, purpose: str) -> int:
        """Return how many different tasks the part of a purpose has, of all classes together."""
        return sum(map(len, self._parts[PARTS.get(purpose, _OTHERS)].values()))


def _drawn(entries: Sequence[Entry], count: int, random: Random) -> list[Entry]:
    found: list[Entry] = []
    while len(found) < count:
        found += random.sample(entries, min(len(entries), count - len(found)))
    return found


def open_answers(choice: PoolChoice) -> AnswerPool:
    """Return the pool that a study names. Raises ``BenchmarkError`` where its file is not to be had."""
    from collapse_lab.benchmarks.answers import parts_of

    return AnswerPool(choice.name, parts_of(choice.name, choice.path).pool, choice.seed)

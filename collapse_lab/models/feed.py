"""What each step of a training is on: its rows, by seed, whether documents share them or not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from collapse_lab.models import order
from collapse_lab.models.fim import FimTokens, out_of_order
from collapse_lab.models.packing import Row, joined_rows, rows_a_pass, single, whole_rows
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from collapse_lab.models.model import Training
    from collapse_lab.models.text import Encoded

# Columns of a batch are padded to a multiple of this.
_COLUMNS = 8

Batch = tuple[list[Row], int, float]
"""A step's rows; the columns that they are padded to; and the tokens of an average batch that count in the loss."""


@dataclass(frozen=True)
class Feed:
    """The steps of a training on *documents*, every second on *beside*, where that has any.

    Only *documents* are put out of order: what stands beside teaches something else than to write. ``limit`` is the
    model's context in tokens. Raises ``ValueError`` for settings that say nothing, contradict each other, or do not
    fit the model.
    """

    documents: Sequence[Encoded]
    beside: Sequence[Encoded]
    training: Training
    seed: int
    limit: int
    fim: FimTokens | None = None

    def __post_init__(self) -> None:
        training = self.training
        if training.packing > self.limit:
            raise ValueError(
                f"`packing: {training.packing}` is more than the model's context of {self.limit} tokens. Write that "
                "or less."
            )
        if training.fim_rate and self.fim is None:
            raise ValueError("`fim_rate` needs a model that has tokens for filling in the middle. Set `fim_rate: 0`.")
        if self.steps and not self.documents:
            raise ValueError(f"There is no document to train {self.steps} steps on. Train 0 steps, or give documents.")

    @cached_property
    def steps(self) -> int:
        """How many steps there are."""
        if not self.training.packing:
            return count_steps(self.training, len(self.documents) + len(self.beside))
        return count_steps(self.training, sum(self._rows_a_pass(group) for group in (self.documents, self.beside)))

    def batches(self, begin: int) -> Iterator[Batch]:
        """Yield the batches of step *begin* and of all behind it."""
        return self._shared(begin) if self.training.packing else self._single(begin)

    def _single(self, begin: int) -> Iterator[Batch]:
        """Yield documents of like length, each in a row of its own."""
        training, groups = self.training, (self.documents, self.beside)
        kinds = self._kinds()
        drawn = [
            iter(
                order.batches(
                    [len(d.ids) for d in group], training.batch, kinds.count(kind), seed_of("kind", self.seed, kind)
                ).tolist()
            )
            for kind, group in enumerate(groups)
        ]
        plan = [(kind, next(drawn[kind])) for kind in kinds]
        usual = [training.batch * sum(self._row(d).learned for d in group) / max(1, len(group)) for group in groups]
        for step in range(begin, len(plan)):
            kind, places = plan[step]
            batch = [
                self._row(self._moved(groups[kind][place], kind, self.limit, "step", step, at))
                for at, place in enumerate(places)
            ]
            columns = -(-max(len(row.ids) for row in batch) // _COLUMNS) * _COLUMNS
            yield batch, min(columns, self.limit), usual[kind]

    def _shared(self, begin: int) -> Iterator[Batch]:
        """Yield rows that documents share."""
        batch, kinds, groups = self.training.batch, self._kinds(), (self.documents, self.beside)
        streams, usual = [], []
        for kind, group in enumerate(groups):
            if not group:
                continue
            first = list(islice(self._stream(kind), math.ceil(self._rows_a_pass(group))))
            usual.append(batch * sum(row.learned for row in first) / len(first))
            streams.append(islice(self._stream(kind), batch * kinds[:begin].count(kind), None))
        for kind in kinds[begin:]:
            yield list(islice(streams[kind], batch)), self.training.packing, usual[kind]

    def _stream(self, kind: int) -> Iterator[Row]:
        group, training = (self.documents, self.beside)[kind], self.training

        def documents(number: int) -> list[Encoded]:
            room = None if training.joined else training.packing
            return [self._moved(d, kind, room, "pass", number, place) for place, d in enumerate(group)]

        rows = joined_rows if training.joined else whole_rows
        return rows(documents, training.packing, training.completion_only, seed_of("kind", self.seed, kind))

    def _moved(self, document: Encoded, kind: int, room: int | None, *when: str | int) -> Encoded:
        """Return a document as a step or a pass has it: in order, or with its middle last."""
        training = self.training
        if kind or self.fim is None or not training.fim_rate:
            return document
        seed = seed_of("fim", self.seed, *when)
        return out_of_order(document, self.fim, training.fim_rate, training.fim_spm_rate, seed, room)

    def _kinds(self) -> list[int]:
        """Return which group each step is on."""
        return [step % 2 if self.beside else 0 for step in range(self.steps)]

    def _row(self, document: Encoded) -> Row:
        return single(document, self.training.completion_only)

    def _rows_a_pass(self, group: Sequence[Encoded]) -> float:
        """Return the rows of a pass over a group as it is; with tokens for filling in the middle it may be more."""
        return rows_a_pass([len(d.ids) for d in group], self.training.packing, joined=self.training.joined)


def count_steps(training: Training, rows: float) -> int:
    """Return how many steps a training takes over so many rows."""
    if (training.steps is None) == (training.epochs is None):
        raise ValueError("A training has either `steps` or `epochs`.")
    if training.steps is not None:
        return training.steps
    assert training.epochs is not None
    return math.ceil(training.epochs * rows / training.batch)

"""Completions of many prompts: rows of a machine that take the next waiting text as soon as theirs has stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from collapse_lab.models.draw import draw, uniforms
from collapse_lab.models.ending import Ending
from collapse_lab.models.llama_machine import LlamaMachine, fits
from collapse_lab.models.machine import CacheMachine, Machine, Remembered, context
from collapse_lab.models.precision import reading
from collapse_lab.models.shapes import batches, bucket, grid

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.model import Sampling

Prompt = tuple[int, ...]
_Job = tuple[Prompt, int, Ending]
# Tokens of prompts that are read at once, padding counted.
_READ = 256
# Sizes of caches are multiples of this. Every further size is a group of rows of its own, which runs dry at its end.
_CACHE = 128


def decode(
    network: PreTrainedModel,
    prompts: Sequence[Prompt],
    seeds: Sequence[int],
    sampling: Sampling,
    endings: Sequence[Ending],
    rows: int,
) -> list[list[int]]:
    """Return each prompt's new tokens; the last is the first with which its ending says that it is whole.

    A row's result hangs on its own prompt, seed and ending: *rows* and the cache's size are fixed, and a row never
    sees another. Equal prompts are read once, and with the same seed (greedy: always) completed once.
    """
    wanted = [(p, 0 if sampling.temperature == 0 else s, e) for p, s, e in zip(prompts, seeds, endings, strict=True)]
    distinct = dict.fromkeys(wanted)
    groups: dict[int, list[_Job]] = {}
    for job in distinct:
        groups.setdefault(bucket(len(job[0]) + sampling.max_tokens, _CACHE), []).append(job)
    made: dict[_Job, list[int]] = {}
    with torch.inference_mode(), reading(network):
        for columns, jobs in sorted(groups.items()):
            machine = machine_for(network)(network, rows, columns)
            made.update(zip(jobs, _Shift(network, machine, jobs, sampling).run(), strict=True))
    return [made[job] for job in wanted]


def machine_for(network: PreTrainedModel) -> Callable[[PreTrainedModel, int, int], Machine]:
    """Return the fastest machine that is right for a model."""
    return LlamaMachine if fits(network) else CacheMachine


@dataclass
class _Row:
    """What a row works on: the job's number, what ends it, its random numbers, and the next token's position."""

    job: int
    ending: Ending
    numbers: list[float]
    position: int


class _Shift:
    """One machine working through jobs of one cache size."""

    def __init__(
        self,
        network: PreTrainedModel,
        machine: Machine,
        jobs: Sequence[_Job],
        sampling: Sampling,
    ) -> None:
        self._network, self._machine, self._jobs, self._sampling = network, machine, jobs, sampling
        self._tokens = np.zeros(machine.rows, np.int64)
        self._positions = np.zeros(machine.rows, np.int64)
        self._numbers = np.zeros(machine.rows)

    def run(self) -> list[list[int]]:
        """Return the new tokens of each job."""
        made: list[list[int]] = [[] for _ in self._jobs]
        waiting = self._waiting()
        busy: dict[int, _Row] = {}
        while True:
            for row in range(self._machine.rows):
                if row not in busy and (job := next(waiting, None)):
                    busy[row] = self._begin(row, *job)
            if not busy:
                return made
            chosen = self._step()
            for row, work in list(busy.items()):
                answer = made[work.job]
                answer.append(chosen[row])
                if work.ending.ended(answer) or len(answer) == self._sampling.max_tokens:
                    del busy[row]
                    continue
                work.position += 1
                self._tokens[row] = chosen[row]
                self._positions[row] = work.position
                self._numbers[row] = work.numbers[len(answer)]

    def _step(self) -> list[int]:
        device = self._network.device
        tokens, positions = (torch.from_numpy(a).to(device) for a in (self._tokens, self._positions))
        logits = self._machine.step(tokens, positions)
        chosen: list[int] = draw(logits, torch.from_numpy(self._numbers).to(device), self._sampling).tolist()
        return chosen

    def _begin(self, row: int, job: int, remembered: Remembered, of: int) -> _Row:
        prompt, seed, ending = self._jobs[job]
        last = len(prompt) - 1
        self._machine.place(row, remembered, of, last)
        numbers = uniforms(seed, self._sampling.max_tokens).tolist()
        self._tokens[row], self._positions[row], self._numbers[row] = prompt[last], last, numbers[0]
        return _Row(job, ending, numbers, last)

    def _waiting(self) -> Iterator[tuple[int, Remembered, int]]:
        """Yield (job, keys and values, row of them) with prompts read as late as possible.

        A prompt's last token is left to the first step, which gives its logits.
        """
        jobs_of: dict[Prompt, list[int]] = {}
        for job, (prompt, _, _) in enumerate(self._jobs):
            jobs_of.setdefault(prompt, []).append(job)
        prompts = list(jobs_of)
        for rows, columns, places in batches([max(1, len(p) - 1) for p in prompts], _READ, context(self._network)):
            texts = [prompts[place][:-1] for place in places]
            # Any token does for padding: nothing looks back on it.
            remembered = self._machine.read(grid(texts, rows, columns, prompts[0][0], self._network.device))
            for of, place in enumerate(places):
                for job in jobs_of[prompts[place]]:
                    yield job, remembered, of

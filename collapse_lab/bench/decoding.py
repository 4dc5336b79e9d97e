"""Tokens a second of an engine, beside transformers' `generate` with the same weights, prompts and lengths.

Answers are drawn as studies draw them. `generate` gets the prompts in batches of a fixed size, in their order, and goes
on with a batch until its longest answer is whole: once in batches of 64, once all together. A run of the engine is
compared with the faster of both, right before and behind it. Only tokens of answers count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from collapse_lab.bench.limits import fastest
from collapse_lab.bench.plan import Scale
from collapse_lab.bench.workload import Work, work
from collapse_lab.models.device import Writer
from collapse_lab.models.engines import engine, vllm
from collapse_lab.models.flops import shape_of
from collapse_lab.models.model import Sampling
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.manner import Engine

_BATCH = 64
# Of so many prompts greedy answers are compared; as the first run of all, it takes what only first runs take.
_COMPARED = 64

Answers = list[list[int]]
Write = Callable[[Work, Sampling], Answers]


def measure(network: PreTrainedModel, name: Engine, scale: Scale, bandwidth: float | None) -> dict[str, Any]:
    """Return what was measured of the engine of that name, writing with *network*'s weights in bf16.

    ``tokens_a_second`` and ``ratio`` have an entry a run; ``of_limit`` is the median's share of what ``limits`` says
    of a device's *bandwidth*; ``same`` is the share of greedy answers that are those of `generate` token by token.
    """
    writer = Writer(network, "bf16").network
    todo = work(scale.prompts, scale.longest, writer.config.vocab_size)
    greedy, drawn = (
        Sampling(temperature=temperature, top_p=top_p, max_tokens=scale.longest[1])
        for temperature, top_p in ((0.0, 1.0), (0.8, 0.95))
    )
    began = time.monotonic()
    with _opened(name, writer, scale.rows) as write:
        start = time.monotonic() - began
        few = todo.first(_COMPARED)
        same = _same(write(few, greedy), _generate(writer, few, greedy, _BATCH))
        runs = _Runs(write, writer, drawn)
        while runs.another(scale):
            runs.take(todo)
    shape, width = shape_of(writer.config), torch.finfo(writer.dtype).bits // 8
    prompts = [len(prompt) for prompt in todo.prompts]
    limit = fastest(shape, prompts, todo.answers, width, bandwidth) if bandwidth else None
    speeds = [todo.tokens / seconds for seconds in runs.ours]
    return {
        "prompts": len(prompts),
        "prompt_tokens": sum(prompts),
        "tokens": todo.tokens,
        "longest": [max(prompts), max(todo.answers)],
        "rows": scale.rows,
        "start_seconds": round(start, 2),
        "tokens_a_second": speeds,
        "generate": {str(batch): [todo.tokens / s for s in seconds] for batch, seconds in runs.theirs.items()},
        "ratio": runs.ratios,
        "limit_tokens_a_second": limit,
        "of_limit": median(speeds) / limit if limit else None,
        "same": same,
        "memory_bytes": runs.memory,
    }


class _Runs:
    """Runs of an engine and of `generate`, in turn. ``ours`` and ``theirs`` are seconds, the latter by batch."""

    def __init__(self, write: Write, network: PreTrainedModel, sampling: Sampling) -> None:
        self._write, self._network, self._sampling = write, network, sampling
        self._began, self._last = time.monotonic(), 0.0
        self.ours: list[float] = []
        self.theirs: dict[int, list[float]] = {}
        # The most that torch held for tensors while the engine wrote; vLLM's own process is not seen.
        self.memory: int | None = None

    @property
    def ratios(self) -> list[float]:
        """How many times as fast as the faster `generate` each run was."""
        return [min(seconds) / ours for ours, *seconds in zip(self.ours, *self.theirs.values(), strict=True)]

    def another(self, scale: Scale) -> bool:
        """Whether one more run is wanted, and likely to end in time; the first is in any case."""
        spent = time.monotonic() - self._began
        return not self.ours or (len(self.ours) < scale.runs and spent + self._last <= scale.most_seconds)

    def take(self, todo: Work) -> None:
        """Take one run of each."""
        began = time.monotonic()
        device = self._network.device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        self.ours.append(_timed(lambda: self._write(todo, self._sampling)))
        if device.type == "cuda":
            self.memory = max(self.memory or 0, torch.cuda.max_memory_allocated(device))
        for batch in dict.fromkeys((min(_BATCH, len(todo.prompts)), len(todo.prompts))):
            seconds = _timed(partial(_generate, self._network, todo, self._sampling, batch))
            self.theirs.setdefault(batch, []).append(seconds)
        self._last = time.monotonic() - began


@contextmanager
def _opened(name: Engine, network: PreTrainedModel, rows: int) -> Iterator[Write]:
    """Give what writes; an engine whose start takes long is started before."""
    if name == "vllm":
        with vllm.Session(network, rows) as session:
            yield lambda todo, sampling: session.write(todo.prompts, _seeds(todo), sampling, _endings(todo))
        return
    write = engine(name)
    yield lambda todo, sampling: write(network, todo.prompts, _seeds(todo), sampling, _endings(todo), rows)


def _seeds(todo: Work) -> list[int]:
    return [seed_of("bench", number) for number in range(len(todo.prompts))]


def _endings(todo: Work) -> Any:
    """Return what ends the answers; it has all of an ``Ending`` that engines ask for."""
    return todo.endings


class _Whole(StoppingCriteria):
    """Ends each row of a batch at its own length."""

    def __init__(self, prompt: int, lengths: torch.Tensor) -> None:
        self._prompt, self._lengths = prompt, lengths

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> Any:
        return input_ids.shape[1] - self._prompt >= self._lengths


def _generate(network: PreTrainedModel, todo: Work, sampling: Sampling, batch: int) -> Answers:
    """Return the answers of transformers' `generate`, batch by batch, prompts padded on the left."""
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0} if sampling.temperature else {}
    made: Answers = []
    any_network: Any = network
    for at in range(0, len(todo.prompts), batch):
        prompts, lengths = todo.prompts[at : at + batch], todo.answers[at : at + batch]
        columns = max(map(len, prompts))
        ids = torch.tensor([[0] * (columns - len(p)) + list(p) for p in prompts], device=network.device)
        seen = torch.tensor([[0] * (columns - len(p)) + [1] * len(p) for p in prompts], device=network.device)
        out = any_network.generate(
            input_ids=ids,
            attention_mask=seen,
            generation_config=GenerationConfig(  # type: ignore[no-untyped-call]
                do_sample=bool(drawn), max_new_tokens=sampling.max_tokens, pad_token_id=0, **drawn
            ),
            stopping_criteria=StoppingCriteriaList([_Whole(columns, torch.tensor(lengths, device=network.device))]),
        )
        rows = out[:, columns:].tolist()
        made += [row[:length] for row, length in zip(rows, lengths, strict=True)]
    return made


def _same(ours: Answers, theirs: Answers) -> float:
    return sum(one == other for one, other in zip(ours, theirs, strict=True)) / len(ours)


def _timed(run: Callable[[], Answers]) -> float:
    """Return the seconds of a run. Its answers are numbers here, so that the device is through with them."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began

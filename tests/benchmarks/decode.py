"""Completions by the lab's decoder against `generate` of transformers: same prompts, same batch, same greedy tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.model import Completion, Sampling, Training
from collapse_lab.models.pocket import fresh
from collapse_lab.models.tokenizer import build
from collapse_lab.study import PocketModel
from collapse_lab.tasks.pocket import PocketSource
from tests.benchmarks.timing import Line, line, processor_time

_BATCH, _CAP, _ROUNDS = 64, 64, 5


def measure(scratch: Path) -> Iterator[Line]:
    """Yield how many times faster completions come, where every row runs to the cap and where rows stop when done."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from _measure()
    finally:
        torch.set_num_threads(threads)


def _measure() -> Iterator[Line]:
    tasks = PocketSource().pool("bench", 0, 2000)
    model = fresh(PocketModel(), build([(t.prompt, t.reference) for t in tasks]), 0)
    prompts = [t.prompt for t in tasks]
    yield _compare(f"untrained, {_BATCH} prompts", model, prompts[:_BATCH])
    taught = Training(steps=150, batch=16, learning_rate=2.5e-3, warmup=20)
    model.train([(t.prompt, t.reference) for t in tasks], taught, seed=0)
    yield _compare(f"trained, {_BATCH} prompts", model, prompts[:_BATCH])
    yield _compare(f"trained, {5 * _BATCH} prompts", model, prompts[: 5 * _BATCH])


def _compare(what: str, model: CausalModel, prompts: list[str]) -> Line:
    greedy = Sampling(temperature=0.0, max_tokens=_CAP)
    ratios, speeds = [], []
    for _ in range(_ROUNDS):
        ours: list[Completion] = []
        theirs: list[Completion] = []
        seconds = processor_time(lambda into=ours: into.extend(model.complete(prompts, [0] * len(prompts), greedy)))
        ratios.append(processor_time(lambda into=theirs: into.extend(_generate(model, prompts))) / seconds)
        speeds.append(sum(c.tokens for c in ours) / seconds)
        if ours != theirs:
            raise RuntimeError("greedy tokens differ from those of `generate`")
    speed = sorted(speeds)[_ROUNDS // 2]
    return line(f"decode, {what}, {speed:,.0f} tokens/s / generate", ratios, "x faster", 1.3, at_most=False)


def _generate(model: CausalModel, prompts: list[str]) -> list[Completion]:
    model.tokenizer.padding_side = "left"
    stop = model.tokenizer.eos_token_id
    made = []
    for at in range(0, len(prompts), _BATCH):
        batch = model.tokenizer(prompts[at : at + _BATCH], return_tensors="pt", padding=True)
        out = model.network.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            do_sample=False,
            max_new_tokens=_CAP,
            pad_token_id=model.tokenizer.pad_token_id,
            eos_token_id=stop,
        )
        for row in out[:, batch["input_ids"].shape[1] :].tolist():
            tokens = row.index(stop) + 1 if stop in row else len(row)
            text = model.tokenizer.decode(row[:tokens], skip_special_tokens=True)
            made.append(Completion(text, tokens, stop in row))
    return made

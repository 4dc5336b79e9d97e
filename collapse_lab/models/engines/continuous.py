"""Transformers' continuous batching as an engine.

It packs the tokens of as many texts as fit into each pass, in pages of memory. What that costs: which texts share a
pass hangs on the time that each took, and all draw from one stream of random numbers. So greedy answers are those of
the own engine but for rounding, and drawn ones have the same distribution but cannot be drawn again: of *seeds* only
the whole list counts, as the stream's beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from transformers import ContinuousBatchingConfig, GenerationConfig

from collapse_lab.models.ending import Ending, whole_at
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.model import Sampling

# Tokens in a page of memory. It is transformers' default; the setting's name is another in each of its releases.
_PAGE = 256


def write(
    network: PreTrainedModel,
    prompts: Sequence[tuple[int, ...]],
    seeds: Sequence[int],
    sampling: Sampling,
    endings: Sequence[Ending],
    rows: int,
) -> list[list[int]]:
    """Return each prompt's new tokens. *rows* counts on a CPU alone; elsewhere as many are written as there is memory.

    Raises ``RuntimeError`` where the engine broke off.
    """
    wanted = [(p, 0 if sampling.temperature == 0 else s, e) for p, s, e in zip(prompts, seeds, endings, strict=True)]
    jobs = list(dict.fromkeys(wanted))
    if not jobs:
        return []
    cpu = network.device.type == "cpu"
    with torch.random.fork_rng(devices=[] if cpu else [network.device]):
        torch.manual_seed(seed_of("continuous", *(seed for _, seed, _ in jobs)))
        made = _run(
            network,
            [list(prompt) for prompt, _, _ in jobs],
            [ending for _, _, ending in jobs],
            _settings(sampling, endings[0]),
            _pages(jobs, sampling, rows) if cpu else ContinuousBatchingConfig(),
        )
    answers = dict(zip(jobs, made, strict=True))
    return [answers[job] for job in wanted]


def _run(
    network: Any,
    prompts: list[list[int]],
    endings: list[Ending],
    settings: GenerationConfig,
    pages: ContinuousBatchingConfig,
) -> list[list[int]]:
    made: dict[str, list[int]] = {}
    with network.continuous_batching_context_manager(
        generation_config=settings,
        continuous_batching_config=pages,
        timeout=5,
        warmup=network.device.type != "cpu",
    ) as manager:
        names = manager.add_requests(prompts, max_new_tokens=settings.max_new_tokens, streaming=True)
        waiting = dict(zip(names, endings, strict=True))
        looked = dict.fromkeys(names, 0)
        while waiting:
            found = manager.get_result(timeout=1)
            if found is None:
                if not manager.is_running():
                    raise RuntimeError("Continuous batching broke off; its log says why. Write with the own engine.")
                continue
            # Some tokens still come after a text was called off.
            if (ending := waiting.get(found.request_id)) is None:
                continue
            if found.error is not None:
                raise RuntimeError(f"Continuous batching broke off: {found.error}. Write with the own engine.")
            tokens = list(found.generated_tokens)
            whole = whole_at(tokens, looked[found.request_id], ending)
            looked[found.request_id] = len(tokens)
            if whole or found.is_finished():
                made[found.request_id] = tokens[: whole or len(tokens)]
                del waiting[found.request_id]
                if not found.is_finished():
                    manager.cancel_request(found.request_id)
    return [made[name] for name in names]


def _settings(sampling: Sampling, ending: Ending) -> GenerationConfig:
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0} if sampling.temperature else {}
    return GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=bool(drawn),
        max_new_tokens=sampling.max_tokens,
        eos_token_id=sorted(ending.codec.stops),
        pad_token_id=ending.codec.pad,
        **drawn,
    )


# On a CPU the engine would take a share of the machine's whole memory for pages.
def _pages(jobs: Sequence[tuple[tuple[int, ...], int, Ending]], sampling: Sampling, rows: int) -> Any:
    longest = max(len(prompt) for prompt, _, _ in jobs) + sampling.max_tokens
    each = -(-longest // _PAGE) + 1
    return ContinuousBatchingConfig(num_blocks=each * rows, max_batch_tokens=max(256, longest))

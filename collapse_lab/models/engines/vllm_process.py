"""The process in which vLLM runs: ``python -m collapse_lab.models.engines.vllm_process SETTINGS``.

SETTINGS are the engine's arguments as JSON. Each message on standard input is a pickled pair of jobs and sampling, made
by ``vllm.Session`` and nobody else; each answer is JSON. The process ends with its input. What libraries print goes to
standard error.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from collapse_lab.models.ending import whole_at
from collapse_lab.models.engines.vllm import Job, get, put

if TYPE_CHECKING:
    from collapse_lab.models.model import Sampling


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Without its types: who checks this project need not have it.
    vllm: Any = import_module("vllm")
    engine = vllm.LLMEngine.from_engine_args(vllm.EngineArgs(**json.loads(sys.argv[1])))
    put(answers, json.dumps({"ready": True}).encode())
    while (body := get(sys.stdin.buffer)) is not None:
        jobs, sampling = pickle.loads(body)  # noqa: S301 - our own parent wrote it
        put(answers, json.dumps({"made": written(engine, vllm.SamplingParams, jobs, sampling)}).encode())


def written(engine: Any, parameters: Any, jobs: Sequence[Job], sampling: Sampling) -> list[list[int]]:
    """Return each job's new tokens; *parameters* makes what *engine*, an ``LLMEngine``, is told of each.

    Raises ``RuntimeError`` where it ended without an answer to each.
    """
    endings = {}
    for number, (prompt, seed, ending) in enumerate(jobs):
        name = str(number)
        endings[name] = ending
        engine.add_request(name, {"prompt_token_ids": list(prompt)}, parameters(**_asked(sampling, seed, ending)))
    made: dict[str, list[int]] = {}
    looked = dict.fromkeys(endings, 0)
    while engine.has_unfinished_requests():
        over = []
        for found in engine.step():
            name = found.request_id
            # What was called off may still say something.
            if name in made:
                continue
            answer = found.outputs[0]
            tokens = _with_stop(list(answer.token_ids), answer, endings[name].codec.stops)
            whole = whole_at(tokens, looked[name], endings[name])
            looked[name] = len(tokens)
            if whole or found.finished:
                made[name] = tokens[: whole or len(tokens)]
                if not found.finished:
                    over.append(name)
        if over:
            engine.abort_request(over)
    if len(made) < len(jobs):
        raise RuntimeError(f"vLLM ended with {len(made)} of {len(jobs)} answers")
    return [made[name] for name in endings]


def _asked(sampling: Sampling, seed: int, ending: Any) -> dict[str, Any]:
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": seed if sampling.temperature else None,
        # The ending's own tokens alone, whatever the model's files name.
        "ignore_eos": True,
        "stop_token_ids": sorted(ending.codec.stops),
        "detokenize": False,
    }


def _with_stop(tokens: list[int], answer: Any, stops: frozenset[int]) -> list[int]:
    """Return an answer's tokens with the one that stopped it, which an engine may say apart."""
    reason, there = answer.stop_reason, bool(tokens) and tokens[-1] in stops
    return [*tokens, reason] if answer.finish_reason == "stop" and isinstance(reason, int) and not there else tokens


if __name__ == "__main__":
    main()

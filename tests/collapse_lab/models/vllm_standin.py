"""A package called `vllm` with the few names that the engine uses, over transformers on a CPU.

It is no vLLM: texts are written one token a step, each by itself, without any cache. What it holds to is vLLM's
interface as its documentation and source say: arguments' names, cumulative tokens in each output, the token that
stopped a text among them or (``SAYS_APART``) said beside them, and that nothing more is said of what was called off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class EngineArgs:
    model: str
    skip_tokenizer_init: bool = False
    dtype: str = "auto"
    max_model_len: int | None = None
    max_num_seqs: int | None = None
    gpu_memory_utilization: float = 0.9
    seed: int = 0
    disable_log_stats: bool = False


@dataclass
class SamplingParams:
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    ignore_eos: bool = False
    stop_token_ids: list[int] | None = None
    max_tokens: int | None = 16
    detokenize: bool = True


@dataclass
class CompletionOutput:
    token_ids: list[int]
    finish_reason: str | None = None
    stop_reason: int | str | None = None


@dataclass
class RequestOutput:
    request_id: str
    outputs: list[CompletionOutput]
    finished: bool


@dataclass
class _Request:
    prompt: list[int]
    params: SamplingParams
    draws: Any
    made: list[int] = field(default_factory=list)


class LLMEngine:
    SAYS_APART = False

    def __init__(self, args: EngineArgs) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        print("what a library prints is no answer")
        assert args.skip_tokenizer_init
        self._network = AutoModelForCausalLM.from_pretrained(args.model, dtype=getattr(torch, args.dtype)).eval()
        self._most = args.max_num_seqs or 4
        self._requests: dict[str, _Request] = {}
        self.called_off: list[str] = []

    @classmethod
    def from_engine_args(cls, args: EngineArgs) -> LLMEngine:
        return cls(args)

    def add_request(self, request_id: str, prompt: dict[str, list[int]], params: SamplingParams) -> None:
        import torch

        draws = None if params.seed is None else torch.Generator().manual_seed(params.seed)
        assert params.ignore_eos and not params.detokenize
        assert request_id not in self._requests
        self._requests[request_id] = _Request(prompt["prompt_token_ids"], params, draws)

    def has_unfinished_requests(self) -> bool:
        return bool(self._requests)

    def abort_request(self, request_ids: list[str]) -> None:
        for request_id in request_ids:
            self.called_off.append(request_id)
            self._requests.pop(request_id, None)

    def step(self) -> list[RequestOutput]:
        import torch

        said = []
        for name, request in list(self._requests.items())[: self._most]:
            with torch.inference_mode():
                logits = self._network(torch.tensor([request.prompt + request.made])).logits[0, -1].float()
            token = self._drawn(logits, request)
            request.made.append(token)
            stopped = token in (request.params.stop_token_ids or ())
            capped = len(request.made) == request.params.max_tokens
            tokens = request.made[:-1] if stopped and self.SAYS_APART else list(request.made)
            reason = "stop" if stopped else "length" if capped else None
            said.append(
                RequestOutput(name, [CompletionOutput(tokens, reason, token if stopped else None)], bool(reason))
            )
            if reason:
                del self._requests[name]
        return said

    def _drawn(self, logits: Any, request: _Request) -> int:
        import torch

        if request.params.temperature == 0:
            return int(logits.argmax())
        shares = (logits / request.params.temperature).softmax(-1)
        return int(torch.multinomial(shares, 1, generator=request.draws))


def install(folder: Path, *, broken: str = "") -> None:
    """Write the package into *folder*; with *broken* its engine raises that when it is made."""
    package = folder / "vllm"
    package.mkdir(parents=True)
    source = Path(__file__).read_text("utf-8")
    end = f'\n\ndef _broken(args):\n    raise RuntimeError("{broken}")\n\n\nLLMEngine.from_engine_args = _broken\n'
    (package / "__init__.py").write_text(source + (end if broken else ""), "utf-8")

"""vLLM as an engine: an extra of its own, since it brings a release of torch that it chooses.

It runs in a process of its own (``vllm_process.py``) over a copy of the weights in a temporary folder, for as long as
one call lasts. So it never writes with weights of another round, and the device's memory is free again when it is
through: a model that stays in the same process keeps much of it. The price is its start with every call, half a
minute or more, which pays for pools of thousands of samples.

Every sample is drawn by its own seed. Texts share passes with others by the time that each takes, and the logits' last
bits hang on that: the same seed gives the same answer nearly always, not always. What ends an answer is asked of its
ending with every token, as in the other engines, and a text that is whole is called off.

Written from vLLM's documentation and source (the interface of ``LLMEngine``: ``add_request``, ``step``,
``abort_request``; releases from 0.19.1 on work with transformers 5). Not tried with vLLM itself, which needs a GPU:
the tests put a small engine with that interface in its place, so its speed, its start and its memory are not known.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

import torch

from collapse_lab.models.ending import Ending
from collapse_lab.models.machine import context

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.model import Sampling

Job = tuple[tuple[int, ...], int, Ending]
"""A prompt's tokens, the seed of its answer, and what ends it."""

# Of the memory that is free on the device. What is not taken is for the driver's own and for passes of vLLM.
_SHARE = 0.9
_END_SECONDS = 30
_LENGTH = struct.Struct("<Q")


def see_that_it_is_there() -> None:
    """Raise ``ModuleNotFoundError``, with what to do, where vLLM is not installed."""
    if find_spec("vllm") is None:
        raise ModuleNotFoundError(
            "The engine `vllm` needs the package vllm, which needs a GPU and a release of torch of its own choice: "
            "pip install 'exogate[lab-vllm]'. Or write `engine: own`.",
            name="vllm",
        )


def write(
    network: PreTrainedModel,
    prompts: Sequence[tuple[int, ...]],
    seeds: Sequence[int],
    sampling: Sampling,
    endings: Sequence[Ending],
    rows: int,
) -> list[list[int]]:
    """Return each prompt's new tokens; up to *rows* are written at once.

    Raises ``ModuleNotFoundError`` without vLLM, ``RuntimeError`` where it broke off.
    """
    if not prompts:
        return []
    with Session(network, rows) as session:
        return session.write(prompts, seeds, sampling, endings)


class Session:
    """A process of vLLM with the weights that *network* had when it was begun. A context manager.

    Raises as ``write`` does; entering it takes as long as vLLM's start.
    """

    def __init__(self, network: PreTrainedModel, rows: int) -> None:
        see_that_it_is_there()
        self._network, self._rows = network, rows
        self._exits = ExitStack()

    def __enter__(self) -> Session:
        with ExitStack() as exits:
            folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="collapse-lab-vllm-")))
            self._network.save_pretrained(folder / "model")
            self._log = folder / "log"
            self._process = self._begun(folder / "model")
            exits.callback(self._end)
            self._heard()
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def write(
        self,
        prompts: Sequence[tuple[int, ...]],
        seeds: Sequence[int],
        sampling: Sampling,
        endings: Sequence[Ending],
    ) -> list[list[int]]:
        """Return each prompt's new tokens. Equal prompts with the same seed (greedy: any) are completed once."""
        wanted = [
            (tuple(p), 0 if sampling.temperature == 0 else s, e)
            for p, s, e in zip(prompts, seeds, endings, strict=True)
        ]
        jobs = list(dict.fromkeys(wanted))
        if not jobs:
            return []
        assert self._process.stdin is not None
        try:
            put(self._process.stdin, pickle.dumps((jobs, sampling)))
        except OSError:
            self._broken()
        made = dict(zip(jobs, self._heard()["made"], strict=True))
        return [list(made[job]) for job in wanted]

    def _begun(self, model: Path) -> subprocess.Popen[bytes]:
        settings = {
            "model": str(model),
            # Prompts and answers are tokens: no text passes through vLLM.
            "skip_tokenizer_init": True,
            "dtype": str(self._network.dtype).removeprefix("torch."),
            "max_model_len": context(self._network),
            "max_num_seqs": self._rows,
            "seed": 0,
            "disable_log_stats": True,
            **_memory(self._network.device),
        }
        with self._log.open("wb") as log:
            return subprocess.Popen(
                (sys.executable, "-m", "collapse_lab.models.engines.vllm_process", json.dumps(settings)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **_environment(self._network.device)},
            )

    def _heard(self) -> Any:
        """Return the process's next answer."""
        assert self._process.stdout is not None
        body = get(self._process.stdout)
        if body is None:
            self._broken()
        return json.loads(body or b"")

    def _broken(self) -> None:
        self._end()
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        raise RuntimeError(f"vLLM broke off: {lines[-1] if lines else 'it said nothing'}. Write with the own engine.")

    def _end(self) -> None:
        process = self._process
        for stream in (process.stdin, process.stdout):
            if stream is not None and not stream.closed:
                try:
                    stream.close()
                except OSError:
                    continue
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def put(stream: IO[bytes], body: bytes) -> None:
    """Write a message: its length, and itself."""
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def get(stream: IO[bytes]) -> bytes | None:
    """Read a message; ``None`` where there is no whole one any more."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def _memory(device: torch.device) -> dict[str, float]:
    """Return the share of the device's memory that vLLM may take: of what is free, since our own weights lie there."""
    if device.type != "cuda":
        return {}
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info(device)
    return {"gpu_memory_utilization": round(_SHARE * free / total, 3)}


def _environment(device: torch.device) -> dict[str, str]:
    """Return what the process is told of itself: one device, and passes that are planned in one order."""
    found = {
        # In one process, which passes texts share does not hang on the time that another one takes.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    if device.type == "cuda":
        named = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        visible = named.split(",") if named else [str(number) for number in range(torch.cuda.device_count())]
        found["CUDA_VISIBLE_DEVICES"] = visible[torch.cuda.current_device() if device.index is None else device.index]
    return found

"""vLLM's engine against a stand-in for vLLM: real weights, tokens and processes, and none of vLLM's own code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from collapse_lab.models.causal import CausalModel, open_model
from collapse_lab.models.engines import engine, vllm
from collapse_lab.models.engines.vllm_process import written
from collapse_lab.models.known import known
from collapse_lab.models.manner import Engine
from collapse_lab.models.model import Sampling, Training
from tests.collapse_lab.models import tiny, vllm_standin
from tests.collapse_lab.models.standin import documents

PROMPTS = [prompt for prompt, _ in documents(6, seed=4)]
GREEDY = Sampling(temperature=0.0, max_tokens=20)
DRAWN = Sampling(temperature=1.0, max_tokens=8)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def install(broken: str = "") -> None:
        vllm_standin.install(tmp_path / "packages", broken=broken)
        monkeypatch.syspath_prepend(str(tmp_path / "packages"))

    return install


def model(name: str, folder: Path, by: Engine) -> CausalModel:
    if not folder.exists():
        tiny.write(name, folder)
    known(name).manner("fp32", by).write(folder)
    return open_model(folder, device="cpu", rows=4)


@pytest.mark.skipif(vllm.find_spec("vllm") is not None, reason="vLLM is installed here")
def test_without_vllm_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'exogate\[lab-vllm\]'. Or write `engine: own`"):
        model("smollm2", tmp_path / "model", "vllm")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["smollm2", "codellama-7b"])
def test_greedy_answers_are_those_of_the_own_engine(name: str, tmp_path: Path, installed: Callable[..., None]) -> None:
    installed()
    own = model(name, tmp_path / "model", "own")
    other = model(name, tmp_path / "model", "vllm")
    prompts = [*PROMPTS, PROMPTS[0]]
    expected = own.complete(prompts, range(7), GREEDY)
    assert other.complete(prompts, range(7), GREEDY) == expected
    assert len({c.text for c in expected}) > 2


@pytest.mark.slow
def test_a_sample_hangs_on_its_own_seed(tmp_path: Path, installed: Callable[..., None]) -> None:
    installed()
    writer = model("smollm2", tmp_path / "model", "vllm")
    first = writer.complete(PROMPTS, range(6), DRAWN)
    again = writer.complete(PROMPTS[::-1][:4], [5, 4, 3, 2], DRAWN)
    assert again == first[::-1][:4]
    assert writer.complete(PROMPTS, range(6, 12), DRAWN) != first


@pytest.mark.slow
def test_it_writes_with_the_weights_as_they_are(tmp_path: Path, installed: Callable[..., None]) -> None:
    installed()
    writer = model("smollm2", tmp_path / "model", "vllm")
    before = writer.complete(PROMPTS, range(6), GREEDY)
    writer.train(documents(12), Training(steps=4, batch=4, learning_rate=2e-2), seed=0)
    after = writer.complete(PROMPTS, range(6), GREEDY)
    assert after != before
    own = CausalModel(writer.network, writer.tokenizer, 4, known("smollm2").manner("fp32"))
    assert after == own.complete(PROMPTS, range(6), GREEDY)


@pytest.mark.slow
def test_nothing_is_left_behind(
    tmp_path: Path, installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed()
    writer = model("smollm2", tmp_path / "model", "vllm")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with vllm.Session(writer.network, 4) as session:
        number = session._process.pid
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    assert not list((tmp_path / "temporary").iterdir())


def test_nothing_asked_is_nothing_said(tmp_path: Path, installed: Callable[..., None]) -> None:
    installed()
    assert model("smollm2", tmp_path / "model", "vllm").complete([], [], GREEDY) == []


@pytest.mark.slow
def test_what_broke_off_says_why(tmp_path: Path, installed: Callable[..., None]) -> None:
    installed(broken="no memory for keys and values")
    writer = model("smollm2", tmp_path / "model", "vllm")
    with pytest.raises(RuntimeError, match="vLLM broke off: RuntimeError: no memory for keys and values"):
        writer.complete(PROMPTS, range(6), GREEDY)


def test_whole_texts_are_called_off_and_their_stop_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = model("smollm2", tmp_path / "model", "own")
    asked = own._codec.prompts([own._style.asked(prompt, own._conversation) for prompt in PROMPTS])
    counts = [3, 1, 20, 2, 5, 4]
    # One text stops by a token of its own accord.
    free = own._write(own._writer.network, asked[2:3], [0], GREEDY, [_Count(99)], 4)[0]  # type: ignore[list-item]
    place = next(n for n in range(2, 20) if free[n] not in free[:n])
    endings = [_Count(count) for count in counts]
    endings[2] = _Count(99, frozenset({free[place]}))
    jobs = [(ids, 0, ending) for ids, ending in zip(asked, endings, strict=True)]
    lengths = [3, 1, place + 1, 2, 5, 4]
    for apart in (False, True):
        monkeypatch.setattr(vllm_standin.LLMEngine, "SAYS_APART", apart)
        running = vllm_standin.LLMEngine(
            vllm_standin.EngineArgs(str(tmp_path / "model"), skip_tokenizer_init=True, dtype="float32")
        )
        made = written(running, vllm_standin.SamplingParams, jobs, GREEDY)  # type: ignore[arg-type]
        assert [len(tokens) for tokens in made] == lengths
        assert made[2] == free[: place + 1]
        assert sorted(running.called_off) == ["0", "1", "3", "4", "5"]


def test_an_engine_that_forgets_an_answer_is_an_error() -> None:
    class Forgets:
        def add_request(self, *_: Any) -> None: ...

        def has_unfinished_requests(self) -> bool:
            return False

    with pytest.raises(RuntimeError, match="ended with 0 of 1 answers"):
        written(Forgets(), vllm_standin.SamplingParams, [((1,), 0, _Count(3))], GREEDY)  # type: ignore[list-item]


def test_a_process_has_the_device_of_its_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    named = [vllm._environment(torch.device(name))["CUDA_VISIBLE_DEVICES"] for name in ("cuda", "cuda:2")]
    assert named == ["0", "2"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert vllm._environment(torch.device("cuda:1"))["CUDA_VISIBLE_DEVICES"] == "7"
    assert "CUDA_VISIBLE_DEVICES" not in vllm._environment(torch.device("cpu"))


def test_it_takes_of_the_memory_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (50, 100))
    assert vllm._memory(torch.device("cuda")) == {"gpu_memory_utilization": 0.45}
    assert vllm._memory(torch.device("cpu")) == {}


def test_it_is_chosen_by_its_name(installed: Callable[..., None]) -> None:
    installed()
    assert engine("vllm") is vllm.write


class _Count:
    """Ends an answer at a number of tokens, or at a token."""

    def __init__(self, tokens: int, stops: frozenset[int] = frozenset()) -> None:
        self.tokens, self.stops, self.codec = tokens, stops, self
        self.pad = 0

    def ended(self, answer: list[int]) -> bool:
        return len(answer) >= self.tokens or answer[-1] in self.stops

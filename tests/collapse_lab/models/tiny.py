"""Tiny untrained checkpoints of each architecture that ``known.yml`` names, each with a tokenizer of its own kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    CodeLlamaTokenizer,
    GPTBigCodeConfig,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Tokenizer,
    Qwen3Config,
    Starcoder2Config,
)

from collapse_lab.models.known import known
from tests.collapse_lab.models.standin import documents

CONTEXT = 256
_WORDS = 420
_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "initializer_range": 0.3,
}
_LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
_BIGCODE = GPTBigCodeConfig(
    vocab_size=_WORDS,
    n_positions=CONTEXT,
    n_embd=32,
    n_layer=2,
    n_head=4,
    multi_query=True,
    initializer_range=0.3,
    bos_token_id=0,
    eos_token_id=0,
)

CHECKPOINTS: dict[str, tuple[PreTrainedConfig, Callable[[], PreTrainedTokenizerBase]]] = {
    "smollm2": (LlamaConfig(tie_word_embeddings=True, **_SIZES), lambda: _bytes("<|im_end|>", digits=True)),
    "smollm2-instruct": (LlamaConfig(tie_word_embeddings=True, **_SIZES), lambda: _talking("<|im_end|>")),
    "qwen2.5-coder-0.5b": (Qwen2Config(tie_word_embeddings=True, **_SIZES), lambda: _qwen()),
    "qwen3-0.6b": (Qwen3Config(head_dim=16, tie_word_embeddings=True, **_SIZES), lambda: _qwen()),
    "santacoder": (_BIGCODE, lambda: _bytes("<|endoftext|>")),
    "starcoder2-3b": (Starcoder2Config(sliding_window=128, **_SIZES), lambda: _bytes("<|endoftext|>", digits=True)),
    "codellama-7b": (
        LlamaConfig(tie_word_embeddings=False, **{**_SIZES, "num_key_value_heads": 4}),
        lambda: _sentencepiece(),
    ),
    "llama-3.2-1b": (
        LlamaConfig(tie_word_embeddings=True, rope_parameters=_LLAMA3, **_SIZES),
        lambda: _bytes("<|end_of_text|>", begin="<|begin_of_text|>"),
    ),
}

_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write(name: str, folder: Path, seed: int = 0) -> Path:
    """Write the checkpoint of a model of the table into *folder*, as its authors would."""
    config, made = CHECKPOINTS[name]
    tokenizer = made()
    if fim := known(name).fim:
        tokenizer.add_tokens([token for token in fim.model_dump().values() if token], special_tokens=True)
    config = type(config)(**{**config.to_dict(), "vocab_size": len(tokenizer)})
    config.bos_token_id, config.eos_token_id = tokenizer.bos_token_id, tokenizer.eos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    torch.manual_seed(seed)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@cache
def _texts() -> tuple[str, ...]:
    written = [text for document in documents(300) for text in document]
    return (*written, *("# quality: good", "# quality: bad") * 200, "def class import\n\n\n    " * 20)


def trained(
    cuts: pre_tokenizers.PreTokenizer, first: list[str], **model: object
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return a vocabulary and merges."""
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = cuts
    trainer = trainers.BpeTrainer(vocab_size=_WORDS, special_tokens=first, show_progress=False)
    tokenizer.train_from_iterator(_texts(), trainer)
    state = json.loads(tokenizer.to_str())["model"]
    return state["vocab"], [(first, second) for first, second in state["merges"]]


def letters() -> list[str]:
    """Return how bytes are written in the vocabularies of GPT-2's descendants."""
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def byte_level(*, digits: bool) -> pre_tokenizers.PreTokenizer:
    whole = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if not digits:
        return whole
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), whole])


def _bytes(stop: str, *, digits: bool = False, begin: str | None = None) -> PreTrainedTokenizerFast:
    """Return a tokenizer over bytes, as GPT-2's descendants have; with *begin* it puts that before every text."""
    cuts = byte_level(digits=digits)
    vocabulary, merges = trained(cuts, letters())
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = cuts, decoders.ByteLevel()
    special = [token for token in (stop, begin, "<|im_start|>", "<file_sep>") if token]
    tokenizer.add_special_tokens(special)
    if begin:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{begin} $A", special_tokens=[(begin, tokenizer.token_to_id(begin))]
        )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=stop, bos_token=begin or stop)


def _talking(stop: str) -> PreTrainedTokenizerFast:
    made = _bytes(stop, digits=True)
    made.chat_template = _TEMPLATE
    return made


def _qwen() -> PreTrainedTokenizerBase:
    """Return a tokenizer of Qwen's own class, which knows its cuts itself."""
    vocabulary, merges = trained(byte_level(digits=True), letters())
    vocabulary = {**vocabulary, "<|endoftext|>": len(vocabulary)}
    return Qwen2Tokenizer(vocab=vocabulary, merges=merges)


def _sentencepiece() -> PreTrainedTokenizerBase:
    """Return a tokenizer that puts a space before every text and falls back to bytes, as CodeLlama's."""
    known = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    split = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\n"), "removed"), pre_tokenizers.Metaspace(prepend_scheme="first", split=True)]
    )
    vocabulary, merges = trained(split, known, unk_token="<unk>")
    return CodeLlamaTokenizer(vocab=vocabulary, merges=merges)

"""A GGUF file as a dense model of transformers: what its reader leaves undone is done here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# The cuts that a tokenizer makes before its own, by the name that the file gives them: digits stand alone.
_DIGITS_ALONE = frozenset({"smollm", "starcoder", "refact"})
_CONTROL = 3
_HEAD = "output.weight"


def read_gguf(path: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the network, in fp32, and the tokenizer of a GGUF file.

    Its weights, often of 4 or 8 bits, are dense from here on. Raises ``ModuleNotFoundError`` where the packages that
    read such files are missing, ``ValueError`` for a file that is none or of an architecture that is not known.
    """
    facts = _Facts(path)
    where = {"gguf_file": path.name, "local_files_only": True, "trust_remote_code": False}
    network = AutoModelForCausalLM.from_pretrained(path.parent, dtype=torch.float32, **where)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, **where)
    _dense(network)
    if not facts.has_head:
        network.config.tie_word_embeddings = True
        network.tie_weights()
    _cut_as_trained(tokenizer, facts)
    return network, tokenizer


class _Facts:
    """What the file says and transformers does not hand on."""

    def __init__(self, path: Path) -> None:
        missing = [name for name in ("gguf", "accelerate") if find_spec(name) is None]
        if missing:
            raise ModuleNotFoundError(
                f"A GGUF file needs {' and '.join(missing)}: pip install 'exogate[lab]'.", name=missing[0]
            )
        from gguf import GGUFReader

        reader = GGUFReader(path)
        self.has_head = any(tensor.name == _HEAD for tensor in reader.tensors)
        self.cuts: str = _contents(reader, "tokenizer.ggml.pre") or ""
        kinds = _contents(reader, "tokenizer.ggml.token_type") or []
        tokens = _contents(reader, "tokenizer.ggml.tokens") or []
        self.controls = [token for token, kind in zip(tokens, kinds, strict=False) if kind == _CONTROL]


def _contents(reader: Any, key: str) -> Any:
    field = reader.get_field(key)
    return None if field is None else field.contents()


def _dense(network: Any) -> None:
    """Take off the marks of a quantized model, with which it can be neither saved nor trained."""
    for name in ("hf_quantizer", "quantization_method"):
        if hasattr(network, name):
            delattr(network, name)
    network.is_quantized = False
    if hasattr(network.config, "quantization_config"):
        del network.config.quantization_config


def _cut_as_trained(tokenizer: Any, facts: _Facts) -> None:
    """Give the tokenizer the cut at digits that it was trained with, and the names of its control tokens."""
    from tokenizers import AddedToken, pre_tokenizers

    backend = tokenizer.backend_tokenizer
    if facts.cuts in _DIGITS_ALONE:
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
    backend.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in facts.controls])

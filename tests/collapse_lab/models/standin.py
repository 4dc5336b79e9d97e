"""A small language with its tokenizer, and tiny models, for tests that need one and no study."""

from __future__ import annotations

import random
import re

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.model import Document
from collapse_lab.models.pocket import fresh
from collapse_lab.study import PocketModel

_WORD = r"\n[ ]*| ?[A-Za-z_]+| ?[0-9]+| ?[^A-Za-z_0-9\s]| "
_NAMES = ("xs", "items", "values", "numbers")
_VERBS = ("sum", "max", "min", "len", "sorted")


def documents(count: int, seed: int = 0) -> list[Document]:
    """Return prompts of several lengths, each with its one right completion."""
    chosen = random.Random(seed)
    made = []
    for _ in range(count):
        name, verb, factor = chosen.choice(_NAMES), chosen.choice(_VERBS), chosen.randrange(10)
        words = f"the {verb} of {name}" + f" times {factor}" * chosen.randrange(3)
        prompt = f'def f({name}: list[int]) -> int:\n    """Return {words}."""\n'
        product = f" * {factor}" * words.count("times")
        made.append((prompt, f"    result = {verb}({name}){product}\n    return result\n"))
    return made


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a lossless word-level tokenizer of the language, with padding, beginning and end."""
    vocabulary = ["<pad>", "<bos>", "<eos>", "<unk>"]
    for pair in [*documents(400), ("# quality:", " good bad")]:
        for text in pair:
            vocabulary += re.findall(_WORD, text)
    index = {word: i for i, word in enumerate(dict.fromkeys(vocabulary))}
    raw = Tokenizer(models.WordLevel(index, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), "isolated")
    raw.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>", unk_token="<unk>"
    )


def tiny(seed: int = 0, width: int = 32, layers: int = 2) -> CausalModel:
    """Return an untrained model of two small layers."""
    return fresh(PocketModel(width=width, layers=layers, heads=2), tokenizer(), seed)

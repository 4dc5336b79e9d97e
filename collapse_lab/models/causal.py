"""A causal language model of transformers as the engine's ``Model``, whatever its architecture."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from collapse_lab.models.device import Writer, home, homes
from collapse_lab.models.ending import Ending
from collapse_lab.models.engines import engine
from collapse_lab.models.fim import tokens_of
from collapse_lab.models.hidden import hidden
from collapse_lab.models.machine import context
from collapse_lab.models.manner import Manner
from collapse_lab.models.model import Completion, Document, Sampling, Score, Training, TrainingLog
from collapse_lab.models.score import preference, score
from collapse_lab.models.spread import train_together
from collapse_lab.models.style import PLAIN, in_block
from collapse_lab.models.text import Codec, Encoded
from collapse_lab.models.train import Told, train

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Bars for weights of a few megabytes are noise in a log.
logging.disable_progress_bar()  # type: ignore[no-untyped-call]
# Rows that are decoded at once. A part of the result (see `shapes`), so fixed. More rows of a pocket model would not
# stay in a CPU's caches with their keys and values.
ROWS = 64


class CausalModel:
    """Implements ``collapse_lab.models.model.Model``. The caller sets torch's threads; results hang on their number.

    A pretrained one comes with its ``manner``; without, prompts are taken as they are.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        rows: int = ROWS,
        manner: Manner | None = None,
    ) -> None:
        self.network, self.tokenizer, self.manner, self._rows = network, tokenizer, manner, rows
        network.eval()  # type: ignore[no-untyped-call]
        self._style = manner.style if manner else PLAIN
        self._codec = Codec(tokenizer, context(network), manner.stops if manner else ())
        self._writer = Writer(network, manner.asked_in if manner else "fp32")
        self._write = engine(manner.engine if manner else "own")
        if self._talks and not tokenizer.chat_template:
            raise ValueError("The tokenizer has no chat template, and its model is to be asked in chat style.")

    @property
    def parameters(self) -> int:
        """How many weights it has; tied ones count once."""
        return sum(p.numel() for p in self.network.parameters())

    def complete(self, prompts: Sequence[str], seeds: Sequence[int], sampling: Sampling) -> list[Completion]:
        """Complete each prompt; a row hangs on its prompt, its seed and the sampling alone."""
        asked = [self._style.asked(prompt, self._conversation) for prompt in prompts]
        ids = self._codec.prompts(asked, room=sampling.max_tokens, special=self._talks)
        endings = [Ending(self._codec, self._style, in_block(prompt)) for prompt in prompts]
        made = self._write(self._writer.network, ids, seeds, sampling, endings, self._rows)
        return [self._completion(prompt, tokens) for prompt, tokens in zip(prompts, made, strict=True)]

    def score(self, documents: Sequence[Document]) -> list[Score]:
        """Score each completion after its prompt, in fp32: with the stop, where the model writes one.

        A pretrained model's answers end in their text. It was not taught to write the stop there, and so unlikely a
        token would outweigh all others of a short answer.
        """
        encoded = self._encoded(documents)
        if self._style.looks:
            encoded = [document.unstopped() for document in encoded]
        return score(self.network, encoded, self._codec.pad)

    def preference(self, texts: Sequence[str], yes: str, no: str) -> list[float]:
        """Return logit(yes) - logit(no) after each text. Raises ``ValueError`` for a word that is not one token."""
        words = self._codec.word(yes), self._codec.word(no)
        return preference(self.network, self._codec.prompts(texts), *words, self._codec.pad)

    def hidden(self, texts: Sequence[str], layer: int) -> NDArray[np.float32]:
        """Return each text's hidden state at its last token, shape (texts, width)."""
        return hidden(self.network, self._codec.prompts(texts), layer, self._codec.pad)

    def train(
        self,
        documents: Sequence[Document],
        training: Training,
        seed: int,
        state: Path | None = None,
        *,
        beside: Sequence[Document] = (),
        told: Told | None = None,
    ) -> TrainingLog:
        """Train in place, resuming from *state*. Every second batch is from *beside*, where there is any; *told*
        hears of each step. A pretrained model's training is spread over the devices of ``device.homes``, if any."""
        self._writer.forget()
        devices = homes() if self.manner else ()
        learn = partial(train_together, devices) if devices else train
        return learn(
            self.network,
            self._encoded(documents),
            training,
            seed,
            self._codec.pad,
            beside=self._encoded(beside),
            fim=tokens_of(self._codec, self.manner) if training.fim_rate else None,
            state=state,
            told=told,
        )

    def copy(self) -> CausalModel:
        """Return an independent model with the same weights."""
        return CausalModel(copy.deepcopy(self.network), self.tokenizer, self._rows, self.manner)

    def save(self, directory: Path) -> None:
        """Write weights and tokenizer as transformers does, and the model's manner beside them."""
        self.network.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)
        if self.manner:
            self.manner.write(directory)

    @property
    def _talks(self) -> bool:
        return self._style.kind == "chat"

    def _encoded(self, documents: Sequence[Document]) -> list[Encoded]:
        styled = [self._style.document(document, self._conversation) for document in documents]
        return self._codec.documents(styled, special=self._talks)

    def _conversation(self, said: str, begun: str) -> str:
        talk = [{"role": "user", "content": said}]
        text = str(self.tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True))
        # The codec puts the beginning of text before every prompt; some templates do, too.
        return (text.removeprefix(self.tokenizer.bos_token) if self._codec.prefix else text) + begun

    def _completion(self, prompt: str, ids: list[int]) -> Completion:
        stopped = ids[-1] in self._codec.stops
        text, ended = self._style.read(prompt, self._codec.text(ids[:-1] if stopped else ids))
        return Completion(text, len(ids), stopped or ended)


def open_model(directory: Path, device: str | None = None, rows: int | None = None) -> CausalModel:
    """Open what ``save`` wrote, or any causal model of transformers in a directory, in fp32.

    Without a *device* it is ``device.home``'s; without *rows* as many are written at once as the model's manner says.
    """
    manner = Manner.read(directory)
    device = device or home(pretrained=manner is not None)
    if rows is None:
        rows = ROWS if manner is None else manner.rows.cuda if device.startswith("cuda") else manner.rows.cpu
    network = AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float32, attn_implementation="sdpa", local_files_only=True
    )
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    torch.nn.Module.to(network, device)
    return CausalModel(network, tokenizer, rows, manner)

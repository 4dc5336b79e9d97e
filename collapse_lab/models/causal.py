"""A causal language model of transformers as the engine's ``Model``, whatever its architecture."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from collapse_lab.models.decode import decode
from collapse_lab.models.hidden import hidden
from collapse_lab.models.machine import context
from collapse_lab.models.model import Completion, Document, Sampling, Score, Training, TrainingLog
from collapse_lab.models.score import preference, score
from collapse_lab.models.text import Codec
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
    """Implements ``collapse_lab.models.model.Model``. The caller sets torch's threads; results hang on their number."""

    def __init__(self, network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: int = ROWS) -> None:
        self.network, self.tokenizer, self._rows = network, tokenizer, rows
        network.eval()  # type: ignore[no-untyped-call]
        self._codec = Codec(tokenizer, context(network))

    @property
    def parameters(self) -> int:
        """How many weights it has; tied ones count once."""
        return sum(p.numel() for p in self.network.parameters())

    def complete(self, prompts: Sequence[str], seeds: Sequence[int], sampling: Sampling) -> list[Completion]:
        """Complete each prompt; a row hangs on its prompt, its seed and the sampling alone."""
        ids = self._codec.prompts(prompts, room=sampling.max_tokens)
        made = decode(self.network, ids, seeds, sampling, self._codec.stop, self._rows)
        return [self._completion(tokens) for tokens in made]

    def score(self, documents: Sequence[Document]) -> list[Score]:
        """Score each completion after its prompt, in fp32, the stop included."""
        return score(self.network, self._codec.documents(documents), self._codec.pad)

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
        hears of each step."""
        return train(
            self.network,
            self._codec.documents(documents),
            training,
            seed,
            self._codec.pad,
            beside=self._codec.documents(beside),
            state=state,
            told=told,
        )

    def copy(self) -> CausalModel:
        """Return an independent model with the same weights."""
        return CausalModel(copy.deepcopy(self.network), self.tokenizer, self._rows)

    def save(self, directory: Path) -> None:
        """Write weights and tokenizer as transformers does."""
        self.network.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)

    def _completion(self, ids: list[int]) -> Completion:
        stopped = ids[-1] == self._codec.stop
        return Completion(self._codec.text(ids[:-1] if stopped else ids), len(ids), stopped)


def open_model(directory: Path, device: str = "cpu", rows: int = ROWS) -> CausalModel:
    """Open what ``save`` wrote, or any causal model of transformers in a directory, in fp32."""
    network = AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float32, attn_implementation="sdpa", local_files_only=True
    )
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    torch.nn.Module.to(network, device)
    return CausalModel(network, tokenizer, rows)

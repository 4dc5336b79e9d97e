"""What the engine asks of a language model. Implementations know torch; this contract does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Strict(BaseModel):
    """A part of a study file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def said(written: dict[str, object], late: str) -> dict[str, object]:
    """Return a part as it is written, without a setting that came *late* where nobody says it (``None``).

    So the keys of artifacts, and results, are what they were before it could be said.
    """
    return {key: value for key, value in written.items() if key != late or value is not None}


class Sampling(Strict):
    """How completions are drawn. Temperature 0 is greedy, ``top_p`` 1 cuts nothing, ``max_tokens`` caps the length."""

    temperature: float = Field(default=1.0, ge=0.0, le=5.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    max_tokens: int = Field(default=64, ge=1, le=4096)


class Adapter(Strict):
    """Low-rank matrices beside the model's, which alone are trained (LoRA: Hu et al., arXiv 2106.09685).

    ``alpha`` over ``rank`` is their weight. ``targets`` are names of linear layers, as ``q_proj``; without any it is
    all of them but the output.
    """

    rank: int = Field(default=16, ge=1)
    alpha: float = Field(default=32.0, gt=0)
    targets: tuple[str, ...] = ()


class Training(Strict):
    """One round's training. Exactly one of ``steps`` and ``epochs`` is given.

    ``learning_rate`` is AdamW's peak; the schedule is cosine after ``warmup`` steps, begun anew each round.
    ``warmup_rounds``: ``first`` warms up in round 1 alone. ``completion_only`` leaves the prompt's tokens out of the
    loss. ``precision``: ``bf16`` keeps fp32 master weights.

    ``packing``: tokens of a row that several documents share, and then ``batch`` counts such rows; 0 gives every
    document a row of its own. A document sees only itself, as it would alone, and is cut only where it is longer than
    a row. ``joined`` runs all documents together instead and cuts the stream into rows, wherever that is: a document
    sees what happens to stand before it, as in the first study's own training.

    ``fim_rate`` of the documents are put out of order so that their middle comes last (``models/fim.py``),
    ``fim_spm_rate`` of these with the suffix first. ``adapter`` trains small matrices in place of all weights; they
    are merged at the end.

    ``part``: tokens that pass through the model at once; a larger batch is cut, and the gradients are added up.
    ``recompute`` keeps less of a pass in memory and computes it again. ``compile`` is about CUDA alone, and pays with
    ``packing``, where all rows are of one size. These three change results in their last bits only.
    """

    steps: int | None = Field(default=None, ge=0)
    epochs: float | None = Field(default=None, ge=0)
    batch: int = Field(default=16, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup: int = Field(default=0, ge=0)
    weight_decay: float = Field(default=0.05, ge=0)
    clip: float = Field(default=1.0, gt=0)
    completion_only: bool = True
    precision: str = Field(default="fp32", pattern="^(fp32|bf16)$")
    checkpoint_every: int = Field(default=200, ge=1)
    warmup_rounds: Literal["every", "first"] = "every"
    packing: int = Field(default=0, ge=0)
    joined: bool = False
    fim_rate: float = Field(default=0.0, ge=0, le=1)
    fim_spm_rate: float = Field(default=0.5, ge=0, le=1)
    adapter: Adapter | None = None
    part: int = Field(default=16_384, ge=1)
    recompute: bool = False
    compile: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Training:
        if self.fim_rate and self.completion_only:
            raise ValueError(
                "`fim_rate` needs `completion_only: false`: a document in another order has no prompt before its "
                "completion"
            )
        if self.joined and not self.packing:
            raise ValueError("`joined` needs `packing`, the tokens of a row")
        if self.packing == 1:
            raise ValueError("`packing: 1` leaves nothing to predict; write at least 2 tokens a row, or 0")
        return self

    def in_round(self, number: int) -> Training:
        """Return the settings of round *number*, counted from 1."""
        cold = self.warmup_rounds == "first" and number > 1
        return self.model_copy(update={"warmup": 0}) if cold else self


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote: the text, how many tokens (with the stop), and whether it stopped by itself."""

    text: str
    tokens: int
    stopped: bool


@dataclass(frozen=True, slots=True)
class Score:
    """What a model thinks of a completion after its prompt, in fp32.

    ``nll`` is the sum over the completion's tokens and the stop, in nats; ``entropy`` is the mean entropy of the
    next-token distribution over the same ``tokens`` places, in nats. A pretrained model's answers end in their text
    (``style.py``): there the stop does not count.
    """

    nll: float
    tokens: int
    entropy: float

    @property
    def mean_nll(self) -> float:
        """Nats a token; its exponential is the perplexity."""
        return self.nll / max(1, self.tokens)


Document = tuple[str, str]
"""A prompt and its completion, without the stop token."""


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """The loss (nats a token) after each step, and what the training cost."""

    losses: tuple[float, ...]
    tokens: int
    seconds: float


class Model(Protocol):
    """A language model with weights. Methods never change the weights but for ``train``."""

    @property
    def parameters(self) -> int:
        """How many weights it has."""

    def complete(self, prompts: Sequence[str], seeds: Sequence[int], sampling: Sampling) -> list[Completion]:
        """Complete each prompt. A row depends on its prompt, its seed and the sampling, on nothing else: not on the
        other rows, their number, or their order."""

    def score(self, documents: Sequence[Document]) -> list[Score]:
        """Score each completion after its prompt. A row depends on its own text only."""

    def preference(self, texts: Sequence[str], yes: str, no: str) -> list[float]:
        """Return logit(yes) - logit(no) for the token after each text; each word is one token of the tokenizer."""

    def hidden(self, texts: Sequence[str], layer: int) -> NDArray[np.float32]:
        """Return the last token's hidden state at *layer* (negative counts from the end), shape (texts, width)."""

    def train(
        self, documents: Sequence[Document], training: Training, seed: int, state: Path | None = None
    ) -> TrainingLog:
        """Train on the documents, in place. *state* is a directory where progress is kept every
        ``checkpoint_every`` steps; called again with the same arguments after a kill, the result is the same."""

    def copy(self) -> Model:
        """Return an independent model with the same weights."""

    def save(self, directory: Path) -> None:
        """Write the weights and the tokenizer as transformers does (``save_pretrained``)."""


Opener = Callable[[Path], Model]
"""Opens what ``Model.save`` wrote."""

"""What a study file may say of its model: one of its own, or weights that somebody else trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from collapse_lab.models.model import Strict, Training, said


class PocketModel(Strict):
    """A small Llama, trained from nothing on the study's own tasks; one base for each seed of ``bases``."""

    kind: Literal["pocket"] = "pocket"
    width: int = Field(default=128, ge=16)
    layers: int = Field(default=4, ge=1)
    heads: int = Field(default=4, ge=1)
    bases: tuple[int, ...] = (0, 1)
    documents: int = Field(default=24_000, ge=1)
    training: Training = Training(steps=3000, batch=16, learning_rate=2.5e-3, warmup=100, precision="bf16")

    @model_validator(mode="before")
    @classmethod
    def _not_tuned(cls, given: object) -> object:
        if isinstance(given, dict) and "tuned" in given:
            raise ValueError(
                "`tuned` is for `kind: pretrained`: a pocket model's base is trained on the study's own human "
                "documents anyway (`documents`, `training`)"
            )
        return given

    def other_than(self, base: int) -> int | None:
        """Return the base that is a foreign model to *base*: the first other one."""
        return next((number for number in self.bases if number != base), None)


class Tuning(Strict):
    """What pretrained weights learn before round 0: so many human ``documents`` of the study's pool, which are never a
    prompt nor a document of a round, and how.

    What the pool's classes lack of them it gives again (``pools/answers.py``); fewer than these in all is an error.
    """

    documents: int = Field(ge=1)
    training: Training


class PretrainedModel(Strict):
    """Weights that somebody else trained.

    ``name`` is one of ``models/known.yml``, which says what its architecture needs. ``source`` goes before the
    table's: a folder that transformers can open, a GGUF file, or the Hub's ``owner/name``. Base 0 is this model;
    base 1, where there is a ``foreign`` one, is that: it is asked by ``foreign-judge`` and never trained.
    ``precision`` is that of the weights while they write; training keeps fp32 master weights. ``engine`` writes:
    ``own``, transformers' ``continuous`` batching, whose drawn answers no seed repeats, or ``vllm`` (an extra).
    ``tuned``: base 0 is not these weights as they come, but after they were trained on human documents of the task. All
    seeds start from the same one; the foreign model stays as it is.
    """

    kind: Literal["pretrained"] = "pretrained"
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    source: str | None = None
    foreign: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    precision: Literal["fp32", "bf16"] = "fp32"
    engine: Literal["own", "continuous", "vllm"] = "own"
    tuned: Tuning | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, object]:
        return said(written(self), "tuned")

    @property
    def bases(self) -> tuple[int, ...]:
        """The numbers that seeds take their base from: these weights are there once."""
        return (0,)

    def other_than(self, base: int) -> int | None:
        """Return the base that is a foreign model to *base*."""
        return None if self.foreign is None or base == 1 else 1

    def tuning(self, base: int) -> Tuning | None:
        """Return what *base* learns before round 0: only base 0 may."""
        return self.tuned if base == 0 else None


class JudgeStage(Strict):
    """How a base learns to say whether code is good, before round 1: on its own samples, labelled by hidden tests of
    the training pool, and on human bodies, good and corrupted; mixed one to one with plain documents."""

    own_samples: int = Field(default=3000, ge=0)
    human_pairs: int = Field(default=3000, ge=0)
    training: Training = Training(steps=1000, batch=16, learning_rate=1e-3, precision="bf16")

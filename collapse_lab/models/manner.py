"""How a pretrained model wants to be asked: kept beside its weights, so that it goes with them from round to round."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from collapse_lab.models.model import Strict
from collapse_lab.models.style import Style

NAME = "exogate.json"

Engine = Literal["own", "continuous", "vllm"]


class Fim(Strict):
    """Tokens of filling in the middle, each one word of the tokenizer.

    PSM: ``prefix`` TEXT ``suffix`` TEXT ``middle`` TEXT. SPM: ``prefix`` ``suffix`` SUFFIX ``middle`` PREFIX MIDDLE.
    ``end`` stands behind the middle where a model has a token of its own for that.
    """

    prefix: str
    suffix: str
    middle: str
    end: str | None = None


class Rows(Strict):
    """How many texts are written at once, by kind of device."""

    cpu: int = Field(default=32, ge=1)
    cuda: int = Field(default=256, ge=1)


class Manner(Strict):
    """What a folder of weights does not say of itself.

    ``stops`` are tokens that end an answer beside the tokenizer's own end of text; ``asked_in`` is the precision of
    the weights while the model writes, ``engine`` what writes.
    """

    name: str
    licence: str
    style: Style
    stops: tuple[str, ...] = ()
    fim: Fim | None = None
    rows: Rows = Rows()
    asked_in: Literal["fp32", "bf16"] = "fp32"
    engine: Engine = "own"

    def write(self, directory: Path) -> None:
        """Keep it beside the weights in *directory*."""
        (directory / NAME).write_text(f"{self.model_dump_json(indent=2)}\n", "utf-8")

    @classmethod
    def read(cls, directory: Path) -> Manner | None:
        """Return what is kept in *directory*; a pocket model has nothing to keep.

        Raises ``ValueError`` where the file says something else.
        """
        path = directory / NAME
        if not path.exists():
            return None
        try:
            return cls.model_validate_json(path.read_text("utf-8"))
        except ValidationError as error:
            raise ValueError(f"{path} does not say how the model wants to be asked: {error}. Open it anew.") from error

"""The table of pretrained models: what each one's weights are, and how it wants to be asked. Knows no torch."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import Field

from collapse_lab.models.manner import Engine, Fim, Manner, Rows
from collapse_lab.models.model import Strict
from collapse_lab.models.style import CHAT, COMPLETION

# Bytes a parameter: fp32 weights, their gradient, and AdamW's two moments.
_TRAINED = 4 + 4 + 4 + 4
_ASKED = {"fp32": 4, "bf16": 2}


class Known(Strict):
    """A row of ``known.yml``, which says what the fields mean."""

    name: str
    hub: str
    wheel: str | None = None
    licence: str
    parameters: int = Field(ge=1)
    context: int = Field(ge=1)
    dtype: Literal["fp32", "bf16"]
    style: Literal["completion", "chat"]
    stops: tuple[str, ...]
    fim: Fim | None = None
    rows: Rows
    note: str = ""

    @property
    def training_bytes(self) -> int:
        """Memory of full fine-tuning, without what passes through: fp32 weights, gradient and AdamW's moments."""
        return _TRAINED * self.parameters

    @property
    def asking_bytes(self) -> int:
        """Memory of the weights while they are asked, without keys and values."""
        return _ASKED[self.dtype] * self.parameters

    def manner(self, asked_in: Literal["fp32", "bf16"], engine: Engine = "own") -> Manner:
        """Return how the model wants to be asked."""
        style = CHAT if self.style == "chat" else COMPLETION
        return Manner(
            name=self.name,
            licence=self.licence,
            style=style,
            stops=self.stops,
            fim=self.fim,
            rows=self.rows,
            asked_in=asked_in,
            engine=engine,
        )


def names() -> tuple[str, ...]:
    """Return the names of all models of the table, in its order."""
    return tuple(_table())


def known(name: str) -> Known:
    """Return a row of the table. Raises ``ValueError`` for a name that it has not."""
    if name not in _table():
        raise ValueError(f"There is no pretrained model {name!r}. Write one of these: {', '.join(names())}.")
    return _table()[name]


@cache
def _table() -> dict[str, Known]:
    rows = yaml.safe_load((files("collapse_lab.models") / "known.yml").read_text("utf-8"))
    return {row["name"]: Known(**row) for row in rows}

"""What the workflow asks of the Action. ``action.yml`` passes each input in a variable of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.reporting.words import listed
from gates.presets import no_such_preset, preset_names

PREFIX = "EXOGATE_INPUT_"
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", ""})
_ENDINGS = ("reject", "error")
NEVER = "never"


class InputError(ValueError):
    """An input that cannot be used; the message names it and says what may stand there."""


def _switch(value: object) -> bool:
    word = str(value).strip().lower()
    if word in _YES | _NO:
        return word in _YES
    raise ValueError(f"{value!r} is neither true nor false")


def _names(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in str(value).replace("\n", ",").split(",")))))


def _endings(value: object) -> frozenset[str]:
    names = _names(value)
    if names == (NEVER,):
        return frozenset()
    if not names or set(names) - set(_ENDINGS):
        raise ValueError(f"{value!r} is none of: {', '.join(_ENDINGS)}, both with a comma between, or {NEVER}")
    return frozenset(names)


def _preset(value: object) -> str | None:
    name = str(value).strip()
    if not name:
        return None
    if name not in preset_names():
        hint = no_such_preset(name)
        raise ValueError(f"{name!r} is no preset. {hint} A policy of your own is a file in the base: name it in config")
    return name


def _optional(value: object) -> str | None:
    return str(value).strip() or None


Switch = Annotated[bool, BeforeValidator(_switch)]
Optional = Annotated[str | None, BeforeValidator(_optional)]


class Inputs(BaseModel):
    """The Action's inputs; the aliases are their names in ``action.yml``, where they are described."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    policy: Annotated[str | None, BeforeValidator(_preset)] = None
    config: Optional = None
    gates: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    base: Optional = None
    head: Optional = None
    fail_on: Annotated[frozenset[str], BeforeValidator(_endings)] = Field(default=frozenset(_ENDINGS), alias="fail-on")
    python: Optional = None
    working_directory: str = Field(default="", alias="working-directory")
    annotations: Switch = True
    sarif_file: Optional = Field(default=None, alias="sarif-file")
    summary: Switch = True
    comment: Switch = False
    labels: Switch = False
    token: Optional = Field(default=None, repr=False)
    cache: Switch = True


def read_inputs(variables: Mapping[str, str]) -> Inputs:
    """Return the inputs that stand in ``EXOGATE_INPUT_*``. Raises ``InputError`` for the first that cannot be used."""
    given = {
        name.removeprefix(PREFIX).lower().replace("_", "-"): value
        for name, value in variables.items()
        if name.startswith(PREFIX)
    }
    try:
        inputs = Inputs.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        message = str(first["msg"]).removeprefix("Value error, ")
        raise InputError(f"The input {listed([str(part) for part in first['loc']])}: {message}.") from None
    if inputs.policy and inputs.config:
        raise InputError("The inputs policy and config exclude each other: a preset, or a file in the base.")
    return inputs

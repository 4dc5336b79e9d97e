"""The devices that a training is spread over, as the environment names them. Knows no torch."""

from __future__ import annotations

import os
import re

VARIABLE = "COLLAPSE_LAB_DEVICES"
_NAME = re.compile(r"cuda:\d+|cpu")


def several() -> tuple[str, ...]:
    """Return the devices that ``COLLAPSE_LAB_DEVICES`` names (``cuda:0,cuda:1``), or none where it says nothing.

    Each holds a part of the weights. They are of one kind; ``cpu,cpu`` are two processes on the CPU. Whether they are
    there is not asked. Raises ``ValueError`` for a list that says something else.
    """
    said = os.environ.get(VARIABLE, "").strip()
    names = tuple(name.strip() for name in said.split(",")) if said else ()
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    if wrong or len({name[:3] for name in names}) > 1:
        raise ValueError(f"{VARIABLE} is {said!r}. Write devices of one kind with commas: cuda:0,cuda:1 or cpu,cpu.")
    cards = [name for name in names if name != "cpu"]
    if len(set(cards)) < len(cards):
        raise ValueError(f"{VARIABLE} is {said!r}, which names a device twice. Write each once.")
    if len(names) == 1:
        raise ValueError(
            f"{VARIABLE} is {said!r}, which is no more than one. Name several; COLLAPSE_LAB_DEVICE is for one that "
            "everything is done on."
        )
    return names

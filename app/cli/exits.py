"""The exit statuses; scripts depend on them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    ACCEPTED = 0
    REJECTED = 1
    USAGE = 2
    COULD_NOT_JUDGE = 3

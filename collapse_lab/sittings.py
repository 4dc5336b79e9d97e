"""A study's arms in parts that can be run apart from each other: another day, or on another machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collapse_lab.arms import Cell, matched
from collapse_lab.study import Study


@dataclass(frozen=True)
class Sitting:
    """Arms that are run together. ``name`` is good for a file; ``arms`` is what ``--arms`` takes."""

    name: str
    labels: tuple[str, ...]

    @property
    def arms(self) -> str:
        """The arms' labels, as one pattern."""
        return "|".join(self.labels)


def sittings(study: Study, cells: Sequence[Cell]) -> list[Sitting]:
    """Return one sitting an arm, all its seeds in it, in the order of *cells*.

    A random control comes with the arm that it is matched with: by itself it would make that one's rounds once more.
    """
    homes: dict[str, str] = {}
    for cell in cells:
        homes[cell.label] = matched(study, cell).label if cell.judge.match else cell.label
    labels = {home: [label for label, its in homes.items() if its == home] for home in homes.values()}
    named = _names(labels)
    return [Sitting(named[home], tuple(found)) for home, found in labels.items()]


def _names(labels: Iterable[str]) -> dict[str, str]:
    """Return a name for each label that a file can have, no two of them the same."""
    found: dict[str, str] = {}
    for label in labels:
        name = plain = re.sub(r"[^a-z0-9.]+", "-", label.lower()).strip("-.") or "arm"
        number = 1
        while name in found.values():
            number += 1
            name = f"{plain}-{number}"
        found[label] = name
    return found

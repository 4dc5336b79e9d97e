"""Mix: what a round trains on, by the arm's data rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Literal

from collapse_lab.models.model import Document
from collapse_lab.study import DataRule

Origin = Literal["synthetic", "human", "lesson", "prose"]


@dataclass(frozen=True, slots=True)
class Item:
    """A training document, and who wrote its completion in which round (0: the base's own training)."""

    prompt: str
    completion: str
    task: str
    origin: Origin
    round: int

    @property
    def document(self) -> Document:
        """The document as a model takes it."""
        return (self.prompt, self.completion)

    def as_row(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        return asdict(self)


def mix(
    rule: DataRule, accepted: Sequence[Item], earlier: Sequence[Item], human: Sequence[Item], seed: int
) -> list[Item]:
    """Return the documents of a round, in the order drawn by *seed*.

    ``accepted`` are this round's; ``earlier`` what the accumulating rules keep (the base's human documents and every
    round's accepted ones); ``human`` fresh human documents, of which the rule's share is taken. Where nothing was
    accepted and no human document belongs in, the list is empty, and the round trains on nothing.
    """
    random = Random(seed)  # noqa: S311  # a study's draw, no secret
    fresh = _distinct(accepted)[: rule.quota] if rule.quota else list(accepted)
    if rule.rule == "accumulate":
        drawn = [*earlier, *fresh]
    elif rule.rule == "accumulate-subsample":
        union = [*earlier, *fresh]
        drawn = random.sample(union, min(len(fresh), len(union)))
    else:
        drawn = fresh
    if rule.human_share:
        drawn = _with_humans(drawn, human, rule.human_share, random)
    random.shuffle(drawn)
    return drawn


def texts_beside(documents: int, share: float) -> int:
    """Return how many natural-language texts, added to so many *documents*, are that *share* of all (0 to below 1).

    None where there are no documents: a round trains on what was accepted, or on nothing.
    """
    return round(documents * share / (1 - share))


def _distinct(items: Sequence[Item]) -> list[Item]:
    """Return the first of each document, in their order."""
    found: dict[tuple[str, str], Item] = {}
    for item in items:
        found.setdefault((item.task, item.completion), item)
    return list(found.values())


def _with_humans(drawn: list[Item], human: Sequence[Item], share: float, random: Random) -> list[Item]:
    """Replace *share* of the documents by human ones, so that their number stays the same."""
    count = len(drawn) or len(human)
    wanted = min(len(human), round(count * share))
    return random.sample(drawn, min(len(drawn), count - wanted)) + random.sample(list(human), wanted)

"""Evidence in files: one a policy, and one on exposure."""

from __future__ import annotations

from pathlib import Path

from collapse_lab.evidence.choose import Chosen
from collapse_lab.store import write_json
from gates.evidence.card import Card, Strict
from gates.evidence.exposure import FILE as EXPOSURE
from gates.evidence.line import of_card


def write(found: Chosen, out: Path) -> list[str]:
    """Write the files; return a line on each. Others in the folder stay as they are. Raises ``OSError``."""
    out.mkdir(parents=True, exist_ok=True)
    said = []
    names = file_names(found.cards)
    for card in found.cards:
        _write(out / names[card.hash], card)
        said.append(f"{names[card.hash]}: {card.summary.verdict}; {of_card(card)}")
    if found.exposure is not None:
        _write(out / EXPOSURE, found.exposure)
        kept = ", ".join(f"{p.share:.0%}: {p.retention.estimate:.0%}" for p in found.exposure.points)
        said.append(f"{EXPOSURE}: skill kept by share of unreviewed samples: {kept}")
    return said


def file_names(cards: tuple[Card, ...]) -> dict[str, str]:
    """Return each card's file name by the card's hash: the policy's name, with its hash where two have that name."""
    names = [card.policy.name for card in cards]
    taken = {name for name in names if names.count(name) > 1 or f"{name}.json" == EXPOSURE or name.endswith(".schema")}
    return {
        card.hash: f"{card.policy.name}-{card.policy.hash[:8]}.json"
        if card.policy.name in taken
        else f"{card.policy.name}.json"
        for card in cards
    }


def _write(path: Path, value: Strict) -> None:
    write_json(path, value.model_dump(mode="json"))

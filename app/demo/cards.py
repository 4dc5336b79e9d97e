"""The tables of evidence in the READMEs, from the cards that ship."""

from __future__ import annotations

from collections.abc import Iterable

from gates.evidence.card import Card, Interval
from gates.evidence.exposure import Exposure
from gates.evidence.line import ends, percent
from gates.evidence.shelf import shipped
from gates.presets import preset_names

BEGIN, END = "<!-- evidence: made by `make docs` -->", "<!-- end of evidence -->"
EXPOSURE_BEGIN, EXPOSURE_END = "<!-- exposure: made by `make docs` -->", "<!-- end of exposure -->"
_HEAD = (
    "| policy | skill kept | no gate | a toss at its rate | human code | accepts | verdict |",
    "|---|---|---|---|---|---|---|",
)
_KINDS = ("none", "exogenous", "anchored", "endogenous")


def preset_cards() -> list[Card]:
    """Return the cards of the shipped policies, from the mildest to the strictest."""
    return [one.card for name in preset_names() if (one := shipped().named(name)) is not None]


def other_cards() -> list[Card]:
    """Return the best card of each other policy, by how independent its gates are."""
    best = {one.card.policy.name: one.card for one in sorted(shipped().current, key=lambda one: one.rank)}
    others = [card for name, card in best.items() if name not in preset_names()]
    return sorted(others, key=lambda card: (_KINDS.index(card.policy.kind), card.policy.name))


def table(cards: Iterable[Card]) -> str:
    """Return a Markdown table, one row a card."""
    return "\n".join([*_HEAD, *map(_row, cards)])


def with_cards(readme: str, cards: Iterable[Card]) -> str:
    """Return a README's text with a fresh table between its marks."""
    return _between(readme, BEGIN, table(cards), END)


def with_exposure(readme: str, exposure: Exposure) -> str:
    """Return a README's text with what each share of unreviewed samples keeps, between its marks."""
    rows = [f"| {percent(point.share)} | {_interval(point.retention)} |" for point in exposure.points]
    lines = ["| unreviewed samples among the training data | skill kept |", "|---|---|", *rows]
    return _between(readme, EXPOSURE_BEGIN, "\n".join(lines), EXPOSURE_END)


def evidence_page(readme: str) -> str:
    """Return the text of the README beside the cards with its tables fresh."""
    exposure = shipped().exposure
    text = with_cards(readme, [*preset_cards(), *other_cards()])
    return with_exposure(text, exposure) if exposure else text


def _between(readme: str, begin: str, made: str, end: str) -> str:
    before, _, rest = readme.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{made}\n{end}{after}"


def _row(card: Card) -> str:
    kept, facts = card.summary.retention, card.summary
    told = (kept.policy, kept.ungated, kept.random, kept.human)
    accepts = percent(facts.mean_acceptance) if facts.mean_acceptance is not None else "-"
    return f"| `{card.policy.name}` | {' | '.join(map(_interval, told))} | {accepts} | {facts.verdict} |"


def _interval(value: Interval | None) -> str:
    return "-" if value is None else f"{percent(value.estimate)} ({ends(value)})"

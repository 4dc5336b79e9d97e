"""The shelf: the cards that ship and those of further folders, each checked before it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gates import registry
from gates.evidence.card import Card, read_card
from gates.evidence.exposure import FILE as EXPOSURE
from gates.evidence.exposure import Exposure, read_exposure
from gates.evidence.sealed import MAX_BYTES, SealError
from gates.presets import preset, preset_names

_SCHEMA = ".schema.json"


@dataclass(frozen=True)
class Shelved:
    """A card whose form, hash and verdict are right, and the file that it came from in words."""

    card: Card
    source: str

    @cached_property
    def stale(self) -> str | None:
        """Why the card is of another time than the gates and policies here; ``None`` where it is not.

        A gate that is not installed here cannot be compared and makes no card stale: no policy here can ask for it.
        """
        return _renewed_gate(self.card) or _renewed_policy(self.card)

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """What decides between cards of one policy: not stale, then with a verdict, then more seeds times rounds."""
        return self.stale is None, self.card.summary.verdict != "unmeasured", self.card.study.size


@dataclass(frozen=True)
class Shelf:
    """Cards in the order in which they were found, and sentences on files that are no evidence."""

    cards: tuple[Shelved, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    problems: tuple[str, ...] = ()

    def find(self, policy_hash: str) -> Shelved | None:
        """Return the best card of a policy, by hash; of equals the last. It may be stale."""
        return best(one for one in self.cards if one.card.policy.hash == policy_hash)

    def named(self, preset_name: str) -> Shelved | None:
        """Return a card of the shipped policy of this name, whatever its hash was."""
        return best(o for o in self.cards if o.card.policy.source == "preset" and o.card.policy.name == preset_name)

    @property
    def current(self) -> tuple[Shelved, ...]:
        """The cards that count: those that are not stale."""
        return tuple(one for one in self.cards if one.stale is None)

    @property
    def exposure(self) -> Exposure | None:
        """The measurement of shares with the most seeds times rounds; of equals the last."""
        return max(reversed(self.exposures), key=lambda one: one.study.size, default=None)


def best(found: Iterable[Shelved]) -> Shelved | None:
    """Return the card that counts of several; of equals the last. ``None`` without any."""
    return max(reversed(list(found)), key=lambda one: one.rank, default=None)


@cache
def shipped() -> Shelf:
    """Return the cards that ship with this version."""
    return _read([(item.name, item) for item in files("gates.evidence").iterdir()], "shipped")


def shelf(folders: Sequence[Path] = ()) -> Shelf:
    """Return the shipped cards and those of *folders*, later ones last.

    Raises ``OSError`` for a folder that cannot be listed. A file that is no evidence is told in ``problems``.
    """
    found = [shipped(), *(_read([(f.name, f) for f in folder.iterdir()], str(folder)) for folder in folders)]
    return Shelf(
        tuple(card for one in found for card in one.cards),
        tuple(exposure for one in found for exposure in one.exposures),
        tuple(problem for one in found for problem in one.problems),
    )


def _read(items: Iterable[tuple[str, Traversable]], where: str) -> Shelf:
    cards: list[Shelved] = []
    exposures: list[Exposure] = []
    problems: list[str] = []
    for name, item in sorted(items, key=lambda pair: pair[0]):
        # Schemas are no cards, and reading a pipe would wait for its writer.
        if not name.endswith(".json") or name.endswith(_SCHEMA) or not item.is_file():
            continue
        source = f"{name} ({where})"
        try:
            content = _content(item)
            if name == EXPOSURE:
                exposures.append(read_exposure(content))
            else:
                cards.append(Shelved(read_card(content), source))
        except SealError as error:
            problems.append(f"{source} does not count as evidence: {error}")
    return Shelf(tuple(cards), tuple(exposures), tuple(problems))


def _content(item: Traversable) -> bytes:
    try:
        with item.open("rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise SealError(f"It cannot be read: {error.strerror}.") from error


def _renewed_gate(card: Card) -> str | None:
    for name, measured in card.policy.gates.items():
        try:
            now = registry.get(name).version
        except (registry.UnknownGateError, registry.BrokenGateError):
            continue
        if now != measured:
            return f"gate `{name}` was version {measured} when it was measured and is {now} now"
    return None


def _renewed_policy(card: Card) -> str | None:
    policy = card.policy
    if policy.source != "preset":
        return None
    if policy.name not in preset_names():
        return f"there is no shipped policy `{policy.name}` any more"
    if preset(policy.name).hash != policy.hash:
        return f"the shipped policy `{policy.name}` was another when it was measured"
    return None

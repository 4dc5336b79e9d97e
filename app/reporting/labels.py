"""The labels that a review gives a pull request, as data: each has a key, and a name that a policy may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from app.provenance.types import Status
from app.review_types import Review
from app.standing import Approvals
from gates.decision import Decision
from gates.policy_labels import LabelRule, fold
from gates.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Label:
    """A label: at most 50 characters of name, six hex digits of colour, at most 100 characters of description."""

    name: str
    color: str
    description: str


LABELS = (
    Label("provenance/ai", "5319e7", "Declared: AI wrote this change"),
    Label("provenance/mixed", "8a63d2", "Declared: AI wrote part of this change"),
    Label("provenance/human", "0e8a16", "Attested: a person says they wrote this change"),
    Label("provenance/undeclared", "c5def5", "Nothing says who wrote this change; that does not mean a person did"),
    Label("gates/passed", "0e8a16", "No gate that the policy lets block rejects this change"),
    Label("gates/failed", "b60205", "A gate that the policy lets block rejects this change"),
    Label("review/needs-human", "fbca04", "The policy asks for a review that this change does not have yet"),
    Label("review/self-review", "d93f0b", "Its only approvals come from the kind of AI that wrote it"),
)
# A label's key is the name that it has where no policy says otherwise.
BY_KEY = {label.name: label for label in LABELS}

_PROVENANCE = {
    Status.AI_DECLARED: "provenance/ai",
    Status.MIXED: "provenance/mixed",
    Status.HUMAN_ATTESTED: "provenance/human",
    Status.UNDECLARED: "provenance/undeclared",
}


def wanted(review: Review, approvals: Approvals | None = None) -> frozenset[str]:
    """Return the keys of the labels that hold for a reviewed change, whether a policy shows them or not.

    What the policy would decide counts, also where it only advises. A change that could not be judged, or that no
    gate accepted, is neither passed nor failed. Of review something is said only where *approvals* are known.
    """
    names = {_PROVENANCE[review.provenance.status], _gates(review)}
    if approvals is not None:
        names |= {"review/self-review"} if approvals.self_review else set()
        names |= {"review/needs-human"} if approvals.lacking is not None else set()
    return frozenset(name for name in names if name is not None)


def _gates(review: Review) -> str | None:
    if review.would_decide is Decision.REJECT:
        return "gates/failed"
    accepted = any(judged.verdict.outcome is Outcome.ACCEPT for judged in review.verdicts)
    return "gates/passed" if review.would_decide is Decision.ACCEPT and accepted else None


def family(key: str) -> str:
    """Return the part of a label's key that its family shares."""
    return key.partition("/")[0]


@dataclass(frozen=True)
class Labels:
    """The labels as a policy wants them: each by its key, and the keys of those that are not shown."""

    by_key: Mapping[str, Label]
    off: frozenset[str] = frozenset()

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {fold(label.name): key for key, label in self.by_key.items()}

    def name(self, key: str) -> str:
        """Return what the label with this key is called."""
        return self.by_key[key].name

    def key(self, name: str) -> str | None:
        """Return the key of the label of this name, in whatever case; ``None`` where it is none of ours."""
        return self._keys.get(fold(name))

    def is_former(self, name: str) -> bool:
        """Whether it is a name that one of ours had before a policy gave it another."""
        return fold(name) in BY_KEY and self.key(name) is None

    def known_as(self, word: str) -> str:
        """Return the name for a key; any other word as it is."""
        return self.by_key[word].name if word in self.by_key else word


def configured(rules: Mapping[str, LabelRule]) -> Labels:
    """Return the labels as a policy's rules want them."""
    off = frozenset(key for key, rule in rules.items() if rule.show == "off")
    return Labels({key: _with(label, rules.get(key)) for key, label in BY_KEY.items()}, off)


def _with(label: Label, rule: LabelRule | None) -> Label:
    said = {} if rule is None else rule.model_dump(include={"name", "color", "description"}, exclude_none=True)
    return replace(label, **said)


DEFAULT = configured({})

"""A policy: which gates judge a change, which of them block, and what review an AI-declared change needs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gates import registry
from gates.gate import Gate, Kind, Settings
from gates.policy_labels import LabelRule, WrittenRules
from gates.policy_words import distinct, explain

Level = Literal["block", "advise", "off"]
ProvenanceStatus = Literal["ai-declared", "mixed", "human-attested", "undeclared"]
# Gates that look at nothing of the code. Where nothing else blocks, a policy is a toss, or no gate at all.
BLIND = frozenset({"coin"})
EVERY_STATUS: tuple[ProvenanceStatus, ...] = ("ai-declared", "mixed", "human-attested", "undeclared")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class GateRule(_Strict):
    """One gate's place in a policy.

    ``level`` says whether its rejection blocks or advises; ``settings`` are the gate's own; ``only_for`` narrows
    it to changes of some provenance.
    """

    level: Level = "block"
    settings: dict[str, Any] = Field(default_factory=dict)
    only_for: tuple[ProvenanceStatus, ...] = Field(default=EVERY_STATUS, min_length=1)


def _short_rule(value: Any) -> Any:
    """Let `lint: advise` stand for `lint: {level: advise}`."""
    return {"level": value} if isinstance(value, str) else value


class ReviewRule(_Strict):
    """The review that a change of some provenance needs beside the gates.

    ``by`` names whose approvals count: ``human``, ``independent`` (a person, or a tool of another model family
    and harness than the author's), or ``anyone``.
    """

    declared: tuple[ProvenanceStatus, ...] = ("ai-declared", "mixed")
    approvals: int = Field(default=1, ge=0, le=20)
    by: Literal["human", "independent", "anyone"] = "human"


class Budget(_Strict):
    """What one review may spend: wall time in seconds, and sandboxed processes at a time (0: one a core)."""

    seconds: int = Field(default=900, ge=1, le=86_400)
    jobs: int = Field(default=0, ge=0, le=256)


def _plain_name(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch("[a-z0-9][a-z0-9-]{0,63}", value):
        raise ValueError("use small letters, digits and hyphens, at most 64")
    return value


class PolicyFile(_Strict):
    """The form of a policy file. `policy: NAME` chooses a preset; everything else makes a policy of one's own."""

    policy: str | None = None
    name: Annotated[str | None, BeforeValidator(_plain_name)] = None
    description: str | None = Field(default=None, max_length=500)
    extends: str | None = None
    enforce: bool | None = None
    applies_to: Annotated[tuple[ProvenanceStatus, ...], Field(min_length=1)] | None = None
    accept_signoffs: bool | None = None
    gates: dict[str, Annotated[GateRule, BeforeValidator(_short_rule)]] = Field(default_factory=dict)
    review: ReviewRule | None = None
    budget: Budget | None = None
    labels: WrittenRules | None = None


class Policy(_Strict):
    """A policy with everything filled in: what a review and the lab use.

    ``accept_signoffs``: an author's own `Signed-off-by` attests that a person wrote the commit, where no sign says
    otherwise. ``labels`` are rules by a label's key, for those that the file names.
    """

    name: str
    description: str = ""
    enforce: bool = True
    applies_to: tuple[ProvenanceStatus, ...] = EVERY_STATUS
    accept_signoffs: bool = False
    gates: dict[str, GateRule] = Field(default_factory=dict)
    review: ReviewRule | None = None
    budget: Budget = Budget()
    labels: dict[str, LabelRule] = Field(default_factory=dict)

    # Not cached: a copy of a model takes what is cached along, and a policy that extends another is such a copy.
    @property
    def hash(self) -> str:
        """A hash of what the policy judges by: 64 hexadecimal digits.

        Names, descriptions, budgets, labels and whether it is enforced change no verdict and are left out; settings
        count with their defaults, so writing a default out changes nothing.
        """
        judged_by = {
            "accept_signoffs": self.accept_signoffs,
            "applies_to": sorted(self.applies_to),
            "gates": {
                name: {
                    "level": rule.level,
                    "only_for": sorted(rule.only_for),
                    "settings": self.settings_of(name).model_dump(mode="json"),
                }
                for name, rule in sorted(self.active().items())
            },
            "review": self.review.model_dump(mode="json") if self.review else None,
        }
        return hashlib.sha256(json.dumps(judged_by, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def active(self) -> Mapping[str, GateRule]:
        """Return the gates that are not switched off, in the policy's order."""
        return {name: rule for name, rule in self.gates.items() if rule.level != "off"}

    def settings_of(self, name: str) -> Settings:
        """Return one gate's settings with its defaults filled in."""
        return registry.get(name).settings_type.model_validate(self.gates[name].settings)

    def only(self, names: tuple[str, ...]) -> Policy:
        """Return the policy narrowed to some gates; a named gate that it does not have joins as blocking."""
        gates = {name: self.gates.get(name, GateRule()) for name in names}
        lit = {n: r if r.level != "off" else r.model_copy(update={"level": "block"}) for n, r in gates.items()}
        return self.model_copy(update={"gates": lit})


class PolicyProblem(BaseModel):
    """One thing wrong with a policy file: the line (``None`` where none is to blame) and a sentence."""

    line: int | None
    message: str


class PolicyError(ValueError):
    """A policy that cannot be used, with every problem found in it."""

    def __init__(self, source: str, problems: list[PolicyProblem]) -> None:
        self.source, self.problems = source, problems
        in_order = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__("\n".join(self._line(problem) for problem in in_order))

    def _line(self, problem: PolicyProblem) -> str:
        place = f"{self.source}, line {problem.line}" if problem.line else self.source
        return f"{place}: {problem.message}"


def check_gates(policy: Policy, *, endogenous_alone: bool = False) -> list[tuple[tuple[str | int, ...], str]]:
    """Return what is wrong with a policy's gates, as (place in the file, sentence).

    With ``endogenous_alone`` the author's own model may decide alone, as in an arm of a study.
    """
    problems: list[tuple[tuple[str | int, ...], str]] = []
    for name, rule in policy.gates.items():
        gate = _gate(name, problems)
        if gate is None:
            continue
        try:
            gate.settings_type.model_validate(rule.settings)
        except ValidationError as error:
            problems += [
                (("gates", name, "settings", *e["loc"]), explain(e, gate.settings_type, {}, f" for {name}"))
                for e in distinct(error.errors())
            ]
    if not problems and not endogenous_alone and (alone := rests_on_author(policy)):
        problems.append(
            (("gates",), f"{alone_sentence(policy, alone)} `exogate policy check` says what such measured.")
        )
    return problems


def rests_on_author(policy: Policy) -> tuple[ProvenanceStatus, ...]:
    """Return the provenances whose changes only the author's own model would judge.

    A gate that a policy keeps for other changes (`only_for`) is no judge of these, and neither is one that looks at
    nothing of the code. Raises ``registry.UnknownGateError`` and ``registry.BrokenGateError``.
    """
    return tuple(status for status in policy.applies_to if _kinds(policy, status) == {Kind.ENDOGENOUS})


def alone_sentence(policy: Policy, alone: tuple[ProvenanceStatus, ...]) -> str:
    """Return why a policy is refused whose changes of these provenances only the author's own model would judge."""
    of = "" if set(alone) == set(policy.applies_to) else f" on {', '.join(alone)} changes"
    return f"Only the author's own model would decide{of} here. Let at least one exogenous gate block."


def _kinds(policy: Policy, status: ProvenanceStatus) -> set[Kind]:
    return {
        registry.get(name).kind
        for name, rule in policy.active().items()
        if rule.level == "block" and status in rule.only_for and name not in BLIND
    }


def unknown_gates(names: Iterable[str]) -> list[tuple[tuple[str | int, ...], str]]:
    """Return what is wrong with these names of gates, as (place in the file, sentence)."""
    problems: list[tuple[tuple[str | int, ...], str]] = []
    for name in names:
        _gate(name, problems)
    return problems


def _gate(name: str, problems: list[tuple[tuple[str | int, ...], str]]) -> Gate | None:
    try:
        return registry.get(name)
    except (registry.UnknownGateError, registry.BrokenGateError) as error:
        problems.append((("gates", name), str(error)))
        return None

"""An evidence card: what one study measured for one policy."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from gates.evidence.sealed import SealError, seal, unsealed
from gates.evidence.verdicts import Says, Verdict, decide, says
from gates.policy import BLIND

SCHEMA_VERSION = "1.0"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._~%@+-]{0,99}$"

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
# Names and words reach terminals, Markdown and pages: nothing in them may act there.
Name = Annotated[str, Field(pattern=_NAME)]
Words = Annotated[str, Field(pattern=r"^[ -~]{0,2000}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Strict(BaseModel):
    """What all parts have in common: nothing beyond the form, no infinities, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Form = TypeVar("Form", bound=Strict)


class Interval(Strict):
    """An estimate with its 95 % interval, over seeds and tasks."""

    estimate: float
    low: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> Interval:
        if self.low > self.high:
            raise ValueError("the interval's low end is above its high end")
        return self


class MeasuredPolicy(Strict):
    """The policy: its name in the study, its hash, and the gates whose verdicts chose what was trained on."""

    name: Name
    hash: Hash
    source: Literal["preset", "lab", "file"] = Field(description="Who ships it: Exogate, its lab, or nobody (a file).")
    kind: Literal["none", "exogenous", "anchored", "endogenous"] = Field(
        description="What its acceptance hangs on: the weakest independence among the gates that block."
    )
    gates: dict[Name, Name] = Field(description="The version of every gate that blocks.")
    settings: dict[Name, dict[str, JsonValue]] | None = Field(
        description="The settings of these gates, defaults filled in; null where the policy changed since the run."
    )

    @property
    def blind(self) -> bool:
        """Whether nothing that blocks looks at the code: no gate at all, or a toss."""
        return set(self.gates) <= BLIND


class Benchmark(Strict):
    """The held-out tasks of the scores."""

    name: Name
    tasks: Count
    hash: Hash


class Study(Strict):
    """The study that the numbers are of."""

    name: Name
    question: Words
    quick: bool = Field(description="Whether it is the study's short form.")
    model: Words
    model_settings: dict[str, JsonValue]
    data_rule: Name
    start: Name = Field(description="The model that a round's training begins from.")
    rounds: Annotated[int, Field(ge=1)]
    seeds: tuple[int, ...] = Field(description="Those in which the policy's arm came to the last round.")
    bases: tuple[int, ...]
    prompts: Count = Field(description="Prompts a round.")
    samples: Count = Field(description="Sampled answers an evaluation task, beside the greedy one.")
    benchmark: Benchmark

    @property
    def size(self) -> int:
        """Seeds times rounds: of two measurements of a policy the larger counts."""
        return len(self.seeds) * self.rounds


class GateQuality(Strict):
    """The gate on answers to held-out prompts; truth is the hidden tests. What is undefined is null."""

    acceptance: Share | None
    auroc: Share | None
    precision: Share | None
    recall: Share | None
    wrong_accept_rate: Share | None


class HeldOut(Strict):
    """The same gate on fresh answers of the round's own model, and on those of round 0's (`frozen`)."""

    fresh: GateQuality
    frozen: GateQuality


class Diversity(Strict):
    """Of what the round's model wrote."""

    distinct_2: float | None
    self_bleu: float | None
    compression: float | None
    duplicate_share: float | None
    vendi: float | None
    per_prompt: float | None


class EffectiveRank(Strict):
    """Of hidden states at ``layer``, on the model's own samples and on fixed human code."""

    layer: int
    own: float | None
    human: float | None


class Contamination(Strict):
    """Overlap with the benchmark of what the next model is trained on, and of human answers to the same prompts.

    By the length in words of a run in common; `ast`: the same program.
    """

    documents: dict[Name, Share | None]
    human: dict[Name, Share | None]


class Round(Strict):
    """One round, as the mean over seeds; round 0 is the base. Shares are from 0 to 1."""

    round: Count
    acceptance: Share | None
    acceptance_frozen: Share | None = Field(description="At the thresholds fitted on round 0.")
    correctness_held_out: Share | None
    pass_at_1: Interval | None
    greedy: Interval | None
    pass_at_k: dict[Annotated[str, Field(pattern="^[0-9]{1,4}$")], Interval]
    strata: dict[Literal["head", "middle", "tail"], Interval | None] = Field(description="pass@1, by rarity of tasks.")
    diversity: Diversity
    effective_rank: EffectiveRank | None
    gate: HeldOut | None
    contamination: Contamination | None
    rubber_stamp_index: float | None


class Contrast(Strict):
    """The policy's pass@1 minus another arm's, in one round, paired by seed and task.

    ``says`` is `more` or `less` where p, corrected for the study's family of contrasts, is below .05 and every seed
    agrees; else `not separable`.
    """

    against: Name
    round: Count
    difference: Interval = Field(description="Of shares; times 100 it is points.")
    seeds: Count
    agreeing: Count
    p_holm: Share
    says: Says

    @model_validator(mode="after")
    def _follows(self) -> Contrast:
        if self.says != says(self.difference.estimate, self.p_holm, self.agreeing, self.seeds):
            raise ValueError("what the contrast says does not follow from its numbers")
        return self


class Kept(Strict):
    """Retention: pass@1 of the last round over that of round 0, for the policy and for what it is compared with."""

    policy: Interval | None
    ungated: Interval | None
    random: Interval | None = Field(description="A toss at the policy's own acceptance rate, round by round.")
    human: Interval | None = Field(description="Fresh human documents only.")


class Contrasts(Strict):
    """The policy against each control; null where the study does not have it."""

    ungated: Contrast | None
    random: Contrast | None
    human: Contrast | None


class RubberStamp(Strict):
    """The index in the last round, seed by seed: rise of approval at the frozen threshold less that of correctness."""

    mean: float
    seeds: tuple[float, ...] = Field(min_length=1)


class Curves(Strict):
    """pass@1 of the arms that the policy is compared with, round by round from 0; null where the study has none."""

    ungated: tuple[Interval | None, ...] | None
    random: tuple[Interval | None, ...] | None
    human: tuple[Interval | None, ...] | None


class Facts(Strict):
    """What a decision needs of all that was measured."""

    round: Count
    seeds: Count
    complete: bool = Field(description="Whether this arm and those that it is compared with have all rounds and seeds.")
    mean_acceptance: Share | None = Field(description="Raw, over all rounds.")
    retention: Kept
    contrasts: Contrasts
    rubber_stamp: RubberStamp | None


class Summary(Facts):
    """The same with the verdict, and the sentence of the rule that gave it."""

    verdict: Verdict
    rule: str


class Made(Strict):
    """Where the numbers come from, and how to have them again."""

    revision: Hash = Field(description="Of the source that results come from.")
    versions: dict[Name, Words]
    hardware: dict[Name, Words | int | None]
    commands: tuple[Words, ...] = Field(min_length=1)
    results: dict[Literal["summary.json", "tables/scores.parquet"], Hash] = Field(
        description="SHA-256 of the raw results."
    )


class Card(Strict):
    """An evidence card. What was not measured is null."""

    schema_version: Literal["1.0"]
    policy: MeasuredPolicy
    study: Study
    rounds: tuple[Round, ...] = Field(min_length=1, description="From round 0 on.")
    controls: Curves
    summary: Summary
    made: Made
    hash: Hash = Field(description="SHA-256 of the card's canonical JSON without this field.")

    @model_validator(mode="after")
    def _consistent(self) -> Card:
        if [page.round for page in self.rounds] != list(range(len(self.rounds))):
            raise ValueError("the rounds do not count up from 0")
        if (self.summary.round, self.summary.seeds) != (self.study.rounds, len(self.study.seeds)):
            raise ValueError("the summary is of other rounds or seeds than the study")
        if (self.summary.verdict, self.summary.rule) != decide(self.summary, self.policy.blind):
            raise ValueError("the verdict does not follow from the card's numbers")
        return self


def made_card(
    policy: MeasuredPolicy, study: Study, rounds: tuple[Round, ...], controls: Curves, facts: Facts, made: Made
) -> Card:
    """Return the card of these parts, with its version, verdict and hash."""
    verdict, rule = decide(facts, policy.blind)
    parts = {"policy": policy, "study": study, "controls": controls, "made": made}
    whole: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        **{key: part.model_dump(mode="json") for key, part in parts.items()},
        "rounds": [page.model_dump(mode="json") for page in rounds],
        "summary": {**facts.model_dump(mode="json"), "verdict": verdict, "rule": rule},
    }
    return Card.model_validate({**whole, "hash": seal(whole)})


def read_card(content: bytes) -> Card:
    """Return the card in a file. Raises ``SealError`` with a sentence, whatever the file holds."""
    return checked(unsealed(content), Card)


def checked(value: dict[str, Any], form: type[Form]) -> Form:
    """Return *value* in its form. Raises ``SealError`` with a sentence on the first thing that is wrong."""
    version = value.get("schema_version")
    if version != SCHEMA_VERSION:
        shown = version if isinstance(version, str) and len(version) < 20 and version.isprintable() else "none"
        raise SealError(f"Its schema version is {shown}; this Exogate reads {SCHEMA_VERSION}.")
    try:
        return form.model_validate_json(json.dumps(value), strict=True)
    except (ValidationError, RecursionError) as error:
        raise SealError(f"It has not the form of its schema: {_first(error)}") from error


def _first(error: Exception) -> str:
    """Return the first problem in words that hold nothing of the file's own."""
    if not isinstance(error, ValidationError):
        return "it is nested too deeply."
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    # A key may be the file's own words; where they could act on a terminal they are not repeated.
    return f"{place if re.fullmatch('[A-Za-z0-9_.-]{1,120}', place) else 'a part of it'} is wrong ({first['type']})."

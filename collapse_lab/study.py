"""What a study file may say. A study is a matrix of arms; everything that decides a number stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from collapse_lab.execution.outcome import Limits
from collapse_lab.models.model import Sampling, Strict, Training, said
from collapse_lab.study_model import JudgeStage, PocketModel, PretrainedModel, Tuning
from collapse_lab.study_tasks import BenchmarkChoice, CodeTasks, PocketTasks, PoolChoice, ProseChoice

__all__ = [
    "Arm",
    "BenchmarkChoice",
    "CodeTasks",
    "DataRule",
    "Evaluation",
    "JudgeStage",
    "PocketModel",
    "PocketTasks",
    "PoolChoice",
    "PretrainedModel",
    "Probes",
    "ProseChoice",
    "Study",
    "Tuning",
]


class DataRule(Strict):
    """What a round trains on.

    ``replace``: this round's accepted samples. ``accumulate``: every round's, and the base's human documents.
    ``accumulate-subsample``: as many, drawn from the accumulated. ``human_share`` of the documents are fresh human
    ones (``hybrid`` is ``replace`` with a share above 0). ``quota``: how many distinct accepted samples a round
    trains on, where fewer were accepted more are generated, up to ``most_raw`` times the prompts; ``None`` takes
    what a fixed raw count gives. ``prose_share`` of all documents are natural-language texts, added to those of the
    rule (which is not what ``human_share`` does), fresh each round; 0 where nobody says it. An arm whose own ``data``
    leaves it out has the study's.
    """

    rule: Literal["replace", "accumulate", "accumulate-subsample", "hybrid"] = "replace"
    human_share: float = Field(default=0.0, ge=0.0, le=1.0)
    quota: int | None = Field(default=None, ge=1)
    most_raw: float = Field(default=4.0, ge=1.0)
    prose_share: float | None = Field(default=None, ge=0.0, lt=1.0)

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, object]:
        return said(written(self), "prose_share")

    @model_validator(mode="after")
    def _hybrid_has_humans(self) -> DataRule:
        if self.rule == "hybrid" and self.human_share == 0:
            raise ValueError("rule `hybrid` needs a human_share above 0")
        if self.rule == "accumulate" and self.human_share:
            raise ValueError("rule `accumulate` keeps all it has, human documents among it, and takes no human_share")
        return self


def _pocket_unless_said(value: object) -> object:
    return {"kind": "pocket", **value} if isinstance(value, dict) else value


_ByKind = (BeforeValidator(_pocket_unless_said), Field(discriminator="kind"))


class Arm(Strict):
    """One row of the matrix, before models and seeds multiply it.

    Either a ``policy`` (a lab or preset name, or a file beside the study) or a ``control``: ``human`` trains on
    fresh human documents only, ``oracle`` accepts what passes the hidden tests, ``random`` accepts by a toss at the
    acceptance rate that the arm of policy ``match`` had in the same round. ``flip`` turns over that share of the
    policy's verdicts. What an arm does not say is the study's.
    """

    policy: str | None = None
    control: Literal["human", "oracle", "random"] | None = None
    match: str | None = None
    flip: float = Field(default=0.0, ge=0.0, le=1.0)
    data: DataRule | None = None
    start: Literal["previous", "base"] | None = None
    sampling: Sampling | None = None
    training: Training | None = None

    @model_validator(mode="after")
    def _one_judge(self) -> Arm:
        if (self.policy is None) == (self.control is None):
            raise ValueError("an arm has either a `policy` or a `control`")
        if (self.control == "random") != (self.match is not None):
            raise ValueError("control `random` needs `match: POLICY`, and only it may have it")
        return self

    @property
    def name(self) -> str:
        """Who judges, in one word: ``tests``, ``human``, ``random@tests``, ``tests~10%``."""
        name = Path(self.policy or "").stem or (f"random@{self.match}" if self.match else self.control or "")
        return f"{name}~{self.flip:.0%}" if self.flip else name


class Evaluation(Strict):
    """How a model is scored: greedy once, and ``samples`` completions a task drawn with ``sampling``.

    The first benchmark is scored in every round, the others in the rounds that ``others`` names.
    """

    samples: int = Field(default=2, ge=0)
    others: Literal["every", "first-and-last"] = "first-and-last"
    sampling: Sampling = Sampling(temperature=1.0)
    greedy: Sampling = Sampling(temperature=0.0)
    k: tuple[int, ...] = (1,)

    def capped(self, most: int | None) -> Evaluation:
        """Return it with answers of at most so many tokens; as it is where nothing is said."""
        if most is None:
            return self
        cap = {"max_tokens": most}
        sides = {"sampling": self.sampling.model_copy(update=cap), "greedy": self.greedy.model_copy(update=cap)}
        return self.model_copy(update=sides)


class Probes(Strict):
    """What is looked at inside: hidden states at ``layers`` on ``texts`` own samples and fixed human ones; held-out
    samples a gate is measured on; ``per_prompt`` completions of ``prompts`` prompts for diversity."""

    layers: tuple[int, ...] = (-1,)
    texts: int = Field(default=256, ge=2)
    held_out: int = Field(default=200, ge=0)
    prompts: int = Field(default=40, ge=0)
    per_prompt: int = Field(default=5, ge=2)
    contamination: tuple[int, ...] = (10, 13)


class Study(Strict):
    """A study file, with every default filled in.

    A file may leave out what the study that it `extends` says: another's name, or a file beside it. Of several
    ``models`` one is chosen when the file is opened (``--model``); its name then ends the study's. Under ``by_model``
    stand, below a model's name, the keys that it replaces when it is the one. What a nearer place says goes before
    it: a file that `extends` this one, or ``quick``.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    question: str
    models: tuple[str, ...] = ()
    by_model: Annotated[dict[str, dict[str, object]], Field(default_factory=dict, exclude=True)]
    model: Annotated[PocketModel | PretrainedModel, *_ByKind] = PocketModel()
    tasks: Annotated[PocketTasks | CodeTasks, *_ByKind] = PocketTasks()
    judge: JudgeStage | None = None
    arms: tuple[Arm, ...] = Field(min_length=1)
    rounds: int = Field(default=5, ge=1, le=100)
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    prompts: int = Field(default=600, ge=1)
    fresh_prompts: bool = True
    data: DataRule = DataRule()
    start: Literal["previous", "base"] = "previous"
    sampling: Sampling = Sampling(temperature=1.0)
    training: Training = Training(steps=75, batch=16, learning_rate=1e-3, precision="bf16")
    evaluation: Evaluation = Evaluation()
    probes: Probes = Probes()
    limits: Limits = Limits(cpu_seconds=0.5)
    quick: Annotated[dict[str, object], Field(default_factory=dict)]
    """Keys of this file that ``--quick`` replaces."""

    def evaluation_on(self, benchmark: str) -> Evaluation:
        """Return how a model is scored on one benchmark."""
        choices = self.tasks.benchmarks if isinstance(self.tasks, CodeTasks) else ()
        return self.evaluation.capped(next((c.max_tokens for c in choices if c.name == benchmark), None))

    @model_validator(mode="after")
    def _possible(self) -> Study:
        if self.judge and self.model.kind != "pocket":
            raise ValueError("a `judge` stage teaches a pocket model; pretrained weights are asked as they are")
        if not self.tasks.tested and any(arm.control == "oracle" for arm in self.arms):
            raise ValueError(
                "control `oracle` needs a pool whose tasks have tests, which neither found functions nor summaries have"
            )
        if self.tasks.answered and self.model.kind == "pocket":
            raise ValueError("a pocket model knows the generated tasks alone; answers in words need a pretrained one")
        return self

    @property
    def mixes_prose(self) -> bool:
        """Whether any arm trains on natural-language texts, too."""
        return any(rule.prose_share for rule in (self.data, *(arm.data for arm in self.arms)) if rule is not None)

    @model_validator(mode="after")
    def _prose_possible(self) -> Study:
        if not self.mixes_prose:
            return self
        if self.model.kind == "pocket" or isinstance(self.tasks, PocketTasks):
            raise ValueError(
                "`prose_share` needs `tasks: {kind: code}` and a pretrained model: a pocket model knows no words but "
                "those of the generated tasks"
            )
        if self.tasks.answered:
            raise ValueError("`prose_share` is for code: where answers in words are written, nothing is mixed in")
        if self.tasks.prose is None:
            raise ValueError("`prose_share` needs texts: write `prose: {name: packages}` under `tasks`, or another")
        return self

"""What a study file may say. A study is a matrix of arms; everything that decides a number stands in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from collapse_lab.execution.outcome import Limits
from collapse_lab.models.model import Sampling, Strict, Training


class PocketModel(Strict):
    """A small Llama, trained from nothing on the study's own tasks; one base for each seed of ``bases``."""

    kind: Literal["pocket"] = "pocket"
    width: int = Field(default=128, ge=16)
    layers: int = Field(default=4, ge=1)
    heads: int = Field(default=4, ge=1)
    bases: tuple[int, ...] = (0, 1)
    documents: int = Field(default=24_000, ge=1)
    training: Training = Training(steps=3000, batch=16, learning_rate=2.5e-3, warmup=100, precision="bf16")

    def other_than(self, base: int) -> int | None:
        """Return the base that is a foreign model to *base*: the first other one."""
        return next((number for number in self.bases if number != base), None)


class PretrainedModel(Strict):
    """Weights that somebody else trained.

    ``name`` is one of ``models/known.yml``, which says what its architecture needs. ``source`` goes before the
    table's: a folder that transformers can open, a GGUF file, or the Hub's ``owner/name``. Base 0 is this model;
    base 1, where there is a ``foreign`` one, is that: it is asked by ``foreign-judge`` and never trained.
    ``precision`` is that of the weights while they write; training keeps fp32 master weights. ``engine`` writes:
    ``own``, transformers' ``continuous`` batching, whose drawn answers no seed repeats, or ``vllm`` (an extra).
    """

    kind: Literal["pretrained"] = "pretrained"
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    source: str | None = None
    foreign: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    precision: Literal["fp32", "bf16"] = "fp32"
    engine: Literal["own", "continuous", "vllm"] = "own"

    @property
    def bases(self) -> tuple[int, ...]:
        """The numbers that seeds take their base from: these weights are there once."""
        return (0,)

    def other_than(self, base: int) -> int | None:
        """Return the base that is a foreign model to *base*."""
        return None if self.foreign is None or base == 1 else 1


class JudgeStage(Strict):
    """How a base learns to say whether code is good, before round 1: on its own samples, labelled by hidden tests of
    the training pool, and on human bodies, good and corrupted; mixed one to one with plain documents."""

    own_samples: int = Field(default=3000, ge=0)
    human_pairs: int = Field(default=3000, ge=0)
    training: Training = Training(steps=1000, batch=16, learning_rate=1e-3, precision="bf16")


class PocketTasks(Strict):
    """The generated tasks: sizes of the two benchmarks, and the share of correct but untidy reference bodies."""

    kind: Literal["pocket"] = "pocket"
    seed: int = 0
    benchmark: int = Field(default=300, ge=1)
    second_benchmark: int = Field(default=200, ge=0)
    zipf: float = Field(default=1.1, gt=0)
    untidy: float = Field(default=0.12, ge=0, le=1)

    @property
    def tested(self) -> bool:
        """Whether the pool's tasks have tests."""
        return True

    @property
    def answered(self) -> bool:
        """Whether the pool's tasks ask for an answer in words, not for code."""
        return False


class BenchmarkChoice(Strict):
    """A benchmark that is scored: ``first`` tasks of it, in its own order, where it should be shorter; a file of the
    published form in ``path``; of a dated benchmark, the ``release`` and the days between which its tasks appeared.

    ``reveal`` and ``codesearchnet`` ask for an answer in words: a fifth of their functions, which no pool has."""

    name: Literal[
        "everyday", "humaneval", "humaneval-plus", "mbpp", "mbpp-plus", "livecodebench", "reveal", "codesearchnet"
    ]
    first: int | None = Field(default=None, ge=1)
    path: str | None = None
    release: str | None = None
    since: date | None = None
    until: date | None = None


class PoolChoice(Strict):
    """Where prompts and human documents come from.

    ``pocket``: the generated tasks, with hidden tests. ``functions``: a file that ``collapse-lab harvest`` wrote
    (``path``; without one, what a harvest of this machine gives). ``stack``: The Stack (dedup, Python) on the Hub.
    Tasks of these two have no tests: whether an answer is right is known for benchmarks only. ``reveal`` and
    ``codesearchnet``: what is not the benchmark's of the same name; human documents have the true answers.
    """

    name: Literal["pocket", "functions", "stack", "reveal", "codesearchnet"] = "pocket"
    path: str | None = None
    seed: int = 0

    @property
    def tested(self) -> bool:
        """Whether its tasks have tests, or labels."""
        return self.name in ("pocket", "reveal")

    @property
    def answered(self) -> bool:
        """Whether its tasks ask for an answer in words, not for code."""
        return self.name in ("reveal", "codesearchnet")


class CodeTasks(Strict):
    """Real benchmarks, the first of which is scored in every round, and a pool of prompts apart from them."""

    kind: Literal["code"] = "code"
    benchmarks: tuple[BenchmarkChoice, ...] = Field(min_length=1)
    pool: PoolChoice = PoolChoice()

    @model_validator(mode="after")
    def _once(self) -> CodeTasks:
        names = [choice.name for choice in self.benchmarks]
        if len(set(names)) < len(names):
            raise ValueError("a benchmark stands twice among `benchmarks`")
        return self

    @model_validator(mode="after")
    def _apart(self) -> CodeTasks:
        for choice in self.benchmarks:
            if self.pool.answered and choice.name == self.pool.name and choice.path != self.pool.path:
                raise ValueError(
                    f"the benchmark and the pool `{choice.name}` need the same `path`: only of one file is it "
                    "sure that they have no function in common"
                )
        return self

    @property
    def tested(self) -> bool:
        """Whether the pool's tasks have tests."""
        return self.pool.tested

    @property
    def answered(self) -> bool:
        """Whether the pool's tasks ask for an answer in words, not for code."""
        return self.pool.answered


class DataRule(Strict):
    """What a round trains on.

    ``replace``: this round's accepted samples. ``accumulate``: every round's, and the base's human documents.
    ``accumulate-subsample``: as many, drawn from the accumulated. ``human_share`` of the documents are fresh human
    ones (``hybrid`` is ``replace`` with a share above 0). ``quota``: how many distinct accepted samples a round
    trains on, where fewer were accepted more are generated, up to ``most_raw`` times the prompts; ``None`` takes
    what a fixed raw count gives.
    """

    rule: Literal["replace", "accumulate", "accumulate-subsample", "hybrid"] = "replace"
    human_share: float = Field(default=0.0, ge=0.0, le=1.0)
    quota: int | None = Field(default=None, ge=1)
    most_raw: float = Field(default=4.0, ge=1.0)

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
    ``models`` one is chosen when the file is opened (``--model``); its name then ends the study's.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    question: str
    models: tuple[str, ...] = ()
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

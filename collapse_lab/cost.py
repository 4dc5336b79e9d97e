"""What a study would cost: counted from its settings, and turned into hours by stated rates.

Operations are counted as usual: 2 a weight and token to read or write, 6 to train on (Kaplan et al., arXiv 2001.08361,
section 2.1). Attention's own, some 4 % at the lengths of pocket tasks, are left out, and so is what is looked at
without a model. Pretrained weights cost nothing before round 0, unless they are tuned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from math import ceil
from typing import Any

import yaml

from collapse_lab.arms import Cell, matched
from collapse_lab.models.model import Training
from collapse_lab.policies import policy_of
from collapse_lab.sizes import Sizes, sizes_of
from collapse_lab.stages.mix import texts_beside
from collapse_lab.study import PocketModel, Study
from gates import registry

# On disk: a model's files beside its weights, and a row of a table with a sample in it (measured, rounded up).
_MODEL_BYTES, _ROW_BYTES = 20_000, 500
# Texts that the judge's question is put about for one comparison of `pairwise-self-judge`: a pair in either order,
# and the other one alone. A pair is as long as two.
_PAIR = 5.0


@dataclass(frozen=True)
class Hardware:
    """A machine, by what it does for one arm, and how many arms it runs at a time.

    ``train``, ``write`` and ``read`` are floating-point operations a second that it really does while training,
    generating and scoring. ``judge`` is programs a second that are gated, run and compared. ``source`` says how the
    numbers are known. ``token`` is what a written token takes beside its operations, in seconds: a step's start, shared
    by the texts that are written at once.

    Of a machine with an accelerator: ``gpu``, the name that its driver gives it, and by its datasheet ``peak``,
    operations in bf16 a second, and ``bandwidth``, bytes of its memory a second.
    """

    name: str
    arms: int
    train: float
    write: float
    read: float
    judge: float
    source: str
    token: float = 0.0
    gpu: str = ""
    peak: float | None = None
    bandwidth: float | None = None


@dataclass(frozen=True)
class Cost:
    """Work: tokens trained on, written and read (prompts among them), programs gated or run, and models and table
    rows kept."""

    trained: float = 0.0
    written: float = 0.0
    read: float = 0.0
    judged: float = 0.0
    models: int = 0
    rows: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Return both together."""
        return Cost(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def flops(self, weights: int) -> float:
        """Return the operations for a model of so many weights."""
        return weights * (6 * self.trained + 2 * (self.written + self.read))

    def seconds(self, weights: int, hardware: Hardware) -> float:
        """Return how long one process is busy with it."""
        trained, written, read = (weights * n for n in (6 * self.trained, 2 * self.written, 2 * self.read))
        asked = written / hardware.write + read / hardware.read + self.written * hardware.token
        return trained / hardware.train + asked + self.judged / hardware.judge

    def disk_bytes(self, weights: int) -> float:
        """Return what is kept: every model in 32 bits a weight, and every table."""
        return self.models * (4 * weights + _MODEL_BYTES) + self.rows * _ROW_BYTES


@dataclass(frozen=True)
class Estimate:
    """What a study costs. ``bases`` is the work of one base; round 0 is shared: ``first`` counts what is done once,
    ``arms`` each arm's own."""

    weights: int
    bases: tuple[Cost, ...]
    first: Cost
    arms: tuple[Cost, ...]

    @property
    def whole(self) -> Cost:
        """All of it."""
        return sum((*self.bases, self.first, *self.arms), Cost())

    def hours(self, hardware: Hardware) -> float:
        """Return the wall time: bases first, side by side, then arms, as many at a time as the machine takes.

        No shorter than the longest arm.
        """
        bases = [cost.seconds(self.weights, hardware) for cost in self.bases]
        arms = [cost.seconds(self.weights, hardware) for cost in self.arms]
        rest = (sum(arms) + self.first.seconds(self.weights, hardware)) / hardware.arms
        return (_side_by_side(bases, hardware.arms) + max(rest, *arms)) / 3600

    @property
    def disk_bytes(self) -> float:
        """What the results take; that of bases, which are kept for other studies, is counted in."""
        return self.whole.disk_bytes(self.weights)


def machines() -> list[Hardware]:
    """Return the machines of ``hardware.yml``, the one that the pocket studies are made for first."""
    return [Hardware(**row) for row in yaml.safe_load((files("collapse_lab") / "hardware.yml").read_text("utf-8"))]


def accelerator(name: str) -> Hardware | None:
    """Return the machine with the accelerator of that name, as a driver says it.

    The whole name counts: a part of such a device, or its other form (``NVIDIA H200 NVL``), has other numbers.
    """
    return next((machine for machine in machines() if machine.gpu and machine.gpu == name), None)


def estimate(study: Study, cells: Sequence[Cell], rounds: int, *, least: bool = False) -> Estimate:
    """Count the work of some arms up to a round.

    Where it hangs on results, the most is counted: a quota takes all the samples that it may, and an epoch goes over
    all samples of a round. *least*: every quota is filled as soon as it can be.
    """
    wanted = list(dict.fromkeys([*cells, *(matched(study, c) for c in cells if c.judge.match)]))
    sizes = sizes_of(study)
    return Estimate(
        weights=sizes.weights,
        bases=tuple(_base(study, sizes, number) for number in sorted(_bases(study, wanted))),
        first=_first(study, sizes, wanted),
        arms=tuple(_arm(study, sizes, cell, rounds, _sets(study, cell, least=least)) for cell in wanted),
    )


def _bases(study: Study, cells: Iterable[Cell]) -> set[int]:
    """Return the bases that are needed: the arms' own, and those that are asked as foreign judges."""
    found = set()
    for cell in cells:
        found.add(cell.base)
        if cell.judge.policy and any(gate not in registry.BUILT_IN for gate in policy_of(cell.judge.policy).active()):
            found.update(b for b in [study.model.other_than(cell.base)] if b is not None)
    return found


def _base(study: Study, sizes: Sizes, number: int) -> Cost:
    model, judge = study.model, study.judge
    if not isinstance(model, PocketModel):
        tuning = model.tuning(number)
        return Cost(trained=_tokens(tuning.training, tuning.documents, sizes) if tuning else 0, models=1)
    made = Cost(trained=_tokens(model.training, model.documents, sizes), models=1)
    if judge:
        lessons = judge.own_samples + 2 * judge.human_pairs
        made += _writing(judge.own_samples, judge.own_samples, sizes)
        made += Cost(trained=_tokens(judge.training, model.documents + lessons, sizes), judged=lessons)
    return made


def _first(study: Study, sizes: Sizes, cells: Iterable[Cell]) -> Cost:
    """Return round 0 without the gates: a score for each base; a pool and probes for each base, seed and sampling."""
    scores = len({cell.base for cell in cells}) * [_scoring(study, sizes, others=True)]
    pools = len({(cell.base, cell.seed, cell.sampling) for cell in cells}) * [
        _pool(study, sizes) + _probing(study, sizes)
    ]
    return sum([*scores, *pools], Cost())


def _sets(study: Study, cell: Cell, *, least: bool) -> int:
    """Return how many sets of prompts a round of an arm answers.

    At *least*, for a quota: as many as it takes where all is accepted, or the share that its gate keeps of every set.
    """
    quota = cell.data.quota
    if not quota or cell.judge.control == "human":
        return 1
    most = ceil(cell.data.most_raw)
    # Rounding must not ask for a fifth quarter.
    return min(most, max(1, ceil(quota / (study.prompts * _kept_share(cell)) - 1e-9))) if least else most


def _kept_share(cell: Cell) -> float:
    """Return the share of what it is shown that an arm's policy keeps in any case, 1 where none is known."""
    policy = policy_of(cell.judge.policy or "none")
    asked = [policy.settings_of(name).model_dump() for name in policy.active() if name not in registry.BUILT_IN]
    return min((float(s["keep"]) for s in asked if s.get("threshold") == "quantile"), default=1.0)


def _arm(study: Study, sizes: Sizes, cell: Cell, rounds: int, sets: int) -> Cost:
    """Return an arm's own work: its gate in every round, and rounds 1 to the last with all that belongs to them."""
    every = study.evaluation.others == "every"
    scores = [_scoring(study, sizes, others=every or t == rounds) for t in range(1, rounds + 1)]
    # Of pretrained models the last round's weights are kept (pruning).
    models = [Cost(models=1)] * (1 if study.model.kind == "pretrained" else rounds)
    one = _pool(study, sizes) + _probing(study, sizes)
    further = sum([_pool(study, sizes)] * (sets - 1), Cost())
    gates = _gating(study, sizes, cell, sets * study.prompts, rounds)
    training = [_training(study, sizes, cell, t, sets) for t in range(rounds)]
    return sum([*scores, *[one] * rounds, *[further] * rounds, *training, *models], gates)


def _training(study: Study, sizes: Sizes, cell: Cell, t: int, sets: int) -> Cost:
    """Return the training on what round *t* can give, natural-language texts among it."""
    documents = _documents(study, cell, t, sets)
    texts = texts_beside(documents, cell.prose_share)
    return Cost(trained=_tokens(cell.training, documents, sizes, texts), rows=texts)


def _documents(study: Study, cell: Cell, t: int, sets: int) -> int:
    """Return the most documents that round *t* can give."""
    own = cell.data.quota or sets * study.prompts
    return own if cell.data.rule != "accumulate" else _kept(study) + (t + 1) * own


def _kept(study: Study) -> int:
    """Return the base's own documents, which the accumulating rules keep; of pretrained weights those are known that
    they were tuned on."""
    if isinstance(study.model, PocketModel):
        return study.model.documents
    return study.model.tuned.documents if study.model.tuned else 0


def _gating(study: Study, sizes: Sizes, cell: Cell, pool: int, rounds: int) -> Cost:
    """Return what the judge of an arm does: the pool of each round, and held-out samples, fresh and of round 0.

    A policy that asks no model judges those of round 0 once. One with a threshold scores pool 0 once more to fit it.
    """
    if cell.judge.control in ("human", "oracle"):
        return Cost()
    held_out = min(study.probes.held_out, sizes.benchmark)
    if cell.judge.policy is None:
        return _judging(pool * (rounds + 1) + held_out * (2 * rounds + 1), {}, sizes)
    policy = policy_of(cell.judge.policy)
    asked = {name: policy.settings_of(name) for name in policy.active() if name not in registry.BUILT_IN}
    seen = pool * (rounds + 1) + held_out * (2 * rounds + 1 if asked else rounds + 1)
    return _judging(seen + (study.prompts if asked else 0), asked, sizes)


def _judging(samples: float, asked: dict[str, Any], sizes: Sizes) -> Cost:
    """Return what it takes to judge samples by gates, of which some ask models."""
    found = Cost(judged=samples, rows=samples)
    for name, settings in asked.items():
        if name == "self-consistency":
            found += _writing(samples, samples * settings.more, sizes) + Cost(judged=samples * settings.more)
        elif name == "pairwise-self-judge":
            found += _writing(samples, samples * settings.siblings, sizes)
            found += Cost(read=samples * (1 + settings.siblings * _PAIR) * sizes.whole)
        elif name not in ("novelty", "write-back", "execution"):
            found += Cost(read=samples * sizes.whole)
    return found


def _pool(study: Study, sizes: Sizes) -> Cost:
    """Return a round's samples: written, run against the hidden cases, and kept as samples, truths and documents."""
    return _writing(study.prompts, study.prompts, sizes) + Cost(judged=study.prompts, rows=3 * study.prompts)


def _scoring(study: Study, sizes: Sizes, *, others: bool) -> Cost:
    """Return an evaluation: prompts are read once for the greedy answers, and once for all the sampled ones."""
    tasks = sizes.benchmark + (sizes.others if others else 0)
    samples = study.evaluation.samples
    reads, answers = (2 if samples else 1), 1 + samples
    found = _writing(tasks * reads, tasks * answers, sizes) + Cost(judged=tasks * answers, rows=tasks * answers)
    return found + _of_code(sizes, reads, answers) if others and sizes.code else found


def _of_code(sizes: Sizes, reads: int, answers: int) -> Cost:
    """Return the evaluation on benchmarks of code where the pool asks for words."""
    count = sizes.code * answers
    return Cost(written=count * sizes.code_body, read=sizes.code * reads * sizes.code_prompt, judged=count, rows=count)


def _probing(study: Study, sizes: Sizes) -> Cost:
    """Return what is looked at inside: own texts under two models, human ones under one, and the hidden states of
    both at every layer; and several samples a prompt."""
    probes = study.probes
    prompts = min(probes.prompts, sizes.benchmark)
    texts = min(probes.texts, study.prompts) * (2 + len(probes.layers))
    texts += min(probes.texts, sizes.benchmark) * (1 + len(probes.layers))
    return _writing(prompts, prompts * probes.per_prompt, sizes) + Cost(
        read=texts * sizes.whole, rows=prompts * probes.per_prompt
    )


def _writing(prompts: float, samples: float, sizes: Sizes) -> Cost:
    return Cost(written=samples * sizes.body, read=prompts * sizes.prompt)


def _tokens(training: Training, documents: int, sizes: Sizes, texts: int = 0) -> float:
    """Return the tokens that pass through the model, of programs and of *texts*."""
    once = documents * sizes.whole + texts * sizes.text
    if training.steps is None:
        return (training.epochs or 0) * once
    mean = once / (documents + texts) if texts else sizes.whole
    return training.steps * training.batch * (training.packing or mean)


def _side_by_side(seconds: Sequence[float], workers: int) -> float:
    """Return how long equal pieces of work take."""
    return max(seconds, default=0.0) * ceil(len(seconds) / workers)

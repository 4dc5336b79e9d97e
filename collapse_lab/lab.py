"""A study as a graph of artifacts: each asked for by name, made when it is first needed, found ever after.

Round t of an arm is its model M_t and what is seen of it: M_0 is the base; M_t generates pool t; the policy judges
pool t; what it accepts, mixed by the data rule, trains M_{t+1}. An artifact's key holds everything that it depends
on, so arms share what they have in common (all of them round 0) without knowing of each other.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collapse_lab import revision
from collapse_lab.arms import Cell, matched
from collapse_lab.documents import Documents
from collapse_lab.metrics.fingerprint import fingerprint
from collapse_lab.policies import coin, policy_of
from collapse_lab.pool import Judged, Pool
from collapse_lab.pruning import bring_back, drop, is_dropped, weights_of
from collapse_lab.revision import made_by
from collapse_lab.sample import Sample, seed_of
from collapse_lab.self_gates.context import Calibrated, LabContext
from collapse_lab.stages.facts import facts
from collapse_lab.stages.gate import Gated, calibrate, gate
from collapse_lab.stages.generate import again, generate
from collapse_lab.stages.truth import truth
from collapse_lab.store import Artifact, Store, key_of, write_json, write_rows
from collapse_lab.study import Study
from collapse_lab.tasks.task import Task, TaskSource
from collapse_lab.workshop import Workshop
from gates import registry
from gates.policy import Policy

if TYPE_CHECKING:
    from collapse_lab.models.base import Told
    from collapse_lab.models.model import Model

Seen = Callable[[str, str, float], None]


class Lab:
    """The artifacts of one study. Methods make what is missing; ``seen`` hears of each as it is ready, and ``told`` of
    the steps of a base's training."""

    def __init__(
        self, study: Study, store: Store, bases: Store, workshop: Workshop, seen: Seen, told: Told | None = None
    ) -> None:
        self.study, self.workshop = study, workshop
        self._store, self._bases, self._seen, self._told = store, bases, seen, told
        self.benchmarks = dict(workshop.source.benchmarks())
        # How each model that was trained is made, should its weights be asked for after they were dropped.
        self._builds: dict[str, Callable[[Path], None]] = {}
        # Every artifact that this process needed: its stage, and the seconds that making it took.
        self.used: dict[str, tuple[str, float]] = {}
        # Each round rests on all before it: without memory, the work doubles with every round.
        self.prompts, self.model = cache(self._prompts), cache(self._model)
        self.documents = cache(Documents(self).of)

    # Models -----------------------------------------------------------------------------------------------------

    def base(self, number: int) -> Artifact:
        """Return the base model of a number: the same for every study with these tasks and model settings."""
        study = self.study
        key = key_of("base", **base_facts(study, number, self.workshop.source), **made_by(revision.MODEL))

        def build(path: Path) -> None:
            self.workshop.train_base(study, number, path, self._told)

        return self.make("base", key, build, shared=True)

    def _model(self, cell: Cell, t: int) -> Artifact:
        """Return M_t of an arm. A round that had nothing to train on leaves the model that it started from."""
        if t == 0:
            return self.base(cell.base)
        start = self.model(cell, t - 1) if cell.start == "previous" else self.base(cell.base)
        documents = self.documents(cell, t - 1)
        if not documents.json("counts.json")["documents"]:
            return start
        seed = seed_of("train", cell.seed, t)
        training = cell.training.in_round(t)
        key = key_of(
            "train",
            start=start.key,
            documents=documents.key,
            training=training.model_dump(mode="json"),
            seed=seed,
            **made_by(revision.MODEL),
        )

        def build(path: Path) -> None:
            model = self.open(start).copy()
            items = [(row["prompt"], row["completion"]) for row in documents.rows("documents.jsonl")]
            log = model.train(items, training, seed, path / "state")
            model.save(path / "model")
            write_json(path / "log.json", {"losses": log.losses, "tokens": log.tokens, "seconds": log.seconds})
            shutil.rmtree(path / "state", ignore_errors=True)

        self._builds[key] = build
        return self.make("train", key, build)

    def open(self, artifact: Artifact) -> Model:
        """Return the model of a `base` or `train` artifact. It is shared: copy it before training."""
        while True:
            with self._store.locked(weights_of(artifact.key), shared=True):
                if self.workshop.has_open(artifact) or not is_dropped(artifact):
                    return self.workshop.open(artifact)
            bring_back(self._store, artifact, self._builds[artifact.key])

    def forget(self, cell: Cell, t: int) -> None:
        """Drop the weights of an arm's models before M_t, which nothing of the arm asks for any more. Bases stay."""
        kept = self.model(cell, t).key
        for past in {self.model(cell, past) for past in range(1, t)}:
            if past.key != kept and past.key in self._builds:
                drop(self._store, past)

    # Generate ---------------------------------------------------------------------------------------------------

    def _prompts(self, cell_seed: int, t: int, chunk: int) -> tuple[Task, ...]:
        t = t if self.study.fresh_prompts else 0
        return self.workshop.pool("prompts", seed_of("prompts", cell_seed, t, chunk), self.study.prompts)

    def pool(self, cell: Cell, t: int, chunk: int = 0) -> Pool:
        """Return what M_t wrote for the prompts of round t (*chunk* counts further sets, where a quota asks)."""
        model = self.model(cell, t)
        tasks = self._prompts(cell.seed, t, chunk)
        seed = seed_of("pool", cell.seed, t, chunk)
        key = key_of(
            "generate",
            model=model.key,
            tasks=self.workshop.source.identity,
            prompts=[cell.seed, t if self.study.fresh_prompts else 0, chunk, self.study.prompts],
            sampling=cell.sampling.model_dump(mode="json"),
            seed=seed,
            **made_by(revision.MODEL),
        )

        def build(path: Path) -> None:
            made = generate(self.open(model), tasks, cell.sampling, seed)
            write_rows(path / "samples.jsonl", (s.as_row() for s in made))

        artifact = self.make("generate", key, build)
        return Pool(artifact, tasks, tuple(Sample(**row) for row in artifact.rows("samples.jsonl")))

    # Gate -------------------------------------------------------------------------------------------------------

    def truth(self, pool: Pool) -> tuple[dict[str, Any], ...]:
        """Return, for each sample, whether it passes the hidden cases (null: there are none), and how it ended."""
        limits = self.study.limits.model_dump(mode="json")
        key = key_of("truth", pool=pool.artifact.key, limits=limits, **made_by(revision.JUDGING))

        def build(path: Path) -> None:
            verdicts = truth(pool.tasks, pool.samples, self.workshop.execute)
            write_rows(path / "truth.jsonl", facts(pool.tasks, verdicts))

        return tuple(self.make("truth", key, build).rows("truth.jsonl"))

    def policy(self, cell: Cell, t: int) -> Policy:
        """Return the policy that judges pool t of an arm."""
        if cell.judge.control == "random":
            twin = self.judged(matched(self.study, cell), t)
            share = len(twin.accepted) / max(1, len(twin.verdicts))
            return coin(share, seed_of("coin", cell.seed, t) % 2**31)
        return policy_of(cell.judge.policy or "none")

    def judged(self, cell: Cell, t: int, chunk: int = 0) -> Judged:
        """Return pool t with what the arm's judge decided over it."""
        pool = self.pool(cell, t, chunk)
        facts = self.truth(pool)
        if cell.judge.control in ("oracle", "human"):
            # `human` trains on nothing of the pool; its samples are looked at as if all were let through.
            passes = [bool(f["passed"]) or cell.judge.control == "human" for f in facts]
            rows = tuple(
                Gated(s.id, p, p, None, error=False, why=()).as_row() for s, p in zip(pool.samples, passes, strict=True)
            )
            return Judged(pool, rows, facts)
        return Judged(pool, self.verdicts(cell, t, pool), facts)

    def verdicts(self, cell: Cell, t: int, pool: Pool) -> tuple[dict[str, Any], ...]:
        """Return what the policy of round t makes of any pool, one row a sample."""
        policy = self.policy(cell, t)
        calibration = self.calibration(cell) if _has_threshold(policy) else {}
        key = key_of(
            "gate",
            policy=policy.hash,
            pool=pool.artifact.key,
            flip=cell.judge.flip,
            calibration=calibration,
            asked=self._asked(cell, t, policy),
            **made_by(revision.JUDGING, tools=True),
        )

        def build(path: Path) -> None:
            with self._gating(cell, t, policy, calibration) as context:
                made = gate(policy, pool.tasks, pool.samples, context, cell.judge.flip)
            write_rows(path / "verdicts.jsonl", (g.as_row() for g in made))

        return tuple(self.make("gate", key, build).rows("verdicts.jsonl"))

    def calibration(self, cell: Cell) -> dict[str, float]:
        """Return the thresholds of the arm's policy, fitted on pool 0."""
        policy, pool = self.policy(cell, 0), self.pool(cell, 0)
        key = key_of(
            "calibrate",
            policy=policy.hash,
            pool=pool.artifact.key,
            asked=self._asked(cell, 0, policy),
            **made_by(revision.JUDGING, tools=True),
        )

        def build(path: Path) -> None:
            with self._gating(cell, 0, policy, {}) as context:
                write_json(path / "thresholds.json", calibrate(policy, pool.tasks, pool.samples, context))

        found: dict[str, float] = self.make("calibrate", key, build).json("thresholds.json")
        return found

    def _asked(self, cell: Cell, t: int, policy: Policy) -> dict[str, Any] | None:
        """Return the keys of what the lab's own gates may ask, where the policy has any."""
        if not any(name not in registry.BUILT_IN for name in policy.active()):
            return None
        foreign = self._foreign(cell)
        return {
            "author": self.model(cell, t).key,
            "frozen": self.base(cell.base).key,
            "foreign": self.base(foreign).key if foreign is not None else None,
            "trained_on": [self.documents(cell, past).key for past in range(t)],
            "sampling": cell.sampling.model_dump(mode="json"),
            "limits": self.study.limits.model_dump(mode="json"),
            "seed": cell.seed,
        }

    def _foreign(self, cell: Cell) -> int | None:
        return self.study.model.other_than(cell.base)

    @contextmanager
    def _gating(self, cell: Cell, t: int, policy: Policy, calibration: dict[str, float]) -> Iterator[LabContext]:
        with self.workshop.gating() as context:
            yield context if self._asked(cell, t, policy) is None else self._asking(context, cell, t, calibration)

    def _asking(self, context: LabContext, cell: Cell, t: int, calibration: dict[str, float]) -> LabContext:
        """Return the context with the models that the lab's own gates may ask, and what they must know of the arm."""
        author, foreign = self.open(self.model(cell, t)), self._foreign(cell)
        return replace(
            context,
            author=author,
            frozen=self.open(self.base(cell.base)),
            foreign=self.open(self.base(foreign)) if foreign is not None else None,
            again=lambda tasks, samples, count: again(author, tasks, samples, count, cell.sampling),
            calibration=calibration,
            trained_on=frozenset(
                fingerprint(row["prompt"] + row["completion"])
                for past in range(t)
                for row in self.documents(cell, past).rows("documents.jsonl")
            ),
            seed=cell.seed,
        )

    # Store ------------------------------------------------------------------------------------------------------

    def make(self, stage: str, key: str, build: Callable[[Path], None], *, shared: bool = False) -> Artifact:
        """Return an artifact of the study's store (*shared*: of the one for bases), made by *build* where it is not
        there."""
        store = self._bases if shared else self._store
        known = store.find(key)
        artifact = known or store.make(key, stage, build)
        if key not in self.used:
            self.used[key] = (stage, artifact.seconds)
        if known is None:
            self._seen(stage, key, artifact.seconds)
        return artifact


def base_facts(study: Study, number: int, source: TaskSource) -> dict[str, Any]:
    """Return what a base hangs on. Weights that stay as they come hang on nothing of the study's tasks."""
    if study.model.kind == "pretrained":
        from collapse_lab.models import tuned
        from collapse_lab.models.pretrained import identity_of

        tuning = study.model.tuning(number)
        tuned_on = {} if tuning is None else {"tuned": tuned.facts(tuning, source)}
        return {"pretrained": identity_of(study.model, number), **tuned_on}
    return {
        "tasks": study.tasks.model_dump(mode="json"),
        "model": study.model.model_dump(mode="json", exclude={"bases"}),
        "number": number,
        "judge": study.judge.model_dump(mode="json") if study.judge else None,
    }


def _has_threshold(policy: Policy) -> bool:
    return any(isinstance(registry.get(name), Calibrated) for name in policy.active())

"""Gate: a policy decides over samples; what its thresholds would have decided at round 0 stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from collapse_lab.sample import Sample, change_of, seed_of
from collapse_lab.self_gates.context import Calibrated, LabContext
from collapse_lab.self_gates.prepared import VisibleCases
from collapse_lab.tasks.task import Task
from gates import registry
from gates.decision import Decision, Judged, decide
from gates.panel import judge
from gates.policy import Policy
from gates.verdict import Outcome


class GateBrokenError(RuntimeError):
    """A gate could judge none of the samples; the message says which and why. A study must not train on that."""


@dataclass(frozen=True, slots=True)
class Gated:
    """What a policy made of one sample.

    ``accepted`` is the decision (a sample that could not be judged is not accepted). ``frozen`` is the decision at
    the thresholds fitted on round 0. ``score`` is the deciding gate's, where the policy has one with a threshold;
    higher is better. ``why`` names the gates that objected.
    """

    sample: str
    accepted: bool
    frozen: bool
    score: float | None
    error: bool
    why: tuple[str, ...]

    def as_row(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        return asdict(self)


def gate(
    policy: Policy, tasks: Sequence[Task], samples: Sequence[Sample], context: LabContext, flip: float = 0.0
) -> list[Gated]:
    """Judge samples by a policy (*tasks* stand beside *samples*); advisory gates are left out, they decide nothing.

    ``flip`` of the decisions, drawn by each sample's seed, are turned over: a gate that errs. What could not be
    judged stays refused. Raises ``GateBrokenError``.
    """
    changes = [change_of(task, sample) for task, sample in zip(tasks, samples, strict=True)]
    seen = _with_samples(context, tasks, samples)
    verdicts = judge(_blocking(policy), changes, seen)
    _refuse_broken(verdicts)
    made = [_gated(s, v, context.calibration) for s, v in zip(samples, verdicts, strict=True)]
    return [_flipped(g, s, flip) for g, s in zip(made, samples, strict=True)]


def calibrate(
    policy: Policy, tasks: Sequence[Task], samples: Sequence[Sample], context: LabContext
) -> dict[str, float]:
    """Return the threshold of every blocking gate that has one, fitted on round 0's samples."""
    changes = [change_of(task, sample) for task, sample in zip(tasks, samples, strict=True)]
    seen = _with_samples(context, tasks, samples)
    found = {}
    for name in _blocking(policy).active():
        chosen = registry.get(name)
        if isinstance(chosen, Calibrated):
            found[name] = chosen.calibrate(changes, policy.settings_of(name), seen)
    return found


def _with_samples(context: LabContext, tasks: Sequence[Task], samples: Sequence[Sample]) -> LabContext:
    by_id = {sample.id: task for task, sample in zip(tasks, samples, strict=True)}
    own = {sample.id: sample for sample in samples}
    return replace(context, tasks=by_id, samples=own, prepared_tests=VisibleCases(by_id, own, context.execute))


def _blocking(policy: Policy) -> Policy:
    kept = {name: rule for name, rule in policy.active().items() if rule.level == "block"}
    return policy.model_copy(update={"gates": kept})


def _refuse_broken(verdicts: Sequence[Sequence[Judged]]) -> None:
    for column in zip(*verdicts, strict=True):
        if all(j.verdict.outcome is Outcome.ERROR for j in column):
            said = column[0].verdict
            raise GateBrokenError(f"`{said.gate}` could judge none of {len(column)} samples: {said.reason}")


def _gated(sample: Sample, judged: Sequence[Judged], calibration: Mapping[str, float]) -> Gated:
    scored = [j.verdict for j in judged if j.verdict.gate in calibration]
    objecting = tuple(j.verdict.gate for j in judged if j.verdict.outcome in (Outcome.REJECT, Outcome.ERROR))
    return Gated(
        sample=sample.id,
        accepted=decide(judged) is Decision.ACCEPT,
        frozen=all(_passes_frozen(j, calibration) for j in judged),
        score=scored[0].score if len(scored) == 1 else None,
        error=any(j.verdict.outcome is Outcome.ERROR for j in judged),
        why=objecting,
    )


def _passes_frozen(judged: Judged, calibration: Mapping[str, float]) -> bool:
    verdict = judged.verdict
    if verdict.gate in calibration:
        return verdict.score is not None and verdict.score >= calibration[verdict.gate]
    return verdict.outcome in (Outcome.ACCEPT, Outcome.SKIP)


def _flipped(gated: Gated, sample: Sample, flip: float) -> Gated:
    if gated.error or seed_of("flip", sample.seed) / 2**63 >= flip:
        return gated
    return Gated(gated.sample, not gated.accepted, not gated.frozen, gated.score, gated.error, gated.why)

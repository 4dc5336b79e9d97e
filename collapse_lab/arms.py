"""The matrix of a study: its arms times models and seeds, in an order that lets the controls follow what they match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from collapse_lab.models.model import Sampling, Training
from collapse_lab.policies import policy_of
from collapse_lab.study import Arm, DataRule, Study
from gates import registry

# Gates that can say nothing without visible cases.
_NEED_TESTS = frozenset({"base-tests", "self-consistency", "write-back"})
# The lab's own gates that run what was written. All others of its own read it as text.
_RUN = frozenset({"execution", "self-consistency", "write-back"})


class ArmsError(ValueError):
    """A matrix that cannot be run; the message says which arm and why."""


@dataclass(frozen=True)
class Cell:
    """One arm with everything filled in: what is run.

    ``quota`` and ``prose`` are the study's own, which go without saying in an arm's label.
    """

    judge: Arm
    data: DataRule
    start: str
    sampling: Sampling
    training: Training
    base: int
    seed: int
    quota: int | None = None
    prose: float = 0.0

    @property
    def prose_share(self) -> float:
        """The share of natural-language texts in what a round trains on."""
        return self.data.prose_share or 0.0

    @property
    def policy(self) -> str:
        """Who judges: the policy, or the control."""
        return self.judge.name

    @property
    def label(self) -> str:
        """The arm in words, without its seed: what results are averaged over."""
        parts = [self.policy, self.data.rule]
        if self.data.human_share:
            parts.append(f"human {self.data.human_share:.0%}")
        if self.data.quota != self.quota:
            parts.append(f"quota {self.data.quota or 'none'}")
        if self.prose_share != self.prose:
            parts.append(f"prose {self.prose_share:.0%}" if self.prose_share else "no prose")
        if self.start == "base":
            parts.append("from base")
        return ", ".join(parts) if parts[1:] != ["replace"] else parts[0]

    @property
    def name(self) -> str:
        """The arm in words, with base and seed: unique in a study."""
        return f"{self.label}, base {self.base}, seed {self.seed}"


def cells(study: Study, pattern: str = "*", seeds: int | None = None) -> list[Cell]:
    """Return the study's cells whose label matches *pattern* (as in a shell; ``A|B``: either), for the first *seeds*
    seeds.

    Seed number i is run on base number i modulo the number of bases. Raises ``ArmsError`` for a pattern that matches
    nothing, for two arms of the same name, and for a control whose match is missing.
    """
    wanted = [_cell(study, arm, i) for i in range(len(study.seeds[:seeds])) for arm in _ordered(study.arms)]
    _check(study, wanted)
    chosen = [cell for cell in wanted if any(fnmatchcase(cell.label, part) for part in pattern.split("|"))]
    if not chosen:
        known = ", ".join(dict.fromkeys(cell.label for cell in wanted))
        raise ArmsError(f"No arm of study {study.name} matches {pattern!r}. It has: {known}.")
    return chosen


def matched(study: Study, control: Cell) -> Cell:
    """Return the arm whose acceptance a `random` control copies: same data rule, base and seed where there is one."""
    index = study.seeds.index(control.seed)
    found = [c for c in (_cell(study, arm, index) for arm in study.arms) if c.policy == control.judge.match]
    if not found:
        raise ArmsError(f"Arm {control.policy} matches {control.judge.match}, which the study does not have. Add it.")
    return next((c for c in found if c.data == control.data), found[0])


def _cell(study: Study, arm: Arm, index: int) -> Cell:
    return Cell(
        judge=arm,
        data=_data(study, arm),
        start=arm.start or study.start,
        sampling=arm.sampling or study.sampling,
        training=arm.training or study.training,
        base=study.model.bases[index % len(study.model.bases)],
        seed=study.seeds[index],
        quota=study.data.quota,
        prose=study.data.prose_share or 0.0,
    )


def _data(study: Study, arm: Arm) -> DataRule:
    """Return an arm's data rule. It replaces the study's whole, but for the share of prose, which is no part of a rule:
    an arm without its say has as much as the others, or it could not be compared with them."""
    rule = arm.data or study.data
    share = study.data.prose_share if rule.prose_share is None else rule.prose_share
    # None at all is said in one way only: what is the same has the same key.
    return rule.model_copy(update={"prose_share": share or None})


def _ordered(arms: Iterable[Arm]) -> list[Arm]:
    return sorted(arms, key=lambda arm: arm.control == "random")


def _check(study: Study, wanted: list[Cell]) -> None:
    names = [cell.name for cell in wanted]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ArmsError(f"Study {study.name} has two arms called {min(doubled)!r}. Let them differ, or remove one.")
    for cell in wanted:
        if cell.judge.match is not None:
            matched(study, cell)
        if study.model.other_than(cell.base) is None and "foreign-judge" in _gates(cell):
            raise ArmsError(
                f"Arm {cell.label} asks a model that came from another base, and study {study.name} has one base. Add "
                "a second to `model: {bases: ...}` (pretrained: `foreign`), or remove the arm."
            )
        if study.tasks.answered and (reads := sorted(_of_code(_gates(cell)))):
            raise ArmsError(
                f"Arm {cell.label} judges code (`{reads[0]}`), and in study {study.name} answers in words are written. "
                "Take a policy that asks a model, or `novelty`; or remove the arm."
            )
        if not study.tasks.tested and (wants := sorted(_NEED_TESTS & _gates(cell))):
            raise ArmsError(
                f"Arm {cell.label} runs visible tests (`{wants[0]}`), and the prompts of study {study.name} have none. "
                "Take the pool `pocket`, or remove the arm."
            )


def _of_code(gates: set[str]) -> set[str]:
    """Return the gates that judge code: all that a review has, and those of the lab's own that run it."""
    return {name for name in gates if name in registry.BUILT_IN or name in _RUN}


def _gates(cell: Cell) -> set[str]:
    return set(policy_of(cell.judge.policy or "none").active())

"""Policies of studies: the lab's own, beside this file, then the shipped presets, then files beside a study.

In a study the author's own model may decide alone, which a review refuses: what comes of it is what is measured. No
verdict hangs on the clock, so that a policy's time is a day.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from gates.nearest import did_you_mean
from gates.policy import Budget, GateRule, Policy, PolicyError, PolicyProblem
from gates.presets import parse, preset, preset_names

_DIRECTORY = files("collapse_lab") / "policies"
_DAY = 86_400


@cache
def lab_names() -> tuple[str, ...]:
    """Return the names of the lab's own policies, sorted."""
    return tuple(sorted(f.name.removesuffix(".yml") for f in _DIRECTORY.iterdir() if f.name.endswith(".yml")))


def policy_of(name: str, beside: Path | None = None) -> Policy:
    """Return the policy that a study calls *name*: one of the lab, a preset, or a file (``beside`` is its folder).

    Raises ``gates.policy.PolicyError`` where there is none, or it has problems.
    """
    if name in lab_names():
        return _of_lab(name)
    if name in preset_names():
        return _unhurried(preset(name))
    path = (beside or Path()) / name
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = (*lab_names(), *preset_names())
        message = (
            f"There is no policy called {name!r}, and no such file: {path} ({error}). "
            f"There are: {', '.join(known)}.{did_you_mean(name, known)}"
        )
        raise PolicyError(name, [PolicyProblem(line=None, message=message)]) from error
    return _unhurried(parse(text, str(path), path.stem, endogenous_alone=True))


def coin(share: float, seed: int) -> Policy:
    """Return the random control: it accepts *share* (0 to 1) of all samples, by a toss that *seed* decides."""
    rule = GateRule(level="block", settings={"acceptance": share, "seed": seed})
    return _unhurried(Policy(name="random", description="Accepts by a toss.", gates={"coin": rule}))


@cache
def _of_lab(name: str) -> Policy:
    text = (_DIRECTORY / f"{name}.yml").read_text("utf-8")
    return _unhurried(parse(text, f"lab policy {name}", name, endogenous_alone=True))


def _unhurried(policy: Policy) -> Policy:
    return policy.model_copy(update={"budget": Budget(seconds=_DAY, jobs=policy.budget.jobs)})

"""Probe: what is seen of a model beside its score. Only what needs the model; the rest is counted from tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collapse_lab.metrics.drift import drift
from collapse_lab.metrics.spectrum import spectrum
from collapse_lab.models.model import Document, Model
from collapse_lab.sample import seed_of
from collapse_lab.stages.generate import generate
from collapse_lab.study import Probes
from collapse_lab.tasks.task import Task


def probe(
    model: Model, first: Model, own: Sequence[Document], human: Sequence[Document], settings: Probes
) -> dict[str, Any]:
    """Return drift and representation of a model.

    ``first`` is the arm's model of round 0; ``own`` are documents that *model* wrote, ``human`` the fixed held-out
    ones with the reference completions.
    """
    own, human = own[: settings.texts], human[: settings.texts]
    mine = model.score(own)
    texts = {"own": ["".join(d) for d in own], "human": ["".join(d) for d in human]}
    return {
        "drift": {
            "own_nll_round0": drift(first.score(own)).mean_nll,
            "human_nll": drift(model.score(human)).mean_nll,
            "entropy": drift(mine).entropy,
        },
        "spectrum": {
            side: {str(layer): spectrum(model.hidden(rows, layer)).as_dict() for layer in settings.layers}
            for side, rows in texts.items()
        },
    }


def several(model: Model, tasks: Sequence[Task], settings: Probes, sampling: Any, seed: int) -> list[list[str]]:
    """Return ``per_prompt`` completions of each of the first ``prompts`` tasks, for diversity within a prompt."""
    chosen = tasks[: settings.prompts]
    made = generate(model, chosen, sampling, seed_of("several", seed), settings.per_prompt)
    step = settings.per_prompt
    return [[s.completion for s in made[at : at + step]] for at in range(0, len(made), step)]

"""Generate: a model completes prompts, each sample with a seed of its own."""

from __future__ import annotations

from collections.abc import Sequence

from collapse_lab.models.model import Model, Sampling
from collapse_lab.sample import Sample, seed_of
from collapse_lab.tasks.task import Task


def generate(
    model: Model, tasks: Sequence[Task], sampling: Sampling, seed: int, per_task: int = 1, name: str = "s"
) -> list[Sample]:
    """Return *per_task* samples for each task, task by task; *name* begins their ids.

    A sample's seed hangs on *seed*, its task's place and its number among the task's samples, so that the first k
    of a larger set are the smaller set.
    """
    places = [(place, number) for place in range(len(tasks)) for number in range(per_task)]
    seeds = [seed_of("sample", seed, place, number) for place, number in places]
    completions = model.complete([tasks[place].prompt for place, _ in places], seeds, sampling)
    return [
        Sample(f"{name}{place}.{number}", tasks[place].id, made.text, made.tokens, made.stopped, own)
        for (place, number), own, made in zip(places, seeds, completions, strict=True)
    ]


def again(
    model: Model, tasks: Sequence[Task], samples: Sequence[Sample], count: int, sampling: Sampling
) -> list[list[Sample]]:
    """Return *count* more samples for the prompt of each given one (*tasks* stand beside *samples*)."""
    seeds = [seed_of("again", sample.seed, number) for sample in samples for number in range(count)]
    prompts = [task.prompt for task in tasks for _ in range(count)]
    completions = model.complete(prompts, seeds, sampling)
    made = [
        Sample(f"{samples[i // count].id}+{i % count}", samples[i // count].task, c.text, c.tokens, c.stopped, seeds[i])
        for i, c in enumerate(completions)
    ]
    return [made[at : at + count] for at in range(0, len(made), count)]

"""A pretrained base after a first training on human documents of the task: the second study's generation 0."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collapse_lab.pools.rows import PoolError
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from collapse_lab.models.base import Told
    from collapse_lab.models.model import Document
    from collapse_lab.study_model import PretrainedModel, Tuning
    from collapse_lab.tasks.task import TaskSource

LOG = "log.json"
# All seeds share the base, and so its documents and the order of them.
_BASE = 0


def documents(tuning: Tuning, source: TaskSource) -> list[Document]:
    """Return the human documents that the base learns from. Raises as ``see_that_there_are_enough`` does."""
    see_that_there_are_enough(tuning, source)
    return [(task.prompt, task.reference) for task in source.pool("base", _BASE, tuning.documents)]


def see_that_there_are_enough(tuning: Tuning, source: TaskSource) -> None:
    """Raise ``PoolError`` where the pool has fewer different documents for a base than are asked for."""
    room = source.room("base")
    if room is not None and room < tuning.documents:
        raise PoolError(
            f"The pool has {room} human documents for a base, and `model.tuned` asks for {tuning.documents}. Write "
            f"`documents: {room}` or fewer, or give the pool a larger file."
            if room
            else "The pool has no human documents for a base. Give it a larger file, or leave `model.tuned` out."
        )


def facts(tuning: Tuning, source: TaskSource) -> dict[str, Any]:
    """Return what a tuned base hangs on beside the weights that it began with, for its key."""
    return {"tasks": source.identity, **tuning.model_dump(mode="json")}


def tune_base(
    model: PretrainedModel, tuning: Tuning, source: TaskSource, path: Path, *, told: Told | None = None
) -> None:
    """Write base 0, trained, into ``path/model``, and what the training was into ``path/log.json``.

    Called again after a kill, it goes on, with the same result. Raises ``PoolError`` where there are too few
    documents, and as ``open_pretrained`` does.
    """
    from collapse_lab.models.base import named, save
    from collapse_lab.models.causal import open_model
    from collapse_lab.models.pretrained import open_pretrained
    from collapse_lab.store import write_json

    final, plain, state = path / "model", path / "plain", path / "state"
    if not final.exists():
        texts = documents(tuning, source)
        open_pretrained(model, _BASE, plain)
        base = open_model(plain / "model")
        log = base.train(texts, tuning.training, seed_of("tune", _BASE), state, told=named(told, "tune the base"))
        counts = {"documents": len(texts), "different": len(set(texts))}
        write_json(path / LOG, {**counts, "losses": log.losses, "tokens": log.tokens, "seconds": log.seconds})
        save(base, final)
    for left in (plain, state):
        shutil.rmtree(left, ignore_errors=True)

"""The seam to what carries jobs out. This package knows when a job's turn is, and nothing of what it does then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from app.settings import Settings
from webhooks.jobs import Job

# A function that takes the settings and returns a ``Performer``, as MODULE:NAME.
DEFAULT = "webhooks.performer:performer"


@dataclass(frozen=True)
class Turn:
    """A job's turn. ``attempt`` counts from 1; ``superseded`` says at any time why to stop, or ``None``."""

    id: str
    attempt: int
    superseded: Callable[[], str | None]


class Performer(Protocol):
    """Carries jobs out. One may be done twice, as where its worker died late: the second time changes nothing."""

    def perform(self, job: Job, turn: Turn) -> str:
        """Do it, and return what was done in a sentence.

        Raises ``webhooks.failures.SupersededError`` where it need not be done any more, ``LaterError`` (or an error of
        GitHub or the ledger that passes) where it is to be tried again, and anything else where that is of no use.
        """

    def gave_up(self, job: Job, reason: str) -> None:
        """Tell on GitHub that a job failed for good: no check run stays in progress. It may raise."""


class PerformerError(RuntimeError):
    """There is nothing that carries jobs out; the message is a sentence."""


def load(name: str, settings: Settings) -> Performer:
    """Return the performer that *name* (MODULE:NAME) makes. Raises ``PerformerError``."""
    module, _, function = name.partition(":")
    try:
        make = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise PerformerError(
            f"{name} cannot be loaded ({error}). EXOGATE_PERFORMER names the function that makes what carries jobs "
            f"out; leave it out for Exogate's own."
        ) from error
    return cast("Performer", make(settings))

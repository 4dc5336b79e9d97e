"""Samples run as programs, without any test: does the file compile, does it come to its end, and what ends it?

That is the first study's execution diagnosis (arXiv 2606.28438): samples of a round's raw output, each compiled and run
under a limit of 5 seconds, counted by class of exception. Strict: it ran without one. Relaxed: that, or it asked for
a module that is not installed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collapse_lab.execution import literals
from collapse_lab.execution.harness import Job
from collapse_lab.execution.observation import Observation
from collapse_lab.execution.outcome import Limits

# Processor seconds, where the paper's are of the wall: a busy machine ends nothing here. A program that sleeps is
# ended after twice that.
LIMITS = Limits(cpu_seconds=5.0, wall_factor=2.0, memory_mib=512)
NO_MODULE = ("ImportError", "ModuleNotFoundError")
ENDED = "ran"
"""How a program ends that comes to its end."""

Observe = Callable[[Sequence[Job]], list[Observation]]

# The text is compiled where the harness loads a file, and run where it calls a function: so it is seen which of both
# ended it. A program that leaves with status 0 came to its end.
_FRAME = """\
_code = compile({text!r}, "<sample>", "exec", 0, True)
def _run():
    try:
        exec(_code, {{"__name__": "__main__"}})
    except SystemExit as left:
        if left.code not in (None, 0):
            raise
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sample ended as a program: whether it ``compiled``, and its ``ending``: ``ran``, the class of an exception,
    or what the harness ended it for (``timeout``, ``memory``, ``output``, ``killed``)."""

    compiled: bool
    ending: str

    @property
    def strict(self) -> bool:
        """Whether it ran to its end."""
        return self.ending == ENDED

    @property
    def relaxed(self) -> bool:
        """Whether it ran to its end, or to a module that is not installed."""
        return self.strict or self.ending in NO_MODULE


def run(texts: Sequence[str], observe: Observe) -> list[Ended]:
    """Return how each text ended. *observe* is a harness's, with ``LIMITS``."""
    call = literals.arguments("()")
    return [_ended(seen) for seen in observe([Job(_FRAME.format(text=text), "_run", (call,)) for text in texts])]


def _ended(seen: Observation) -> Ended:
    return Ended(seen.loaded, ENDED if seen.ending is None else seen.exception or seen.ending)

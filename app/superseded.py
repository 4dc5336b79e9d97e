"""A review that a newer push takes the place of: asked before it begins, while it runs, and before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.github.checkout import SupersededError
from gates.stopping import Stop, StoppedError, listening, said


def check(superseded: Callable[[], str | None]) -> None:
    """Raise ``SupersededError`` where *superseded* gives a reason; where it fails it has none."""
    if why := said(superseded):
        raise SupersededError(why)


@contextmanager
def until(superseded: Callable[[], str | None]) -> Iterator[Stop]:
    """Yield what stops a review once *superseded*, asked every second, gives a reason.

    Raises ``SupersededError`` with that reason where the review stopped.
    """
    check(superseded)
    try:
        with listening(superseded) as stop:
            yield stop
    except StoppedError as error:
        raise SupersededError(str(error)) from error

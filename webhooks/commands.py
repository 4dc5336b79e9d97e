"""What people write to the App in a comment.

``/exogate rerun``, ``/exogate label human|ai REASON`` and ``/exogate explain``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"/exogate(?:[ \t]+(?P<rest>.*?))?[ \t]*")
_FENCE = re.compile(r" {0,3}(```|~~~)")
KINDS = ("human", "ai")
_MOST = 500


@dataclass(frozen=True)
class Rerun:
    """Review the head again."""


@dataclass(frozen=True)
class Explain:
    """Say how the decision came about."""


@dataclass(frozen=True)
class SetLabel:
    """Say where the change came from: ``kind`` is human or ai."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Unclear:
    """A command that cannot be carried out; ``remedy`` is a sentence for whoever wrote it."""

    remedy: str


Spoken = Rerun | Explain | SetLabel | Unclear


def find(body: str) -> str | None:
    """Return the first line that speaks to the App, or ``None``. Quotes and code blocks do not."""
    fence: str | None = None
    for line in body.splitlines():
        mark = _FENCE.match(line)
        if mark is not None and fence in (None, mark[1]):
            fence = None if fence else mark[1]
        elif fence is None and _LINE.fullmatch(line):
            return line.strip()[:_MOST]
    return None


def understand(line: str) -> Spoken:
    """Return what a line that ``find`` found asks for."""
    found = _LINE.fullmatch(line)
    words = (found["rest"] or "").split(maxsplit=2) if found else []
    match [word.lower() for word in words[:2]]:
        case ["rerun"]:
            return Rerun()
        case ["explain"]:
            return Explain()
        case ["label", kind] if kind in KINDS:
            if len(words) < 3:
                return Unclear(f"Say why, as in: /exogate label {kind} I wrote this by hand.")
            return SetLabel(kind, words[2])
        case ["label", *_]:
            return Unclear("Say human or ai, and why, as in: /exogate label human I wrote this by hand.")
        case _:
            return Unclear("What can be said is: /exogate rerun, /exogate explain, /exogate label human|ai REASON.")

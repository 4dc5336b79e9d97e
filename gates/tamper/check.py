"""One assertion in a form that pytest's and unittest's spellings share."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Check:
    """One assertion.

    ``op`` is what kind of comparison it is (a key of ``STRENGTH``, or ``helper:NAME`` for a call that asserts out
    of sight). ``subject`` and ``expected`` are rendered expressions; ``literal`` says that ``expected`` is one made
    of constants. ``extra`` is a tolerance, or the pattern that an error's message must match. ``guards`` are the
    conditions on which it runs; a ``dead`` one never runs, or cannot fail.
    """

    op: str
    subject: str
    expected: str = ""
    literal: bool = False
    extra: str = ""
    line: int = 0
    guards: frozenset[str] = frozenset()
    dead: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two assertions the same; a comparison's sides may be swapped."""
        left, right = self.subject, self.expected
        if self.op in SYMMETRIC and right < left:
            left, right = right, left
        return self.op, left, right, self.extra

    @property
    def strength(self) -> int | None:
        """How few values it holds for, to compare with other kinds; ``None`` where that is not known."""
        return STRENGTH.get(self.op)

    def placed(self, line: int, guards: frozenset[str], dead: bool) -> Check:
        """Return the same assertion at a place."""
        return replace(self, line=line, guards=guards, dead=dead)

    def __str__(self) -> str:
        """Return it as people would write it, shortened."""
        text = _PHRASES.get(self.op, "{op}({subject}, {expected})").format(
            op=self.op.removeprefix("helper:"), subject=self.subject, expected=self.expected
        )
        text = f"{text} ({self.extra})" if self.extra else text
        return text if len(text) <= 90 else text[:87] + "..."


SYMMETRIC = frozenset({"==", "!=", "approx", "unordered", "is", "is not"})

# Higher holds for fewer values. The order matters, the distances do not.
STRENGTH: dict[str, int] = {
    "fail": 100,
    "is": 100,
    "==": 100,
    "called_once_with": 100,
    "not_called": 100,
    "unordered": 90,
    "approx": 80,
    "called_with": 80,
    "has_calls": 80,
    "raises": 80,
    "all": 60,
    "falsy": 60,
    "matches": 55,
    "affix": 50,
    "any_call": 50,
    "in": 45,
    "warns": 45,
    "<": 41,
    ">": 41,
    "<=": 40,
    ">=": 40,
    "isinstance": 40,
    "called_once": 40,
    "not in": 30,
    "!=": 30,
    "called": 25,
    "is not": 20,
    "any": 15,
    "truthy": 10,
    "or": 5,
    "tautology": 0,
}

_PHRASES = {
    **{op: "{subject} {op} {expected}" for op in ("==", "!=", "is", "is not", "in", "not in", "<", ">", "<=", ">=")},
    "approx": "{subject} is about {expected}",
    "truthy": "{subject}",
    "falsy": "not {subject}",
    "fail": "an explicit failure",
    "raises": "{subject} raises {expected}",
    "warns": "{subject} warns {expected}",
    "or": "{subject}",
    "tautology": "{subject}",
    "all": "all({subject})",
    "any": "any({subject})",
}

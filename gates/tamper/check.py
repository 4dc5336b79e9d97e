"""One assertion in a form that pytest's and unittest's spellings share."""

from __future__ import annotations

from dataclasses import dataclass, replace

# How much of an assertion a message quotes.
MAX_QUOTE = 100


@dataclass(frozen=True, slots=True)
class Check:
    """One assertion.

    ``op`` is what kind of comparison it is (a key of ``STRENGTH``, or ``helper:NAME`` for a call that asserts out
    of sight). ``subject`` and ``expected`` are rendered expressions; ``literal`` says that ``expected`` is one made
    of constants. ``extra`` is a tolerance, or the pattern that an error's message must match. ``guards`` are the
    conditions on which it runs; a ``dead`` one never runs, or cannot fail. A ``looped`` one was written out of a loop
    over a literal. ``raw`` is its source as written.
    """

    op: str
    subject: str
    expected: str = ""
    literal: bool = False
    extra: str = ""
    line: int = 0
    guards: frozenset[str] = frozenset()
    dead: bool = False
    looped: bool = False
    raw: str = ""

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

    def placed(self, line: int, guards: frozenset[str], *, dead: bool, looped: bool = False, raw: str = "") -> Check:
        """Return the same assertion at a place."""
        return replace(self, line=line, guards=guards, dead=dead, looped=looped, raw=raw)

    def __str__(self) -> str:
        """Return it as people would write it, shortened."""
        # A text looked for in something stands before it, as it is written.
        reversed_ = self.op in ("in", "not in") and self.literal and self.expected[:1] in "'\"b"
        phrase = "{expected} {op} {subject}" if reversed_ else _PHRASES.get(self.op, "{op}({subject}, {expected})")
        text = phrase.format(op=self.op.removeprefix("helper:"), subject=self.subject, expected=self.expected)
        text = f"{text} ({self.extra})" if self.extra else text
        return shortened(text)

    def told_apart(self, other: Check) -> str:
        """Return it as its author wrote it where *other* is written differently, else as what it comes to."""
        single = " and " not in self.raw and not self.looped
        return shortened(self.raw) if self.raw and self.raw != other.raw and single else str(self)


def shortened(text: str) -> str:
    """Return one line of at most ``MAX_QUOTE`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_QUOTE else line[: MAX_QUOTE - 3] + "..."


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
    **dict.fromkeys(("==", "!=", "is", "is not", "in", "not in", "<", ">", "<=", ">="), "{subject} {op} {expected}"),
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

"""The language of ``--where``: conditions on the ledger's rows, read from text and written as text.

    condition   = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation    = "not" negation | "(" condition ")" | comparison
    comparison  = field operator value | field ["not"] "in" "(" value { "," value } ")"

Read by hand: the grammar is four rules, and what may stand at each place, which an error names, is in ``FIELDS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.export.fields import FIELDS, quoted
from gates.nearest import did_you_mean

DEEPEST = 100
"""How many parentheses and ``not`` may stand inside each other."""

_KEYWORDS = ("and", "or", "not", "in")
_LEXEME = re.compile(
    r"""\s+|(?P<sign>>=|<=|!=|==|[=<>~(),])|(?P<word>[^\s'"=!<>~(),]+)|(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")"""
)
_BARE = re.compile(r"""[^\s'"=!<>~(),]+""")


class WhereError(ValueError):
    """A condition that cannot be understood: ``column`` counts from 1; the message is a sentence that names it."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"--where, column {column}: {message}")
        self.column = column


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against one value, or several with ``in`` and ``not in``; values are in their one spelling."""

    field: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        told = ", ".join(map(_written, self.values))
        return f"{self.field} {self.operator} {f'({told})' if self.operator.endswith('in') else told}"


@dataclass(frozen=True, slots=True)
class Not:
    """What the condition behind it is not."""

    condition: Condition

    def __str__(self) -> str:
        return f"not {_within(self.condition, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more conditions."""

    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return " and ".join(_within(one, And, Or) for one in self.conditions)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more conditions."""

    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return " or ".join(_within(one, Or) for one in self.conditions)


Condition = Compare | Not | And | Or


def _within(condition: Condition, *looser: type) -> str:
    return f"({condition})" if isinstance(condition, looser) else str(condition)


def _written(value: str) -> str:
    bare = _BARE.fullmatch(value) and value.lower() not in _KEYWORDS
    return value if bare else "'" + value.replace("'", "''") + "'"


def parse(text: str) -> Condition:
    """Return the condition that *text* says; ``str`` of it says the same. Raises ``WhereError``."""
    reader = _Reader(text)
    found = reader.condition(0)
    if reader.kind:
        raise reader.error("Here the condition goes on with and, or, or it ends")
    return found


class _Reader:
    """Reads from left to right; ``kind`` (sign, word, text; empty at the end), ``value`` and ``column`` are next."""

    def __init__(self, text: str) -> None:
        self._lexemes = _lexemes(text)
        self.kind, self.value, self.column = next(self._lexemes)

    def take(self) -> str:
        """Return what is next and go on."""
        taken = self.value
        self.kind, self.value, self.column = next(self._lexemes)
        return taken

    def error(self, wanted: str) -> WhereError:
        """Return the error that something else stands here."""
        return WhereError(
            self.column, f"{wanted}; {quoted(self.value) + ' stands there' if self.kind else 'the text ends'}."
        )

    def keyword(self, *words: str) -> str:
        """Return the one of *words* that is next, and go on; empty where none is."""
        return self.take().lower() if self.kind == "word" and self.value.lower() in words else ""

    def sign(self, *signs: str) -> str:
        """Return the one of *signs* that is next, and go on; empty where none is."""
        return self.take() if self.kind == "sign" and self.value in signs else ""

    def condition(self, depth: int) -> Condition:
        found = [self.conjunction(depth)]
        while self.keyword("or"):
            found.append(self.conjunction(depth))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def conjunction(self, depth: int) -> Condition:
        found = [self.negation(depth)]
        while self.keyword("and"):
            found.append(self.negation(depth))
        return found[0] if len(found) == 1 else And(tuple(found))

    def negation(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise WhereError(self.column, f"More than {DEEPEST} parentheses and not stand inside each other here.")
        if self.keyword("not"):
            return Not(self.negation(depth + 1))
        if not self.sign("("):
            return self.comparison()
        found = self.condition(depth + 1)
        if not self.sign(")"):
            raise self.error("Here the condition goes on with and, or, or a parenthesis closes")
        return found

    def comparison(self) -> Compare:
        name = self.value.lower()
        if self.kind != "word" or name in _KEYWORDS:
            raise self.error(f"Here stands what a row is compared by ({', '.join(FIELDS)}), not, or a parenthesis")
        if name not in FIELDS:
            known = f"Known here: {', '.join(FIELDS)}.{did_you_mean(name[:80], FIELDS)}"
            raise WhereError(self.column, f"A row is not compared by {quoted(self.value)}. {known}")
        self.take()
        operator = self.operator(name)
        if not operator.endswith("in"):
            return Compare(name, operator, (self.read(name, operator),))
        if not self.sign("("):
            raise self.error(f"After {name} {operator} stand values in parentheses")
        values = [self.read(name, operator)]
        while self.sign(","):
            values.append(self.read(name, operator))
        if not self.sign(")"):
            raise self.error("Here the list goes on with a comma, or a parenthesis closes")
        return Compare(name, operator, tuple(values))

    def operator(self, name: str) -> str:
        known = FIELDS[name].operators
        column, written = self.column, self.sign("=", "==", "!=", "<", "<=", ">", ">=", "~")
        if not written and self.keyword("in"):
            written = "in"
        elif not written and self.keyword("not"):
            written = "not in" if self.keyword("in") else "not"
        if written in known:
            return written
        wanted = f"{name} is compared by {' '.join(known) if len(known) < 3 else ', '.join(known)}"
        raise WhereError(column, f"{wanted}; {quoted(written) + ' stands there'}.") if written else self.error(wanted)

    def read(self, name: str, operator: str) -> str:
        if self.kind not in ("word", "text") or (self.kind == "word" and self.value.lower() in _KEYWORDS):
            raise self.error(f"After {name} {operator} stands a value, in quotes where it has spaces or signs")
        column, written = self.column, self.take()
        try:
            return FIELDS[name].read(operator, written)
        except ValueError as error:
            raise WhereError(column, str(error)) from None


def _lexemes(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while at < len(text):
        match = _LEXEME.match(text, at)
        if match is None:
            what = "These quotes are not closed" if text[at] in "'\"" else f"{quoted(text[at])} means nothing here"
            raise WhereError(
                at + 1, f"{what}. Values with spaces or signs stand in quotes; a quote in them is doubled."
            )
        if match.lastgroup == "text":
            mark = match[0][0]
            yield "text", match[0][1:-1].replace(mark * 2, mark), at + 1
        elif match.lastgroup:
            yield match.lastgroup, match[0], at + 1
        at = match.end()
    while True:
        yield "", "", at + 1

"""What an operation of a pocket task is: its meaning as a pure function, its words, and its code.

Operations are rows of the tables in ``collapse_lab.tasks.tables``. The order of a table is the rank of its rows:
the first is drawn most often. Templates use ``str.format``; the fields say which names a template may hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["int", "bool", "str", "list[int]", "list[str]"]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Operation:
    """A row. ``run`` is what it means; it never changes its argument. ``slot`` and ``rank`` are the table's."""

    key: str
    run: Callable[..., Any]
    slot: str = field(default="")
    rank: int = field(default=0)

    @property
    def name(self) -> str:
        """The slot and the key: unique over all tables."""
        return f"{self.slot}:{self.key}"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Filter(Operation):
    """Keeps items. ``one`` and ``many`` are predicates ("is even", "are even"), ``adjective`` goes before the noun.

    ``code``: conditions on ``{x}``, any of which a person could write. ``slip`` is the condition off by one, where
    there is a boundary to miss.
    """

    one: str
    many: str
    code: tuple[str, ...]
    adjective: str = ""
    slip: Callable[[Any], bool] | None = None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Map(Operation):
    """Turns each item into another. ``many`` and ``one`` hold ``{}`` for the items and for one item.

    ``code``: expressions on ``{x}``, written so that ``{x}`` may be a name or a call. ``atom``: the expression binds
    as tightly as a call.
    """

    many: str
    one: str
    code: tuple[str, ...]
    atom: bool = False


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Reduce(Operation):
    """Turns a list into one value.

    ``words`` hold ``{}`` ("the even numbers") or ``{bare}`` ("even numbers"). At least one way of writing it is given:
    ``gen`` on ``{it}``, a generator without its parentheses; ``lst`` on ``{v}``, the name of a list, with ``empty``
    as the answer for an empty one; ``loop``: the start of ``{acc}``, the lines for a value ``{v}``, and what is
    returned. ``each`` is what ``gen`` is asked of each value ``{p}``. ``fold`` joins ``{v}`` and ``{rest}``, for
    recursion with the start of ``loop``.
    """

    words: tuple[str, ...]
    gives: Kind
    gen: str = ""
    each: str = ""
    lst: str = ""
    empty: str = ""
    loop: tuple[str, str, str] | None = None
    fold: str = ""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Arrange(Operation):
    """Turns a list into a list. The fields are those of ``Reduce``."""

    words: tuple[str, ...]
    gen: str = ""
    lst: tuple[str, ...] = ()
    loop: tuple[str, str, str] | None = None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Test(Operation):
    """Asks something of the whole argument. ``words`` hold ``{}`` for it, ``code`` is a condition on ``{v}``.

    ``slip``: as in ``Filter``.
    """

    words: str
    code: str
    slip: Callable[[Any], bool] | None = None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Source(Operation):
    """Makes a list of one or two integers. ``noun`` names the items and ``tail`` follows the noun.

    ``over`` is an iterable on ``{n}`` (``{a}`` and ``{b}``), ``element`` the item in it on ``{x}``, ``test`` what
    holds an item back.
    """

    takes: str
    noun: str
    tail: str
    over: str
    element: str = "{x}"
    test: str = ""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Step(Operation):
    """Turns a text into a text. ``verb`` is an order with ``{}`` for the text.

    ``code``: expressions on ``{t}``; ``many``: they name ``{t}`` more than once. ``atom``: as in ``Map``.
    ``char``: the condition on a character ``{c}`` (or none) and what is kept of it, for a loop that grows ``{acc}``.
    ``fold`` joins the first character ``{c}`` and ``{rest}``, for recursion.
    """

    verb: str
    code: tuple[str, ...]
    many: bool = False
    atom: bool = True
    char: tuple[str, str] | None = None
    fold: str = ""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Measure(Operation):
    """Turns a text into one value. ``words`` hold ``{}``; ``char`` counts the characters ``{c}`` it is true of."""

    words: str
    gives: Kind
    code: tuple[str, ...] = ()
    many: bool = False
    char: str = ""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Classic(Operation):
    """A function that has a name of its own, on one integer ``{n}`` or on ``{a}`` and ``{b}``.

    ``bodies`` are whole bodies. ``<...>`` marks the value they return, so that a map can be put around it; a body
    that calls itself, ``{f}``, has no marks and is used without a map. ``{p}`` to ``{s}`` are local names.
    """

    takes: str
    words: str
    gives: Kind
    bodies: tuple[str, ...]

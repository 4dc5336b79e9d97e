"""Operations on integers: what is kept, what becomes of each, and where lists of them come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collapse_lab.tasks.operations import Filter, Map, Source


def is_prime(number: int) -> bool:
    """Return whether *number* has exactly two divisors."""
    return number > 1 and all(number % i for i in range(2, int(number**0.5) + 1))


def divisors(number: int) -> list[int]:
    """Return the positive divisors in ascending order; none for numbers below 1."""
    return [d for d in range(1, number + 1) if number % d == 0]


def digits(number: int) -> list[int]:
    """Return the decimal digits from the left; the sign is left out."""
    return [int(c) for c in str(abs(number))]


def _is(
    key: str,
    quality: str,
    test: str | tuple[str, ...],
    run: Callable[[int], bool],
    slip: Callable[[int], bool] | None = None,
    adjective: bool = False,
) -> Filter:
    code = (test,) if isinstance(test, str) else test
    return Filter(
        key=key,
        run=run,
        slip=slip,
        one=f"is {quality}",
        many=f"are {quality}",
        adjective=quality if adjective else "",
        code=code,
    )


FILTERS: Sequence[Filter] = (
    _is("even", "even", "{x} % 2 == 0", lambda x: x % 2 == 0, adjective=True),
    _is("positive", "positive", "{x} > 0", lambda x: x > 0, lambda x: x >= 0, adjective=True),
    _is("odd", "odd", ("{x} % 2 == 1", "{x} % 2 != 0"), lambda x: x % 2 == 1, adjective=True),
    _is("above-3", "greater than 3", "{x} > 3", lambda x: x > 3, lambda x: x >= 3),
    _is("negative", "negative", "{x} < 0", lambda x: x < 0, lambda x: x <= 0, adjective=True),
    _is("below-10", "less than 10", "{x} < 10", lambda x: x < 10, lambda x: x <= 10),
    _is("by-3", "divisible by 3", "{x} % 3 == 0", lambda x: x % 3 == 0),
    _is("not-0", "not zero", "{x} != 0", lambda x: x != 0),
    _is("above-10", "greater than 10", "{x} > 10", lambda x: x > 10, lambda x: x >= 10),
    _is("by-5", "divisible by 5", "{x} % 5 == 0", lambda x: x % 5 == 0),
    _is("below-5", "less than 5", "{x} < 5", lambda x: x < 5, lambda x: x <= 5),
    _is("not-by-3", "not divisible by 3", "{x} % 3 != 0", lambda x: x % 3 != 0),
    _is("at-least-2", "at least 2", "{x} >= 2", lambda x: x >= 2, lambda x: x > 2),
    _is("within-10", "between 1 and 10 inclusive", "1 <= {x} <= 10", lambda x: 1 <= x <= 10, lambda x: 1 < x <= 10),
    _is("at-most-7", "at most 7", "{x} <= 7", lambda x: x <= 7, lambda x: x < 7),
    _is("ends-in-5", "equal to 5 modulo 10", "{x} % 10 == 5", lambda x: x % 10 == 5),
    _is("by-7", "divisible by 7", "{x} % 7 == 0", lambda x: x % 7 == 0),
    _is("near-0", "less than 10 in absolute value", "abs({x}) < 10", lambda x: abs(x) < 10, lambda x: abs(x) <= 10),
    _is("prime", "prime", "{x} > 1 and all({x} % i for i in range(2, {x}))", is_prime, adjective=True),
    Filter(
        key="square",
        run=lambda x: x >= 0 and int(x**0.5) ** 2 == x,
        one="is a perfect square",
        many="are perfect squares",
        code=("{x} in [i * i for i in range(100)]",),
    ),
)


def _of(
    key: str, many: str, one: str, code: str | tuple[str, ...], run: Callable[[int], int], atom: bool = False
) -> Map:
    codes = (code,) if isinstance(code, str) else code
    return Map(key=key, run=run, many=many, one=one, code=codes, atom=atom)


MAPS: Sequence[Map] = (
    _of("square", "the squares of {}", "the square of {}", ("{x} * {x}", "{x} ** 2"), lambda x: x * x),
    _of("double", "the doubles of {}", "the double of {}", ("{x} * 2", "2 * {x}"), lambda x: 2 * x),
    _of("next", "the successors of {}", "the successor of {}", "{x} + 1", lambda x: x + 1),
    _of("absolute", "the absolute values of {}", "the absolute value of {}", "abs({x})", abs, atom=True),
    _of("opposite", "the opposites of {}", "the opposite of {}", "-{x}", lambda x: -x),
    _of("triple", "the triples of {}", "the triple of {}", ("{x} * 3", "3 * {x}"), lambda x: 3 * x),
    _of("half", "the rounded down halves of {}", "the rounded down half of {}", "{x} // 2", lambda x: x // 2),
    _of("cube", "the cubes of {}", "the cube of {}", ("{x} ** 3", "{x} * {x} * {x}"), lambda x: x**3),
    _of("previous", "the predecessors of {}", "the predecessor of {}", "{x} - 1", lambda x: x - 1),
    _of("modulo-3", "the remainders modulo 3 of {}", "the remainder modulo 3 of {}", "{x} % 3", lambda x: x % 3),
    _of("last-digit", "the last digits of {}", "the last digit of {}", "abs({x}) % 10", lambda x: abs(x) % 10),
    _of("plus-10", "10 plus each of {}", "10 plus {}", ("{x} + 10", "10 + {x}"), lambda x: x + 10),
    _of(
        "floor-0", "the larger of 0 and each of {}", "the larger of 0 and {}", "max({x}, 0)", lambda x: max(x, 0), True
    ),
    _of(
        "length",
        "the numbers of digits of {}",
        "the number of digits of {}",
        "len(str(abs({x})))",
        lambda x: len(str(abs(x))),
        True,
    ),
    _of("from-10", "10 minus each of {}", "10 minus {}", "10 - {x}", lambda x: 10 - x),
    _of(
        "cap-10",
        "the smaller of 10 and each of {}",
        "the smaller of 10 and {}",
        "min({x}, 10)",
        lambda x: min(x, 10),
        True,
    ),
    _of("modulo-5", "the remainders modulo 5 of {}", "the remainder modulo 5 of {}", "{x} % 5", lambda x: x % 5),
    _of(
        "digit-sum",
        "the digit sums of {}",
        "the digit sum of {}",
        "sum(int(c) for c in str(abs({x})))",
        lambda x: sum(digits(x)),
        True,
    ),
    _of(
        "sign",
        "the signs (-1, 0 or 1) of {}",
        "the sign (-1, 0 or 1) of {}",
        "({x} > 0) - ({x} < 0)",
        lambda x: (x > 0) - (x < 0),
    ),
)

SOURCES: Sequence[Source] = (
    Source(
        key="up-to",
        run=lambda n: list(range(1, n + 1)),
        takes="natural",
        noun="numbers",
        tail="from 1 to {n}",
        over="range(1, {n} + 1)",
    ),
    Source(
        key="digits",
        run=digits,
        takes="digits",
        noun="digits",
        tail="of {n}",
        over="str({n})",
        element="int({x})",
    ),
    Source(
        key="between",
        run=lambda a, b: list(range(a, b + 1)),
        takes="pair",
        noun="numbers",
        tail="from {a} to {b}",
        over="range({a}, {b} + 1)",
    ),
    Source(
        key="divisors",
        run=divisors,
        takes="natural",
        noun="divisors",
        tail="of {n}",
        over="range(1, {n} + 1)",
        test="{n} % {x} == 0",
    ),
    Source(
        key="down-from",
        run=lambda n: list(range(n, 0, -1)),
        takes="natural",
        noun="numbers",
        tail="from {n} down to 1",
        over="range({n}, 0, -1)",
    ),
    Source(
        key="below",
        run=lambda n: list(range(n)),
        takes="natural",
        noun="numbers",
        tail="from 0 to {n} minus 1",
        over="range({n})",
    ),
    Source(
        key="threes",
        run=lambda n: list(range(3, n + 1, 3)),
        takes="natural",
        noun="multiples",
        tail="of 3 from 3 to {n}",
        over="range(3, {n} + 1, 3)",
    ),
)

"""Operations on whole lists of integers: to one value, to another list, and questions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod

from collapse_lab.tasks.operations import Arrange, Reduce, Test

_ELSE_0 = ", or 0 if there are none"

REDUCES: Sequence[Reduce] = (
    Reduce(
        key="sum",
        run=sum,
        words=("the sum of {}", "the total of {}"),
        gives="int",
        gen="sum({it})",
        lst="sum({v})",
        loop=("0", "{acc} += {v}", "{acc}"),
        fold="{v} + {rest}",
    ),
    Reduce(
        key="count",
        run=len,
        words=("the number of {bare}", "how many {bare} there are"),
        gives="int",
        gen="sum({it})",
        each="1",
        lst="len({v})",
        loop=("0", "{acc} += 1", "{acc}"),
        fold="1 + {rest}",
    ),
    Reduce(
        key="largest",
        run=lambda v: max(v, default=0),
        words=("the largest of {}" + _ELSE_0, "the maximum of {}" + _ELSE_0),
        gives="int",
        gen="max({its}, default=0)",
        lst="max({v})",
        empty="0",
    ),
    Reduce(
        key="smallest",
        run=lambda v: min(v, default=0),
        words=("the smallest of {}" + _ELSE_0, "the minimum of {}" + _ELSE_0),
        gives="int",
        gen="min({its}, default=0)",
        lst="min({v})",
        empty="0",
    ),
    Reduce(
        key="product",
        run=prod,
        words=("the product of {} (1 if there are none)",),
        gives="int",
        loop=("1", "{acc} *= {v}", "{acc}"),
        fold="{v} * {rest}",
    ),
    Reduce(
        key="any-negative",
        run=lambda v: any(x < 0 for x in v),
        words=("whether any of {} is negative",),
        gives="bool",
        gen="any({it})",
        each="{p} < 0",
        loop=("", "if {v} < 0:\n    return True", "False"),
    ),
    Reduce(
        key="last",
        run=lambda v: v[-1] if v else 0,
        words=("the last of {}" + _ELSE_0,),
        gives="int",
        lst="{v}[-1]",
        empty="0",
        loop=("0", "{acc} = {v}", "{acc}"),
    ),
    Reduce(
        key="first",
        run=lambda v: v[0] if v else 0,
        words=("the first of {}" + _ELSE_0,),
        gives="int",
        lst="{v}[0]",
        empty="0",
    ),
    Reduce(
        key="all-positive",
        run=lambda v: all(x > 0 for x in v),
        words=("whether all of {} are positive (true if there are none)",),
        gives="bool",
        gen="all({it})",
        each="{p} > 0",
        loop=("", "if {v} <= 0:\n    return False", "True"),
    ),
    Reduce(
        key="distinct",
        run=lambda v: len(set(v)),
        words=("the number of distinct values among {}",),
        gives="int",
        gen="len({{{it}}})",
        lst="len(set({v}))",
        loop=("set()", "{acc}.add({v})", "len({acc})"),
    ),
    Reduce(
        key="spread",
        run=lambda v: max(v) - min(v) if v else 0,
        words=("the difference between the largest and the smallest of {}" + _ELSE_0,),
        gives="int",
        lst="max({v}) - min({v})",
        empty="0",
    ),
    Reduce(
        key="mean",
        run=lambda v: sum(v) // len(v) if v else 0,
        words=("the rounded down average of {}" + _ELSE_0,),
        gives="int",
        lst="sum({v}) // len({v})",
        empty="0",
    ),
    Reduce(
        key="ascending",
        run=lambda v: v == sorted(v),
        words=("whether {} are in ascending order (equal neighbours are allowed)",),
        gives="bool",
        lst="{v} == sorted({v})",
    ),
    Reduce(
        key="ends",
        run=lambda v: v[0] + v[-1] if v else 0,
        words=("the sum of the first and the last of {}" + _ELSE_0,),
        gives="int",
        lst="{v}[0] + {v}[-1]",
        empty="0",
    ),
    Reduce(
        key="any-zero",
        run=lambda v: 0 in v,
        words=("whether any of {} is zero",),
        gives="bool",
        gen="any({it})",
        each="{p} == 0",
        lst="0 in {v}",
    ),
    Reduce(
        key="median",
        run=lambda v: sorted(v)[len(v) // 2] if v else 0,
        words=("the upper median of {}" + _ELSE_0,),
        gives="int",
        lst="sorted({v})[len({v}) // 2]",
        empty="0",
    ),
    Reduce(
        key="repeated",
        run=lambda v: len(set(v)) < len(v),
        words=("whether {} hold a duplicate",),
        gives="bool",
        lst="len(set({v})) < len({v})",
    ),
    Reduce(
        key="alternating",
        run=lambda v: sum(v[::2]) - sum(v[1::2]),
        words=("the alternating sum of {} (the first minus the second plus the third and so on)",),
        gives="int",
        lst="sum({v}[::2]) - sum({v}[1::2])",
    ),
    Reduce(
        key="where-largest",
        run=lambda v: v.index(max(v)) if v else -1,
        words=("the index of the first largest of {}, or -1 if there are none",),
        gives="int",
        lst="{v}.index(max({v}))",
        empty="-1",
    ),
    Reduce(
        key="second",
        run=lambda v: sorted(set(v))[-2] if len(set(v)) > 1 else 0,
        words=("the second largest distinct value among {}, or 0 if there is none",),
        gives="int",
        lst="sorted(set({v}))[-2] if len(set({v})) > 1 else 0",
    ),
    Reduce(
        key="commonest",
        run=lambda v: max(sorted(set(v)), key=v.count, default=0),
        words=("the most common of {} (the smallest on ties)" + _ELSE_0,),
        gives="int",
        lst="max(sorted(set({v})), key={v}.count, default=0)",
    ),
)

_ASCENDING = Arrange(
    key="ascending", run=sorted, words=("{} sorted in ascending order",), gen="sorted({it})", lst=("sorted({v})",)
)
_REVERSED = Arrange(
    key="reversed",
    run=lambda v: v[::-1],
    words=("{} in reverse order", "{} from the last to the first"),
    lst=("{v}[::-1]", "list(reversed({v}))"),
)
_DISTINCT = Arrange(
    key="distinct",
    run=lambda v: list(dict.fromkeys(v)),
    words=("{} without duplicates in order of first appearance",),
    gen="list(dict.fromkeys({it}))",
    lst=("list(dict.fromkeys({v}))",),
    loop=("[]", "if {v} not in {acc}:\n    {acc}.append({v})", "{acc}"),
)
_DESCENDING = Arrange(
    key="descending",
    run=lambda v: sorted(v, reverse=True),
    words=("{} sorted in descending order",),
    gen="sorted({its}, reverse=True)",
    lst=("sorted({v}, reverse=True)",),
)
_FIRST_3 = Arrange(key="first-3", run=lambda v: v[:3], words=("the first three of {}",), lst=("{v}[:3]",))
_LAST_2 = Arrange(key="last-2", run=lambda v: v[-2:], words=("the last two of {}",), lst=("{v}[-2:]",))
_ALTERNATE = Arrange(
    key="alternate", run=lambda v: v[::2], words=("every second of {}, starting with the first",), lst=("{v}[::2]",)
)
_BUT_FIRST = Arrange(key="but-first", run=lambda v: v[1:], words=("{} without the first one",), lst=("{v}[1:]",))
_BUT_LAST = Arrange(key="but-last", run=lambda v: v[:-1], words=("{} without the last one",), lst=("{v}[:-1]",))
_TWICE = Arrange(key="twice", run=lambda v: v + v, words=("{} repeated twice",), lst=("{v} + {v}", "{v} * 2"))
_ROTATED = Arrange(
    key="rotated",
    run=lambda v: v[1:] + v[:1],
    words=("{} with the first one moved to the end",),
    lst=("{v}[1:] + {v}[:1]",),
)
_MIRRORED = Arrange(
    key="mirrored",
    run=lambda v: v + v[::-1],
    words=("{} followed by the same in reverse order",),
    lst=("{v} + {v}[::-1]",),
)
_SORTED_SET = Arrange(
    key="sorted-set",
    run=lambda v: sorted(set(v)),
    words=("{} without duplicates and sorted in ascending order",),
    gen="sorted({{{it}}})",
    lst=("sorted(set({v}))",),
)
GENERAL: Sequence[Arrange] = (
    _ASCENDING,
    _REVERSED,
    _DISTINCT,
    _DESCENDING,
    _FIRST_3,
    _LAST_2,
    _ALTERNATE,
    _BUT_FIRST,
    _BUT_LAST,
    _TWICE,
    _ROTATED,
    _MIRRORED,
    _SORTED_SET,
)
"""What can be done with a list of anything that sorts."""

ARRANGES: Sequence[Arrange] = (
    *GENERAL[:7],
    Arrange(
        key="running-sums",
        run=lambda v: list(accumulate(v)),
        words=("the running sums of {}",),
        lst=("[sum({v}[:i]) for i in range(1, len({v}) + 1)]",),
        loop=("[]", "{acc}.append({v})\nif len({acc}) > 1:\n    {acc}[-1] += {acc}[-2]", "{acc}"),
    ),
    *GENERAL[7:10],
    Arrange(
        key="differences",
        run=lambda v: [b - a for a, b in pairwise(v)],
        words=("the differences between each of {} and the one before",),
        lst=("[b - a for a, b in zip({v}, {v}[1:])]",),
    ),
    *GENERAL[10:12],
    Arrange(
        key="by-size",
        run=lambda v: sorted(v, key=abs),
        words=("{} sorted by absolute value (ties stay in order)",),
        gen="sorted({its}, key=abs)",
        lst=("sorted({v}, key=abs)",),
    ),
    *GENERAL[12:],
    Arrange(
        key="running-largest",
        run=lambda v: list(accumulate(v, max)),
        words=("the running maxima of {}",),
        lst=("[max({v}[:i]) for i in range(1, len({v}) + 1)]",),
        loop=("[]", "{acc}.append({v})\n{acc}[-1] = max({acc}[-2:])", "{acc}"),
    ),
    Arrange(
        key="pair-sums",
        run=lambda v: [a + b for a, b in pairwise(v)],
        words=("the sums of each of {} and the one before",),
        lst=("[a + b for a, b in zip({v}, {v}[1:])]",),
    ),
)

LENGTHS: Sequence[Test] = (
    Test(
        key="long",
        run=lambda v: len(v) > 3,
        slip=lambda v: len(v) >= 3,
        words="there are more than three {}",
        code="len({v}) > 3",
    ),
    Test(key="even-length", run=lambda v: len(v) % 2 == 0, words="the number of {} is even", code="len({v}) % 2 == 0"),
    Test(
        key="repeats",
        run=lambda v: len(set(v)) < len(v),
        words="the {} hold a duplicate",
        code="len(set({v})) < len({v})",
    ),
    Test(
        key="in-order", run=lambda v: v == sorted(v), words="the {} are in ascending order", code="{v} == sorted({v})"
    ),
)

TESTS: Sequence[Test] = (
    LENGTHS[0],
    Test(key="zero", run=lambda v: 0 in v, words="any of the {} is zero", code="0 in {v}"),
    LENGTHS[1],
    Test(
        key="sum",
        run=lambda v: sum(v) > 10,
        slip=lambda v: sum(v) >= 10,
        words="the sum of the {} is greater than 10",
        code="sum({v}) > 10",
    ),
    *LENGTHS[2:],
    Test(
        key="negative",
        run=lambda v: any(x < 0 for x in v),
        words="any of the {} is negative",
        code="any(i < 0 for i in {v})",
    ),
)

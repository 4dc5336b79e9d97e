"""Operations on lists of words."""

from __future__ import annotations

from collections.abc import Sequence

from collapse_lab.tasks.operations import Arrange, Filter, Map, Reduce, Test
from collapse_lab.tasks.tables.lists import GENERAL, LENGTHS

_VOWELS = tuple("aeiou")
_START = '{x}[:1] in ("a", "e", "i", "o", "u")'

FILTERS: Sequence[Filter] = (
    Filter(
        key="longer-3",
        run=lambda w: len(w) > 3,
        slip=lambda w: len(w) >= 3,
        one="is longer than 3 characters",
        many="are longer than 3 characters",
        code=("len({x}) > 3",),
    ),
    Filter(key="not-empty", run=bool, one="is not empty", many="are not empty", code=("{x}", "len({x}) > 0")),
    Filter(
        key="has-a",
        run=lambda w: "a" in w,
        one='contains the letter "a"',
        many='contain the letter "a"',
        code=('"a" in {x}',),
    ),
    Filter(
        key="shorter-5",
        run=lambda w: len(w) < 5,
        slip=lambda w: len(w) <= 5,
        one="is shorter than 5 characters",
        many="are shorter than 5 characters",
        code=("len({x}) < 5",),
    ),
    Filter(
        key="starts-with-vowel",
        run=lambda w: w[:1] in _VOWELS,
        one="starts with a lower case vowel",
        many="start with a lower case vowel",
        code=(_START,),
    ),
    Filter(
        key="lower",
        run=lambda w: w == w.lower(),
        one="has no upper case letters",
        many="have no upper case letters",
        code=("{x} == {x}.lower()",),
    ),
    Filter(
        key="starts-with-s",
        run=lambda w: w.startswith("s"),
        one='starts with "s"',
        many='start with "s"',
        code=('{x}.startswith("s")',),
    ),
    Filter(
        key="even-length",
        run=lambda w: len(w) % 2 == 0,
        one="is even in length",
        many="are even in length",
        code=("len({x}) % 2 == 0",),
    ),
    Filter(
        key="palindrome",
        run=lambda w: w == w[::-1],
        one="is a palindrome",
        many="are palindromes",
        code=("{x} == {x}[::-1]",),
    ),
    Filter(
        key="ends-with-e",
        run=lambda w: w.endswith("e"),
        one='ends with "e"',
        many='end with "e"',
        code=('{x}.endswith("e")',),
    ),
    Filter(
        key="capital",
        run=lambda w: w[:1].isupper(),
        one="starts with an upper case letter",
        many="start with an upper case letter",
        code=("{x}[:1].isupper()",),
    ),
    Filter(
        key="without-e",
        run=lambda w: "e" not in w,
        one='does not contain the letter "e"',
        many='do not contain the letter "e"',
        code=('"e" not in {x}',),
    ),
    Filter(
        key="length-4",
        run=lambda w: len(w) == 4,
        one="has exactly 4 characters",
        many="have exactly 4 characters",
        code=("len({x}) == 4",),
    ),
    Filter(
        key="letters",
        run=str.isalpha,
        one="consists of letters only",
        many="consist of letters only",
        code=("{x}.isalpha()",),
    ),
    Filter(
        key="same-ends",
        run=lambda w: w[:1] == w[-1:],
        one="starts and ends with the same character or is empty",
        many="start and end with the same character or are empty",
        code=("{x}[:1] == {x}[-1:]",),
    ),
    Filter(
        key="unlike-letters",
        run=lambda w: len(set(w)) == len(w),
        one="has no repeated characters",
        many="have no repeated characters",
        code=("len(set({x})) == len({x})",),
    ),
)

MAPS: Sequence[Map] = tuple(
    Map(key=key, run=run, many=f"the {many} of {{}}", one=f"the {one} of {{}}", code=code, atom=atom)
    for key, many, one, code, run, atom in (
        ("upper", "upper case forms", "upper case form", ("{x}.upper()",), str.upper, True),
        ("reversed", "reversals", "reversal", ("{x}[::-1]",), lambda w: w[::-1], True),
        ("lower", "lower case forms", "lower case form", ("{x}.lower()",), str.lower, True),
        ("initial", "first characters", "first character", ("{x}[:1]",), lambda w: w[:1], True),
        (
            "capital",
            "capitalized, otherwise lower case forms",
            "capitalized, otherwise lower case form",
            ("{x}.capitalize()",),
            str.capitalize,
            True,
        ),
        ("last", "last characters", "last character", ("{x}[-1:]",), lambda w: w[-1:], True),
        ("first-3", "first three characters", "first three characters", ("{x}[:3]",), lambda w: w[:3], True),
        ("twice", "repetitions", "repetition", ("{x} + {x}", "{x} * 2"), lambda w: w * 2, False),
        (
            "no-first",
            "rests after the first character",
            "rest after the first character",
            ("{x}[1:]",),
            lambda w: w[1:],
            True,
        ),
        ("swapped", "swapped case forms", "swapped case form", ("{x}.swapcase()",), str.swapcase, True),
        (
            "sorted",
            "sorted characters",
            "sorted characters",
            ('"".join(sorted({x}))',),
            lambda w: "".join(sorted(w)),
            True,
        ),
        (
            "a-to-o",
            'forms with "o" for "a"',
            'form with "o" for "a"',
            ('{x}.replace("a", "o")',),
            lambda w: w.replace("a", "o"),
            True,
        ),
    )
)

SIZES: Sequence[Map] = (
    Map(key="length", run=len, many="the lengths of {}", one="the length of {}", code=("len({x})",), atom=True),
    Map(
        key="vowels",
        run=lambda w: sum(c in "aeiou" for c in w),
        many="the numbers of lower case vowels of {}",
        one="the number of lower case vowels of {}",
        code=('sum(c in "aeiou" for c in {x})',),
        atom=True,
    ),
    Map(
        key="kinds",
        run=lambda w: len(set(w)),
        many="the numbers of distinct characters of {}",
        one="the number of distinct characters of {}",
        code=("len(set({x}))",),
        atom=True,
    ),
    Map(
        key="letter-e",
        run=lambda w: w.count("e"),
        many='the numbers of "e" of {}',
        one='the number of "e" of {}',
        code=('{x}.count("e")',),
        atom=True,
    ),
)

_ELSE_NOTHING = ', or "" if there are none'

REDUCES: Sequence[Reduce] = (
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
        key="spaced",
        run=" ".join,
        words=("{} joined with spaces",),
        gives="str",
        gen='" ".join({it})',
        lst='" ".join({v})',
    ),
    Reduce(
        key="total-length",
        run=lambda v: sum(len(w) for w in v),
        words=("the total length of {}",),
        gives="int",
        gen="sum({it})",
        each="len({v})",
        loop=("0", "{acc} += len({v})", "{acc}"),
        fold="len({v}) + {rest}",
    ),
    Reduce(
        key="longest",
        run=lambda v: max(v, key=len, default=""),
        words=("the first longest of {}" + _ELSE_NOTHING,),
        gives="str",
        gen='max({its}, key=len, default="")',
        lst="max({v}, key=len)",
        empty='""',
    ),
    Reduce(
        key="commas",
        run=",".join,
        words=("{} joined with commas",),
        gives="str",
        gen='",".join({it})',
        lst='",".join({v})',
    ),
    Reduce(
        key="joined",
        run="".join,
        words=("{} joined without anything between",),
        gives="str",
        gen='"".join({it})',
        lst='"".join({v})',
        fold="{v} + {rest}",
        loop=('""', "{acc} += {v}", "{acc}"),
    ),
    Reduce(
        key="shortest",
        run=lambda v: min(v, key=len, default=""),
        words=("the first shortest of {}" + _ELSE_NOTHING,),
        gives="str",
        gen='min({its}, key=len, default="")',
        lst="min({v}, key=len)",
        empty='""',
    ),
    Reduce(
        key="last",
        run=lambda v: v[-1] if v else "",
        words=("the last of {}" + _ELSE_NOTHING,),
        gives="str",
        lst="{v}[-1]",
        empty='""',
        loop=('""', "{acc} = {v}", "{acc}"),
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
        key="first",
        run=lambda v: v[0] if v else "",
        words=("the first of {}" + _ELSE_NOTHING,),
        gives="str",
        lst="{v}[0]",
        empty='""',
    ),
    Reduce(
        key="any-long",
        run=lambda v: any(len(w) > 5 for w in v),
        words=("whether any of {} is longer than 5 characters",),
        gives="bool",
        gen="any({it})",
        each="len({v}) > 5",
        loop=("", "if len({v}) > 5:\n    return True", "False"),
    ),
    Reduce(
        key="greatest",
        run=lambda v: max(v, default=""),
        words=("the last in sorted order of {}" + _ELSE_NOTHING,),
        gives="str",
        gen='max({its}, default="")',
        lst="max({v})",
        empty='""',
    ),
    Reduce(
        key="dashes",
        run="-".join,
        words=("{} joined with dashes",),
        gives="str",
        gen='"-".join({it})',
        lst='"-".join({v})',
    ),
    Reduce(
        key="repeated",
        run=lambda v: len(set(v)) < len(v),
        words=("whether {} hold a duplicate",),
        gives="bool",
        lst="len(set({v})) < len({v})",
    ),
)

ARRANGES: Sequence[Arrange] = (
    *GENERAL[:4],
    Arrange(
        key="by-length",
        run=lambda v: sorted(v, key=len),
        words=("{} sorted by length (ties stay in order)",),
        gen="sorted({its}, key=len)",
        lst=("sorted({v}, key=len)",),
    ),
    *GENERAL[4:9],
    *GENERAL[10:],
)

TESTS: Sequence[Test] = (
    LENGTHS[0],
    Test(key="empty-word", run=lambda v: "" in v, words="any of the {} is empty", code='"" in {v}'),
    *LENGTHS[1:],
)

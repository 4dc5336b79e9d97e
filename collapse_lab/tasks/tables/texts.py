"""Operations on texts: steps from a text to a text, measures of a text, and questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collapse_lab.tasks.operations import Measure, Step, Test

_VOWELS = "aeiouAEIOU"
_NOT_VOWEL = f'{{c}} not in "{_VOWELS}"'
_VOWEL = f'{{c}} in "{_VOWELS}"'


def _kept(key: str, verb: str, test: str, run: Callable[[str], bool]) -> Step:
    """Return a step that keeps the characters that pass."""
    code = f'"".join(c for c in {{t}} if {test.format(c="c")})'
    return Step(key=key, run=lambda t: "".join(c for c in t if run(c)), verb=verb, code=(code,), char=(test, "{c}"))


def _each(key: str, verb: str, value: str, run: Callable[[str], str], *more: str) -> Step:
    """Return a step that puts something in the place of every character."""
    code = f'"".join({value.format(c="c")} for c in {{t}})'
    fold = f"({value}) + {{rest}}" if " else " in value else f"{value} + {{rest}}"
    return Step(key=key, run=lambda t: "".join(map(run, t)), verb=verb, code=(*more, code), char=("", value), fold=fold)


STEPS: Sequence[Step] = (
    Step(key="upper", run=str.upper, verb="convert {} to upper case", code=("{t}.upper()",)),
    Step(
        key="reverse",
        run=lambda t: t[::-1],
        verb="reverse {}",
        code=("{t}[::-1]", '"".join(reversed({t}))'),
        char=("", "{c} + {acc}"),
        fold="{rest} + {c}",
    ),
    Step(key="lower", run=str.lower, verb="convert {} to lower case", code=("{t}.lower()",)),
    _kept("no-vowels", "remove the vowels from {}", _NOT_VOWEL, lambda c: c not in _VOWELS),
    Step(
        key="no-spaces",
        run=lambda t: t.replace(" ", ""),
        verb="remove the spaces from {}",
        code=('{t}.replace(" ", "")', '"".join(c for c in {t} if c != " ")'),
        char=('{c} != " "', "{c}"),
    ),
    Step(key="first-3", run=lambda t: t[:3], verb="keep the first three characters of {}", code=("{t}[:3]",)),
    _kept("letters", "keep only the letters of {}", "{c}.isalpha()", str.isalpha),
    Step(
        key="strip",
        run=lambda t: t.strip(" "),
        verb="remove the spaces at both ends of {}",
        code=('{t}.strip(" ")',),
    ),
    _each("double", "repeat each character of {} twice", "{c} * 2", lambda c: c * 2),
    Step(
        key="underscores",
        run=lambda t: t.replace(" ", "_"),
        verb="replace the spaces of {} with underscores",
        code=('{t}.replace(" ", "_")',),
        char=("", '"_" if {c} == " " else {c}'),
    ),
    Step(key="but-first", run=lambda t: t[1:], verb="drop the first character of {}", code=("{t}[1:]",)),
    _kept("digits", "keep only the digits of {}", "{c}.isdigit()", str.isdigit),
    Step(key="but-last", run=lambda t: t[:-1], verb="drop the last character of {}", code=("{t}[:-1]",)),
    Step(key="swap-case", run=str.swapcase, verb="swap the case of {}", code=("{t}.swapcase()",)),
    Step(
        key="sort",
        run=lambda t: "".join(sorted(t)),
        verb="sort the characters of {}",
        code=('"".join(sorted({t}))',),
    ),
    Step(
        key="exclaim",
        run=lambda t: t + "!",
        verb="append an exclamation mark to {}",
        code=('{t} + "!"',),
        atom=False,
    ),
    _kept("vowels", "keep only the vowels of {}", _VOWEL, lambda c: c in _VOWELS),
    Step(
        key="distinct",
        run=lambda t: "".join(dict.fromkeys(t)),
        verb="keep only the first of each character of {}",
        code=('"".join(dict.fromkeys({t}))',),
        char=("{c} not in {acc}", "{c}"),
    ),
    Step(
        key="alternate",
        run=lambda t: t[::2],
        verb="keep every second character of {}, starting with the first",
        code=("{t}[::2]",),
    ),
    Step(
        key="repeat", run=lambda t: t * 2, verb="repeat {} twice", code=("{t} * 2", "{t} + {t}"), many=True, atom=False
    ),
    _kept("no-digits", "remove the digits from {}", "not {c}.isdigit()", lambda c: not c.isdigit()),
    Step(
        key="tidy-spaces",
        run=lambda t: " ".join(w for w in t.split(" ") if w),
        verb="collapse the runs of spaces in {} and remove those at both ends",
        code=('" ".join({t}.split())',),
    ),
    Step(
        key="backwards",
        run=lambda t: " ".join(t.split()[::-1]),
        verb="join the words of {} with spaces in reverse order",
        code=('" ".join({t}.split()[::-1])', '" ".join(reversed({t}.split()))'),
    ),
    _each(
        "stars",
        "replace each vowel of {} with a star",
        f'"*" if {_VOWEL} else {{c}}',
        lambda c: "*" if c in _VOWELS else c,
    ),
    Step(
        key="rotate",
        run=lambda t: t[1:] + t[:1],
        verb="move the first character of {} to the end",
        code=("{t}[1:] + {t}[:1]",),
        many=True,
        atom=False,
    ),
    Step(
        key="brackets",
        run=lambda t: "[" + t + "]",
        verb="put {} between square brackets",
        code=('"[" + {t} + "]"',),
        atom=False,
    ),
    Step(key="capitalize", run=str.capitalize, verb="capitalize {} and lower the rest", code=("{t}.capitalize()",)),
    Step(key="last-4", run=lambda t: t[-4:], verb="keep the last four characters of {}", code=("{t}[-4:]",)),
)


def _number(key: str, what: str, test: str, run: Callable[[str], bool], *more: str) -> Measure:
    """Return a measure that counts characters."""
    return Measure(
        key=key,
        run=lambda t: sum(1 for c in t if run(c)),
        words=f"the number of {what} in {{}}",
        gives="int",
        code=(*more, f"sum(1 for c in {{t}} if {test.format(c='c')})"),
        char=test,
    )


MEASURES: Sequence[Measure] = (
    _number("vowels", "vowels", _VOWEL, lambda c: c in _VOWELS),
    Measure(key="length", run=len, words="the length of {}", gives="int", code=("len({t})",)),
    Measure(
        key="palindrome",
        run=lambda t: t == t[::-1],
        words="whether {} is a palindrome",
        gives="bool",
        code=("{t} == {t}[::-1]",),
        many=True,
    ),
    _number("upper", "upper case letters", "{c}.isupper()", str.isupper),
    Measure(
        key="words",
        run=lambda t: len(t.split()),
        words="the number of words in {}",
        gives="int",
        code=("len({t}.split())",),
    ),
    _number("digits", "digits", "{c}.isdigit()", str.isdigit),
    _number("letter-a", 'letters "a"', '{c} == "a"', lambda c: c == "a", '{t}.count("a")'),
    Measure(
        key="kinds",
        run=lambda t: len(set(t)),
        words="the number of distinct characters in {}",
        gives="int",
        code=("len(set({t}))",),
    ),
    Measure(
        key="split",
        run=str.split,
        words="the list of the words in {}",
        gives="list[str]",
        code=("{t}.split()",),
    ),
    _number("spaces", "spaces", '{c} == " "', lambda c: c == " ", '{t}.count(" ")'),
    Measure(
        key="has-digit",
        run=lambda t: any(c.isdigit() for c in t),
        words="whether {} contains a digit",
        gives="bool",
        code=("any(c.isdigit() for c in {t})",),
    ),
    _number("lower", "lower case letters", "{c}.islower()", str.islower),
    Measure(
        key="first-word",
        run=lambda t: next(iter(t.split()), ""),
        words='the first word in {}, or "" if there is none',
        gives="str",
        code=('{t}.split()[0] if {t}.split() else ""',),
        many=True,
    ),
    _number(
        "consonants",
        "consonants",
        f'{{c}}.isalpha() and {{c}} not in "{_VOWELS}"',
        lambda c: c.isalpha() and c not in _VOWELS,
    ),
    Measure(
        key="longest-word",
        run=lambda t: max(t.split(), key=len, default=""),
        words='the first longest word in {}, or "" if there is none',
        gives="str",
        code=('max({t}.split(), key=len, default="")',),
    ),
    Measure(
        key="commonest",
        run=lambda t: max(sorted(set(t)), key=t.count, default=""),
        words='the most common character in {} (the first in sorted order on ties), or "" if there is none',
        gives="str",
        code=('max(sorted(set({t})), key={t}.count, default="")',),
        many=True,
    ),
    Measure(
        key="unlike",
        run=lambda t: len(set(t)) == len(t),
        words="whether all characters in {} are distinct",
        gives="bool",
        code=("len(set({t})) == len({t})",),
        many=True,
    ),
    Measure(
        key="digit-sum",
        run=lambda t: sum(int(c) for c in t if c.isdigit()),
        words="the sum of the digits in {}",
        gives="int",
        code=("sum(int(c) for c in {t} if c.isdigit())",),
    ),
    Measure(
        key="initials",
        run=lambda t: "".join(w[0] for w in t.split()),
        words="the initials of the words in {}",
        gives="str",
        code=('"".join(w[0] for w in {t}.split())',),
    ),
)

TESTS: Sequence[Test] = (
    Test(
        key="long",
        run=lambda t: len(t) > 5,
        slip=lambda t: len(t) >= 5,
        words="{} is longer than 5 characters",
        code="len({v}) > 5",
    ),
    Test(key="space", run=lambda t: " " in t, words="{} contains a space", code='" " in {v}'),
    Test(
        key="vowel",
        run=lambda t: t[:1] in tuple(_VOWELS),
        words="{} starts with a vowel",
        code=f'any({{v}}.startswith(c) for c in "{_VOWELS}")',
    ),
    Test(key="palindrome", run=lambda t: t == t[::-1], words="{} is a palindrome", code="{v} == {v}[::-1]"),
    Test(key="even-length", run=lambda t: len(t) % 2 == 0, words="{} has an even length", code="len({v}) % 2 == 0"),
    Test(
        key="digit",
        run=lambda t: any(c.isdigit() for c in t),
        words="{} contains a digit",
        code="any(c.isdigit() for c in {v})",
    ),
    Test(
        key="lower",
        run=lambda t: t == t.lower(),
        words="{} has no upper case letters",
        code="{v} == {v}.lower()",
    ),
    Test(key="letters", run=str.isalpha, words="{} consists of letters only and is not empty", code="{v}.isalpha()"),
)

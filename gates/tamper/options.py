"""The command-line words of a runner's configuration that leave tests out or hide failures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

# pytest's options (``pytest --help``) that leave tests out, run none, or turn off what makes them fail; with
# whether the next word is their value.
_NARROWING: dict[str, bool] = {
    "-k": True,
    "-m": True,
    "--ignore": True,
    "--ignore-glob": True,
    "--deselect": True,
    "-p": True,
    "--collect-only": False,
    "--co": False,
    "--lf": False,
    "--last-failed": False,
    "--sw": False,
    "--stepwise": False,
    "--stepwise-skip": False,
    "--setup-only": False,
    "--setup-plan": False,
    "--setuponly": False,
    "--noconftest": False,
    "--override-ini": True,
    "-o": True,
    "-c": True,
    "--config-file": True,
    "--rootdir": True,
    "--confcutdir": True,
    "--reruns": True,
    "--runxfail": False,
    "--continue-on-collection-errors": False,
    "--suppress-no-test-exit-code": False,
    "--no-cov": False,
    "--pyargs": False,
    "-h": False,
    "--help": False,
    "--version": False,
    "--fixtures": False,
    "--markers": False,
    "-O": False,
    "-OO": False,
}
_SHORT = ("-k", "-m", "-p", "-o", "-c", "-W")
# Short options without a value may stand before one with a value: ``-qk expression``.
_BUNDLED = re.compile(r"^-[qvxsl]+(?=[kmpocW])")
_STRICT = re.compile(r"^--strict")


def options_of(words: Sequence[str]) -> list[tuple[str, str]]:
    """Return ``(option, value)`` for each option of a command line; a value follows, or stands behind ``=``."""
    found: list[tuple[str, str]] = []
    rest = iter(words)
    for written in rest:
        if not written.startswith("-"):
            continue
        word = _BUNDLED.sub("-", written)
        name, equals, value = word.partition("=")
        short = next((s for s in _SHORT if word.startswith(s) and word != s and not word.startswith("--")), None)
        if short is not None:
            found.append((short, word[len(short) :].lstrip("=")))
        elif not equals and (_NARROWING.get(name) or name == "-W"):
            found.append((name, next(rest, "")))
        else:
            found.append((name, value))
    return found


def narrowing(base: Sequence[str], head: Sequence[str]) -> Iterator[str]:
    """Yield, in words, what the head's options leave out or hide and the base's do not."""
    before, after = Counter(options_of(base)), Counter(options_of(head))
    for name, value in (after - before).elements():
        if name in _NARROWING and not (name == "-p" and not value.startswith("no:")):
            yield f"`{name} {value}`".replace(" `", "`") + " was added"
        elif name == "-W" and value.startswith("ignore"):
            yield f"`-W {value}` was added"
        elif name == "--cov-fail-under" and _lowered(before, value):
            yield f"`--cov-fail-under` was lowered to {value or 'nothing'}"
    for name, value in (before - after).elements():
        if name == "-W" and value.startswith("error"):
            yield f"`-W {value}` was removed"
        elif _STRICT.match(name) and not any(_STRICT.match(option) for option, _ in after):
            yield f"`{name}` was removed"
        elif name == "--cov-fail-under" and not any(option == name for option, _ in after):
            yield "`--cov-fail-under` was removed"


def deselected_marks(words: Sequence[str]) -> frozenset[str]:
    """Return the marks that ``-m "not slow"`` and its kind leave out."""
    return frozenset(
        mark for name, value in options_of(words) if name == "-m" for mark in re.findall(r"\bnot\s+(\w+)", value)
    )


def _lowered(before: Counter[tuple[str, str]], value: str) -> bool:
    old = [v for name, v in before if name == "--cov-fail-under"]
    try:
        return bool(old) and float(value) < max(float(v) for v in old)
    except ValueError:
        return True

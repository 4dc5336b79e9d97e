"""Names that are easily taken for those of popular distributions."""

from __future__ import annotations

from functools import cache

from gates.dependencies.names import known_modules, normalised, popular

# A short word has too many neighbours for a distance to mean anything.
_SHORTEST = 5
_LONG = 10
# Signs that look alike in many typefaces; Cyrillic and Greek letters among them.
_SAME = str.maketrans({
    "0": "o", "1": "l", "i": "l", "5": "s", "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x",
    "і": "l", "ο": "o", "α": "a", "ν": "v", "ι": "l",
})  # fmt: skip


def looks_like(name: str) -> str | None:
    """Return the popular distribution that *name* may be taken for, ``None`` for none and for popular ones.

    With words at a Damerau-Levenshtein distance of 1 (2 for ten letters and more), with the same words in another
    order, with separators elsewhere, or with signs that look the same.
    """
    name = normalised(name)
    if name in popular() or known_modules(name):
        return None
    skeletons, orders = _tables()
    found = skeletons.get(_skeleton(name)) or orders.get(_order(name))
    if found:
        return found
    steps = {known: count for known in popular() if (count := _slips(known, name)) is not None}
    return min(steps, key=lambda known: (steps[known], known), default=None)


def _slips(known: str, name: str) -> int | None:
    """Return how many slips of the hand lie between two names, word by word; ``None`` for too many to be slips.

    Another number at the end is another version, and the first letter is seldom mistyped.
    """
    if known[0] != name[0] or abs(len(known) - len(name)) > 2 or known.count("-") != name.count("-"):
        return None
    if known.rstrip("0123456789") == name.rstrip("0123456789"):
        return None
    total = 0
    for a, b in zip(known.split("-"), name.split("-"), strict=True):
        length = min(len(a), len(b))
        reach = 2 if length >= _LONG else 1 if length >= _SHORTEST else 0
        steps = distance(a, b, reach)
        if steps > reach:
            return None
        total += steps
    return total


@cache
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    names = sorted(popular(), reverse=True)
    return {_skeleton(n): n for n in names}, {_order(n): n for n in names if "-" in n}


def _skeleton(name: str) -> str:
    return name.translate(_SAME).replace("rn", "m").replace("vv", "w").replace("-", "")


def _order(name: str) -> str:
    return "-".join(sorted(name.split("-"))) if "-" in name else ""


def distance(left: str, right: str, most: int) -> int:
    """Return the optimal string alignment distance of two words, or ``most + 1`` as soon as it is larger.

    Insertions, deletions, substitutions and swaps of neighbours count one each.
    """
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]

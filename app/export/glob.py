"""Globs over paths, as in a policy's ``exclude``: ``*`` stands for anything, slashes too; ``**/`` also for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from itertools import product

MOST = 6
"""How many ``**/`` a glob may have: each doubles the forms that a path is held against."""

_ANY = re.compile(r"(?:\*\*/)+")


def folders(glob: str) -> int:
    """Return the number of ``**/`` in a glob; several in a row are one."""
    return len(_ANY.findall(glob))


def matcher(glob: str) -> Callable[[str], bool]:
    """Return whether a path matches *glob*, as a function. Each form takes time in proportion to the path."""
    pieces = _ANY.split(glob)
    forms = {
        "".join(a + b for a, b in zip(pieces, (*given, ""), strict=True))
        for given in product(("", "**/"), repeat=len(pieces) - 1)
    }
    patterns = [re.compile(translate(form)) for form in sorted(forms, key=len)]
    return lambda path: any(pattern.match(path) for pattern in patterns)

"""Globs over paths of a repository, much as ``.gitignore`` reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_TOKENS = re.compile(r"\*\*/|/\*\*$|\*\*|\*|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)
_FIXED = {"**/": "(?:.*/)?", "/**": "/.+", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Return whether a path matches any of *globs*.

    ``*`` and ``?`` stay within one directory, ``**`` crosses them; a glob without ``/`` matches the file's name at any
    depth, one with ``/`` the path from the root; a ``/`` at the end means everything below a directory of that name.
    Case counts, and so do leading dots: ``*`` matches ``.npmrc``.
    """
    return _matcher(tuple(globs))


@lru_cache(maxsize=64)
def _matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    if not globs:
        return lambda _: False
    pattern = re.compile("|".join(f"(?:{_expression(glob)})" for glob in globs), re.DOTALL)
    return lambda path: pattern.fullmatch(path) is not None


def _expression(glob: str) -> str:
    whole = f"{glob}**" if glob.endswith("/") else glob
    anchored = "/" in glob.rstrip("/")
    body = "".join(map(_part, _TOKENS.findall(whole.removeprefix("/"))))
    return body if anchored else f"(?:.*/)?{body}"


def _part(token: str) -> str:
    return _FIXED.get(token) or _class(token) or re.escape(token)


def _class(token: str) -> str | None:
    """Return the expression of ``[...]``; ``None`` where it is none, as with a range whose ends are swapped."""
    if len(token) < 3 or not token.startswith("["):
        return None
    negated = token[1] == "!"
    body = "".join(char if char == "-" else re.escape(char) for char in token[2 if negated else 1 : -1])
    expression = f"[{'^/' if negated else ''}{body}]"
    try:
        re.compile(expression)
    except re.error:
        return None
    return expression

"""The standard library's top-level modules, by version of Python 3."""

from __future__ import annotations

import sys

# Minor version from which a module exists, of those newer than 3.6.
_ADDED = {
    "annotationlib": 14,
    "compression": 14,
    "contextvars": 7,
    "dataclasses": 7,
    "graphlib": 9,
    "tomllib": 11,
    "zoneinfo": 9,
}
# Minor version from which a module is gone ("What's New in Python", the sections "Removed").
_REMOVED = {
    "_dummy_threading": 9,
    "aifc": 13,
    "asynchat": 12,
    "asyncore": 12,
    "audioop": 13,
    "binhex": 11,
    "cgi": 13,
    "cgitb": 13,
    "chunk": 13,
    "crypt": 13,
    "distutils": 12,
    "dummy_threading": 9,
    "formatter": 10,
    "imghdr": 13,
    "imp": 12,
    "lib2to3": 13,
    "macpath": 8,
    "mailcap": 13,
    "msilib": 13,
    "nis": 13,
    "nntplib": 13,
    "ossaudiodev": 13,
    "parser": 10,
    "pipes": 13,
    "smtpd": 12,
    "sndhdr": 13,
    "spwd": 13,
    "sunau": 13,
    "symbol": 10,
    "telnetlib": 13,
    "uu": 13,
    "xdrlib": 13,
}
# `_typeshed` exists for type checkers, `__main__` always, and `test` wherever a system has not split it off.
_ALWAYS = frozenset({"__main__", "_typeshed", "test"})
_MODULES = sys.stdlib_module_names | _ADDED.keys() | _REMOVED.keys() | _ALWAYS


def is_stdlib(module: str) -> bool:
    """Whether a top-level module belongs to the standard library of any Python 3 from 3.6 on."""
    return module in _MODULES


def gap(module: str, minors: tuple[int, ...]) -> str | None:
    """Return a phrase for why some of the *minors* lack a module of the standard library, ``None`` if none does."""
    if not minors:
        return None
    since, until = _ADDED.get(module), _REMOVED.get(module)
    if since is not None and minors[0] < since:
        return f"exists from Python 3.{since} on, and Python 3.{minors[0]} is supported as well"
    if until is not None and minors[-1] >= until:
        return f"is gone since Python 3.{until}, which is supported as well"
    return None

"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` (with its space) for the known name most like *given*; nothing where none is."""
    from difflib import get_close_matches  # only those who mistype pay for the import

    found = get_close_matches(given, list(known), n=1)
    return f" Did you mean {found[0]!r}?" if found else ""

"""Beginnings of English Wikipedia's articles, from the Hub: natural-language texts where any will do.

``wikimedia/wikipedia`` is kept as Parquet, so that ``datasets`` reads it without running anything of it, and streamed,
so that the first files of its forty-one are enough. Of each article the first paragraphs are taken, up to 2,000
characters: so texts are about different things. The texts are under CC BY-SA and the GFDL; none is shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from itertools import islice
from typing import Any

from collapse_lab.pools.paragraphs import pieces
from collapse_lab.pools.rows import Origin, PoolError, Row
from collapse_lab.pools.texts import text_row

DATA_SET, EDITION = "wikimedia/wikipedia", "20231101.en"
ARTICLES = 20_000
"""How many articles of the data set's order are taken."""

Fetch = Callable[[], Iterable[Mapping[str, Any]]]

_LICENCE = "CC-BY-SA-3.0"


def articles(fetch: Fetch | None = None) -> Iterator[Row]:
    """Yield the beginnings of the first articles that are long enough (``paragraphs.LEAST``).

    Raises ``PoolError`` where the Hub is not reached.
    """
    return islice(_beginnings((fetch or _from_hub)()), ARTICLES)


def _beginnings(found: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for article in found:
        text = str(article.get("text") or "").replace("\r\n", "\n")
        if first := next(pieces(text.split("\n\n")), None):
            yield text_row(first, Origin("wikipedia", EDITION, str(article.get("url") or "unknown"), 1, _LICENCE))


def _from_hub() -> Iterable[Mapping[str, Any]]:
    other = (
        "Or take `prose: {name: packages}`, which needs no Hub, or a file of your own: `prose: {name: file, path: "
        "texts.jsonl}`, with a `text` on each line."
    )
    try:
        load = import_module("datasets").load_dataset
    except ImportError as error:
        raise PoolError(
            "Wikipedia is read from the Hub with the package `datasets`, which is not installed: pip install datasets. "
            + other
        ) from error
    try:
        found: Iterable[Mapping[str, Any]] = load(DATA_SET, EDITION, split="train", streaming=True)
        yield from found
    except Exception as error:
        raise PoolError(
            f"{DATA_SET} could not be read from the Hub ({type(error).__name__}: {error}). See that it can be reached. "
            + other
        ) from error

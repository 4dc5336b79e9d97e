"""Natural-language documents out of what people wrote about code: marked code, tables and pictures left out.

Markdown and reStructuredText are not parsed. Their marks for code are few (fences, indentation, ``::``, prompts), and
a paragraph that is lost costs less than code that is taken for prose.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

MOST, LEAST = 2_000, 200
"""The most and the least characters of a document, some 500 and 50 tokens."""

# A paragraph of natural language has so many words, and this share of its characters are letters and spaces.
_WORDS, _LETTERS = 6, 0.85
_FENCED = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?")
_LINK = re.compile(r"\[([^\[\]]*)\](?:\([^()\s]*(?:\s[^()]*)?\)|\[[^\[\]]*\])")
_NAMED_LINK = re.compile(r"`([^`<>]+?)\s*<[^`<>]+>`__?")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_RULE = re.compile(r"[^\w\s]{3,}")
_HEADING = re.compile(r"#+\s+")
# What begins a paragraph that is no prose: directives and targets, prompts, tables, definitions of links.
_MARKED = re.compile(r"\.\. |>>> |\.\.\. |\$ |%|\||\+[-=]|\[[^\]]+\]:|:[\w -]+:|@")


def paragraphs(document: str) -> list[str]:
    """Return the paragraphs of natural language in a document, in their order."""
    text = textwrap.dedent(document.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4))
    for marked in (_HIDDEN, _FENCED):
        text = marked.sub("\n\n", text)
    found = (_plain(block) for block in re.split(r"\n(?:[ \t]*\n)+", text) if not _code(block))
    return [block for block in found if _prose(block)]


def pieces(parts: Iterable[str], least: int = LEAST) -> Iterator[str]:
    """Yield documents of up to ``MOST`` characters, whole paragraphs as far as they are no longer than that.

    One with fewer than *least* characters is left out.
    """
    held: list[str] = []
    for part in (one for paragraph in parts for one in _cut(paragraph)):
        if held and sum(map(len, held)) + 2 * len(held) + len(part) > MOST:
            yield from _enough(held, least)
            held = []
        held.append(part)
    yield from _enough(held, least)


def _enough(held: list[str], least: int) -> list[str]:
    text = "\n\n".join(held)
    return [text] if held and len(text) >= least else []


def _cut(paragraph: str) -> Iterator[str]:
    """Yield a paragraph in pieces: at the ends of sentences, between words where a sentence has none, or anywhere."""
    rest = paragraph.strip()
    while len(rest) > MOST:
        sentence, word = rest.rfind(". ", 0, MOST) + 1, rest.rfind(" ", 0, MOST)
        end = sentence or max(word, 0) or MOST
        yield rest[:end].rstrip()
        rest = rest[end:].lstrip()
    if rest:
        yield rest


def _code(block: str) -> bool:
    """Whether a block is marked as no prose: all of it indented, or by how it begins."""
    lines = [line for line in block.split("\n") if line.strip()]
    return not lines or all(line[0].isspace() for line in lines) or bool(_MARKED.match(lines[0].lstrip()))


def _plain(block: str) -> str:
    """Return a block without pictures, tags, addresses of links, rules and signs of headings."""
    for shown, kept in ((_PICTURE, ""), (_LINK, r"\1"), (_NAMED_LINK, r"\1"), (_TAG, "")):
        block = shown.sub(kept, block)
    lines = [line.rstrip() for line in block.split("\n")]
    return "\n".join(_HEADING.sub("", line) for line in lines if line and not _RULE.fullmatch(line.strip()))


def _prose(block: str) -> bool:
    if len(block.split()) < _WORDS:
        return False
    return sum(sign.isalpha() or sign.isspace() for sign in block) >= _LETTERS * len(block)

r"""Untrusted text made harmless for one medium each: a terminal, Markdown, JSON.

Paths, messages, names and evidence come from the change: they may carry escape sequences that rewrite the screen,
direction overrides that make code read otherwise than it is, or Markdown that mentions people. What could act is
shown as a visible escape (``\x1b``); what is only text stays as it is.
"""

from __future__ import annotations

import re
import unicodedata

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Controls, invisible format characters (bidi overrides among them), surrogates, private use, unassigned, and the
# line and paragraph separators: the general categories of the Unicode Character Database.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Default_Ignorable_Code_Point and blanks that have a visible category (Unicode 15, DerivedCoreProperties.txt).
_HIDDEN_RANGES = (
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF),
)  # fmt: skip
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BYTE_SURROGATES = (0xDC80, 0xDCFF)


def visible(text: str) -> str:
    r"""Return *text* on one line with every character that acts or hides shown as an escape.

    A byte that was no UTF-8 (kept by ``os.fsdecode`` as a surrogate) is shown as that byte, ``\xff``.
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def well_formed(text: str) -> str:
    r"""Return *text* with lone surrogates as escapes, so that it can be written as UTF-8; newlines stay."""
    return _LONE_SURROGATE.sub(lambda match: _escape(match.group()), text)


def clip(text: str, most: int) -> str:
    """Return at most *most* characters, with an ellipsis in place of what was cut."""
    return text if len(text) <= most else text[: max(0, most - 1)] + "…"


def _shown(char: str) -> str:
    return _escape(char) if _is_hidden(char) else char


def _is_hidden(char: str) -> bool:
    point = ord(char)
    return unicodedata.category(char) in _HIDDEN_CATEGORIES or any(low <= point <= high for low, high in _HIDDEN_RANGES)


def _escape(char: str) -> str:
    point = ord(char)
    if _BYTE_SURROGATES[0] <= point <= _BYTE_SURROGATES[1]:
        point -= 0xDC00
    if short := _SHORT.get(char):
        return short
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


# What Markdown and HTML give a meaning to. Written as numeric references: those are never structure (GitHub
# Flavored Markdown Spec 0.29, section 6.2).
_MARKUP = str.maketrans({char: f"&#{ord(char)};" for char in "&<>`*_~[]|\\!"} | {"$": "<span>$</span>"})
# GitHub looks for mentions, references, links and emoji in the *rendered* text, where references are characters
# again: a zero-width space keeps the two halves apart.
_BREAK = "&#8203;"
_AUTOLINKS = (
    re.compile(r"[@#]"),  # @user, @org/team, #12, owner/repo#12, name@example.org
    re.compile(r"\bgh-(?=\d)", re.IGNORECASE),
    re.compile(r":(?=//)"),
    re.compile(r"\bwww(?=\.)", re.IGNORECASE),
    re.compile(r":(?=[\w+-]+:)"),  # :tada:
    re.compile(r"\b(?:mailto|xmpp):", re.IGNORECASE),
)
_BLOCK_START = re.compile(r"^(?:[-+=]|\d(?=\d*[.)]))")


def markdown(text: str) -> str:
    """Return *text* as inline GitHub Flavored Markdown that renders as itself: no markup, link, mention or emoji.

    Safe in a paragraph, a list item and a table's cell.
    """
    marked = visible(text)
    for pattern in _AUTOLINKS:
        marked = pattern.sub(lambda match: match.group() + "\0", marked)
    stripped = _BLOCK_START.sub(lambda match: f"\1{ord(match.group())}\2", marked.strip(" "))
    escaped = stripped.translate(_MARKUP)
    return escaped.replace("\0", _BREAK).replace("\1", "&#").replace("\2", ";")


def code(text: str, *, in_table: bool = False) -> str:
    r"""Return *text* as a Markdown code span whose fence is longer than any run of backticks inside.

    Within a table a ``|`` must be written ``\|``, also in code (GFM section 4.10).
    """
    inner = visible(text)
    if not inner.strip():
        return "(empty)"
    if in_table:
        inner = inner.replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", inner)), default=0))
    # One space is taken off at both ends when both have one (GFM section 6.3): give it those to take.
    pad = " " if inner[0] in "` " or inner[-1] in "` " else ""
    return f"{fence}{pad}{inner}{pad}{fence}"

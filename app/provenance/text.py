"""What running text says: lines of a commit message, a pull request's description, the branch's name.

Text that a template put there is no mention, so each line carries the surroundings it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.provenance.rules import Row, RuleSet
from app.provenance.seen import Seen, seen

# A block can stand in a list; behind backticks that open one, no other backtick stands on the line.
_FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}(?=[^`]*$)|~{3,})")
_QUOTE = re.compile(r"\s*>")
_UNCHECKED = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+\[ \]")
_MARKS = re.compile(r"^[\s>]*(?:(?:[-*+]|\d+[.)])\s+\[[ xX]\]\s*)?(?:<!--+)?")
_INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_QUESTION = re.compile(r"\?[\s*_)\]]*$")
# Emoji and emphasis may stand before a line's first letter; marks of quotes, headings, lists and code may not.
_DECORATION = re.compile(r"^[^\w>#`|<\[\](){}+-]{0,8}_{0,2}")

# Inline code is looked for this far into a line: the search for its ends is quadratic.
_LONGEST_LINE = 2000

_REASONS = {
    "comment": "It stands inside an HTML comment, as a template's text does.",
    "fence": "It stands inside a code block, so it is shown, not said.",
    "code": "It stands inside inline code, so it is shown, not said.",
    "quote": "It stands in quoted text.",
    "unchecked": "It stands beside a checkbox that is not ticked.",
    "question": "It stands in a question, as a template's text does.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line with what surrounds it.

    ``opens_in`` is where the line starts: ``comment``, ``fence``, ``quote``, ``unchecked`` or nothing. ``shown`` is
    the text outside comments that open on the line itself.
    """

    text: str
    shown: str
    opens_in: str = ""


def read_lines(text: str) -> Iterator[Line]:
    """Yield the lines of Markdown *text* with their surroundings."""
    fence = ""
    in_comment = False
    for raw in text.replace("\r\n", "\n").split("\n"):
        if in_comment:
            _, end, rest = raw.partition("-->")
            in_comment = not end
            yield Line(raw, rest, "comment")
            continue
        mark = _FENCE.match(raw)
        if fence:
            closes = mark is not None and mark.group(1).startswith(fence) and not raw.strip(" `~\t")
            yield Line(raw, "", "fence")
            fence = "" if closes else fence
            continue
        if mark is not None:
            fence = mark.group(1)
            yield Line(raw, "", "fence")
            continue
        shown, in_comment = _without_comments(raw)
        yield Line(raw, shown, _surroundings(raw))


def _surroundings(line: str) -> str:
    if _QUOTE.match(line):
        return "quote"
    return "unchecked" if _UNCHECKED.match(line) else ""


def _without_comments(line: str) -> tuple[str, bool]:
    """Return the line without HTML comments, and whether the last one stays open."""
    shown, at = "", 0
    said = _without_code(line) if "<!--" in line else line
    while (start := said.find("<!--", at)) >= 0:
        shown += line[at:start]
        end = line.find("-->", start + 4)
        if end < 0:
            return shown, True
        at = end + 3
    return shown + line[at:], False


def _without_code(line: str) -> str:
    """Return the line with blanks in the place of inline code."""
    start = _INLINE_CODE.sub(lambda code: " " * len(code.group()), line[:_LONGEST_LINE])
    return start + line[_LONGEST_LINE:]


def message_signs(message: str, rules: RuleSet) -> list[Seen]:
    """Return the signs in the lines of a commit message and in its subject."""
    subject = message.lstrip("\n").partition("\n")[0]
    signs = [
        seen(row, "subject", subject)
        for row in rules.by_field.get("subject", ())
        if row.pattern().match(subject.strip())
    ]
    return signs + _text_signs(message, "message", rules.by_field.get("text", ()))


def body_signs(body: str, rules: RuleSet) -> list[Seen]:
    """Return the signs in a pull request's description."""
    rows = (*rules.by_field.get("body", ()), *rules.by_field.get("text", ()))
    return _text_signs(body, "body", rows)


def branch_signs(branch: str | None, rules: RuleSet) -> list[Seen]:
    """Return the signs in the name of the head branch."""
    name = (branch or "").removeprefix("refs/heads/")
    return [seen(row, "branch", name) for row in rules.by_field.get("branch", ()) if row.pattern().match(name)]


def _text_signs(text: str, field: str, rows: Iterable[Row]) -> list[Seen]:
    present = [row for row in rows if _may_contain(text, row)]
    if not present:
        return []
    lines = list(read_lines(text))
    return [sign for row in present for line in lines if (sign := _line_sign(row, line, field)) is not None]


def _may_contain(text: str, row: Row) -> bool:
    """A cheap look at the whole, so that most texts are never split into lines."""
    return row.value in text if row.kind == "marker" else row.pattern().search(text) is not None


def _line_sign(row: Row, line: Line, field: str) -> Seen | None:
    if row.kind == "marker":
        if row.value not in line.text:
            return None
        code = "" if row.value in _without_code(line.text) else "code"
        return seen(row, field, row.value, reason=_REASONS.get(line.opens_in or code))
    find = row.pattern().search if row.kind == "link" else row.pattern().match
    where = _where(line, find)
    return None if where is None else seen(row, field, line.text.strip(), reason=_REASONS.get(where))


def _where(line: Line, find: Callable[[str], object]) -> str | None:
    """Return the surroundings in which *find* hits the line, empty in the open, ``None`` without a hit."""
    shown = _first_letter(line.shown)
    if find(shown):
        code = "" if find(_first_letter(_without_code(line.shown))) else "code"
        return line.opens_in or code or ("question" if _QUESTION.search(shown) else "")
    if line.shown != line.text and find(_first_letter(line.text)):
        return line.opens_in or "comment"
    return None


def _first_letter(line: str) -> str:
    """Return the line from its first letter on, behind marks of quotes, checkboxes, comments and emphasis."""
    return _DECORATION.sub("", _MARKS.sub("", line))

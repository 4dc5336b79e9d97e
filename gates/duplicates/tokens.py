"""Source text as a sequence of numbers, in which a copy with other local names is still the same sequence."""

from __future__ import annotations

import keyword
import re
import zlib
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

_NAME = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_OTHERS = rb"|\.[ \t]*" + _NAME + rb"|" + _NAME + rb"[ \t]*\(|" + _NAME + rb"|\d[\w.]*|[^\s\w]"
# What is not closed ends with the text: a pattern that looked for an end in vain, again and again, would be quadratic.
_PYTHON = re.compile(
    rb"#[^\n]*"
    rb'|[bBfFrRuU]{0,2}(?:"""(?:[^\\]|\\.)*?(?:"""|\Z)|\'\'\'(?:[^\\]|\\.)*?(?:\'\'\'|\Z)'
    rb'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\')' + _OTHERS,
    re.DOTALL,
)
_BRACES = re.compile(
    rb"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?"
    rb'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`(?:[^`\\]|\\.)*`?' + _OTHERS,
    re.DOTALL,
)
# Every module starts with the same kind of lines; they say nothing of where the code came from.
_PYTHON_IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import\b[ \t]*(?:\([^)]{0,4000}\)|[^\n]*)|import[ \t][^\n]*)", re.MULTILINE
)
_BRACES_IMPORTS = re.compile(rb"^[ \t]*(?:import|#[ \t]*include|using|package|use|require)\b[^\n]*", re.MULTILINE)

_LOCAL = 1
_KEYWORDS = frozenset(word.encode() for word in keyword.kwlist) | frozenset(
    b"function const let var new class struct enum interface public private static func fn "
    b"mut this self super null nil undefined true false switch case default do catch throw throws extends "
    b"implements".split()
)


@dataclass(frozen=True)
class Language:
    """How one family of languages is cut into tokens."""

    name: str
    suffixes: tuple[str, ...]
    pattern: re.Pattern[bytes]
    imports: re.Pattern[bytes]
    comments: tuple[bytes, ...]

    @property
    def codes(self) -> Codes:
        """A table of token codes, empty at first."""
        return Codes(self.comments)


PYTHON = Language("python", (".py", ".pyi"), _PYTHON, _PYTHON_IMPORTS, (b"#",))
BRACES = Language(
    "braces",
    (".js", ".jsx", ".mjs", ".ts", ".tsx", ".java", ".kt", ".scala", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".go",
     ".rs", ".swift", ".php"),
    _BRACES,
    _BRACES_IMPORTS,
    (b"//", b"/*"),
)  # fmt: skip
LANGUAGES = (PYTHON, BRACES)


def language_of(path: str) -> Language | None:
    """Return the language of a file by its name, ``None`` for one that is not compared."""
    return next((language for language in LANGUAGES if path.endswith(language.suffixes)), None)


class Codes(dict[bytes, int]):
    """The number of each token, worked out at its first use; 0 is a comment.

    Keywords, signs, literals, attributes (``.name``) and called or defined names (``name(``) stay what they are, by
    their CRC-32. Any other name is the same number: a copy whose variables were renamed is a copy.
    """

    def __init__(self, comments: tuple[bytes, ...]) -> None:
        super().__init__()
        self._comments = comments

    def __missing__(self, token: bytes) -> int:
        code = self._code(token)
        self[token] = code
        return code

    def _code(self, token: bytes) -> int:
        if token.startswith(self._comments):
            return 0
        if (token[:1].isalpha() or token[:1] == b"_" or token[0] >= 0x80) and token[-1:] not in b"('\"":
            return zlib.crc32(token) | 2 if token in _KEYWORDS else _LOCAL
        return zlib.crc32(token.replace(b" ", b"").replace(b"\t", b"")) | 2


def numbers(language: Language, text: bytes, codes: Codes) -> list[int]:
    """Return the tokens of a text as numbers, without comments and imports."""
    found = map(codes.__getitem__, language.pattern.findall(_without_imports(language, text)))
    return [code for code in found if code]


def located(language: Language, text: bytes, codes: Codes, keep: Callable[[int], bool]) -> list[list[tuple[int, int]]]:
    """Return (number, line) of the tokens on the lines to *keep*, in runs without a line between that is not kept."""
    starts = [m.start() for m in re.finditer(rb"\n", text)]
    runs: list[list[tuple[int, int]]] = []
    kept_before = False
    for match in language.pattern.finditer(_without_imports(language, text)):
        line = bisect_left(starts, match.start()) + 1
        kept = keep(line)
        if kept and not kept_before:
            runs.append([])
        kept_before = kept
        code = codes[match.group()]
        if kept and code:
            runs[-1].append((code, line))
    return [run for run in runs if run]


def _without_imports(language: Language, text: bytes) -> bytes:
    """Blank the imports, keeping every line where it was."""
    return language.imports.sub(lambda m: b"\n" * m.group().count(b"\n"), text)

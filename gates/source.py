"""Python source turned into a syntax tree, without a crash whatever the bytes are."""

from __future__ import annotations

import ast
import codecs
import io
import re
import threading
import tokenize
import warnings
from collections import deque
from dataclasses import dataclass

MAX_BYTES = 2 * 1024 * 1024
# CPython's tokenizer refuses more than 200 open brackets (MAXSTACK, Parser/tokenizer.h); hand-written code has few.
MAX_BRACKETS = 150
# ast.unparse and ast.dump recurse three frames a level, under the interpreter's default limit of 1,000 frames.
MAX_DEPTH = 200

# These text codecs need time quadratic in the line's length.
_SLOW_CODECS = frozenset({"idna", "punycode"})
# Strings and comments are matched so that the brackets within them are not counted.
_LEXEMES = re.compile(
    rb"'''(?:\\.|[^\\])*?'''"
    rb'|"""(?:\\.|[^\\])*?"""'
    rb"|'(?:\\.|[^'\\\n])*'"
    rb'|"(?:\\.|[^"\\\n])*"'
    rb"|\#[^\n]*|[(\[{]|[)\]}]",
    re.DOTALL,
)
# The filters of ``warnings`` are global; two threads must not restore each other's.
_WARNINGS = threading.Lock()


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """Why a source has no syntax tree: a phrase for people, and the line where the parser knew one."""

    reason: str
    line: int | None = None


def parse_python(source: bytes) -> ast.Module | ParseFailure:
    """Return the syntax tree of *source*, or why there is none; never raises.

    The encoding is the one that the file declares (PEP 263), else UTF-8. A tree deeper than ``MAX_DEPTH`` levels
    is refused as well, so that what walks it needs no guard of its own.
    """
    if len(source) > MAX_BYTES:
        return ParseFailure(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    if b"\0" in source:
        return ParseFailure("it holds a null byte", source[: source.index(b"\0")].count(b"\n") + 1)
    if _uses_slow_codec(source):
        return ParseFailure("it declares an encoding that no source file needs", 1)
    if _bracket_depth(source) > MAX_BRACKETS:
        return ParseFailure(f"its brackets are nested more than {MAX_BRACKETS} deep")
    parsed = _parse(source)
    if isinstance(parsed, ast.Module) and _is_too_deep(parsed):
        return ParseFailure(f"its code is nested more than {MAX_DEPTH} levels deep")
    return parsed


def _parse(source: bytes) -> ast.Module | ParseFailure:
    try:
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        return ParseFailure(f"it is no valid Python: {error.msg}", error.lineno or None)
    except (RecursionError, MemoryError):
        return ParseFailure("its code is nested too deeply to be parsed")
    except (ValueError, OverflowError, LookupError) as error:  # bad bytes for the encoding, absurd numbers
        return ParseFailure(f"it cannot be read: {error}")


def _uses_slow_codec(source: bytes) -> bool:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return codecs.lookup(encoding).name in _SLOW_CODECS
    except (SyntaxError, LookupError):
        return False


def _bracket_depth(source: bytes) -> int:
    depth = deepest = 0
    for match in _LEXEMES.finditer(source):
        lexeme = match.group()
        if len(lexeme) > 1:
            continue
        if lexeme in b"([{":
            depth += 1
            deepest = max(deepest, depth)
        elif lexeme in b")]}":
            depth = max(0, depth - 1)
    return deepest


def _is_too_deep(tree: ast.Module) -> bool:
    queue: deque[tuple[ast.AST, int]] = deque([(tree, 0)])
    while queue:
        node, depth = queue.pop()
        if depth > MAX_DEPTH:
            return True
        queue.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return False

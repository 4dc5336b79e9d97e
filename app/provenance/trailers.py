"""Trailers of a commit message, read as git reads them.

The rules are those of git-interpret-trailers(1) with ``--parse --no-divider``: the last paragraph is a trailer
block when all of its lines are trailers, or when one of them was written by git itself and at least a quarter are
trailers. ``---`` ends a patch mail's message, not a commit's, so it means nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_GENERATED = ("Signed-off-by: ", "(cherry picked from commit ")
_SCISSORS = "# ------------------------ >8 ------------------------\n"
# git's own idea of white space and of letters is ASCII's, without form feed and vertical tab.
_SPACE = " \t\n\r"
_TOKEN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


@dataclass(frozen=True, slots=True)
class Trailer:
    """One trailer: the token as written, the value unfolded onto one line and stripped."""

    key: str
    value: str


def parse_trailers(message: str, recognised: Iterable[str] = ()) -> tuple[Trailer, ...]:
    """Return the trailers of *message* in order.

    *recognised* are tokens that count like git's own for the quarter rule, as configured ``trailer.<token>`` do.
    """
    lines = _own_lines(message)
    start = _block_start(lines, frozenset(token.lower() for token in recognised))
    return tuple(_read(lines[start:]))


def trailer_like(line: str) -> Trailer | None:
    """Read *line* alone as a trailer, wherever it stands; ``None`` when it has not the form of one."""
    at = _separator(line)
    if at < 1 or line[0] in _SPACE:
        return None
    return Trailer(line[:at].strip(_SPACE), line[at + 1 :].strip(_SPACE))


def _own_lines(message: str) -> list[str]:
    """Return the lines, with their ends, up to where git stops reading: scissors, trailing comments, conflicts."""
    *whole, last = message.split("\0", 1)[0].split("\n")
    lines = [line + "\n" for line in whole] + ([last] if last else [])
    lines = lines[: _scissors(lines)]
    return lines[: _ignored_tail(lines)]


def _scissors(lines: list[str]) -> int:
    for at, line in enumerate(lines):
        if line == _SCISSORS:
            return at
    return len(lines)


def _ignored_tail(lines: list[str]) -> int:
    """Return the number of lines before a closing run of comments, empty lines and a list of conflicts."""
    tail: int | None = None
    in_conflicts = False
    for at, line in enumerate(lines):
        if line[0] == "#" or line == "\n":
            # git cannot tell a run that starts at the very first byte from none.
            tail = at if tail is None and at else tail
        elif line == "Conflicts:\n":
            in_conflicts = True
            tail = at if tail is None and at else tail
        elif not (in_conflicts and line[0] == "\t") and tail is not None:
            tail, in_conflicts = None, False
    return len(lines) if tail is None else tail


def _block_start(lines: list[str], recognised: frozenset[str]) -> int:
    """Return the index of the trailer block's first line; the number of lines when there is no block."""
    title = _title_end(lines)
    trailers = others = folded = 0
    generated = False
    only_space = True
    for at in range(len(lines) - 1, title - 1, -1):
        line = lines[at]
        if line[0] == "#":
            others, folded = others + folded, 0
        elif _blank(line):
            if only_space:
                continue
            others += folded
            accepted = (generated and trailers * 3 >= others) or (trailers and not others)
            return at + 1 if accepted else len(lines)
        elif line.startswith(_GENERATED):
            only_space, generated = False, True
            trailers, folded = trailers + 1, 0
        elif line[0] in _SPACE:
            only_space = False
            folded += 1
        elif (cut := _separator(line)) >= 1:
            only_space = False
            trailers, folded = trailers + 1, 0
            generated = generated or line[:cut].strip(_SPACE).lower() in recognised
        else:
            only_space = False
            others, folded = others + folded + 1, 0
    return len(lines)


def _title_end(lines: list[str]) -> int:
    for at, line in enumerate(lines):
        if line[0] != "#" and _blank(line):
            return at
    return len(lines)


def _blank(line: str) -> bool:
    return not line.strip(_SPACE)


def _separator(line: str) -> int:
    """Return where the colon after a token stands, or -1. Blanks may stand before it, nothing else."""
    space = False
    for at, char in enumerate(line):
        if char == ":":
            return at
        if not space and char in _TOKEN:
            continue
        if at and char in " \t":
            space = True
            continue
        break
    return -1


def _read(block: list[str]) -> Iterable[Trailer]:
    joined: list[list[str]] = []
    open_trailer = False
    for line in block:
        if open_trailer and line[0] in _SPACE:
            joined[-1].append(line)
            continue
        joined.append([line])
        open_trailer = _separator(line) >= 1
    for parts in joined:
        cut = _separator(parts[0])
        if cut >= 1 and parts[0][0] != "#":
            value = "".join([parts[0][cut + 1 :], *parts[1:]])
            yield Trailer(parts[0][:cut].strip(_SPACE), _unfold(value.strip(_SPACE)))


def _unfold(value: str) -> str:
    if "\n" not in value:
        return value
    first, *rest = value.split("\n")
    return " ".join([first, *(part.lstrip(_SPACE) for part in rest)]).strip(_SPACE)

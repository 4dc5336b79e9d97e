"""Which scripts of the tree a command executes: they are the check, not what is checked."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh", ".", "source", "exec"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
# Words of the shell's grammar that a command may follow (POSIX Shell Command Language, 2.4).
_BEFORE_COMMANDS = frozenset(
    {"!", "{", "(", "if", "then", "else", "elif", "do", "while", "until", "env", "time", "exec"}
)


def scripts(command: Sequence[str] | str) -> set[str]:
    """Return the paths that *command* executes by name: ``./check.sh`` and ``sh check.sh``.

    Files that are handed to a program (``eslint src/a.js``, ``node app.js``) are not among them: they may be what is to
    be judged. A line of shell is split roughly; what is not seen can be named in ``more_from_base``.
    """
    segments = _segments(command) if isinstance(command, str) else [list(command)]
    return {posixpath.normpath(path) for words in segments for path in _executed(words)}


def _executed(words: list[str]) -> Iterator[str]:
    while words and (_ASSIGNMENT.match(words[0]) or words[0] in _BEFORE_COMMANDS):
        words = words[1:]
    if not words:
        return
    if "/" in words[0]:
        yield words[0]
    if posixpath.basename(words[0]) in _SHELLS:
        yield from next(([word] for word in words[1:] if not word.startswith("-")), [])


def _segments(line: str) -> Iterator[list[str]]:
    """Yield the words of each simple command."""
    for part in line.split("\n"):
        lexer = shlex.shlex(part, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            for word in lexer:
                if word and all(char in ";&|()" for char in word):
                    yield words
                    words = []
                else:
                    words.append(word)
        except ValueError:  # an open quote: the words before it count
            pass
        yield words

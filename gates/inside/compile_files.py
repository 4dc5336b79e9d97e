"""Compile Python files given on standard input and say which do not; run none of their code.

Understood by every Python from 3.6 on, so that a repository's oldest interpreter can run it.

Input: one JSON line ``{"sizes": [bytes, ...], "jobs": [[source index, mode, minor or null], ...], "seconds": float}``
and then the sources, one after the other. Modes: ``compile`` by this interpreter; ``grammar``: the grammar of an
older Python 3 (*minor*), as far as this parser knows it, then the compiler; ``parse``: no more than the grammar.

Output: one JSON line a job, ``[index, kind, line, message]``. Kinds: ``ok``; ``syntax`` (this version refuses it);
``text`` (no version could read it); ``limit`` (the compiler gave up); ``crash`` (the compiler itself died).

The compiling is done in a forked child: whatever a file does to the compiler, another child goes on after it. Where
there is no fork (Windows), a file that kills the compiler ends this process, and the gate could not judge.
"""

import ast
import io
import json
import os
import select
import signal
import sys
import tokenize
import warnings
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MEMORY = 2 * 1024**3
MESSAGE = 300
# Each file that hangs halves what the next may take: a change full of them still ends.
LEAST_SECONDS = 0.25
# PEP 701 and the tokens that it brought.
FREE_FSTRINGS = 12
FSTRING_START = getattr(tokenize, "FSTRING_START", -1)
FSTRING_MIDDLE = getattr(tokenize, "FSTRING_MIDDLE", -1)
FSTRING_END = getattr(tokenize, "FSTRING_END", -1)


def main() -> None:
    """Read the jobs, judge each, write one line for each."""
    stdin = sys.stdin.buffer
    header = json.loads(stdin.readline().decode("ascii"))
    sources = [stdin.read(size) for size in header["sizes"]]
    jobs, seconds, at = header["jobs"], header["seconds"], 0
    if not hasattr(os, "fork"):
        judge_from(jobs, sources, 0, 1)
        return
    while at < len(jobs):
        at, hung = run_child(jobs, sources, at, seconds)
        if hung:
            seconds = max(LEAST_SECONDS, seconds / 2)


def run_child(jobs: "list[Any]", sources: "list[bytes]", at: int, seconds: float) -> "tuple[int, bool]":
    """Judge from job *at* on in one child; return the first job not judged, and whether the last one hung."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        work(jobs, sources, at, writer)
    os.close(writer)
    at, hung = relay(reader, at, seconds)
    os.close(reader)
    if hung:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if at < len(jobs):
        emit(1, [at, "limit", None, f"takes longer than {seconds:g} s to compile"] if hung else died(at, status))
        at += 1
    return at, hung


def relay(reader: int, at: int, seconds: float) -> "tuple[int, bool]":
    """Pass the child's lines on; return the index after the last, and whether it stopped answering."""
    rest = b""
    while True:
        if not select.select([reader], [], [], seconds)[0]:
            return at, True
        chunk = os.read(reader, 65536)
        if not chunk:
            return at, False
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        for line in lines:
            write(1, line + b"\n")
            at += 1


def died(at: int, status: int) -> "list[Any]":
    """Return the record of a job that the child did not survive."""
    how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {os.WEXITSTATUS(status)}"
    return [at, "crash", None, f"makes the compiler itself crash ({how})"]


def work(jobs: "list[Any]", sources: "list[bytes]", at: int, writer: int) -> None:
    """Judge from job *at* on; never returns."""
    status = 1
    try:
        lower(resource.RLIMIT_CORE, 0)
        lower(resource.RLIMIT_AS, MEMORY)
        judge_from(jobs, sources, at, writer)
        status = 0
    finally:
        os._exit(status)


def judge_from(jobs: "list[Any]", sources: "list[bytes]", at: int, writer: int) -> None:
    """Judge from job *at* on, and write each one's line."""
    warnings.simplefilter("ignore")
    for index in range(at, len(jobs)):
        source, mode, minor = jobs[index]
        emit(writer, [index, *judge(sources[source], mode, minor)])


def lower(limit: int, value: int) -> None:
    """Lower one resource limit, never above what is already set."""
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, hard))


def judge(source: bytes, mode: str, minor: "int | None") -> "tuple[str, int | None, str]":
    """Return ``(kind, line, message)`` for one file."""
    if b"\0" in source:
        return "text", source.count(b"\n", 0, source.index(b"\0")) + 1, "holds a null byte"
    try:
        build(source, mode, minor)
        check_text(source)
    except SyntaxError as error:
        return refused(source, error)
    except RecursionError:
        return "limit", None, "is nested too deeply to compile"
    except MemoryError:
        return "limit", None, "is nested too deeply, or needs too much memory, to compile"
    except Exception as error:  # noqa: BLE001 - whatever the compiler raises, the file does not compile
        return "syntax", None, bounded(f"{type(error).__name__}: {error}")
    return "ok", None, ""


def build(source: bytes, mode: str, minor: "int | None") -> None:
    """Compile in one of the modes; raise what the compiler raises."""
    if mode == "compile":
        compile(source, "<file>", "exec", 0, True, 0)
        return
    # An interpreter older than 3.8 knows no other grammar than its own.
    older: dict[str, Any] = {} if minor is None else {"_feature_version": minor}
    tree: Any = compile(source, "<file>", "exec", ast.PyCF_ONLY_AST, True, 0, **older)
    if minor is not None and minor < FREE_FSTRINGS <= sys.version_info[1]:
        check_fstrings(source)
    if mode == "grammar":
        compile(tree, "<file>", "exec", 0, True, 0)


def check_fstrings(source: bytes) -> None:
    """Raise ``SyntaxError`` for an f-string that only PEP 701 (Python 3.12) allows.

    An interpreter from 3.12 on has forgotten the older rules, whatever grammar it is asked for.
    """
    quotes: list[str] = []
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == FSTRING_END:
            quotes.pop()
        elif token.type == FSTRING_START:
            opening = token.string.lstrip("bBfFrRuU")
            check_nested(token, opening, quotes)
            quotes.append(opening)
        elif token.type != FSTRING_MIDDLE:
            check_nested(token, token.string, quotes)


def check_nested(token: tokenize.TokenInfo, string: str, quotes: "list[str]") -> None:
    """Raise ``SyntaxError`` for what an older Python does not read within f-strings of these *quotes*."""
    problem = None
    if any(quote in string for quote in quotes):
        problem = "its own quotes stand within"
    elif quotes and ("\\" in string or token.type == tokenize.COMMENT):
        problem = "an expression in it holds a backslash or a comment"
    elif quotes and token.type == tokenize.NL and len(quotes[-1]) == 1:
        problem = "an expression in it holds a line break"
    if problem:
        raise SyntaxError(f"f-string: {problem}, which needs Python 3.12", ("<file>", token.start[0], None, None))


def check_text(source: bytes) -> None:
    """Raise ``SyntaxError`` for bytes that are no text in the declared encoding.

    The compiler overlooks them in the comments of source that it does not itself read from a file.
    """
    if undecodable(source) is not None:
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        try:
            source.decode(encoding)
        except UnicodeError as error:
            raise SyntaxError(f"(encoding) {error}") from error


def refused(source: bytes, error: SyntaxError) -> "tuple[str, int | None, str]":
    """Tell a file that cannot be read as text from one that is text and no Python."""
    message = bounded(error.msg)
    unreadable = "'unicodeescape'" not in message and any(w in message for w in ("codec", "encoding", "UTF-8"))
    if unreadable:
        return "text", undecodable(source) or error.lineno or 1, message
    return "syntax", error.lineno, message


def undecodable(source: bytes) -> "int | None":
    """Return the first line that is no UTF-8."""
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as error:
        return source.count(b"\n", 0, error.start) + 1
    return None


def bounded(message: object) -> str:
    """Return a message of bounded length."""
    return str(message)[:MESSAGE]


def emit(writer: int, record: "list[Any]") -> None:
    """Write one record as one line."""
    write(writer, json.dumps(record).encode("ascii") + b"\n")


def write(writer: int, data: bytes) -> None:
    """Write all of *data*."""
    while data:
        data = data[os.write(writer, data) :]


if __name__ == "__main__":
    main()

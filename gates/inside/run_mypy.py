"""mypy for many changes in one start of Python.

Job: ``{"python": executable, "minor": n, "site_packages": [dir], "jobs": n, "seconds": s, "lone_seconds": s, "lone":
[side], "others": [side]}``
with sides ``{"id": i, "tree": dir, "files": [path], "also": [path], "texts": {path: source}}``; ``texts`` are read
in the place of the files. The *lone* ones hold a single Python file each and no configuration, and are checked in
one build under names of their own. Each of the *others* has a build of its own, and also ``base`` (the directory that
``config``, a name in it or ``null``, and plug-ins come from), ``minor`` (in the place of the job's, or ``null``),
``seed`` (an archive of a cache to start from, or ``null``) and ``keep`` (whether to report the cache). The job's
``minor`` is the version of Python 3 to check for where a configuration names none.

Records: ``{"id", "errors": [[path, line, code, message]], "blocked": why or null, "cache": archive or null}`` or
``{"id", "failed": why}``.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import re
import secrets
import shutil
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy.options import Options

    from gates.inside.channel import Channel
    from gates.inside.forks import each_forked, halving
    from gates.inside.mypy_setup import ByContent, Error, full_path, options_for, rounds, shadow, sources_of
else:
    sys.path.insert(0, str(Path(__file__).parent))
    from channel import Channel
    from forks import each_forked, halving
    from mypy_setup import ByContent, Error, full_path, options_for, rounds, shadow, sources_of

    del sys.path[0]

from mypy.build import build
from mypy.errors import CompileError
from mypy.modulefinder import BuildSource

# Relative to the scratch directory, where the job starts.
WARM = Path("warm").absolute()

# How mypy writes some errors whatever the output format, such as a file that it cannot decode.
_PLAIN = re.compile(r"(.+?):(?:(\d+):)? error: (.*)", re.DOTALL)
_DOUBTFUL_TOGETHER = 8
_MOST_CACHE_BYTES = 48 * 1024 * 1024


def check(sources: Sequence[BuildSource], options: Options, tree: str) -> tuple[list[Error], str | None]:
    """Return the errors of one build; files that block it are set aside, each with its error.

    The second value says why the build is blocked by something else, ``None`` where it is not.
    """
    left = list(sources)
    errors: list[Error] = []
    while left:
        try:
            result = build(left, options, fscache=ByContent(tree), stdout=sys.stderr, stderr=sys.stderr)
            return errors + list(read(result.errors)), None
        except CompileError as error:
            blocking = list(read(error.messages))
            paths = {path for path, *_ in blocking}
            rest = [s for s in left if s.path is None or full_path(s.path) not in paths]
            if len(rest) == len(left):
                return errors, " ".join(error.messages)[-400:] if not blocking else placed(blocking[0], tree)
            left, errors = rest, errors + blocking
    return errors, None


def placed(error: Error, tree: str) -> str:
    """Return an error's message after the place where it is, relative to *tree*."""
    path, line, _, message = error
    return f"{path.removeprefix(tree + os.sep)}{f', line {line}' if line > 0 else ''}: {message}"


def read(lines: Iterable[str]) -> Iterator[Error]:
    """Yield the errors, not the notes, of mypy's JSON lines; paths are absolute."""
    for line in lines:
        try:
            said = json.loads(line)
            if said["severity"] == "error":
                yield full_path(said["file"]), said["line"], said["code"] or "misc", said["message"]
        except (ValueError, KeyError, TypeError):
            if (match := _PLAIN.fullmatch(line)) is not None:
                yield full_path(match[1]), int(match[2] or 0), "misc", match[3]


def check_side(side: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    """Check one side in builds of its own; runs in a child of its own."""
    scratch = Path.cwd()
    cache = scratch / f"cache-{side['id']}"
    cache.mkdir()
    if side["seed"]:
        with contextlib.suppress(OSError, tarfile.TarError), tarfile.open(side["seed"]) as archive:
            extract(archive, cache)
    elif WARM.is_dir():
        shutil.copytree(WARM, cache, dirs_exist_ok=True)
    options = options_for(side, job, str(cache))
    os.chdir(side["tree"])
    shadow(side, options, scratch)
    if options.plugins:
        sys.path += [p for p in job["site_packages"] if p not in sys.path]
        options.config_file = f"{side['base']}/{side['config']}"
    sources, errors = sources_of(side, options)
    for number, sources_now in enumerate(rounds(sources)):
        if number:
            # mypy's cache is by module name, and these names are already in it for other files.
            options.cache_dir = os.devnull
        found, blocked = check(sources_now, options, side["tree"])
        errors += found
        if blocked is not None:
            return {"errors": [], "blocked": blocked, "cache": None}
    here = side["tree"] + os.sep
    shown = [(p.removeprefix(here), line, code, m.replace(here, "")) for p, line, code, m in dict.fromkeys(errors)]
    return {"errors": shown, "blocked": None, "cache": pack(cache) if side["keep"] else None}


def warm(job: dict[str, Any]) -> None:
    """Fill a cache with what every build reads of the standard library; runs in a child of its own."""
    sources = [BuildSource(None, None, "import collections, dataclasses, os, re, sys, typing\n")]
    build(sources, options_for({}, job, str(WARM)), stdout=sys.stderr, stderr=sys.stderr)


def extract(archive: tarfile.TarFile, directory: str | Path) -> None:
    """Unpack what a run on a base packed. Filters came with 3.11.4, and the sandbox holds without them."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(directory, filter="data")
    else:
        archive.extractall(directory)  # noqa: S202


def pack(directory: Path) -> str | None:
    """Return the directory as a compressed archive in base 64, ``None`` where it is too large to keep."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.add(path, str(path.relative_to(directory)), recursive=False)
    return base64.b64encode(buffer.getvalue()).decode("ascii") if buffer.tell() <= _MOST_CACHE_BYTES else None


def check_lone(sides: Sequence[dict[str, Any]], job: dict[str, Any]) -> list[dict[str, Any]]:
    """Check sides of one file each in one build; runs in a child of its own.

    Raises ``ValueError`` where something stops mypy and it is not known which of several sides it is.
    """
    options = options_for(sides[0], job, os.devnull)
    mark = f"x{secrets.token_hex(8)}_"
    found: dict[str, list[Error]] = {}
    clean: list[BuildSource] = []
    doubtful: list[BuildSource] = []
    for side in sides:
        (path,) = side["files"]
        full = str(Path(side["tree"], path))
        found[full] = []
        (clean if is_readable(full) else doubtful).append(BuildSource(full, mark + str(side["id"])))
        shadow(side, options, Path.cwd())
    errors, why = check(clean, options, os.devnull)
    # Each file that cannot be parsed ends a build; these builds end before they have done much, but for parsing all
    # that is left. Few together: one that mypy can parse is checked with a build of its own for the whole library.
    for at in range(0, len(doubtful), _DOUBTFUL_TOGETHER):
        more, blocked = check(doubtful[at : at + _DOUBTFUL_TOGETHER], options, os.devnull)
        errors, why = errors + more, why or blocked
    for error in errors:
        found.get(error[0], []).append(error)
    stems = {str(side["id"]): Path(side["files"][0]).stem for side in sides}

    def shown(side: dict[str, Any]) -> list[Error]:
        (path,) = side["files"]
        said = dict.fromkeys(found[str(Path(side["tree"], path))])
        own = [(line, code, re.sub(mark + r"(\d+)", lambda m: stems[m[1]], text)) for _, line, code, text in said]
        return [(path, line, code, text.replace(side["tree"] + os.sep, "")) for line, code, text in own]

    if why is not None and len(sides) > 1:
        raise ValueError(why)
    return [{"errors": shown(side), "blocked": why, "cache": None} for side in sides]


def is_readable(path: str) -> bool:
    """Whether this interpreter can parse a file, which is a guess at whether mypy can."""
    try:
        ast.parse(Path(path).read_bytes())
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return False
    return True


def main() -> None:
    """Do the job that came on standard input."""
    channel = Channel()
    job = channel.job

    def lone(sides: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        channel.close()
        return check_lone(sides, job)

    def one(side: dict[str, Any]) -> dict[str, Any]:
        channel.close()
        return check_side(side, job)

    if sum(not side["seed"] for side in job["others"]) > 1:
        list(each_forked([job], warm, 1, job["seconds"]))
    together = halving(job["lone"], lone, job["jobs"], job["lone_seconds"])
    ended = chain(together, each_forked(job["others"], one, job["jobs"], job["seconds"]))
    for side, value, problem in ended:
        channel.send({"id": side["id"], **(value if problem is None else {"failed": problem})})
    channel.finish()


if __name__ == "__main__":
    main()

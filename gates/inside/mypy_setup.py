"""How one build of mypy is set up: its options by the base's configuration, and the files to check."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mypy import defaults
from mypy.config_parser import parse_config_file
from mypy.find_sources import InvalidSourceList, create_source_list
from mypy.fscache import FileSystemCache
from mypy.main import process_options
from mypy.modulefinder import BuildSource, FindModuleCache, SearchPaths, get_search_dirs, matches_exclude
from mypy.options import Options

# Path, line, code and message.
Error = tuple[str, int, str, str]

# Files of one module name need a build each.
_MOST_ROUNDS = 20


class ByContent(FileSystemCache):
    """Makes mypy's cache trust nothing but content beneath a directory.

    mypy takes a file for unchanged when path, size and second of writing agree, and the errors of a file for those
    of its copy elsewhere. Here no time agrees with that of another run, and the size is different for every path.
    """

    def __init__(self, directory: str) -> None:
        super().__init__()
        self._beneath = directory + os.sep
        self._time = secrets.randbits(31)

    def stat_or_none(self, path: str) -> os.stat_result | None:
        """Return what ``os.stat`` does, but for size and times; ``None`` where there is nothing."""
        found = super().stat_or_none(path)
        if found is None or not path.startswith(self._beneath) or not stat.S_ISREG(found.st_mode):
            return found
        values = list(found[:10])
        values[stat.ST_SIZE] += zlib.crc32(path.encode("utf-8", "surrogateescape")) << 32
        values[stat.ST_MTIME] = self._time
        return os.stat_result(values)


def options_for(side: dict[str, Any], job: dict[str, Any], cache: str) -> Options:
    """Return mypy's options by the base's configuration, for checking ``side["tree"]``."""
    config = f"{side['base']}/{side['config']}" if side.get("config") else ""
    said = io.StringIO()
    arguments = [f"--config-file={config}", f"--python-executable={job['python']}", f"--cache-dir={cache}"]
    os.chdir(side.get("base") or ".")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _, options = process_options([*arguments, "-c", ""], sys.stderr, said, require_targets=False)
    except SystemExit:
        raise ValueError(f"mypy refuses the base's configuration: {said.getvalue().strip()[-300:]}") from None
    if not names_version(config):
        options.python_version = max((3, side.get("minor") or job["minor"]), defaults.PYTHON3_VERSION_MIN)
    options.output = "json"
    options.incremental = True
    options.many_errors_threshold = -1
    options.report_dirs = {}
    options.num_workers = 0
    options.color_output = options.error_summary = options.install_types = options.pdb = options.raise_exceptions = (
        False
    )
    if config:
        _move(options, side)
    return options


def names_version(config: str) -> bool:
    """Whether a configuration says for which Python to check; else mypy takes the one that it runs in."""
    said = Options()
    said.python_version = (0, 0)
    if config:
        parse_config_file(said, lambda: None, config, io.StringIO(), io.StringIO())
    return said.python_version != (0, 0)


def _move(options: Options, side: dict[str, Any]) -> None:
    """Let places that the configuration names be in the judged tree, and plug-ins in the base."""
    base, tree = side["base"], side["tree"]

    def moved(path: str) -> str:
        return tree + path[len(base) :] if path == base or path.startswith(base + os.sep) else path

    options.mypy_path = [moved(p) for p in options.mypy_path]
    options.files = [moved(p) for p in options.files or []] or None
    options.plugins = [
        str(Path(base, p)) if p.rpartition(":")[0].endswith(".py") or p.endswith(".py") else p for p in options.plugins
    ]


def configured(options: Options, fscache: FileSystemCache) -> list[BuildSource]:
    """Return what the configuration itself says is to be checked."""
    if options.modules or options.packages:
        installed, _ = get_search_dirs(options.python_executable)
        finder = FindModuleCache(
            SearchPaths((str(Path.cwd()),), tuple(options.mypy_path), tuple(installed), ()), fscache, options
        )
        found = [source for package in options.packages or [] for source in finder.find_modules_recursive(package)]
        return found + [BuildSource(None, module, None) for module in options.modules or []]
    present = [p for p in options.files or [] if fscache.exists(p)]
    return create_source_list(present, options, fscache, allow_empty_dir=True)


def sources_of(side: dict[str, Any], options: Options) -> tuple[list[BuildSource], list[Error]]:
    """Return what to check, and errors for files that mypy has no name for."""
    fscache = FileSystemCache()
    sources = configured(options, fscache)
    wanted = [*side["files"], *([] if sources else side["also"])]
    errors: list[Error] = []
    seen = {full_path(s.path) for s in sources if s.path}
    for path in dict.fromkeys(wanted):
        full = str(Path(side["tree"], path))
        if full in seen or matches_exclude(path, options.exclude, fscache, False):
            continue
        try:
            sources += create_source_list([full], options, fscache)
        except InvalidSourceList as error:
            errors.append((path, 0, "misc", str(error)))
    return sources, errors


def shadow(side: dict[str, Any], options: Options, directory: Path) -> None:
    """Let mypy read ``side["texts"]`` in the place of the files (its option ``--shadow-file``)."""
    for number, (path, text) in enumerate(side["texts"].items()):
        written = directory / f"text-{side['id']}-{number}.py"
        written.write_bytes(text.encode("utf-8", "surrogateescape"))
        options.shadow_file = [*(options.shadow_file or []), [str(Path(side["tree"], path)), str(written)]]


def rounds(sources: Iterable[BuildSource]) -> Iterator[list[BuildSource]]:
    """Split into builds in which every module has one file."""
    rest = list(sources)
    for _ in range(_MOST_ROUNDS):
        if not rest:
            return
        names: set[str] = set()
        now: list[BuildSource] = []
        later: list[BuildSource] = []
        for source in rest:
            (later if source.module in names else now).append(source)
            names.add(source.module)
        yield now
        rest = later
    raise ValueError(f"more than {_MOST_ROUNDS} files share the module name {rest[0].module}")


def full_path(path: str) -> str:
    """Return *path* as mypy knows it: absolute, with links as they are."""
    return os.path.normpath(Path(path).absolute())

"""Which Python versions a repository says that it runs on."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from gates.change import Snapshot
from gates.source import ParseFailure, parse_python

OLDEST_KNOWN = 6
NEWEST_KNOWN = 15
# A declaration is short; a larger file is not one.
_MAX_BYTES = 256 * 1024
_MAX_LINE = 1_000
# Patch releases stood in for when a bound lies inside a minor version (`>=3.8.1`, `>3.8`).
_PATCHES = (0, 1, 2, 5, 9, 99)

_CLASSIFIER = re.compile(r"^Programming Language :: Python :: 3\.(\d+)$")
_CARET = re.compile(r"^\^\s*3(?:\.(\d+))?(?:\.\d+)*$")
_TILDE = re.compile(r"^~\s*3\.(\d+)(?:\.\d+)*$")
_BARE = re.compile(r"^\d+(?:\.\d+)*(?:\.\*)?$")
# Methods by which a list or a table grows.
_ADDING = frozenset({"append", "extend", "insert", "setdefault", "update"})
_PINNED = re.compile(r"^(?:python-?|cpython-?|pypy-?)?3\.(\d+)")


@dataclass(frozen=True, slots=True)
class Declared:
    """The declared minor versions of Python 3, ascending, and the file that says so.

    ``source`` is ``None`` where nothing is declared; ``minors`` is then empty. With a ``source``, empty ``minors``
    mean that no version known here (3.6 and later) is among the declared ones.
    """

    minors: tuple[int, ...] = ()
    source: str | None = None


def declared_above(snapshot: Snapshot, path: str) -> Declared:
    """Return what is declared for the file at *path*: by its own directory, else by the nearest above that does."""
    directory = path
    while directory:
        directory = directory.rpartition("/")[0]
        said = declared(snapshot, directory)
        if said.source is not None:
            return said
    return Declared()


def declared(snapshot: Snapshot, directory: str = "") -> Declared:
    """Return what a repository declares, from the first of its files that declares anything readable.

    The files are those at the root, or in *directory*, where one of a repository's several projects is.

    In order: ``requires-python`` (PEP 621), ``python_requires`` of setup.cfg and setup.py (read, never run),
    Poetry's ``python``, a Pipfile's ``python_version``, the trove classifiers, ``.python-version``. The last comes
    last because it is the developers' own choice of one version, not a promise to users.
    """
    files = _Files(snapshot)
    for name, find in _SOURCES:
        path = f"{directory}/{name}" if directory else name
        minors = find(files.text(path)) if files.text(path) else None
        if minors is not None:
            return Declared(minors, path)
    return Declared()


def newer_than(snapshot: Snapshot, minor: int) -> Declared | None:
    """Return what a repository declares where even its lowest version is newer than Python 3.*minor*, else ``None``."""
    said = declared(snapshot)
    return said if said.minors and said.minors[0] > minor else None


def from_specifier(text: str) -> tuple[int, ...] | None:
    """Return the minors of Python 3 that a PEP 440 specifier allows, ``None`` where it is no specifier."""
    try:
        allowed = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    return tuple(
        minor
        for minor in range(OLDEST_KNOWN, NEWEST_KNOWN + 1)
        if any(allowed.contains(f"3.{minor}.{patch}") for patch in _PATCHES)
    )


def from_poetry(text: str) -> tuple[int, ...] | None:
    """Return the minors that a Poetry constraint allows (its manual, "Dependency specification")."""
    found: set[int] = set()
    for alternative in re.split(r"\|\|?", text):
        part = from_specifier(_poetry_specifier(alternative))
        if part is None:
            return None
        found.update(part)
    return tuple(sorted(found))


def _poetry_specifier(text: str) -> str:
    clauses = [c for c in re.split(r"[,\s]+", re.sub(r"([<>=!~^])\s+", r"\1", text.strip())) if c not in ("", "*")]
    return ",".join(_poetry_clause(clause) for clause in clauses)


def _poetry_clause(clause: str) -> str:
    if match := _CARET.match(clause):
        return f">=3.{match.group(1) or 0},<4"
    if match := _TILDE.match(clause):
        return f"==3.{match.group(1)}.*"
    return f"=={clause}" if _BARE.match(clause) else clause


class _Files:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._seen: dict[str, str] = {}

    def text(self, path: str) -> str:
        """Return a file's text, empty where there is none or it is too large to be a declaration."""
        if path not in self._seen:
            entry = self._snapshot.entries.get(path)
            readable = entry is not None and entry.is_file and entry.size <= _MAX_BYTES
            self._seen[path] = self._snapshot.read(path).decode("utf-8", "replace") if readable else ""
        return self._seen[path]


@lru_cache(maxsize=16)
def read_toml(text: str) -> Mapping[str, Any]:
    """Return a TOML file's table; an empty one where it is no TOML.

    A line with more dots than any list of versions is refused: the parser needs time quadratic in a key's parts.
    """
    if any(line.count(".") > _MAX_LINE for line in text.split("\n")):
        return {}
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _at(table: object, *keys: str) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _project(text: str) -> tuple[int, ...] | None:
    value = _at(read_toml(text), "project", "requires-python")
    return from_specifier(value) if isinstance(value, str) else None


def _poetry(text: str) -> tuple[int, ...] | None:
    value = _at(read_toml(text), "tool", "poetry", "dependencies", "python")
    return from_poetry(value) if isinstance(value, str) else None


def _project_classifiers(text: str) -> tuple[int, ...] | None:
    table = read_toml(text)
    for keys in (("project", "classifiers"), ("tool", "poetry", "classifiers")):
        value = _at(table, *keys)
        if isinstance(value, list):
            return _classified(value)
    return None


def _classified(values: Iterable[object]) -> tuple[int, ...] | None:
    matches = (_CLASSIFIER.match(v.strip()) for v in values if isinstance(v, str))
    minors = {int(m.group(1)) for m in matches if m}
    return tuple(sorted(m for m in minors if OLDEST_KNOWN <= m <= NEWEST_KNOWN)) or None


def _setup_cfg(text: str) -> tuple[int, ...] | None:
    value = _cfg_value(text, "options", "python_requires")
    return from_specifier(value) if value else None


def _cfg_classifiers(text: str) -> tuple[int, ...] | None:
    value = _cfg_value(text, "metadata", "classifiers") or _cfg_value(text, "metadata", "classifier")
    return _classified(value.splitlines()) if value else None


def _cfg_value(text: str, section: str, key: str) -> str | None:
    return read_ini(text).get(section, key, fallback=None)


def read_ini(text: str) -> configparser.RawConfigParser:
    """Return the sections of an INI file; none where it is no INI file.

    Lines that nobody writes by hand are left out: the parser needs time quadratic in a line's length.
    """
    lines = [line for line in text.split("\n") if len(line) <= _MAX_LINE]
    parser = configparser.RawConfigParser(strict=False, default_section="")
    try:
        parser.read_string("\n".join(lines))
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def _setup_py(text: str) -> tuple[int, ...] | None:
    value = setup_arguments(text).get("python_requires")
    return from_specifier(value) if isinstance(value, str) else None


def _py_classifiers(text: str) -> tuple[int, ...] | None:
    value = setup_arguments(text).get("classifiers")
    return _classified(value) if isinstance(value, list | tuple) else None


def _pipfile(text: str) -> tuple[int, ...] | None:
    value = _at(read_toml(text), "requires", "python_version")
    return _pinned(value) if isinstance(value, str) else None


def _pinned(text: str) -> tuple[int, ...] | None:
    matches = (_PINNED.match(line.strip()) for line in text.splitlines())
    minors = {int(m.group(1)) for m in matches if m}
    return tuple(sorted(m for m in minors if OLDEST_KNOWN <= m <= NEWEST_KNOWN)) or None


def setup_arguments(text: str) -> dict[str, Any]:
    """Return the keyword arguments of a setup.py's ``setup()`` call that are literals, or names of literals.

    A name to which the code adds later is none.
    The file is read, not run. Empty where it cannot be parsed.
    """
    tree = parse_python(text.encode("utf-8", "replace"))
    if isinstance(tree, ParseFailure):
        return {}
    names: dict[str, ast.expr] = {}
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
    for changed in filter(None, map(_added_to, ast.walk(tree))):
        names.pop(changed, None)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) == "setup":
            pairs = (
                (k.arg, names.get(k.value.id) if isinstance(k.value, ast.Name) else k.value) for k in node.keywords
            )
            found.update({key: value for key, node_ in pairs if key and (value := _literal(node_)) is not None})
    return found


def _added_to(node: ast.AST) -> str | None:
    """Return the name that a statement adds to, by ``+=``, ``name[key] = value`` or a call such as ``append``."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        target = node.value
    elif isinstance(node, ast.AugAssign):
        target = node.target
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDING:
        target = node.func.value
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _literal(node: ast.expr | None) -> Any:
    try:
        return ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


_SOURCES: tuple[tuple[str, Callable[[str], tuple[int, ...] | None]], ...] = (
    ("pyproject.toml", _project),
    ("setup.cfg", _setup_cfg),
    ("setup.py", _setup_py),
    ("pyproject.toml", _poetry),
    ("Pipfile", _pipfile),
    ("pyproject.toml", _project_classifiers),
    ("setup.cfg", _cfg_classifiers),
    ("setup.py", _py_classifiers),
    (".python-version", _pinned),
)

"""What a repository's own files say that its tests need. Pure: a snapshot in, requirements out; nothing is run."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gates.change import Snapshot

# In these places, at the top of the repository, what is found counts together.
_FILE = re.compile(
    r"(?:requirements[a-z0-9_.-]*\.(?:txt|in)|(?:requirements|reqs)/[a-z0-9_.-]+\.(?:txt|in))", re.IGNORECASE
)
_PYPROJECT = "pyproject.toml"
_FOR_TESTS = frozenset({"dev", "develop", "development", "test", "testing", "tests", "ci"})
_UNREAD = ("setup.py", "setup.cfg", "Pipfile", "poetry.lock", "uv.lock", "environment.yml")
_LARGEST = 1024 * 1024
_MOST = 2_000


@dataclass(frozen=True)
class Needs:
    """Requirements (PEP 508, sorted, each once), the files that say so, and sentences on what was passed over."""

    requirements: tuple[str, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _Found:
    snapshot: Snapshot
    requirements: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def needs_of(snapshot: Snapshot) -> Needs:
    """Return what a snapshot's dependency files ask for.

    Requirements files and the tables of ``pyproject.toml`` (PEP 621, PEP 735) are read; options such as an index of
    their own, and links to places outside the package index, are passed over and told of: what the environment is
    built from is the operator's index alone.
    """
    found = _Found(snapshot)
    for path in sorted(snapshot.entries):
        if _FILE.fullmatch(path):
            _requirements_file(found, path)
    if _PYPROJECT in snapshot.entries:
        _pyproject(found)
    if not found.files:
        unread = [name for name in _UNREAD if name in snapshot.entries]
        found.notes += [f"{name} is not read for dependencies; list them in requirements.txt." for name in unread]
    if len(found.requirements) > _MOST:
        found.notes.append(f"Over {_MOST:,} requirements were found, and none is taken.")
        found.requirements.clear()
    return Needs(tuple(sorted(found.requirements)), tuple(found.files), tuple(dict.fromkeys(found.notes)))


def _requirements_file(found: _Found, path: str) -> None:
    if path in found.files:
        return
    text = _text(found, path)
    if text is None:
        return
    found.files.append(path)
    for line in _lines(text):
        option, _, value = line.partition(" ") if line.startswith("-") else ("", "", line)
        if option in ("-r", "--requirement"):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), value.strip()))
            if other in found.snapshot.entries:
                _requirements_file(found, other)
            else:
                found.notes.append(f"{path} names {value.strip()!r}, which is not there.")
        elif option:
            found.notes.append(f"{path}: the option {option.partition('=')[0]} is passed over.")
        else:
            _add(found, path, value)


def _lines(text: str) -> Iterator[str]:
    """Yield a requirements file's lines, joined and without comments and hashes (pip, "Requirements File Format")."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line)
        line = re.sub(r"\s--?[a-z-]+[ =]\S+", "", line) if not line.lstrip().startswith("-") else line
        if line.strip():
            yield line.strip()


def _pyproject(found: _Found) -> None:
    text = _text(found, _PYPROJECT)
    if text is None:
        return
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        found.notes.append(f"{_PYPROJECT} is no TOML, so its dependencies are not known.")
        return
    project, groups = _table(document, "project"), _table(document, "dependency-groups")
    listed = [*_texts(project.get("dependencies"))]
    for name, value in _table(project, "optional-dependencies").items():
        listed += _texts(value) if name.lower() in _FOR_TESTS else []
    for name in groups:
        listed += _group(groups, name, frozenset()) if name.lower() in _FOR_TESTS else []
    if listed:
        found.files.append(_PYPROJECT)
    own = canonicalize_name(str(project.get("name", "")))
    for line in listed:
        if (
            re.split(r"[\s\[<>=!~;@]", line, maxsplit=1)[0]
            and canonicalize_name(re.split(r"[\s\[<>=!~;@]", line, maxsplit=1)[0]) == own
        ):
            continue  # an extra that names the project itself, to take another extra with it
        _add(found, _PYPROJECT, line)


def _group(groups: dict[str, Any], name: str, above: frozenset[str]) -> list[str]:
    """Return a dependency group's requirements with those of the groups it includes (PEP 735)."""
    listed: list[str] = []
    entries = groups.get(name)
    for entry in entries if isinstance(entries, list) and name not in above else []:
        if isinstance(entry, str):
            listed.append(entry)
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            listed += _group(groups, entry["include-group"], above | {name})
    return listed


def _add(found: _Found, path: str, line: str) -> None:
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        found.notes.append(f"{path}: {line[:80]!r} is no requirement of the package index, so it is passed over.")
        return
    if requirement.url is not None:
        found.notes.append(f"{path}: {requirement.name} is taken from a link, which is passed over.")
        return
    found.requirements.add(str(requirement))


def _text(found: _Found, path: str) -> str | None:
    entry = found.snapshot.entries[path]
    if not entry.is_file or entry.size > _LARGEST:
        found.notes.append(f"{path} is no plain file of at most 1 MiB, so it is not read.")
        return None
    try:
        return found.snapshot.read(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        found.notes.append(f"{path} is no UTF-8 text, so it is not read.")
        return None


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

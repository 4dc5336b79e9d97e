"""The distributions that one dependency file names, in each of the formats in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

import yaml

from gates.pyversions import read_ini, read_toml, setup_arguments

# PEP 508's name, at the start of a requirement in whatever else pip or conda allow around it.
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_EGG = re.compile(r"#egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_INCLUDE = re.compile(r"^(?:-r|--requirement)[ =]\s*(\S+)")
_REQUIREMENTS = re.compile(r"(?:^|[-_.])(?:requirements?|reqs|deps|dependencies)(?:[-_.].*)?\.(?:txt|in)$")
# An environment file is short; YAML's reader is slow.
_MAX_YAML = 64 * 1024


def name_of(requirement: str) -> str | None:
    """Return the distribution that a requirement line names, ``None`` for an option, a path or a bare address."""
    text = requirement.strip()
    if egg := _EGG.search(text):
        return egg.group(1)
    text = re.sub(r"^(?:-e|--editable)[ =]\s*", "", text)
    match = _NAME.match(text)
    if not match or text.startswith(("-", ".", "/", "#")):
        return None
    rest = text[match.end() :].lstrip()
    return None if rest.startswith((":", "/", "+")) else match.group(1)


def requirement_lines(text: str) -> Iterator[str]:
    """Yield a requirements file's lines without comments and continuations (pip's "Requirements File Format")."""
    for line in text.replace("\\\n", " ").splitlines():
        bare = line if "#egg=" in line else re.sub(r"(^|\s)#.*$", "", line)
        if bare.strip():
            yield bare.strip()


def includes(text: str) -> list[str]:
    """Return the other requirements files that one includes; constraints (``-c``) declare nothing."""
    return [m.group(1) for line in requirement_lines(text) if (m := _INCLUDE.match(line))]


def names_in(path: str, text: str) -> Iterator[str] | None:
    """Return the distributions that a file names, ``None`` where the file is no dependency file by its name."""
    read = reader_of(path)
    return (name for line in read(text) if (name := name_of(line))) if read else None


def reader_of(path: str) -> Callable[[str], Iterable[str]] | None:
    """Return what reads the requirements out of a file of this name, ``None`` for any other file."""
    folder, _, name = path.rpartition("/")
    if name in _BY_NAME:
        return _BY_NAME[name]
    lower = name.lower()
    in_folder = folder.rpartition("/")[2] == "requirements" and lower.endswith((".txt", ".in"))
    if in_folder or _REQUIREMENTS.search(lower):
        return requirement_lines
    if re.match(r"(?:environment|conda)[^/]*\.ya?ml$", lower):
        return conda
    return None


def is_dynamic(path: str, text: str) -> bool:
    """Whether a file says that its dependencies are worked out by code."""
    name = path.rpartition("/")[2]
    if name == "pyproject.toml":
        dynamic = _at(read_toml(text), "project", "dynamic")
        return isinstance(dynamic, list) and "dependencies" in dynamic
    if name == "setup.py":
        return "install_requires" in text and "install_requires" not in setup_arguments(text)
    return False


def dynamic_files(text: str) -> list[str]:
    """Return the requirements files that a pyproject.toml hands its dependencies over to (setuptools)."""
    table = _at(read_toml(text), "tool", "setuptools", "dynamic")
    groups = [_at(table, "dependencies"), *_values(_at(table, "optional-dependencies"))]
    found = [_at(group, "file") for group in groups]
    return [path for entry in found for path in ([entry] if isinstance(entry, str) else _strings(entry))]


def pyproject(text: str) -> Iterator[str]:
    """Yield the requirements of a pyproject.toml: PEP 621, PEP 735, PEP 518, Poetry, PDM, uv, Hatch, Pixi."""
    table = read_toml(text)
    yield from _strings(_at(table, "build-system", "requires"))
    yield from _strings(_at(table, "project", "dependencies"))
    for group in (*_values(_at(table, "project", "optional-dependencies")), *_values(_at(table, "dependency-groups"))):
        yield from _strings(group)
    tool = _at(table, "tool")
    yield from _strings(_at(tool, "uv", "dev-dependencies"))
    for group in _values(_at(tool, "pdm", "dev-dependencies")):
        yield from _strings(group)
    for environment in _values(_at(tool, "hatch", "envs")):
        yield from _strings(_at(environment, "dependencies"))
        yield from _strings(_at(environment, "extra-dependencies"))
    for poetry in (_at(tool, "poetry"), *_values(_at(tool, "poetry", "group"))):
        yield from _keys(_at(poetry, "dependencies"))
        yield from _keys(_at(poetry, "dev-dependencies"))
    yield from _pixi(_at(tool, "pixi"))


def setup_cfg(text: str) -> Iterator[str]:
    """Yield the requirements of a setup.cfg."""
    parser = read_ini(text)
    for key in ("install_requires", "setup_requires", "tests_require"):
        yield from requirement_lines(parser.get("options", key, fallback=""))
    if parser.has_section("options.extras_require"):
        for _, value in parser.items("options.extras_require"):
            yield from requirement_lines(value)


def setup_py(text: str) -> Iterator[str]:
    """Yield the requirements of a setup.py that are literals; setuptools itself is one."""
    arguments = setup_arguments(text)
    yield "setuptools"
    for key in ("install_requires", "setup_requires", "tests_require"):
        value = arguments.get(key)
        yield from value.splitlines() if isinstance(value, str) else _strings(value)
    for value in _values(arguments.get("extras_require")):
        yield from [value] if isinstance(value, str) else _strings(value)


def pipfile(text: str) -> Iterator[str]:
    """Yield the requirements of a Pipfile, of every category."""
    for section, value in read_toml(text).items():
        if section not in ("requires", "scripts", "source", "pipenv"):
            yield from _keys(value)


def conda(text: str) -> Iterator[str]:
    """Yield the requirements of a conda environment file, its pip section included."""
    if len(text) > _MAX_YAML:
        return
    try:
        # Nothing but text, lists and mappings: no merge keys, which can grow without bounds.
        table = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - builds no objects
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    entries = _at(table, "dependencies")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, str):
            yield entry.rpartition("::")[2]
        else:
            yield from _strings(_at(entry, "pip"))


def tox(text: str) -> Iterator[str]:
    """Yield the requirements of a tox.ini's environments."""
    parser = read_ini(text)
    for section in parser.sections():
        for line in requirement_lines(parser.get(section, "deps", fallback="")):
            # A factor may stand before the requirement: `py39,lint: flake8`.
            yield re.sub(r"^[\w.,{}!-]+:\s+", "", line)


def pixi(text: str) -> Iterator[str]:
    """Yield the requirements of a pixi.toml."""
    yield from _pixi(read_toml(text))


def inline_script(source: str) -> Iterator[str]:
    """Yield the requirements that a script declares in its own comments (PEP 723)."""
    lines = iter(source.splitlines())
    if not any(line.rstrip() == "# /// script" for line in lines):
        return
    block = [line.removeprefix("#").removeprefix(" ") for line in takewhile(lambda s: s.rstrip() != "# ///", lines)]
    yield from _strings(_at(read_toml("\n".join(block)), "dependencies"))


def _pixi(table: object) -> Iterator[str]:
    for holder in (table, *_values(_at(table, "feature"))):
        yield from _keys(_at(holder, "dependencies"))
        yield from _keys(_at(holder, "pypi-dependencies"))


def _at(table: object, *keys: str) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _values(table: object) -> list[object]:
    return list(table.values()) if isinstance(table, dict) else []


def _keys(table: object) -> list[str]:
    return [key for key in table if isinstance(key, str) and key != "python"] if isinstance(table, dict) else []


def _strings(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list | tuple) else []


_BY_NAME: dict[str, Callable[[str], Iterable[str]]] = {
    "Pipfile": pipfile,
    "pixi.toml": pixi,
    "pyproject.toml": pyproject,
    "setup.cfg": setup_cfg,
    "setup.py": setup_py,
    "tox.ini": tox,
}

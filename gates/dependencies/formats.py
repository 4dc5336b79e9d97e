"""The distributions that one dependency file names, in each of the formats in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

import yaml

from gates.pyversions import read_ini, read_toml, setup_arguments

# PEP 508's name, at the start of a requirement in whatever else pip or conda allow around it.
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_ARCHIVE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._]*(?:-[A-Za-z_][A-Za-z0-9._]*)*)-\d[^/]*\.(?:whl|zip|tgz|tar\.\w+)$")
_EGG = re.compile(r"#egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_INCLUDE = re.compile(r"^(?:-r|--requirement)[ =]\s*(\S+)")
_REQUIREMENTS = re.compile(r"(?:^|[-_.])(?:requirements?|reqs|deps|dependencies)(?:[-_.].*)?\.(?:txt|in)$")
# An environment file is short; YAML's reader is slow.
_MAX_YAML = 64 * 1024
_CFG_FILE = re.compile(r"\s*file:\s*(.+)$", re.DOTALL)
# Conda's names of packages whose name on PyPI is another and does not show in it.
_CONDA = {
    "libopencv": "opencv-python",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "opencv": "opencv-python",
    "py-opencv": "opencv-python",
    "pyqt": "pyqt5",
    "pytables": "tables",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
}


def name_of(requirement: str) -> str | None:
    """Return the distribution that a requirement line names, ``None`` for an option, a path or another address.

    The address of a repository, a wheel or a source archive names it by its last part.
    """
    text = requirement.strip()
    if egg := _EGG.search(text):
        return egg.group(1)
    text = re.sub(r"^(?:-e|--editable)[ =]\s*", "", text)
    if "://" in text.partition(" ")[0]:
        return _name_in_address(text.partition(" ")[0])
    match = _NAME.match(text)
    if not match or text.startswith(("-", ".", "/", "#")):
        return None
    rest = text[match.end() :].lstrip()
    return None if rest.startswith((":", "/", "+")) else match.group(1)


def _name_in_address(address: str) -> str | None:
    scheme, _, rest = re.split("[#?]", address, maxsplit=1)[0].partition("://")
    if "+" not in scheme:
        archive = _ARCHIVE.match(rest.rpartition("/")[2])
        return archive.group(1) if archive else None
    repository = rest.partition("/")[2].partition("@")[0].rstrip("/").rpartition("/")[2].removesuffix(".git")
    return repository if _NAME.fullmatch(repository) else None


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
        arguments = setup_arguments(text)
        return any(key in text and key not in arguments for key in ("install_requires", "extras_require"))
    return False


def dynamic_files(path: str, text: str) -> list[str]:
    """Return the requirements files that a pyproject.toml or setup.cfg hands its dependencies over to (setuptools)."""
    name = path.rpartition("/")[2]
    if name == "setup.cfg":
        return [file.strip() for line in _cfg_values(text) if (m := _CFG_FILE.match(line)) for file in m[1].split(",")]
    if name != "pyproject.toml":
        return []
    table = _at(read_toml(text), "tool", "setuptools", "dynamic")
    groups = [_at(table, "dependencies"), *_values(_at(table, "optional-dependencies"))]
    found = [_at(group, "file") for group in groups]
    return [path for entry in found for path in ([entry] if isinstance(entry, str) else _strings(entry))]


def project_name(path: str, text: str) -> str | None:
    """Return what a file calls the distribution that is built here, ``None`` where it does not say."""
    file = path.rpartition("/")[2]
    name: object = None
    if file == "pyproject.toml":
        table = read_toml(text)
        name = _at(table, "project", "name") or _at(table, "tool", "poetry", "name")
    elif file == "setup.cfg":
        name = read_ini(text).get("metadata", "name", fallback=None)
    elif file == "setup.py":
        name = setup_arguments(text).get("name")
    return name if isinstance(name, str) else None


def pyproject(text: str) -> Iterator[str]:
    """Yield the requirements of a pyproject.toml: PEP 621, PEP 735, PEP 518, Poetry, PDM, uv, Hatch, Pixi."""
    table = read_toml(text)
    yield from _strings(_at(table, "build-system", "requires"))
    yield from _strings(_at(table, "project", "dependencies"))
    for group in (*_values(_at(table, "project", "optional-dependencies")), *_values(_at(table, "dependency-groups"))):
        yield from _strings(group)
    tool = _at(table, "tool")
    yield from _strings(_at(tool, "uv", "dev-dependencies"))
    yield from _strings(_at(tool, "flit", "metadata", "requires"))
    for extra in _values(_at(tool, "flit", "metadata", "requires-extra")):
        yield from _strings(extra)
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
    for value in _cfg_values(text):
        yield from requirement_lines(value)


def _cfg_values(text: str) -> Iterator[str]:
    parser = read_ini(text)
    for key in ("install_requires", "setup_requires", "tests_require"):
        yield parser.get("options", key, fallback="")
    if parser.has_section("options.extras_require"):
        yield from (value for _, value in parser.items("options.extras_require"))


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
            name = name_of(entry.rpartition("::")[2]) or ""
            yield _CONDA.get(name.lower(), name)
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

"""The configuration that pytest would read in a snapshot's root directory."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import iniconfig

from gates.change import Snapshot

# A configuration file of more bytes than this is not one.
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class PytestConfig:
    """The options of the one file that pytest reads. ``path`` is ``None`` where there is no such file."""

    path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def words(self, name: str) -> tuple[str, ...]:
        """Return an option's value as shell words: lists as they are, text split as pytest splits it."""
        value = self.options.get(name, ())
        if isinstance(value, list | tuple):
            return tuple(str(v) for v in value)
        try:
            return tuple(shlex.split(str(value)))
        except ValueError:  # an open quote
            return tuple(str(value).split())

    def lines(self, name: str) -> tuple[str, ...]:
        """Return an option's value as its lines that are not empty: how pytest reads ``filterwarnings``."""
        value = self.options.get(name, ())
        parts = value if isinstance(value, list | tuple) else str(value).split("\n")
        return tuple(text for v in parts if (text := str(v).strip()))


def read_pytest_config(snapshot: Snapshot, directory: str = "") -> PytestConfig:
    """Return what pytest would be configured with by the files of one directory, the snapshot's root by default.

    The files are tried in pytest's own order (``_pytest/config/findpaths.py``, pytest 9). A broken file, which
    stops pytest, counts here as one without options.
    """
    for name, load in _LOADERS.items():
        path = f"{directory}/{name}" if directory else name
        entry = snapshot.entries.get(path)
        if entry is None or not entry.is_file or entry.size > _MAX_BYTES:
            continue
        options = load(snapshot.read(path))
        if options is not None:
            return PytestConfig(path, options)
    return PytestConfig()


def ini_sections(content: bytes) -> Mapping[str, Mapping[str, str]] | None:
    """Return an INI file's sections as pytest reads them, ``None`` where the file is broken."""
    try:
        return iniconfig.IniConfig("", data=content.decode("utf-8")).sections
    except (ValueError, iniconfig.ParseError):
        return None


def parse_toml(content: bytes) -> Mapping[str, Any] | None:
    """Return a TOML file's document, ``None`` where it is broken."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _ini(content: bytes, section: str) -> Mapping[str, str] | None:
    return (ini_sections(content) or {}).get(section)


def _toml(content: bytes, *keys: str) -> Mapping[str, Any] | None:
    value: object = parse_toml(content)
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


def _pyproject(content: bytes) -> Mapping[str, Any] | None:
    table = _toml(content, "tool", "pytest")
    if table is None:
        return None
    native = {key: value for key, value in table.items() if key != "ini_options"}
    legacy = table.get("ini_options")
    return native or (legacy if isinstance(legacy, dict) else None)


_LOADERS: dict[str, Callable[[bytes], Mapping[str, Any] | None]] = {
    "pytest.toml": lambda content: _toml(content, "pytest") or {},
    ".pytest.toml": lambda content: _toml(content, "pytest") or {},
    "pytest.ini": lambda content: _ini(content, "pytest") or {},
    ".pytest.ini": lambda content: _ini(content, "pytest") or {},
    "pyproject.toml": _pyproject,
    "tox.ini": lambda content: _ini(content, "pytest"),
    "setup.cfg": lambda content: _ini(content, "tool:pytest"),
}

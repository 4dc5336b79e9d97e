"""The sections of a configuration file, beside pytest's own, that say how tests run: coverage and tox."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from gates.tamper.options import narrowing
from gates.tamper.rules import Weakening
from gates.testconfig import ini_sections, parse_toml

_RUNNERS = ("pytest", "py.test", "unittest", "nose", "stestr", "trial", "runtests")
_TRUE = ("true", "1", "yes", "on")


def compare_sections(path: str, base: bytes | None, head: bytes | None) -> Iterator[Weakening]:
    """Yield the differences of a file's coverage and tox sections."""
    before, after = _sections(path, base), _sections(path, head)
    if before is not None and after is None and head is not None:
        yield Weakening(path, None, "unreadable-tests", "The configuration can no longer be parsed.")
        return
    before, after = before or {}, after or {}
    for section in sorted(before.keys() | after.keys()):
        old, new = before.get(section, {}), after.get(section, {})
        if old == new:
            continue
        texts = list(_narrowed_section(old, new))
        for text in texts:
            yield Weakening(path, None, "runner-narrowed", f"In [{section}], {text}.")
        if not texts:
            yield Weakening(path, None, "runner-edited", f"[{section}], which says how tests run, was edited.")


def _sections(path: str, content: bytes | None) -> Mapping[str, Mapping[str, str]] | None:
    """Return a file's sections that say how tests run, their values as text."""
    if content is None:
        return None
    if path.endswith(".toml"):
        document = parse_toml(content)
        if document is None:
            return None
        tool = document.get("tool")
        tables = {"coverage": tool.get("coverage"), "tox": tool.get("tox")} if isinstance(tool, dict) else {}
        if path.rpartition("/")[2] == "tox.toml":
            tables = {"tox": document}
        return {name: _flat(table) for name, table in tables.items() if isinstance(table, dict)}
    sections = ini_sections(content)
    if sections is None:
        return None
    wanted = ("coverage:", "testenv", "tox:", "run", "report", "paths", "aliases", "tool:coverage")
    return {name: dict(values) for name, values in sections.items() if name.startswith(wanted) or name == "tox"}


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = str(value)
    return found


def _narrowed_section(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, ""), new.get(name, "")
        if before == after:
            continue
        key = name.rpartition(".")[2]
        if key == "fail_under" and before and _number(after) < _number(before):
            yield f"`{name}` was lowered from {before} to {after or 'nothing'}"
        elif key in ("ignore_outcome", "ignore_errors") and after.lower() in _TRUE:
            yield f"`{name}` was switched on"
        elif key in ("commands", "test", "legacy_tox_ini"):
            yield from narrowing(_split(_test_lines(before)), _split(_test_lines(after)))
            if any(line.strip().startswith("- ") for line in after.split("\n")) and "- " not in before:
                yield f"a failure of `{name}` is now ignored"
        elif key in ("setenv", "set_env") and "PYTHONOPTIMIZE" in after and "PYTHONOPTIMIZE" not in before:
            yield "`PYTHONOPTIMIZE` was set, which switches assertions off"


def _test_lines(text: str) -> str:
    """Return the lines that start a test runner: `-o` means something else to another program."""
    return "\n".join(line for line in text.split("\n") if any(runner in line for runner in _RUNNERS))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

"""YAML for policies: plain data with the line of every value, and nothing clever."""

from __future__ import annotations

import re
from typing import Any

import yaml

# A policy is a page of text; anything much larger is a mistake or an attack.
MAX_BYTES = 64 * 1024

Location = tuple[str | int, ...]


class YamlError(ValueError):
    """A text that is no usable YAML; ``line`` counts from 1 (``None`` where no line is to blame)."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """YAML 1.2 booleans only (`off` and `no` are words here), no dates, no aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node; an alias could make a page of text stand for gigabytes."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise YamlError("Anchors (&name) and aliases (*name) have no place in a policy.", event.start_mark.line + 1)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


_PLAIN = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
_BOOL = "tag:yaml.org,2002:bool"
_ALLOWED = _PLAIN | {_BOOL, "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _PLAIN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile("^(?:true|false)$"), list("tf"))


def load(text: str) -> tuple[Any, dict[Location, int]]:
    """Return the data and, for each place in it, the line it stands on. Raises ``YamlError``.

    Refused: several documents, anchors and aliases, tags, keys that are no strings, a key given twice.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise YamlError(f"The file is larger than {MAX_BYTES // 1024} KiB; a policy is a page of text.")
    lines: dict[Location, int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return (_build(loader, node, (), lines) if node is not None else None), lines
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(_problem(error), mark.line + 1 if mark else None) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(
            f"This is no valid YAML: the character {chr(error.character)!r} is not allowed.", line
        ) from error
    except RecursionError as error:
        raise YamlError("This is no usable YAML: it is nested too deeply.") from error


def _problem(error: yaml.MarkedYAMLError) -> str:
    if error.problem == "but found another document":
        return "A policy is one document; take out `---` and what follows it, or what stands before it."
    if "'\\t'" in str(error.problem):
        return "This is no valid YAML: a tab stands where YAML wants spaces."
    return f"This is no valid YAML: {error.problem}."


def _build(loader: _Loader, node: yaml.Node, at: Location, lines: dict[Location, int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(at, line)
    if node.tag not in _ALLOWED:
        raise YamlError(f"The tag {node.tag} has no place in a policy.", line)
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(loader, node, at, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*at, index), lines) for index, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError as error:  # an integer of thousands of digits, or of none: 0x_
        raise YamlError("This number cannot be read: it is too large, or has no digits.", line) from error


def _build_mapping(loader: _Loader, node: yaml.MappingNode, at: Location, lines: dict[Location, int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = loader.construct_object(key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise YamlError("A key here must be a word.", line)
        if key in result:
            raise YamlError(f"The key {key!r} is given twice.", line)
        lines[(*at, key)] = line
        result[key] = _build(loader, value_node, (*at, key), lines)
    return result

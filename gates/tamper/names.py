"""What names mean in a module: its imports and aliases."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

_MAX_HOPS = 5


@dataclass(frozen=True)
class Names:
    """The names of one module. ``imports`` maps a local name to what it was imported as, dotted."""

    imports: Mapping[str, str]
    modules: frozenset[str]
    assigned: Mapping[str, ast.expr]

    @classmethod
    def of(cls, tree: ast.Module) -> Names:
        """Read every import of *tree*, wherever it stands, and the assignments at module level."""
        imports: dict[str, str] = {}
        modules: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    local = alias.asname or alias.name.partition(".")[0]
                    imports[local] = alias.name if alias.asname else local
                    modules.add(local)
            elif isinstance(node, ast.ImportFrom):
                source = "." * node.level + (node.module or "")
                for alias in node.names:
                    imports[alias.asname or alias.name] = f"{source}.{alias.name}"
        assigned = {name: value for statement in tree.body for name, value in assignments(statement)}
        for name, value in assigned.items():
            module = _imported(value)
            if module:
                imports[name] = module
                modules.add(name)
        return cls(imports, frozenset(modules), assigned)

    def dotted(self, node: ast.expr, hops: int = 0) -> str:
        """Return the dotted origin of a name or attribute (``p.mark`` -> ``pytest.mark``), ``""`` for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        root = self.imports.get(node.id)
        if root is None:
            target = self.assigned.get(node.id)
            followed = isinstance(target, ast.Name | ast.Attribute) and hops < _MAX_HOPS
            root = (self.dotted(target, hops + 1) if followed and target is not None else "") or node.id
        return ".".join([root, *reversed(parts)])

    def value(self, node: ast.expr, hops: int = 0) -> ast.expr:
        """Return what a module-level name was assigned, or *node* itself."""
        if isinstance(node, ast.Name) and node.id in self.assigned and hops < _MAX_HOPS:
            return self.value(self.assigned[node.id], hops + 1)
        return node


def assignments(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """Return the plain names that one statement assigns, with the value."""
    if isinstance(statement, ast.Assign):
        return [(t.id, statement.value) for t in statement.targets if isinstance(t, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        return [(statement.target.id, statement.value)]
    return []


def _imported(value: ast.expr) -> str:
    """Return the module that a call imports (``pytest.importorskip("numpy")``, ``import_module("numpy")``)."""
    if not isinstance(value, ast.Call) or not value.args:
        return ""
    function = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    module = value.args[0]
    named = isinstance(module, ast.Constant) and isinstance(module.value, str) and "import" in function
    return str(module.value) if named and isinstance(module, ast.Constant) else ""


def last(dotted: str) -> str:
    """Return the last part of a dotted name."""
    return dotted.rpartition(".")[2]

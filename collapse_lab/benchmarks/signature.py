"""A whole solution as a prompt and a completion: the function's head with a docstring, and the rest.

MBPP asks in a sentence, and its solutions are files: imports, helpers, the function. EvalPlus gives a base model the
sentence and the first assertion as a docstring of the *file* and lets it write the file. Here each benchmark is asked
as HumanEval is, by the head of the function, so that a completion is a function's body everywhere and one stop rule
serves all. What that adds to EvalPlus's prompt are the function's name, which the assertion says as well, and its
parameters' names: scores are not comparable with those that EvalPlus's own prompt gives.
"""

from __future__ import annotations

import ast
import textwrap

from collapse_lab.benchmarks.parsing import parsed

_INDENT = "    "


def split(source: str, entry_point: str, docstring: str, *, alone: bool = True) -> tuple[str, str] | None:
    """Return the prompt and the reference; together they do what *source* does.

    The reference is the function's body. Imports go into it where the file has nothing else and the function stands
    *alone* (no test asks for other names of the file); all else comes after it. ``None`` where *source* does not
    define the function once, in its own lines.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    tree = parsed(source)
    if tree is None:
        return None
    if "\t" in source:
        expanded = source.expandtabs(8)
        source = expanded if _same(expanded, tree) else ast.unparse(tree)
        tree = parsed(source) or tree
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == entry_point]
    if len(found) != 1 or found[0].decorator_list:
        return None
    function = found[0]
    others = [node for node in tree.body if node is not function]
    lines = [ast.unparse(node) for node in others]
    within = alone and all(
        isinstance(node, (ast.Import, ast.ImportFrom)) and node.names[0].name != "*" for node in others
    )
    body = _body(source, function)
    if within:
        return head(function, docstring), "".join(f"{_INDENT}{line}\n" for line in lines) + body
    return head(function, docstring), body + "".join(f"\n\n{line}\n" for line in lines)


def head(function: ast.FunctionDef, docstring: str, imports: str = "") -> str:
    """Return a function's first line, without annotations that need an import, and its docstring."""
    arguments = ast.unparse(_Plain(imports).visit(function.args))
    returns = function.returns and _Plain(imports).kept(function.returns)
    arrow = f" -> {ast.unparse(returns)}" if returns else ""
    return f"def {function.name}({arguments}){arrow}:\n{quoted(docstring)}"


def quoted(docstring: str) -> str:
    """Return a docstring's lines, indented, with whatever is in it read as it stands."""
    text = docstring.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    end = f"\n{_INDENT}" if "\n" in text or text.endswith('"') else ""
    return textwrap.indent(f'"""{text}', _INDENT, lambda line: bool(line.strip())) + f'{end}"""\n'


class _Plain(ast.NodeTransformer):
    """Leaves out annotations with names that are neither built in nor among *imports*."""

    def __init__(self, imports: str) -> None:
        self._known = {*dir(__import__("builtins")), *imports.split()}

    def kept(self, annotation: ast.expr) -> ast.expr | None:
        names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
        return annotation if names <= self._known else None

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg, node.annotation and self.kept(node.annotation))


def _body(source: str, function: ast.FunctionDef) -> str:
    """Return the body's own lines, indented by four, where that leaves the same program; else as Python writes it."""
    first = function.body[0]
    lines = source.splitlines()[first.lineno - 1 : function.end_lineno]
    own = lines[0][: first.col_offset]
    written = textwrap.indent("\n".join(line.removeprefix(own) for line in lines), _INDENT) + "\n"
    plain = "".join(textwrap.indent(ast.unparse(statement), _INDENT) + "\n" for statement in function.body)
    return written if not own.strip() and _same(f"def f():\n{written}", parsed(f"def f():\n{plain}")) else plain


def _same(source: str, tree: ast.Module | None) -> bool:
    other = parsed(source)
    return tree is not None and other is not None and ast.dump(other) == ast.dump(tree)

"""The runner's configuration compared: what it leaves out now, and what else was edited."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from gates.change import Snapshot
from gates.tamper.options import narrowing
from gates.tamper.render import text_of
from gates.tamper.rules import Weakening
from gates.testconfig import PytestConfig, read_pytest_config

# Options that change neither what is collected nor how a test ends.
_SILENT = ("markers", "log_", "junit", "cache_dir", "console_output_style", "tmp_path", "verbosity", "truncation")
_TRUE = ("true", "1", "yes", "on")


def compare_pytest(
    base: Snapshot, head: Snapshot, directory: str, modules: Sequence[str], touched: str
) -> Iterator[Weakening]:
    """Yield the differences of the pytest configuration that holds in one directory.

    *modules* are the base's test modules; *touched* is the file to name where the head has no configuration.
    """
    before, after = read_pytest_config(base, directory), read_pytest_config(head, directory)
    path = after.path or touched
    edited = []
    for name in sorted({*before.options, *after.options}):
        if str(before.options.get(name, "")) == str(after.options.get(name, "")) or name.startswith(_SILENT):
            continue
        compare = _COMPARED.get(name)
        texts = list(compare(before, after, modules)) if compare else []
        for text in texts:
            yield Weakening(path, None, "runner-narrowed", f"In pytest's `{name}`, {text}.")
        if not texts:
            edited.append(f"`{name}`")
    if edited:
        yield Weakening(path, None, "runner-edited", f"pytest's options {', '.join(edited)} were edited.")


def compare_script(path: str, base: ast.Module | None, head: ast.Module | None) -> Iterator[Weakening]:
    """Yield what changed in a script of the runner (``noxfile.py``, ``sitecustomize.py``), if it means anything."""
    before, after = (_words(tree) if tree else [] for tree in (base, head))
    texts = list(narrowing(before, after)) if head is not None else []
    for text in texts:
        yield Weakening(path, None, "runner-narrowed", f"In the runner's script, {text}.")
    if not texts and _meaning(base) != _meaning(head):
        yield Weakening(path, None, "runner-edited", "This file runs before or around the tests, and was edited.")


def _words(tree: ast.Module) -> list[str]:
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [word for text in texts if text.startswith("-") for word in ([text] if " " in text else text.split())]


def _meaning(tree: ast.Module | None) -> str:
    """Return the code without its docstrings, which are taken out of *tree* too."""
    if tree is None:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [s for s in node.body if not _is_text(s)]
    return text_of(tree)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _addopts(before: PytestConfig, after: PytestConfig, _modules: Sequence[str]) -> Iterator[str]:
    yield from narrowing(before.words("addopts"), after.words("addopts"))


def _testpaths(before: PytestConfig, after: PytestConfig, modules: Sequence[str]) -> Iterator[str]:
    roots = [p.removeprefix("./").rstrip("/") for p in after.words("testpaths")]
    old = [p.removeprefix("./").rstrip("/") for p in before.words("testpaths")]
    lost = [m for m in modules if _under(m, old) and not _under(m, roots)]
    if lost:
        yield f"{len(lost)} of the base's test modules are left out (such as {lost[0]})"


def _under(module: str, roots: Sequence[str]) -> bool:
    parts = module.split("/")
    parents = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return not roots or any(root in (".", "") or fnmatchcase(parent, root) for root in roots for parent in parents)


def _python_files(_before: PytestConfig, after: PytestConfig, modules: Sequence[str]) -> Iterator[str]:
    patterns = after.words("python_files") or ("test_*.py", "*_test.py")
    lost = [m for m in modules if not any(fnmatchcase(m.rpartition("/")[2], p) or fnmatchcase(m, p) for p in patterns)]
    if lost:
        yield f"{len(lost)} of the base's test modules no longer match (such as {lost[0]})"


def _norecursedirs(before: PytestConfig, after: PytestConfig, modules: Sequence[str]) -> Iterator[str]:
    added = set(after.words("norecursedirs")) - set(before.words("norecursedirs"))
    for pattern in sorted(added):
        lost = [m for m in modules if any(fnmatchcase(part, pattern) for part in m.split("/")[:-1])]
        if lost:
            yield f"`{pattern}` leaves out {len(lost)} of the base's test modules (such as {lost[0]})"


def _fewer_patterns(name: str) -> Callable[[PytestConfig, PytestConfig, Sequence[str]], Iterator[str]]:
    def compare(before: PytestConfig, after: PytestConfig, _modules: Sequence[str]) -> Iterator[str]:
        default = {"python_classes": ("Test",), "python_functions": ("test",)}[name]
        lost = set(before.words(name) or default) - set(after.words(name) or default)
        if lost:
            yield f"{', '.join(sorted(lost))} is no longer collected"

    return compare


def _strict(name: str) -> Callable[[PytestConfig, PytestConfig, Sequence[str]], Iterator[str]]:
    def compare(before: PytestConfig, after: PytestConfig, _modules: Sequence[str]) -> Iterator[str]:
        old, new = (str(c.options.get(name, "")).strip().lower() in _TRUE for c in (before, after))
        if old and not new:
            yield "it was switched off"

    return compare


def _filterwarnings(before: PytestConfig, after: PytestConfig, _modules: Sequence[str]) -> Iterator[str]:
    old, new = before.lines("filterwarnings"), after.lines("filterwarnings")
    for line in old:
        if line.startswith("error") and line not in new:
            yield f"`{line}` was removed"
    if any(line.startswith("error") for line in old):
        for line in new:
            if line.startswith(("ignore", "default", "once")) and line not in old:
                yield f"`{line}` was added, which lets a warning pass that failed a test"


_COMPARED: dict[str, Callable[[PytestConfig, PytestConfig, Sequence[str]], Iterator[str]]] = {
    "addopts": _addopts,
    "testpaths": _testpaths,
    "python_files": _python_files,
    "python_classes": _fewer_patterns("python_classes"),
    "python_functions": _fewer_patterns("python_functions"),
    "norecursedirs": _norecursedirs,
    "filterwarnings": _filterwarnings,
    "xfail_strict": _strict("xfail_strict"),
    "strict": _strict("strict"),
    "strict_xfail": _strict("strict_xfail"),
    "strict_markers": _strict("strict_markers"),
    "strict_config": _strict("strict_config"),
}

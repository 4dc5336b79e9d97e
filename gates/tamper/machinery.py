"""Code that reaches into what makes tests fail: the runner's hooks, the assertion methods, the process's exit."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gates.tamper.conditions import always
from gates.tamper.names import Names, last
from gates.tamper.render import constant, text_of

# Hooks that decide what is collected, run or reported (pytest's reference, "Hooks"); unittest's load_tests protocol.
_HOOKS = frozenset(
    {
        "load_tests",
        "pytest_cmdline_main",
        "pytest_cmdline_preparse",
        "pytest_collect_file",
        "pytest_collection_finish",
        "pytest_collection_modifyitems",
        "pytest_deselected",
        "pytest_exception_interact",
        "pytest_generate_tests",
        "pytest_ignore_collect",
        "pytest_itemcollected",
        "pytest_load_initial_conftests",
        "pytest_make_collect_report",
        "pytest_pycollect_makeitem",
        "pytest_pyfunc_call",
        "pytest_report_teststatus",
        "pytest_runtest_call",
        "pytest_runtest_logreport",
        "pytest_runtest_makereport",
        "pytest_runtest_protocol",
        "pytest_runtest_setup",
        "pytest_runtestloop",
        "pytest_sessionfinish",
        "pytest_unconfigure",
    }
)
_MACHINERY = re.compile(
    r"^(?:_?pytest\b|unittest\.(?:TestCase|case|result|runner|main|loader|suite)\b|builtins\.(?:AssertionError|__build)"
    r"|AssertionError$|sys\.exit$|os\._exit$|sys\.excepthook$|pluggy\b|numpy\.testing\b)"
    r"|(?:^|\.)TestCase\.|(?:^self|^cls)\.(?:assert\w+|fail)$"
)
# mock and monkeypatch live under pytest's and unittest's names and are how tests patch other things.
_HARMLESS = re.compile(r"^(?:pytest\.mark|pytest\.fixture|unittest\.mock)\b")
# What a unittest class inherits that decides how its tests end.
_DECIDING = frozenset({"run", "__call__", "debug", "failureException", "_callTestMethod", "addTypeEqualityFunc"})
_PATCHERS = frozenset({"patch", "setattr", "delattr", "patch.object", "setitem"})


@dataclass(frozen=True, slots=True)
class Touch:
    """One place that reaches into the machinery; equal ``key``s are the same one on another line."""

    rule: str
    key: str
    line: int
    message: str


def touches(tree: ast.Module, names: Names, *, shared: bool) -> Iterator[Touch]:
    """Yield every place that could change how tests end.

    *shared* says that the file is no test module but a ``conftest.py`` or another helper: hooks and a replaced
    ``sys.exit`` reach other tests from there, and are what a test of a plug-in or command is made of elsewhere.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _hook(node, shared=shared)
            yield from _autouse(node, names)
        elif isinstance(node, ast.ClassDef):
            yield from _equal_to_all(node)
            yield from _own_way(node, names)
        elif isinstance(node, ast.Call):
            yield from _call(node, names, shared=shared)
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
            yield from _assignment(node, names)
            if shared and isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
                yield from _ignored(node)


def new_touches(base: list[Touch], head: list[Touch]) -> Iterator[Touch]:
    """Yield the head's touches that the base does not have."""
    left = Counter((t.rule, t.key) for t in base)
    for touch in head:
        if left[touch.rule, touch.key] > 0:
            left[touch.rule, touch.key] -= 1
        else:
            yield touch


def _hook(node: ast.FunctionDef | ast.AsyncFunctionDef, *, shared: bool) -> Iterator[Touch]:
    if node.name in _HOOKS and (shared or node.name == "load_tests") and not _only_adds(node):
        message = f"The hook `{node.name}` is new or edited: it can change what is collected or how tests end."
        yield Touch("machinery-patched", f"hook {_body(node)}", node.lineno, message)


def _only_adds(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a ``load_tests`` hands back the tests that it was given (with others added to them)."""
    names = [a.arg for a in node.args.args]
    if node.name != "load_tests" or len(names) < 2:
        return False
    returned = [n.value for n in ast.walk(node) if isinstance(n, ast.Return)]
    kept = all(isinstance(value, ast.Name) and value.id == names[1] for value in returned)
    stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return bool(returned) and kept and names[1] not in stored


def _autouse(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Iterator[Touch]:
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call) or last(names.dotted(decorator.func)) != "fixture":
            continue
        if any(k.arg == "autouse" and always(k.value) for k in decorator.keywords):
            replaced = sorted({text for call in ast.walk(node) if (text := _patched(call, names))})
            if replaced:
                message = f"The automatic fixture `{node.name}` replaces {', '.join(replaced)} for every test."
                yield Touch("autouse-patch", f"autouse {replaced}", node.lineno, message)


def _equal_to_all(node: ast.ClassDef) -> Iterator[Touch]:
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__eq__":
            returned = [s.value for s in ast.walk(member) if isinstance(s, ast.Return)]
            if returned and all(value is not None and always(value) for value in returned):
                message = f"Every object equals one of class `{node.name}`: comparing with it proves nothing."
                yield Touch("machinery-patched", f"eq {node.name}", member.lineno, message)


def _own_way(node: ast.ClassDef, names: Names) -> Iterator[Touch]:
    if not any(last(names.dotted(base)).endswith(("TestCase", "Test")) for base in node.bases):
        return
    for member in node.body:
        targets = member.targets if isinstance(member, ast.Assign) else []
        named = [t.id for t in targets if isinstance(t, ast.Name)]
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            named = [member.name]
        for name in _DECIDING.intersection(named):
            message = f"`{node.name}.{name}` takes the place of unittest's own, which decides how a test ends."
            yield Touch("machinery-patched", f"own {name} {text_of(member)}", member.lineno, message)


def _call(node: ast.Call, names: Names, *, shared: bool) -> Iterator[Touch]:
    dotted = names.dotted(node.func)
    if dotted in ("os._exit", "pytest.exit", "os.abort"):
        message = f"`{dotted}` ends the test run before its failures are reported."
        yield Touch("machinery-patched", f"call {dotted}", node.lineno, message)
    if dotted == "self.addTypeEqualityFunc":
        message = "`addTypeEqualityFunc` says what counts as equal in place of `==`."
        yield Touch("machinery-patched", f"call {text_of(node)}", node.lineno, message)
    target = _patched(node, names)
    if target and _is_machinery(target) and (shared or target != "sys.exit"):
        message = f"`{target}` is replaced: it is part of what makes tests fail."
        yield Touch("machinery-patched", f"patch {target}", node.lineno, message)


def _assignment(node: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete, names: Names) -> Iterator[Touch]:
    targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
    for target in targets:
        name = names.dotted(target) if isinstance(target, ast.Attribute) else ""
        if isinstance(target, ast.Subscript):
            module = constant(target.slice)
            name = module if names.dotted(target.value) == "sys.modules" and isinstance(module, str) else ""
            if name and any(f"{origin}.".startswith(f"{name}.") for origin in names.imports.values()):
                message = f"`{name}`, which this file tests, is replaced for every test that comes after."
                yield Touch("autouse-patch", f"module {name}", node.lineno, message)
        if name and _is_machinery(name) and not name.startswith("pytest.mark"):
            message = f"`{name}` is replaced: it is part of what makes tests fail."
            yield Touch("machinery-patched", f"patch {name}", node.lineno, message)


def _ignored(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> Iterator[Touch]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        name = target.id if isinstance(target, ast.Name) else ""
        if name in ("collect_ignore", "collect_ignore_glob") and node.value is not None:
            elements = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            for element in elements:
                text = text_of(element)
                yield Touch("runner-narrowed", f"{name} {text}", node.lineno, f"`{name}` leaves out {text}.")
        elif name == "pytest_plugins" and node.value is not None:
            message = f"`pytest_plugins` is now {text_of(node.value)}: plug-ins can change how tests end."
            yield Touch("runner-edited", f"{name} {text_of(node.value)}", node.lineno, message)


def _patched(node: ast.AST, names: Names) -> str:
    """Return what a call replaces, dotted: ``patch("a.b")``, ``setattr(a, "b", ...)``, ``patch.object(a, "b")``."""
    if not isinstance(node, ast.Call) or not node.args:
        return ""
    dotted = names.dotted(node.func)
    if last(dotted) not in _PATCHERS and not dotted.endswith("patch.object"):
        return ""
    first = constant(node.args[0])
    if isinstance(first, str):
        return first
    second = constant(node.args[1]) if len(node.args) > 1 else None
    owner = names.dotted(node.args[0]) or text_of(node.args[0])
    return f"{owner}.{second}" if isinstance(second, str) else ""


def _is_machinery(dotted: str) -> bool:
    return _MACHINERY.search(dotted) is not None and _HARMLESS.match(dotted) is None


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    body = node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        body = body[1:]
    return f"{node.name} " + "\n".join(text_of(s) for s in body)

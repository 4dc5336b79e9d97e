"""What keeps a test from running, or from counting: skips, expected failures, retries."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from gates.tamper.names import Names, last
from gates.tamper.render import text_of

_SKIPS = {
    "pytest.mark.skip": "skip",
    "pytest.mark.skipif": "skipif",
    "pytest.mark.xfail": "xfail",
    "pytest.skip": "skip",
    "pytest.xfail": "xfail-now",
    "pytest.importorskip": "importorskip",
    "unittest.skip": "skip",
    "unittest.case.skip": "skip",
    "unittest.skipIf": "skipif",
    "unittest.skipUnless": "skipunless",
    "unittest.expectedFailure": "xfail",
    "unittest.SkipTest": "skip",
    "unittest.case.SkipTest": "skip",
    "self.skipTest": "skip",
    "nose.SkipTest": "skip",
    "nose.plugins.skip.SkipTest": "skip",
    "_pytest.outcomes.skip": "skip",
    "_pytest.outcomes.Skipped": "skip",
}
# sys.exit fails a test; these end the whole run before it.
_EXITS = frozenset({"pytest.exit", "os._exit"})
_IMMEDIATE = frozenset(
    name for name in _SKIPS if ".mark." not in name and not name.endswith((".skipIf", ".skipUnless", "Failure"))
) - {"unittest.skip", "unittest.case.skip"}
_RETRIES = re.compile(r"flaky|rerun|retry|retries", re.IGNORECASE)
# A decorator or mark of somebody's own that says by its name that the test does not run.
_TELLING = re.compile(r"(?:^|_)(?:skip|xfail|disabled?|quarantined?|broken|todo|wip|known_failure)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suspension:
    """One reason for a test not to run or count.

    ``kind`` is ``skip``, ``xfail``, ``retry`` or ``mark`` (any other mark, by name in ``condition``). An empty
    ``condition`` means always. ``where`` is what it stands on, for people. ``strict`` is an expected failure that
    must fail.
    """

    kind: str
    condition: str
    line: int
    where: str = "the test"
    strict: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What makes two of them the same."""
        return self.kind, self.condition

    def on(self, where: str) -> Suspension:
        """Return the same one, standing on something else."""
        return replace(self, where=where)


def suspension_of(names: Names, node: ast.expr) -> Suspension | None:
    """Read a decorator, an element of ``pytestmark``, or a call in a body; ``None`` for what does not suspend."""
    node = names.value(node)
    line = getattr(node, "lineno", 0)  # an expression with its names replaced stands nowhere
    call = node if isinstance(node, ast.Call) else None
    dotted = names.dotted(call.func if call else node)
    kind = _SKIPS.get(dotted)
    if kind is not None:
        strict = call is not None and any(k.arg == "strict" and text_of(k.value) == "True" for k in call.keywords)
        reported = "xfail" if kind.startswith("xfail") else "skip"
        return Suspension(reported, _condition(names, kind, call), line, strict=strict)
    if dotted in _EXITS:
        return Suspension("skip", "", line)
    name = last(dotted)
    if _RETRIES.search(name):
        return Suspension("retry", name, line)
    if _TELLING.search(name):
        return Suspension("skip", name, line)
    if dotted.startswith("pytest.mark."):
        return Suspension("mark", name, line)
    return None


def stop_of(names: Names, node: ast.expr) -> Suspension | None:
    """Read a call or raised error in a body that ends the test there; marks and decorators do not count."""
    dotted = names.dotted(node.func if isinstance(node, ast.Call) else node)
    return suspension_of(names, node) if dotted in _IMMEDIATE or dotted in _EXITS else None


def marked(names: Names, node: ast.expr) -> Suspension | None:
    """Read a call that marks the running test (``request.applymarker``, ``request.node.add_marker``)."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return None
    mark = node.args[0]
    if node.func.attr not in ("applymarker", "add_marker"):
        return None
    if isinstance(mark, ast.Constant) and mark.value in ("skip", "xfail"):
        return Suspension(str(mark.value), "", node.lineno)
    found = suspension_of(names, mark)
    return None if found is None else replace(found, line=node.lineno)


def stops_here(names: Names, node: ast.expr) -> bool:
    """Whether a call ends the test without a failure (skip, xfail, exit)."""
    found = stop_of(names, node)
    return found is not None and not found.condition


def _condition(names: Names, kind: str, call: ast.Call | None) -> str:
    """Return what it depends on, without the reason, which is text for people."""
    if call is None or kind in ("skip", "xfail-now"):
        return ""
    arguments = [text_of(names.value(a)) for a in call.args]
    keywords = {k.arg: text_of(k.value) for k in call.keywords if k.arg}
    if kind == "importorskip":
        return f"importable: {arguments[0] if arguments else ''}"
    if kind == "xfail":
        return ", ".join([*arguments, *(f"{k}={keywords[k]}" for k in ("condition", "raises") if k in keywords)])
    condition = arguments[0] if arguments else keywords.get("condition", "")
    if condition in (("True", "1") if kind == "skipif" else ("False", "0")):
        return ""
    return condition if kind == "skipif" else f"not ({condition})"

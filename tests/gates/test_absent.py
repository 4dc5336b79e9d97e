"""Messages about modules that are not installed here."""

from __future__ import annotations

import pytest

from gates.absent import Absent
from gates.change import Change, MemorySnapshot
from gates.interpreter import Interpreter
from gates.verdict import Finding


@pytest.mark.parametrize(
    ("rule", "message", "module"),
    [
        ("import-error", "Unable to import 'acme.client'", "acme"),
        ("import-error", "Unable to import 'own.gone'", None),
        ("import-error", "Unable to import 'taken.away'", None),
        ("import-error", "Unable to import '.sibling'", None),
        ("import-error", "Unable to import 'packaging.gone'", None),
        ("import-not-found", 'Cannot find implementation or library stub for module named "acme"', "acme"),
        ("import-untyped", 'Library stubs not installed for "acme"', "acme"),
        ("import-untyped", 'Skipping analyzing "acme": module is installed, but missing library stubs', None),
        ("no-member", "Unable to import 'acme'", None),
    ],
)
def test_which_messages_are_about_a_module_that_is_not_here(rule: str, message: str, module: str | None) -> None:
    base = MemorySnapshot.of({"src/own/__init__.py": "", "taken.py": ""})
    change = Change.between(base, MemorySnapshot.of({"src/own/__init__.py": ""}))
    here = Absent(change, Interpreter.own())
    finding = Finding("a.py", 1, rule, message)
    assert here.module(finding) == module
    assert here.split([finding]) == (([finding], []) if module is None else ([], [finding]))
    assert (module or "") in here.named([finding])


def test_a_list_of_absent_modules_is_short() -> None:
    empty = MemorySnapshot.of({})
    here = Absent(Change.between(empty, empty), Interpreter.own())
    found = [Finding("a.py", n, "import-error", f"Unable to import 'acme{n}'") for n in range(8)]
    assert (
        here.named(found) == " Not installed here, and so not looked at: acme0, acme1, acme2, acme3, acme4 and 3 more."
    )
    assert here.named([]) == ""

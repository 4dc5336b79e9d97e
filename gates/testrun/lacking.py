"""What a run of tests says that its environment lacks: a module, a plug-in for async tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.change import Snapshot
from gates.testrun.model import TestRun

_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_ASYNC = "async def functions are not natively supported"
_ASYNC_PLUGIN = "a pytest plug-in for async tests"


def lacking(run: TestRun) -> list[str]:
    """Return what is missing by the words of pytest and Python, in order: modules by name, a plug-in in words."""
    return list(dict.fromkeys(name for text in _said(run) for name in _named(text)))


def is_foreign(module: str, head: Snapshot) -> bool:
    """Whether what is lacking is a module, and no file of the head could be (a part of) its top-level package."""
    top = module.partition(".")[0]
    return top.isidentifier() and not any({top, f"{top}.py"} & set(path.split("/")) for path in head.entries)


def only_lacks(run: TestRun) -> bool:
    """Whether something is missing, and nothing failed for another reason."""
    said = list(_said(run))
    return bool(said) and all(any(_named(text)) for text in said)


def _said(run: TestRun) -> Iterator[str]:
    yield from run.uncollected.values()
    yield from (test.message for test in run.tests.values() if test.outcome.is_bad)


def _named(text: str) -> Iterator[str]:
    yield from _MODULE.findall(text)
    if _ASYNC in text:
        yield _ASYNC_PLUGIN

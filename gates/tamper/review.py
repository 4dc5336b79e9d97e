"""A whole change: every weakening between the base's tests and the head's."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gates.change import Change, FileChange, Status
from gates.tamper.compare import Key, Pair
from gates.tamper.doctests import are_tests, compare_doctests, documented
from gates.tamper.files import Side, collection_of, judging, parse_file, paths_of, read_file, read_side
from gates.tamper.fixtures import compare_fixtures
from gates.tamper.machinery import new_touches, touches
from gates.tamper.match import Matching, match_tests
from gates.tamper.module import TestModule, assertive
from gates.tamper.options import deselected_marks
from gates.tamper.rules import Weakening
from gates.tamper.runner import compare_pytest, compare_script
from gates.tamper.running import mocked, narrowed, suspended
from gates.tamper.sections import compare_sections
from gates.tamper.testcase import TestCase
from gates.testconfig import read_pytest_config
from gates.testfiles import TestLayout

_SCRIPTS = ("conftest.py", "noxfile.py", "sitecustomize.py", "usercustomize.py")
_PYTEST_FILES = frozenset(
    {"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg"}
)


def find_weakenings(change: Change) -> list[Weakening] | None:
    """Return every weakening, in order of place; ``None`` where the change touches no test and no configuration."""
    layout = TestLayout.of(change.base, change.head)
    files = judging(change, layout)
    config = read_pytest_config(change.base)
    examples = documented(change) if are_tests(config) else []
    if not files and not examples:
        return None
    collection = collection_of(config)
    base_paths, head_paths = paths_of(files)
    base = read_side(change.base, base_paths, layout, collection)
    head = read_side(change.head, head_paths, layout, collection)
    renamed = {f.old_path: f.path for f in files if f.old_path is not None and f.status is Status.RENAMED}
    found = {
        *_unreadable(files, base, head),
        *_compare_tests(change, base, head, renamed),
        *_compare_helpers(base, head, layout, renamed),
        *_machinery(base, head, layout),
        *_configuration(change, files, layout),
        *_fixtures(base, head, renamed),
        *_data(files, layout),
        *compare_doctests(change, examples),
    }
    return sorted(_merged(found), key=lambda w: (w.path, w.line or 0, w.rule, w.message))


def _merged(found: Iterable[Weakening]) -> Iterator[Weakening]:
    """Yield one weakening for each rule and line: a base class or a mark of the module holds for many tests."""
    places: dict[tuple[str, int | None, str], list[Weakening]] = defaultdict(list)
    for weakening in found:
        places[weakening.path, weakening.line, weakening.rule].append(weakening)
    for (_, line, _), group in places.items():
        first = min(group)
        if line is None or len(group) == 1:
            yield from group
        else:
            others = "another test" if len(group) == 2 else f"{len(group) - 1} other tests"
            yield replace(first, message=f"{first.message} The same holds for {others}.")


def _unreadable(files: Iterable[FileChange], base: Side, head: Side) -> Iterator[Weakening]:
    for file in files:
        failure = head.broken.get(file.path)
        if failure is not None and file.old_path in base.modules:
            yield Weakening(file.path, failure.line, "unreadable-tests", f"The file cannot be read: {failure.reason}.")


def _compare_tests(change: Change, base: Side, head: Side, renamed: dict[str, str]) -> Iterator[Weakening]:
    lost = {old for old in base.modules if renamed.get(old, old) in head.broken}
    matching = match_tests([t for t in base.tests if t.path not in lost], head.tests, renamed)
    pairs = [Pair.of(old, new) for old, new in matching.pairs if not old.is_unchanged(new)]
    pool = _pool(pairs, matching.new)
    deselected = frozenset(
        mark
        for side in (change.base, change.head)
        for mark in deselected_marks(read_pytest_config(side).words("addopts"))
    )
    inherited = {id(t.node) for t in head.tests}
    known = {(renamed.get(t.path, t.path), t.name) for t in base.others}
    fresh = [t for t in head.others if (t.path, t.name) not in known]
    # A test of a base class that only its subclasses run now still runs.
    moved = {(t.path, t.name) for t in fresh if id(t.node) in inherited}
    matching.gone = [t for t in matching.gone if (renamed.get(t.path, t.path), t.name) not in moved]
    yield from _missing(matching, head, fresh, renamed, pool)
    words = {path: _vocabulary(module) for path, module in head.modules.items()}
    for pair in pairs:
        yield from _compare_pair(pair, pool, words[pair.head.path], deselected)


def _compare_pair(
    pair: Pair, pool: Counter[Key], words: frozenset[str], deselected: frozenset[str]
) -> Iterator[Weakening]:
    base, head = pair.base, pair.head
    if head.too_deep and not base.too_deep:
        message = f"`{head.name}` is too large or nested too deeply to be followed."
        yield Weakening(head.path, head.line, "unreadable-tests", message)
    if base.too_deep or head.too_deep:
        return
    if base.is_smoke_test and not head.acts:
        message = f"`{head.name}` does nothing any more. The base's test is at {base.path}:{base.line}."
        yield Weakening(head.path, head.line, "test-disabled", message)
        return
    yield from suspended(base, head, deselected)
    fewer = list(narrowed(base, head))
    yield from fewer
    yield from mocked(base, head)
    counted = any(w.rule == "fewer-cases" for w in fewer)
    for weakening in pair.weakenings(pool, words):
        if not (counted and weakening.rule == "fewer-cases"):
            yield weakening


def _pool(pairs: Iterable[Pair], new: Iterable[TestCase]) -> Counter[Key]:
    """Count the checks that the change added, in tests that run."""
    pool = Counter(check.key for pair in pairs for check in pair.new)
    for test in new:
        if not any(s.kind in ("skip", "xfail") for s in test.suspensions):
            pool.update(c.key for c in test.checks(expand=test.expandable) if not c.dead and not c.guards)
    return pool


def _missing(
    matching: Matching, head: Side, others: Iterable[TestCase], renamed: dict[str, str], pool: Counter[Key]
) -> Iterator[Weakening]:
    """Yield the tests without a partner; *others* are functions of the head that a test may have become."""
    gone: dict[str, list[TestCase]] = defaultdict(list)
    for test in matching.gone:
        path = renamed.get(test.path, test.path)
        disabled = _disabled(test, path, others)
        if disabled is not None:
            message = (
                f"`{test.name}` is no longer collected: it is `{disabled.name}` now (base: {test.path}:{test.line})."
            )
            yield Weakening(disabled.path, disabled.line, "test-disabled", message)
        elif not _moved_into_others(test, pool):
            gone[test.path].append(test)
    for path, tests in gone.items():
        where = renamed.get(path, path)
        if where not in head.modules and len(tests) > 1:
            yield Weakening(path, None, "test-deleted", f"The file was deleted with its {len(tests)} tests.")
            continue
        for same in _same_definition(tests):
            more = f" and for {len(same) - 1} more classes" if len(same) > 1 else ""
            message = f"`{same[0].name}` was deleted{more} (base: {path}:{same[0].line})."
            yield Weakening(where, None, "test-deleted", message)


def _same_definition(tests: Iterable[TestCase]) -> Iterator[list[TestCase]]:
    """Group the tests that several classes inherit."""
    groups: dict[int, list[TestCase]] = defaultdict(list)
    for test in tests:
        groups[id(test.node)].append(test)
    yield from groups.values()


def _disabled(test: TestCase, path: str, others: Iterable[TestCase]) -> TestCase | None:
    """Return the function that the test became without being collected any more."""
    for other in others:
        if other.path == path and other.function.endswith(test.function):
            return other
    checks = test.checks(expand=False)
    return next((o for o in others if checks and o.fingerprint == test.fingerprint), None)


def _moved_into_others(test: TestCase, pool: Counter[Key]) -> bool:
    """Whether everything that a test asserted was added to other tests; takes it from the pool."""
    wanted = Counter(c.key for c in test.checks(expand=test.expandable) if not c.dead and c.op != "tautology")
    if not wanted or any(pool[key] < count for key, count in wanted.items()):
        return False
    pool.subtract(wanted)
    return True


def _compare_helpers(base: Side, head: Side, layout: TestLayout, renamed: dict[str, str]) -> Iterator[Weakening]:
    """Compare asserting functions that are no tests where they stand: helpers of other files, tests of mixins.

    Helpers of test modules are followed from the tests that call them.
    """
    present = {(t.path, t.name): t for t in (*head.others, *head.tests)}
    bodies = {t.fingerprint for t in (*head.others, *head.tests)} if base.others else set()
    inherited = {id(t.node) for t in base.tests}
    for old in base.others:
        mixed_in = "::" in old.name and old.function.startswith("test") and id(old.node) not in inherited
        if not assertive(old) or not (mixed_in or not layout.is_test_module(old.path)):
            continue
        path = renamed.get(old.path, old.path)
        new = present.get((path, old.name))
        if new is not None:
            yield from Pair.of(old, new).weakenings(Counter(), _vocabulary(head.modules[new.path]))
        elif mixed_in and path not in head.broken and old.fingerprint not in bodies:
            message = f"`{old.name}`, which other tests inherit, was deleted (base: {old.path}:{old.line})."
            yield Weakening(path, None, "test-deleted", message)


def _machinery(base: Side, head: Side, layout: TestLayout) -> Iterator[Weakening]:
    before = [
        touch
        for path, module in base.modules.items()
        for touch in touches(module.tree, module.names, shared=not layout.is_test_module(path))
    ]
    after = [
        (path, touch)
        for path, module in head.modules.items()
        for touch in touches(module.tree, module.names, shared=not layout.is_test_module(path))
    ]
    fresh = {id(touch) for touch in new_touches(before, [touch for _, touch in after])}
    for path, touch in after:
        if id(touch) in fresh:
            yield Weakening(path, touch.line, touch.rule, touch.message)


def _configuration(change: Change, files: Iterable[FileChange], layout: TestLayout) -> Iterator[Weakening]:
    modules = [path for path in change.base.entries if layout.is_test_module(path)]
    directories: dict[str, str] = {}
    for file in files:
        directory, _, name = file.path.rpartition("/")
        before, after = file.old_path, None if file.status is Status.DELETED else file.path
        if name in _SCRIPTS:
            yield from compare_script(file.path, parse_file(change.base, before), parse_file(change.head, after))
        elif name.endswith(".pth"):
            yield Weakening(file.path, None, "runner-edited", "The interpreter runs this file before any test.")
        elif layout.is_runner_config(file.path):
            yield from compare_sections(file.path, read_file(change.base, before), read_file(change.head, after))
            if name in _PYTEST_FILES:
                directories.setdefault(directory, file.path)
    for directory, touched in directories.items():
        inside = [m for m in modules if not directory or m.startswith(f"{directory}/")]
        local = [m.removeprefix(f"{directory}/") for m in inside] if directory else inside
        yield from compare_pytest(change.base, change.head, directory, local, touched)


def _fixtures(base: Side, head: Side, renamed: dict[str, str]) -> Iterator[Weakening]:
    for path, module in base.modules.items():
        new = head.modules.get(renamed.get(path, path))
        if new is not None and path.rpartition("/")[2] == "conftest.py":
            yield from compare_fixtures(module, new)


def _data(files: Iterable[FileChange], layout: TestLayout) -> Iterator[Weakening]:
    for file in files:
        old = file.old_path
        if old is None or old.endswith(".py") or not layout.is_test_support(old) or layout.is_runner_config(old):
            continue
        if file.status is Status.MODIFIED or (file.status is Status.RENAMED and file.hunks):
            yield Weakening(file.path, None, "test-data-changed", "A file that tests may compare with was edited.")
        elif file.status is Status.DELETED:
            yield Weakening(old, None, "test-data-changed", "A file that tests may compare with was deleted.")


def _vocabulary(module: TestModule) -> frozenset[str]:
    words: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
    words.update(name.rpartition(".")[2] for name in module.names.imports.values())
    return frozenset(words)

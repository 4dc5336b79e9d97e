"""The ``imports`` gate: new imports and dependencies that exist, are declared, and are what they seem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from gates.change import Change, FileChange, Snapshot
from gates.dependencies.check import Surroundings, check, check_dependency, uses
from gates.dependencies.declared import Declarations, declarations
from gates.dependencies.formats import inline_script, name_of, reader_of
from gates.dependencies.imported import Imported, imports_of
from gates.dependencies.installed import installed
from gates.dependencies.local import LocalModules
from gates.dependencies.names import is_shared_namespace, normalised
from gates.dependencies.statements import import_statements
from gates.gate import Context, Kind, Need, Settings
from gates.pyversions import declared as declared_versions
from gates.source import ParseFailure, parse_python
from gates.testfiles import TestLayout
from gates.verdict import Finding, Severity, Verdict

NAME = "imports"
# Where a distribution may be at hand without being declared: tests, documentation, tooling.
_LENIENT = (
    "docs/*",
    "*/docs/*",
    "doc/*",
    "examples/*",
    "*/examples/*",
    "setup.py",
    "*/setup.py",
    "noxfile.py",
    "tasks.py",
)


class ImportsSettings(Settings):
    """``known``: top-level modules that are provided in a way no file says. ``exclude``: globs of files to leave."""

    known: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Base:
    """What is known of one base, for every change to it."""

    declared: Declarations
    minors: tuple[int, ...]
    surroundings: Surroundings


@dataclass(frozen=True)
class ImportsGate:
    """Looks at the imports that a changed file did not have before, and at newly declared dependencies.

    An import rejects where the module is neither in the standard library, nor in the repository (the head's tree),
    nor provided by a declared distribution: ``undeclared-import`` where a distribution is known that provides it,
    ``unknown-import`` where none is, ``look-alike`` where the name is easily taken for a popular one; and
    ``missing-module`` where a package of the repository does not have it. It is a warning where the import may fail
    (``try`` ... ``except ImportError``), where the base imports it elsewhere, where the declarations are worked out
    by code, and, for known distributions, among tests and documentation, for type checking only, where the
    repository declares nothing at all, and where a declared distribution brings it along. Names are looked up in
    tables that are shipped and in the metadata of what is installed; nothing is executed and no index is asked.
    A file whose grammar is newer than this Python's is read line by line.

    Score: the number of findings that reject; lower is better.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "new imports exist and are declared; new dependencies are what they seem"
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = ImportsSettings

    def judge(self, changes: Sequence[Change], settings: ImportsSettings, context: Context) -> list[Verdict]:
        """Judge each change; what is known of a base is worked out once."""
        bases: dict[str, _Base] = {}
        verdicts = []
        for change in changes:
            if change.base.id not in bases:
                bases[change.base.id] = _base(change.base, settings, context)
            verdicts.append(_judge(change, settings, bases[change.base.id]))
        return verdicts


def _base(base: Snapshot, settings: ImportsSettings, context: Context) -> _Base:
    declared = declarations(base)
    minors = declared_versions(base).minors
    around = Surroundings(
        LocalModules(frozenset()),
        declared,
        installed(context.interpreter),
        minors,
        uses(base),
        frozenset(settings.known),
    )
    return _Base(declared, minors, around)


def _judge(change: Change, settings: ImportsSettings, base: _Base) -> Verdict:
    files = [f for f in change.python_files() if not any(fnmatchcase(f.path, glob) for glob in settings.exclude)]
    touched = any(reader_of(file.path) for file in change.files)
    if not files and not touched:
        return Verdict.skip(NAME, "The change has no Python file and no dependency file.")
    head = declarations(change.head) if touched else base.declared
    fresh = {name: path for name, path in head.names.items() if name not in base.declared.names}
    findings = [f for name, path in sorted(fresh.items()) for f in check_dependency(name, path)]
    known = head.joined(base.declared)
    layout = TestLayout.of(change.base, change.head)
    local = LocalModules.of(change.head.entries)
    around = replace(base.surroundings, local=local, declared=known)
    count = 0
    for file in files:
        lenient = layout.judges(file.path) or any(fnmatchcase(file.path, glob) for glob in _LENIENT)
        inline = dict.fromkeys(_inline(change, file), file.path)
        here = replace(around, declared=replace(known, names={**known.names, **inline})) if inline else around
        for imported in _new_imports(change, file):
            count += 1
            if finding := check(file.path, imported, here, lenient=lenient):
                findings.append(finding)
    return _verdict(findings, count, len(fresh))


def _inline(change: Change, file: FileChange) -> set[str]:
    """Return the distributions that a script declares in itself (PEP 723)."""
    content = change.head.read(file.path)
    if b"# /// script" not in content:
        return set()
    lines = inline_script(content.decode("utf-8", "replace"))
    return {normalised(name) for line in lines if (name := name_of(line))}


def _new_imports(change: Change, file: FileChange) -> Iterator[Imported]:
    """Yield the imports that the base's version of a file does not have."""
    before = {_key(i) for i in _imports(change.base, file.old_path)} if file.old_path else set()
    seen: set[tuple[int, str, bool]] = set()
    for imported in _imports(change.head, file.path):
        for part in _parts(imported):
            key = _key(part)
            if key not in before and (*key, part.optional) not in seen:
                seen.add((*key, part.optional))
                yield part


def _parts(imported: Imported) -> Iterator[Imported]:
    """Split ``from google.cloud import storage``: what is imported from a shared namespace are its names."""
    if imported.level or not imported.names or not is_shared_namespace(imported.module):
        yield imported
        return
    for name in imported.names:
        yield replace(imported, module=f"{imported.module}.{name}", names=())


def _imports(snapshot: Snapshot, path: str) -> list[Imported]:
    entry = snapshot.entries.get(path)
    if entry is None or not entry.is_file:
        return []
    source = snapshot.read(path)
    tree = parse_python(source)
    found = import_statements(source) if isinstance(tree, ParseFailure) else imports_of(tree, source)
    # A stub is never run.
    return [replace(i, typing_only=True) for i in found] if path.endswith(".pyi") else found


def _key(imported: Imported) -> tuple[int, str]:
    return imported.level, imported.module


def _verdict(findings: Sequence[Finding], imports: int, dependencies: int) -> Verdict:
    grave = [f for f in findings if f.severity is Severity.ERROR]
    score = float(len(grave))
    if grave:
        first = grave[0]
        where = f"{first.path}, line {first.line}" if first.line else f"{first.path}"
        more = f" {len(grave) - 1} more findings are of this kind." if len(grave) > 1 else ""
        return Verdict.reject(NAME, f"{where}: {first.message}{more}", score=score, findings=tuple(findings))
    reason = f"All {imports} new imports are accounted for." if imports else "The change has no new import."
    if dependencies:
        reason += f" New dependencies: {dependencies}."
    return Verdict.accept(NAME, reason, score=score, findings=tuple(findings))


GATE = ImportsGate()

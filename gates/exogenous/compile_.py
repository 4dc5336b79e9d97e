"""The ``compile`` gate: every changed Python file compiles for the versions that the repository declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from gates.change import Change, FileChange, Snapshot
from gates.compiling.run import Compiled, Job, compile_all
from gates.compiling.targets import Fidelity, Target, targets
from gates.gate import Context, Kind, Need, Settings
from gates.interpreter import Interpreter
from gates.pyversions import Declared, declared_above
from gates.sandbox.spec import MIB
from gates.verdict import Finding, Severity, Verdict

NAME = "compile"
# The compiler needs some hundred times a source's size in memory.
MAX_SOURCE_BYTES = 16 * MIB


class CompileSettings(Settings):
    """``exclude``: globs of files that are Python by name only, such as templates and broken test fixtures."""

    exclude: tuple[str, ...] = ()


@dataclass
class _Batch:
    """The sources and jobs of all changes, each different one once."""

    sources: list[bytes] = field(default_factory=list)
    jobs: dict[Interpreter, list[Job]] = field(default_factory=dict)
    _by_content: dict[bytes, int] = field(default_factory=dict)
    _by_job: dict[tuple[Interpreter, Job], int] = field(default_factory=dict)

    def source(self, content: bytes) -> int:
        """Return the index of *content*."""
        if content not in self._by_content:
            self._by_content[content] = len(self.sources)
            self.sources.append(content)
        return self._by_content[content]

    def job(self, interpreter: Interpreter, job: Job) -> int:
        """Return the index of *job* among those of its interpreter."""
        key = (interpreter, job)
        if key not in self._by_job:
            jobs = self.jobs.setdefault(interpreter, [])
            self._by_job[key] = len(jobs)
            jobs.append(job)
        return self._by_job[key]

    def run(self, context: Context) -> dict[Interpreter, list[Compiled | None]]:
        """Compile everything, one run an interpreter."""
        return {i: compile_all(context, i, self.sources, jobs) for i, jobs in self.jobs.items()}


@dataclass
class _Versions:
    """The versions that each directory of each base is for; ``known`` are the interpreters that are wanted first."""

    known: Sequence[Interpreter]
    _found: dict[tuple[str, str], tuple[Declared, tuple[Target, ...]]] = field(default_factory=dict)

    def of(self, base: Snapshot, path: str) -> tuple[Declared, tuple[Target, ...]]:
        """Return what *base* declares for the file at *path*, and what to compile it for."""
        key = (base.id, path.rpartition("/")[0])
        if key not in self._found:
            said = declared_above(base, path)
            self._found[key] = said, targets(said, self.known)
        return self._found[key]


@dataclass(frozen=True, slots=True)
class _Ask:
    """One file asked about for one version, and where its answer will be."""

    path: str
    source: str | None
    lines: int
    target: Target
    index: int


@dataclass(frozen=True)
class _Plan:
    """What is to be known about one change before its verdict.

    ``unknown`` is a file that declares no version known here, for one of the changed files.
    """

    files: int
    unknown: str | None
    asks: tuple[_Ask, ...]
    too_large: tuple[str, ...]


@dataclass(frozen=True)
class CompileGate:
    """Compiles each changed ``.py`` file, and parses each ``.pyi``, for the lowest and highest declared version.

    The versions are those the *base* declares (see ``gates.pyversions``), for a file of one of several projects those
    of the nearest directory above it that declares any; where none does, the version of
    the interpreter that runs the repository's tests. A version without an interpreter here is judged by the nearest
    newer one with the older grammar asked for (``ast.parse``'s ``feature_version``, which does not know every
    difference). Where only older interpreters are here, what compiles is accepted with a note, since newer Pythons
    read what older ones do, and what does not is an ``error`` that names the version to install: it may be newer
    grammar.

    Score: the share of the changed Python files that compile, from 0 to 1.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "each changed Python file compiles for the declared Python versions"
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = CompileSettings

    def judge(self, changes: Sequence[Change], settings: CompileSettings, context: Context) -> list[Verdict]:
        """Judge each change; all their files are compiled together."""
        batch = _Batch()
        known = tuple(dict.fromkeys((context.interpreter, context.own)))
        versions = _Versions(known)
        plans = [_plan(change, settings, versions, batch) for change in changes]
        answers = batch.run(context)
        return [_verdict(plan, answers) for plan in plans]


def _plan(change: Change, settings: CompileSettings, versions: _Versions, batch: _Batch) -> _Plan:
    files = [f for f in change.python_files() if not any(fnmatchcase(f.path, glob) for glob in settings.exclude)]
    entries = change.head.entries
    large = tuple(f.path for f in files if entries[f.path].size > MAX_SOURCE_BYTES)
    small = [f for f in files if entries[f.path].size <= MAX_SOURCE_BYTES]
    said = [versions.of(change.base, f.path)[0] for f in files]
    unknown = next((d.source for d in said if d.source and not d.minors), None)
    asks = tuple(_asks(change, small, versions, batch)) if unknown is None else ()
    return _Plan(len(files), unknown, asks, large)


def _asks(change: Change, files: Sequence[FileChange], versions: _Versions, batch: _Batch) -> Iterator[_Ask]:
    for path, content in change.head.read_many([f.path for f in files]):
        said, wanted = versions.of(change.base, path)
        source = batch.source(content)
        lines = content.count(b"\n") + 1
        if path.endswith(".pyi"):
            # Type checkers read the newest grammar in a stub whatever the code's versions are.
            yield _Ask(path, said.source, lines, wanted[-1], batch.job(wanted[-1].interpreter, Job(source, "parse")))
            continue
        for target in wanted:
            index = batch.job(target.interpreter, Job(source, target.mode, target.feature_minor))
            yield _Ask(path, said.source, lines, target, index)


def _verdict(plan: _Plan, answers: dict[Interpreter, list[Compiled | None]]) -> Verdict:
    if not plan.files:
        return Verdict.skip(NAME, "The change has no Python file.")
    if plan.unknown is not None:
        return Verdict.error(
            NAME, f"{plan.unknown} declares no version of Python 3 that is known here: correct the declaration."
        )
    answered = [(ask, answers[ask.target.interpreter][ask.index]) for ask in plan.asks]
    broken = [(ask, said) for ask, said in answered if said and said.kind != "ok"]
    findings = tuple(dict.fromkeys(_finding(ask, said) for ask, said in broken if not _unsure(ask, said)))
    bad = {f.path for f in findings}
    score = 1 - len(bad) / plan.files
    if findings:
        return Verdict.reject(NAME, _rejection(findings), score=score, findings=findings)
    if problem := _unjudged(plan, answered):
        return Verdict.error(NAME, problem)
    return Verdict.accept(NAME, _acceptance(plan), score=score, findings=_notes(plan))


def _unsure(ask: _Ask, said: Compiled) -> bool:
    """Whether a refusal may only mean that the interpreter is older than the grammar."""
    return said.kind == "syntax" and ask.target.fidelity is Fidelity.OLDER


def _finding(ask: _Ask, said: Compiled) -> Finding:
    line = min(max(said.line, 1), ask.lines) if said.line else None
    problem = said.message if said.kind in ("limit", "crash") else f"does not compile: {said.message}"
    version = "" if said.kind == "text" else f" (Python 3.{ask.target.minor})"
    return Finding(ask.path, line, f"compile-{said.kind}", f"The file {problem}{version}.", Severity.ERROR)


def _rejection(findings: Sequence[Finding]) -> str:
    first, paths = findings[0], {f.path for f in findings}
    where = f"{first.path}, line {first.line}" if first.line else first.path
    more = f" {len(paths) - 1} more changed files fail as well." if len(paths) > 1 else ""
    return f"{where}: {first.message}{more}"


def _unjudged(plan: _Plan, answered: Sequence[tuple[_Ask, Compiled | None]]) -> str | None:
    """Return why the change cannot be accepted although nothing was found wrong, ``None`` where it can."""
    for ask, said in answered:
        if said and said.kind != "ok":
            here = ".".join(map(str, ask.target.interpreter.version[:2]))
            return (
                f"{ask.path} does not compile under Python {here} ({said.message}), and {ask.source} asks "
                f"for Python 3.{ask.target.minor}, which is not here. Install Python 3.{ask.target.minor}."
            )
        if said is None:
            return f"The time was over before {ask.path} was compiled; raise budget.seconds."
    if plan.too_large:
        limit = MAX_SOURCE_BYTES // MIB
        return (
            f"{plan.too_large[0]} is larger than {limit} MB and was not compiled; name it in `exclude` if it is data."
        )
    return None


def _acceptance(plan: _Plan) -> str:
    versions = " and ".join(f"3.{m}" for m in sorted({a.target.minor for a in plan.asks}))
    files = "The changed Python file compiles" if plan.files == 1 else f"All {plan.files} changed Python files compile"
    return f"{files} for Python {versions}."


def _notes(plan: _Plan) -> tuple[Finding, ...]:
    found = {a.target for a in plan.asks if a.target.fidelity is not Fidelity.REAL}
    return tuple(
        Finding(
            None,
            None,
            f"compile-{target.fidelity.value}-interpreter",
            f"Python 3.{target.minor} is not here: Python 3.{target.interpreter.version[1]} judged in its place.",
            Severity.NOTE,
        )
        for target in sorted(found, key=lambda t: t.minor)
    )


GATE = CompileGate()

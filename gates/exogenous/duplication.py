"""The ``duplication`` gate: new code that is a near copy of code which was there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import Field

from gates.change import Change, FileChange, Snapshot, Status, is_binary
from gates.duplicates.search import MAX_FILE_BYTES, Index, Passage, Piece, Places, covered, passages, places
from gates.duplicates.tokens import language_of
from gates.gate import Context, Kind, Need, Settings
from gates.testfiles import TestLayout
from gates.verdict import Finding, Severity, Verdict

NAME = "duplication"


class DuplicationSettings(Settings):
    """What is too much of a copy.

    ``max_copied_share``: a file rejects above this share of copied tokens among those the change wrote in it.
    ``min_tokens``: files in which it wrote fewer are not judged, and shorter passages are not reported alone.
    ``tests``: whether test files are judged; they are often alike on purpose. ``exclude``: globs of files to leave.
    """

    max_copied_share: float = Field(default=0.5, ge=0, le=1)
    min_tokens: int = Field(default=60, ge=1)
    tests: bool = False
    exclude: tuple[str, ...] = ()


@dataclass
class _Base:
    """What is known of one base snapshot, for every change to it."""

    index: Index
    places: dict[str, Places] = field(default_factory=dict)

    def twin(self, path: str) -> Places:
        """Return where the grams of a base file stand."""
        if path not in self.places:
            self.places[path] = _places(self.index.base, path, lambda _: True)
        return self.places[path]


@dataclass(frozen=True)
class DuplicationGate:
    """Finds passages of the added code that stand in the base already, or twice in the change.

    Code is compared as tokens without comments, imports and layout. Local names are all alike; keywords, signs,
    literals, attributes and the names of what is called or defined are themselves: a copy with renamed variables is
    found, and code that only has the same shape is not. A passage counts from 24 tokens on (winnowing, see
    ``gates.duplicates.fingerprints``). Lines that the same change takes away are no original, so moved code is
    no copy. Python is compared with Python, and languages with braces with each other.

    Score: the largest share of copied tokens among the judged files, from 0 to 1; lower is better.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "the added code is no near copy of code that is there already"
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = DuplicationSettings

    def judge(self, changes: Sequence[Change], settings: DuplicationSettings, context: Context) -> list[Verdict]:
        """Judge each change; a base's fingerprints are worked out once."""
        bases: dict[str, _Base] = {}
        verdicts = []
        for change in changes:
            if change.base.id not in bases:
                bases[change.base.id] = _Base(Index(change.base, context.cache))
            verdicts.append(_judge(change, settings, bases[change.base.id]))
        return verdicts


def _judge(change: Change, settings: DuplicationSettings, base: _Base) -> Verdict:
    pieces = [p for p in _pieces(change, settings) if p.tokens >= settings.min_tokens]
    if not pieces:
        return Verdict.skip(NAME, f"The change wrote no file with {settings.min_tokens} tokens or more of code.")
    changed = {f.old_path: f for f in change.files if f.old_path}
    written: Places = {}
    findings: list[Finding] = []
    score = 0.0
    for piece in pieces:
        for gram, place in places(piece).items():
            written.setdefault(gram, place)
        found = passages(piece, written, own=True)
        hashes = {gram for run in piece.telling for gram in run if gram is not None}
        for path in base.index.nearest(piece.language, hashes):
            found += passages(piece, _twin(base, path, changed.get(path)))
        share = covered(found) / piece.tokens
        score = max(score, share)
        findings += _findings(piece.path, found, share, settings)
    return _verdict(findings, score, settings)


def _pieces(change: Change, settings: DuplicationSettings) -> Iterator[Piece]:
    layout = TestLayout.of(change.base, change.head)
    for file in change.present():
        language = language_of(file.path)
        if language is None or change.head.entries[file.path].size > MAX_FILE_BYTES:
            continue
        if any(fnmatchcase(file.path, glob) for glob in settings.exclude):
            continue
        if not settings.tests and (layout.is_test_module(file.path) or layout.is_test_support(file.path)):
            continue
        text = change.head.read(file.path)
        if not is_binary(text):
            yield Piece.of(file.path, language, text, file.touches)


def _twin(base: _Base, path: str, file: FileChange | None) -> Places:
    """Return where a base file's grams stand, without what the change takes away from it."""
    if file is None:
        return base.twin(path)
    if file.status is Status.DELETED or not file.compared:
        return {}
    return _places(base.index.base, path, lambda line: line not in file.removed_lines)


def _places(base: Snapshot, path: str, keep: Callable[[int], bool]) -> Places:
    language = language_of(path)
    return places(Piece.of(path, language, base.read(path), keep)) if language else {}


def _findings(path: str, found: Sequence[Passage], share: float, settings: DuplicationSettings) -> Iterator[Finding]:
    """Yield the passages worth a look, the longest first and none twice."""
    grave = share > settings.max_copied_share
    shown: set[int] = set()
    for passage in sorted(found, key=lambda p: (-p.tokens, p.path)):
        lines = set(range(passage.first, passage.last + 1))
        if lines <= shown or not (grave or passage.tokens >= settings.min_tokens):
            continue
        shown |= lines
        where = f"{passage.path}, lines {passage.twin_first} to {passage.twin_last}"
        message = (
            f"This is a near copy of {where} ({passage.tokens} tokens): use that, or share what they have in common."
        )
        severity = Severity.ERROR if grave else Severity.WARNING
        yield Finding(path, passage.first, "near-copy", message, severity, passage.last)


def _verdict(findings: Sequence[Finding], score: float, settings: DuplicationSettings) -> Verdict:
    grave = [f for f in findings if f.severity is Severity.ERROR]
    if grave:
        files = len({f.path for f in grave})
        more = f" {files - 1} more files are copies as well." if files > 1 else ""
        reason = (
            f"More than {settings.max_copied_share:.0%} of what was written in {grave[0].path} is copied; "
            f"line {grave[0].line}: {grave[0].message}{more}"
        )
        return Verdict.reject(NAME, reason, score=score, findings=tuple(findings))
    reason = f"At most {score:.0%} of what was written in a file is a near copy of other code."
    return Verdict.accept(NAME, reason, score=score, findings=tuple(findings))


GATE = DuplicationGate()

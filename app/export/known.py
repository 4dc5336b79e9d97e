"""What the ledger knows of a file's content: how many of its lines pass a condition, fail it, or are not known.

A content is git's blob. A merge names the content that it left a file with, its own lines in it, and which of the
other lines stood in the content before; those are whose they were there, as far as the ledger knows that content.
Where a push that no merge tells of came in between, the lines from before it are not known. The same content may come
from several merges (a revert, a backport): what the latest of them says of a line counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.ledger.attribution import cut
from app.ledger.contents import FileRow
from app.ledger.export.rows import Merged, Row
from app.ledger.types import storable

_Spans = Sequence[tuple[int, int, bool]]


@dataclass(frozen=True, slots=True)
class Content:
    """Of one content's lines, how many pass, how many fail, and how many there are."""

    passing: int
    failing: int
    lines: int

    def share(self, *, rest_passes: bool) -> float:
        """Return the share of the lines that pass, 0 to 1; ``rest_passes`` says what those not known count as."""
        known = self.passing + self.failing
        rest = max(0, self.lines - known)
        return (self.passing + rest * rest_passes) / (known + rest)


class Knowledge:
    """The contents that the ledger knows, found by repository, path and blob.

    A content that it knows in the repository under other paths only is what the latest merge of it says: a file that
    is renamed or copied as it is keeps its lines.
    """

    def __init__(
        self, merges: Iterable[Merged], passes: Callable[[Row], bool], names: Mapping[int, Sequence[str]]
    ) -> None:
        """Take the *merges* in their order, and each repository's *names*, old ones too."""
        self.merges_without_contents = 0
        self._contents: dict[tuple[int, str, str], Content] = {}
        self._latest: dict[tuple[int, str], str] = {}
        self._repositories: dict[str, list[int]] = {}
        for repository_id, of_it in names.items():
            for name in of_it:
                self._repositories.setdefault(name.lower(), []).append(repository_id)
        # Whose each line is, is needed only until every later content was made from it.
        spans: dict[tuple[int, str, str], _Spans] = {}
        for merge in merges:
            self._take(merge, passes, spans)
        self._blobs = frozenset(blob for _, blob in self._latest)

    @property
    def repositories(self) -> list[str]:
        """The names that the contents are found under, in small letters."""
        return sorted(self._repositories)

    def __len__(self) -> int:
        """Return the number of contents, each path's for itself."""
        return len(self._contents)

    def knows(self, blob: str) -> bool:
        """Whether any repository is known to have had this content."""
        return blob.lower() in self._blobs

    def find(self, repository: str, path: str, blob: str) -> Content | None:
        """Return what is known of a content, ``None`` where nothing is. Case counts in a path alone."""
        blob, path = blob.lower(), storable(path)
        ids = self._repositories.get(repository.lower(), ())
        keys = [(one, path, blob) for one in ids] + [(one, self._latest.get((one, blob), ""), blob) for one in ids]
        return next((self._contents[key] for key in keys if key in self._contents), None)

    def _take(self, merge: Merged, passes: Callable[[Row], bool], spans: dict[tuple[int, str, str], _Spans]) -> None:
        own: dict[str, list[tuple[int, int, bool]]] = {}
        for row in merge.rows:
            if row.path is not None and row.first is not None and row.last is not None:
                own.setdefault(row.path, []).append((row.first, row.last, passes(row)))
        self.merges_without_contents += bool(own) and not merge.files
        for file in merge.files:
            key = (merge.repository_id, file.path, file.blob)
            told = _over(list(self._carried(merge.repository_id, file, spans)), own.get(file.path, ()))
            told = _joined(_over(spans.get(key, ()), told))
            if told:
                spans[key] = told
                self._contents[key] = _counted(told, file.lines)
                self._latest[key[0], key[2]] = file.path

    def _carried(
        self, repository_id: int, file: FileRow, spans: Mapping[tuple[int, str, str], _Spans]
    ) -> Iterator[tuple[int, int, bool]]:
        """Yield what the content before says of the lines that were kept, in the order and by the numbers of now."""
        if file.before is None:
            return
        before = (repository_id, file.path, file.before)
        if before not in spans:
            before = (repository_id, self._latest.get((repository_id, file.before), ""), file.before)
        for first, last, shift in file.kept:
            for low, high, passing in cut((first - shift, last - shift), spans.get(before, ())):
                if passing is not None:
                    yield low + shift, high + shift, passing


def _over(older: _Spans, newer: _Spans) -> _Spans:
    """Return *newer*, and of *older* what it leaves uncovered, in order."""
    if not older or not newer:
        return newer or older
    left = [
        (low, high, passing)
        for first, last, passing in older
        for low, high, covered in cut((first, last), newer)
        if covered is None
    ]
    return sorted([*left, *newer])


def _joined(spans: _Spans) -> _Spans:
    """Return the same with neighbours in one."""
    found: list[tuple[int, int, bool]] = []
    for first, last, passing in spans:
        if found and found[-1][1] + 1 == first and found[-1][2] == passing:
            found[-1] = (found[-1][0], last, passing)
        else:
            found.append((first, last, passing))
    return tuple(found)


def _counted(spans: _Spans, lines: int) -> Content:
    passing = sum(last - first + 1 for first, last, passes in spans if passes)
    return Content(passing, sum(last - first + 1 for first, last, _ in spans) - passing, lines)

"""Which contents a review reads of a clone, and which of them are not there; found without reading any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.git import GitError, git
from app.provenance.read import note_contents

_SUBMODULE = b"160000"
# Commits whose notes are fetched; of further ones the review says that their notes are not here.
_MOST_NOTED = 1000
_PLAIN_DIFF = ("diff-tree", "--stdin", "-r", "--root", "--no-renames", "--raw", "-z", "--no-abbrev")


def contents_read(place: Path, base: str, head: str) -> list[str]:
    """Return the ids of the contents that a review of *head* against *base* reads. Raises ``GitError``.

    It reads the trees of the base, the merge base and the head whole, both sides of what each of the head's own
    commits changed (for the lines that each declares), and git-ai's notes on them, as far as the clone knows of any.
    """
    trees = {_tree(place, tip) for tip in (base, head, *_merge_base(place, base, head))}
    needed = {blob for tree in trees for blob in _blobs_of_tree(place, tree)}
    own = git(place, "rev-list", "--no-merges", head, f"^{base}")
    needed.update(_blobs_of_diff(git(place, *_PLAIN_DIFF, stdin=own)))
    return sorted(needed | note_contents(place, _noted(place, base, head)))


def _noted(place: Path, base: str, head: str) -> set[str]:
    """Return the commits whose notes are read; the base is one that was merged, where a merge is written down."""
    own = git(place, "rev-list", f"--max-count={_MOST_NOTED}", head, f"^{base}").decode().split()
    return {base, *own}


def absent(place: Path, ids: list[str]) -> list[str]:
    """Return those of the objects that the clone does not have. Raises ``GitError``."""
    asked = "".join(f"{each}\n" for each in ids).encode()
    shown = git(place, "cat-file", "--batch-check=%(objectname)", stdin=asked).decode()
    return [line.split()[0] for line in shown.splitlines() if line.endswith(" missing")]


def _tree(place: Path, commit: str) -> str:
    return git(place, "rev-parse", f"{commit}^{{tree}}").decode().strip()


def _merge_base(place: Path, base: str, head: str) -> list[str]:
    try:
        return git(place, "merge-base", base, head).decode().split()
    except GitError:
        return []  # no history in common; whoever takes the change from the clone says so


def _blobs_of_tree(place: Path, tree: str) -> Iterator[str]:
    for record in git(place, "ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
        if record and not record.startswith(_SUBMODULE):
            yield record.partition(b"\t")[0].split()[2].decode()


def _blobs_of_diff(raw: bytes) -> Iterator[str]:
    """Yield both sides of every changed file of `git diff-tree --stdin --raw -z`."""
    fields = iter(raw.split(b"\0"))
    for meta in fields:
        if not meta.startswith(b":"):
            continue  # the commit's id
        old_mode, new_mode, old, new, _ = meta[1:].split()
        next(fields, b"")  # the path, which may look like anything
        for mode, blob in ((old_mode, old), (new_mode, new)):
            if mode != _SUBMODULE and blob.strip(b"0"):
                yield blob.decode()

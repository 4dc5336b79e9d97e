"""Provenance of what stands in a local repository: the I/O around the detector."""

from __future__ import annotations

from pathlib import Path

from app.provenance.commit import Actor, PullText
from app.provenance.detector import ChangeProvenance, detect_change
from app.provenance.read import read_history


def declared(
    repo: Path,
    *revisions: str,
    branch: str | None = None,
    body: str | None = None,
    author: Actor | None = None,
    accepted_signoffs: bool = False,
) -> ChangeProvenance:
    """Return what the commits that *revisions* select (as for ``git log``) and a pull request's text declare.

    *author* is the account that opened it, where the forge itself says so. *accepted_signoffs*: the policy takes an
    author's own sign-off for an attestation. Raises ``GitError``.
    """
    history = read_history(repo, *revisions)
    pull = PullText(body or "", branch, author)
    return detect_change(history.commits, pull, history.evidence, accepted_signoffs=accepted_signoffs)

"""From real merges to a corpus of the repository as it is now: lines are followed, whatever came after them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from app.ledger.landing import read_landing
from app.ledger.words import Reviewers
from tests.app.cli.conftest import Run
from tests.app.ledger.build import NAME, add_merge
from tests.conftest import Repo

if TYPE_CHECKING:
    from app.ledger.ledger import Ledger

TRAILER = "\n\nCo-authored-by: Claude Opus 4.8 <noreply@anthropic.com>\n"


class Merging:
    """Pull requests that are squashed one after the other, and written down."""

    def __init__(self, repo: Repo, ledger: Ledger) -> None:
        self.repo, self.ledger, self.number = repo, ledger, 0

    def pull(self, files: dict[str, str], message: str) -> None:
        self.number += 1
        base = self.repo.git("rev-parse", "HEAD")
        self.repo.branch("topic")
        head = self.repo.commit(dict(files), message)
        self.repo.git("checkout", "--quiet", "main")
        self.repo.git("merge", "--quiet", "--squash", "topic")
        merge = self.repo.commit({}, f"Land it (#{self.number})")
        self.repo.git("branch", "--quiet", "-D", "topic")
        landing = read_landing(self.repo.path, base, head, merge)
        add_merge(
            self.ledger,
            landing.lines,
            files=landing.files,
            number=self.number,
            head=head,
            merge_sha=merge,
            method=landing.method,
            provenance=landing.provenance.sum,
            reviewers=Reviewers.NONE.value,
        )

    def corpus(self, path: Path) -> Path:
        records = (record.split() for record in self.repo.git("ls-tree", "-r", "HEAD").splitlines())
        rows = [{"repository": NAME, "path": name, "blob": blob} for _, _, blob, name in records]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path


def numbered(first: int, last: int) -> str:
    return "".join(f"line {n}\n" for n in range(first, last + 1))


def test_lines_are_followed_to_the_repository_as_it_is(
    exogate: Run, url: str, ledger: Ledger, repo: Repo, tmp_path: Path
) -> None:
    repo.commit({"old.py": numbered(1, 10), "README": "About\n"}, "Before the App")
    merging = Merging(repo, ledger)
    merging.pull({"tool.py": numbered(1, 20), "moved.py": numbered(100, 119)}, "By a tool" + TRAILER)
    merging.pull({"tool.py": "by hand\n" + numbered(1, 19), "old.py": numbered(1, 10) + "by hand\n"}, "By hand")
    repo.git("mv", "moved.py", "there.py")
    merging.pull({"there.py": numbered(100, 119) + "by hand\n"}, "Move by hand")
    repo.commit({"pushed.py": numbered(1, 3)}, "Pushed without a pull request")
    merging.pull({"old.py": numbered(1, 10) + "by hand\nby tool\n"}, "By a tool" + TRAILER)

    def weights(*more: str) -> dict[str, float]:
        output = tmp_path / "out.jsonl"
        given = ("--where", "provenance != ai-declared", "--apply", merging.corpus(tmp_path / "c.jsonl"), "--weight")
        done = exogate("export", *given, *more, "--output", output, DATABASE_URL=url, EXOGATE_EXPORT_REPOSITORIES=NAME)
        assert done.returncode == 0, done.stderr
        return {row["path"]: row["weight"] for row in map(json.loads, output.read_text().splitlines())}

    assert weights() == {"README": 1.0, "old.py": 11 / 12, "pushed.py": 1.0, "there.py": 1 / 21, "tool.py": 1 / 20}
    assert weights("--unknown", "drop") == {"old.py": 1 / 12, "there.py": 1 / 21, "tool.py": 1 / 20}
    repo.commit({"tool.py": "pushed\n" + numbered(1, 19)}, "Pushed over it")
    assert weights()["tool.py"] == 1.0  # what is written of it in the help: a push cuts the history

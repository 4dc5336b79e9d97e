"""The lines that findings point at, out of a clone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.dashboard.diff import AROUND, MOST_FILES, DiffReader, Line, near
from app.ledger.ledger import Ledger
from gates.verdict import Finding, Verdict
from tests.app.dashboard.site import site
from tests.app.dashboard.test_pages import read
from tests.app.ledger.build import NAME, REPOSITORY, document
from tests.app.ledger.conftest import clock, ledger
from tests.app.reporting.conftest import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["clock", "ledger"]

ODD = 'a "quoted" \\ \N{SNOWMAN} \t\x01[x]*?.py'
BEFORE = "".join(f"line {n}\n" for n in range(1, 41))
AFTER = BEFORE.replace("line 10\n", "line ten\n").replace("line 30\n", "line 30\nnew\n").replace("line 20\n", "")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


class Clone:
    """A bare clone with two commits."""

    def __init__(self, place: Path, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        work = place.with_suffix(".work")
        self._git("init", "--quiet", "-b", "main", str(work))
        self.place, self._work = place, work
        self.base, self.head = self._commit(before), self._commit(after)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._git("clone", "--quiet", "--bare", str(work), str(place))

    def _commit(self, files: Mapping[str, str]) -> str:
        for name, text in files.items():
            (self._work / name).write_text(text, "utf-8", newline="")
        self._git("-C", str(self._work), "add", "-A")
        who = ("-c", "user.name=m", "-c", "user.email=m@example.org")
        self._git("-C", str(self._work), *who, "commit", "--quiet", "-m", "c")
        return self._git("-C", str(self._work), "rev-parse", "HEAD").strip()

    @staticmethod
    def _git(*argv: str) -> str:
        return subprocess.run(["git", *argv], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    place = tmp_path / "clones" / f"{REPOSITORY}.git"  # as the App keeps it, whatever the repository is called
    return Clone(place, {"a.py": BEFORE, ODD: "x = 1\n"}, {"a.py": AFTER, ODD: "x = 2\n", "new.py": "y = 1\n"})


def test_the_lines_around_a_finding(clone: Clone) -> None:
    diffs = DiffReader().read(clone.place, clone.base, clone.head, ["a.py"])
    shown = near(diffs, "a.py", 10, 10)
    assert [(line.sign, line.text) for line in shown] == [
        (" ", "line 8"),
        (" ", "line 9"),
        ("-", "line 10"),
        ("+", "line ten"),
        (" ", "line 11"),
        (" ", "line 12"),
        (" ", "line 13"),
    ]
    assert [(line.old, line.new) for line in shown][2:5] == [(10, None), (None, 10), (11, 11)]


def test_lines_of_another_place_in_the_file_are_not_taken_along(clone: Clone) -> None:
    diffs = DiffReader().read(clone.place, clone.base, clone.head, ["a.py"])
    # Where the difference leaves lines out, what stands beside is not shown as if it followed.
    last = near(diffs, "a.py", 13, 13)
    assert [line.text for line in last] == ["line ten", "line 11", "line 12", "line 13"]
    assert near(diffs, "a.py", 25, 25) == ()
    assert near(diffs, "b.py", 10, 10) == near(diffs, None, None, None) == near(diffs, "a.py", None, None) == ()


def test_a_line_that_only_the_base_has_is_found_there(clone: Clone) -> None:
    gone = Line(9, None, "gone")
    assert list(near({"a.py": [Line(8, 7, "x"), gone]}, "a.py", 9, None)) == [Line(8, 7, "x"), gone]


def test_odd_names_and_new_files(clone: Clone) -> None:
    diffs = DiffReader().read(clone.place, clone.base, clone.head, [ODD, "new.py", "absent.py", ":(glob)*", "../a.py"])
    assert [(line.sign, line.text) for line in diffs[ODD]] == [("-", "x = 1"), ("+", "x = 2")]
    assert [(line.sign, line.new, line.text) for line in diffs["new.py"]] == [("+", 1, "y = 1")]
    assert diffs.keys() == {ODD, "new.py"}


def test_where_nothing_can_be_told_nothing_is(clone: Clone, tmp_path: Path) -> None:
    reader = DiffReader()
    assert reader.read(tmp_path / "elsewhere", clone.base, clone.head, ["a.py"]) == {}
    assert reader.read(clone.place, clone.base, "f" * 40, ["a.py"]) == {}
    assert reader.read(clone.place, "--output=/tmp/x", clone.head, ["a.py"]) == {}
    assert reader.read(clone.place, clone.base, clone.head, []) == {}
    assert reader.read(clone.place, clone.base, clone.head, ["a\0.py"]) == {}


def test_a_difference_that_is_too_large_for_a_page_is_left_out(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "big.git", {"a.py": "x\n"}, {"a.py": "y" * 60 + "\n", "b.py": ("z" * 99 + "\n") * 40_000})
    reader = DiffReader()
    assert reader.read(clone.place, clone.base, clone.head, ["b.py"]) == {}
    assert reader.read(clone.place, clone.base, clone.head, ["a.py"]).keys() == {"a.py"}


def test_only_so_many_files_are_looked_at(tmp_path: Path) -> None:
    files = {f"f{n:03}.py": "x\n" for n in range(MOST_FILES + 5)}
    clone = Clone(tmp_path / "many.git", files, dict.fromkeys(files, "y\n"))
    assert len(DiffReader().read(clone.place, clone.base, clone.head, files)) == MOST_FILES


def test_what_was_read_is_kept(clone: Clone) -> None:
    reader = DiffReader()
    first = reader.read(clone.place, clone.base, clone.head, ["a.py"])
    (clone.place / "HEAD").unlink()
    assert reader.read(clone.place, clone.base, clone.head, ["a.py"]) is first


def test_a_review_shows_the_lines_that_its_findings_name(ledger: Ledger, clone: Clone, tmp_path: Path) -> None:
    finding = Finding("a.py", 10, "rule", "It says ten.")
    told = document(blocks(Verdict.reject("lint", "One.", findings=(finding,))), head=clone.head)
    told["merge_base"] = clone.base
    review_id = ledger.review(told, repository_id=REPOSITORY, repository=NAME, number=1)
    answer = site(ledger, data=tmp_path).get(f"/r/{NAME}/reviews/{review_id}")
    page = read(answer.text)
    assert "line ten" in page.text
    assert '<tr class="plus hit">' in answer.text
    anchor = "https://github.com/octo/shop/pull/1/files#diff-"
    assert any(link.startswith(anchor) and link.endswith("R10") for link in page.links)
    assert AROUND == 3

"""What was measured of policies, where maintainers look."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.dashboard.figures import collapse
from app.ledger.attribution import LineRow, Origin
from app.ledger.ledger import Ledger
from app.provenance.types import Status
from gates.evidence.shelf import Shelf, Shelved
from gates.presets import preset
from tests.app.dashboard.site import Reader, fill, site
from tests.app.dashboard.test_pages import read
from tests.app.ledger.build import NAME, add_merge
from tests.app.ledger.conftest import clock, ledger
from tests.gates.evidence import made_up

__all__ = ["clock", "ledger"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


CARD = made_up.card(preset("tests"), source="preset")


def shelf() -> Shelf:
    return Shelf((Shelved(CARD, "made-up.json"),), (made_up.exposure(),), ("bad.json does not count.",))


def test_a_policy_without_a_card_says_how_it_is_measured(ledger: Ledger) -> None:
    text = read(site(ledger).get(f"/policies/{preset('strict').hash}").text).text
    assert "policy strict : unmeasured" in text
    assert "exogate policy check strict" in text
    assert "It has judged no pull request that you may see." in text


def test_a_card_is_shown_with_its_controls_and_how_it_was_made(ledger: Ledger) -> None:
    card = CARD
    page = read(site(ledger, shelf=shelf()).get(f"/policies/{card.policy.hash}").text)
    assert card.summary.rule in page.text
    assert all(command in page.text for command in card.made.commands)
    for name in ("no gate", "chance, as many", "human code"):
        assert name in page.text


def test_a_policy_that_nobody_knows_is_not_there(ledger: Ledger) -> None:
    fill(ledger)
    for name in ("f" * 64, "strict", "..", "x" * 3000):
        assert site(ledger).get(f"/policies/{name}").status_code == 404


def test_a_policy_that_judged_only_what_is_hidden_is_not_there(ledger: Ledger) -> None:
    fill(ledger)
    path = "/policies/sha256:" + "ab" * 32
    assert site(ledger).get(path).status_code == 200
    assert site(ledger, Reader(ids=frozenset({99}))).get(path).status_code == 404


def test_the_lab_has_every_card_and_every_file_that_does_not_count(ledger: Ledger) -> None:
    text = read(site(ledger, shelf=shelf()).get("/lab").text).text
    assert "tests" in text
    assert "bad.json does not count." in text
    assert "Skill kept by share of synthetic data" in text


def test_the_curves_have_the_policy_and_each_control_that_the_study_has() -> None:
    plot = collapse(CARD)
    assert plot.columns == ("Round", "behind tests", "without any gate", "by chance, as many", "human code only")
    assert plot.rows[0] == ("0", ["40 % (30 % to 50 %)", *["30 % (20 % to 40 %)"] * 3])
    assert [round_ for round_, _ in plot.rows] == ["0", "1", "2"]
    alone = made_up.card(preset("tests"), random=None, human=None)
    assert collapse(alone).columns == ("Round", "behind tests", "without any gate")


def test_exposure_stands_beside_what_the_lab_kept(ledger: Ledger) -> None:
    fill(ledger)
    text = read(site(ledger, shelf=shelf()).get(f"/r/{NAME}").text).text
    # 30 of 40 lines: between the arms at half and at nine tenths.
    assert "75 % of 40 lines merged in 12 months are declared AI's; in the lab" in text
    assert "kept 61 % of its skill" in text
    assert "AI-declared lines stand for samples that nobody reviewed" in text


def test_nothing_is_said_of_a_share_beyond_what_was_measured(ledger: Ledger) -> None:
    part = made_up.exposure()
    measured = part.model_copy(update={"points": part.points[1:3]})
    add_merge(ledger, [LineRow("a.py", 1, 10, Origin(Status.UNDECLARED))])
    text = read(site(ledger, shelf=Shelf((), (measured,))).get(f"/r/{NAME}").text).text
    assert "The lab did not measure such a share, so nothing is said of what would be kept." in text


def test_a_review_says_what_its_policy_is_worth(ledger: Ledger) -> None:
    made = fill(ledger)
    page = read(site(ledger).get(f"/r/{NAME}/reviews/{made['rejected']}").text)
    assert "Evidence policy standard : unmeasured" in page.text
    assert "/policies/sha256:" + "ab" * 32 in page.links

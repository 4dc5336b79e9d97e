"""The shelf: what counts, what is told, and what of several cards counts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gates import registry
from gates.evidence import shelf as module
from gates.evidence.shelf import Shelf, Shelved, shelf, shipped
from gates.presets import preset
from tests.gates.evidence.made_up import card, exposure, policy, text, written


def _only(folder: Path) -> Shelf:
    whole = shelf([folder])
    own = tuple(one for one in whole.cards if str(folder) in one.source)
    return Shelf(own, whole.exposures, tuple(p for p in whole.problems if str(folder) in p))


def test_a_card_is_found_by_the_policys_hash(tmp_path: Path) -> None:
    own = policy("extends: tests\nreview: {approvals: 3}")
    found = _only(written(tmp_path, card(own), card(preset("compile"))))
    assert found.find(own.hash) is not None
    assert found.find(preset("strict").hash) is None
    assert not found.problems


def test_what_is_broken_or_tampered_with_is_told_and_never_counts(tmp_path: Path) -> None:
    own = policy("extends: tests\nreview: {approvals: 3}")
    good = text(card(own))
    (tmp_path / "broken.json").write_text(good[:-40])
    (tmp_path / "tampered.json").write_text(good.replace('"estimate": 0.9', '"estimate": 0.99'))
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "exposure.json").write_text("{}")
    (tmp_path / "notes.txt").write_text(good)
    (tmp_path / "card.schema.json").write_text("{}")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    found = _only(tmp_path)
    assert not found.cards
    assert len(found.problems) == 4
    assert "tampered.json" in found.problems[3]
    assert "changed after it was made" in found.problems[3]
    assert all("does not count as evidence" in problem for problem in found.problems)


def test_a_card_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").symlink_to("/proc/self/mem")  # a plain file that no reader, root included, gets a byte of
    assert "cannot be read" in _only(tmp_path).problems[0]


def test_a_link_to_itself_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "loop.json").symlink_to("loop.json")
    assert _only(tmp_path) == Shelf((), shelf([tmp_path]).exposures)


def test_a_gate_of_another_version_makes_a_card_stale() -> None:
    one = Shelved(card(preset("compile"), versions={"compile": "0"}), "test")
    now = registry.get("compile").version
    assert one.stale == f"gate `compile` was version 0 when it was measured and is {now} now"


def test_a_shipped_policy_that_became_another_makes_its_card_stale() -> None:
    made = card(preset("compile"), source="preset", hash_="a" * 64)
    assert Shelved(made, "").stale == "the shipped policy `compile` was another when it was measured"
    assert Shelved(card(preset("compile"), name="gone", source="preset"), "").stale is not None
    assert Shelved(card(preset("compile"), source="preset"), "").stale is None
    assert Shelved(card(policy("extends: tests"), name="compile", source="file"), "").stale is None


def test_a_gate_that_is_not_installed_makes_no_card_stale() -> None:
    made = card(preset("compile"), versions={"some-other-gate": "7"}, settings=None)
    assert Shelved(made, "").stale is None


def test_of_several_cards_the_current_then_the_measured_then_the_larger_then_the_later_counts() -> None:
    own = preset("tests")
    later, larger = card(own, kept=0.91), card(own, rounds=4, kept=0.92)
    without, stale = card(own, random=None, rounds=9), card(own, seeds=9, versions={"compile": "0"})

    def best(*cards: object) -> object:
        found = Shelf(tuple(Shelved(one, str(at)) for at, one in enumerate(cards))).find(own.hash)
        return found.card if found else None

    assert best(card(own), later) == later
    assert best(later, card(own)) != later
    assert best(larger, later) == larger
    assert best(without, later) == later
    assert best(stale, without) == without
    assert best(stale) == stale


def test_the_measurement_of_exposure_is_read(tmp_path: Path) -> None:
    (tmp_path / "exposure.json").write_text(text(exposure()))
    assert exposure() in shelf([tmp_path]).exposures
    assert Shelf().exposure is None


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        shelf([tmp_path / "none"])


# The cards that ship, however many there are.


def test_every_shipped_file_counts_and_is_of_this_version() -> None:
    assert shipped().problems == ()
    assert {one.source: one.stale for one in shipped().cards if one.stale} == {}, "Measure again: see results/README."


def test_no_policy_has_two_shipped_cards_and_none_is_of_a_short_form() -> None:
    hashes = [one.card.policy.hash for one in shipped().cards]
    assert len(hashes) == len(set(hashes))
    assert not [one.source for one in shipped().cards if one.card.study.quick]


def test_shipped_cards_name_no_place_of_one_machine() -> None:
    for one in shipped().cards:
        assert "/tmp" not in json.dumps(one.card.model_dump(mode="json"))
        assert "/home" not in json.dumps(one.card.model_dump(mode="json"))


def test_reading_what_ships_happens_once() -> None:
    assert module.shipped() is module.shipped()

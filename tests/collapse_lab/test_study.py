"""The pocket studies, their quick forms, and errors that name lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from collapse_lab.arms import cells
from collapse_lab.policies import policy_of
from collapse_lab.studies import StudyError, names, open_study, parse
from gates.presets import preset_names

# What each study is about, and may therefore have otherwise than `pocket`.
VARIES = {
    "pocket-accumulate": set(),
    "pocket-hybrid": set(),
    "pocket-long": {"rounds"},
    "pocket-noise": set(),
    "pocket-presets": set(),
    "pocket-stress": {"sampling"},
}
LABELS = {
    "pocket-accumulate": {"none", "none, accumulate", "none, accumulate-subsample"},
    "pocket-hybrid": {"none", *(f"none, hybrid, human {share}%" for share in (5, 10, 30, 50))},
    "pocket-long": {"none", "tests"},
    "pocket-noise": {"tests", "tests~5%", "tests~10%", "tests~20%"},
    "pocket-presets": {*preset_names(), "human", "random@standard"},
    "pocket-stress": {"none", "compile", "quality-short", "tests"},
}
SMALL = """\
name: small
question: Why?
arms:
  - policy: none
"""


POCKET = ["pocket", *sorted(VARIES)]


def test_every_pocket_study_is_shipped() -> None:
    assert [name for name in names() if name.startswith("pocket")] == POCKET
    assert names()[0] == "pocket"


@pytest.mark.parametrize("name", POCKET)
@pytest.mark.parametrize("quick", [False, True])
def test_every_pocket_study_loads(name: str, quick: bool) -> None:
    study = open_study(name, quick=quick)
    assert study.name == name
    for cell in cells(study):
        policy_of(cell.judge.policy or "none")


@pytest.mark.parametrize("name", POCKET)
def test_a_quick_form_is_a_part_of_the_whole(name: str) -> None:
    whole, quick = open_study(name), open_study(name, quick=True)
    assert quick.rounds < whole.rounds
    assert len(quick.seeds) == len(quick.model.bases) == 1
    assert {c.label for c in cells(quick)} < {c.label for c in cells(whole)}
    # The same base serves both.
    same = {"seeds", "rounds", "arms", "quick", "model"}
    assert quick.model_dump(exclude=same) == whole.model_dump(exclude=same)
    assert quick.model.model_copy(update={"bases": whole.model.bases}) == whole.model


@pytest.mark.parametrize("name", sorted(VARIES))
def test_a_study_differs_from_pocket_in_what_it_is_about_only(name: str) -> None:
    pocket, study = open_study("pocket").model_dump(), open_study(name).model_dump()
    differing = {key for key in pocket if pocket[key] != study[key]}
    assert differing - {"name", "question", "arms", "quick"} == VARIES[name]
    assert {c.label for c in cells(open_study(name))} >= LABELS[name]


def test_pocket_has_every_regime_and_control() -> None:
    labels = {cell.label for cell in cells(open_study("pocket"))}
    regimes = (
        "none compile quality-short lint types tests strict self-score-trained self-consistency novelty write-back"
    )
    regimes += " pairwise-self-judge frozen-judge foreign-judge human oracle random@tests"
    regimes += " perplexity-low-quantile perplexity-low-frozen perplexity-high-quantile perplexity-high-frozen"
    assert labels >= {*regimes.split(), "self-score-quantile", "self-score-frozen"}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (SMALL + "round: 3\n", 5, "rounds"),
        (SMALL + "rounds: many\n", 5, "whole number"),
        (SMALL + "  - policy: tets\n", 5, "tests"),
        (SMALL + "  - {policy: none, control: human}\n", 5, "either a `policy` or a `control`"),
        (SMALL + "  - {control: random}\n", 5, "match: POLICY"),
        (SMALL + "data: {rule: hybrid}\n", 5, "human_share above 0"),
        (SMALL + "arms: []\n", 5, "twice"),
        ("- 1\n", 1, "mapping"),
    ],
)
def test_an_error_names_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(StudyError) as error:
        parse(text, "mine.yml")
    assert f"mine.yml, line {line}: " in str(error.value)
    assert says in str(error.value)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(StudyError) as error:
        parse(SMALL + "rounds: 0\nseeds: []\n", "mine.yml")
    assert "line 5: " in str(error.value)
    assert "line 6: " in str(error.value)


def test_an_error_in_a_quick_form_names_its_own_line() -> None:
    text = SMALL + "quick:\n  arms:\n    - policy: none\n    - policy: tets\n"
    assert len(parse(text, "mine.yml").arms) == 1
    with pytest.raises(StudyError, match=r"mine\.yml, line 8: "):
        parse(text, "mine.yml", quick=True)
    with pytest.raises(StudyError, match=r"mine\.yml, line 6: .*rounds"):
        parse(SMALL + "quick:\n  rounds: 0\n", "mine.yml", quick=True)


def test_a_study_without_a_quick_form_says_so() -> None:
    with pytest.raises(StudyError, match=r"mine\.yml: It has no `quick` form"):
        parse(SMALL, "mine.yml", quick=True)


def test_a_name_that_is_not_there_says_which_are() -> None:
    with pytest.raises(StudyError, match=r"no study called 'pockt'.*pocket, paper-anchor"):
        open_study("pockt")


def test_a_policy_file_stands_beside_its_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yml").write_text("gates:\n  compile: block\n")
    (tmp_path / "study.yml").write_text(SMALL + "  - policy: mine.yml\n")
    monkeypatch.chdir("/")
    study = open_study(str(tmp_path / "study.yml"))
    assert study.arms[1].policy == str(tmp_path / "mine.yml")
    assert [cell.label for cell in cells(study, seeds=1)] == ["none", "mine"]
    (tmp_path / "mine.yml").write_text("gates:\n  compil: block\n")
    with pytest.raises(StudyError, match=r"study\.yml, line 5: .*mine\.yml, line 2: .*compil"):
        open_study(str(tmp_path / "study.yml"))

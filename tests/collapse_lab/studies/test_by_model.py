"""What a study says of one of its models, with what it extends and in its quick form."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from collapse_lab.arms import cells
from collapse_lab.cli import cli
from collapse_lab.studies import StudyError, names, open_study, parse
from collapse_lab.study import CodeTasks, Study

SEVERAL = """\
name: several
question: Why?
models: [santacoder, starcoder2-3b]
model: {kind: pretrained, precision: bf16}
tasks: {kind: code, benchmarks: [{name: everyday}], pool: {name: pocket}}
rounds: 7
prompts: 50
arms:
  - policy: none
by_model:
  starcoder2-3b:
    rounds: 3
    data: {quota: 40}
"""
FOUR = ("santacoder", "starcoder2-3b", "qwen2.5-coder-1.5b", "codellama-7b")
REVISED = [name for name in names() if name.startswith("paper-") and name.endswith("-revised")]


def of(text: str, model: str = "starcoder2-3b", *, quick: bool = False) -> Study:
    return parse(text, "mine.yml", model=model, quick=quick)


def extended(folder: Path, own: str, model: str = "starcoder2-3b", *, quick: bool = False) -> Study:
    (folder / "several.yml").write_text(SEVERAL)
    (folder / "mine.yml").write_text(f"extends: several.yml\nname: mine\n{own}")
    return open_study(str(folder / "mine.yml"), model=model, quick=quick)


def test_a_chosen_model_replaces_its_keys_and_no_other() -> None:
    one, other = of(SEVERAL), of(SEVERAL, "santacoder")
    assert (one.rounds, one.data.quota, one.prompts) == (3, 40, 50)
    assert (other.rounds, other.data.quota, other.prompts) == (7, None, 50)
    assert (one.name, one.by_model) == ("several-starcoder2-3b", {})


def test_what_a_model_says_is_no_part_of_results() -> None:
    plain = SEVERAL.partition("by_model")[0]
    assert of(SEVERAL, "santacoder").model_dump() == of(plain, "santacoder").model_dump()
    assert "by_model" not in of(SEVERAL).model_dump()


def test_a_models_own_settings_may_be_its_model() -> None:
    text = SEVERAL.replace("    rounds: 3\n", "    model: {kind: pretrained, precision: fp32}\n")
    assert of(text).model.precision == "fp32"  # type: ignore[union-attr]
    assert of(text).model.name == "starcoder2-3b"  # type: ignore[union-attr]
    assert of(text, "santacoder").model.precision == "bf16"  # type: ignore[union-attr]


def test_it_is_taken_over_by_a_study_that_extends_it(tmp_path: Path) -> None:
    study = extended(tmp_path, "prompts: 9\n")
    assert (study.name, study.rounds, study.data.quota, study.prompts) == ("mine-starcoder2-3b", 3, 40, 9)


def test_what_the_extending_study_says_goes_before_its_bases_models(tmp_path: Path) -> None:
    study = extended(tmp_path, "rounds: 5\n")
    assert (study.rounds, study.data.quota) == (5, 40)
    own = "rounds: 5\nby_model:\n  starcoder2-3b: {rounds: 2}\n"
    study = extended(tmp_path, own)
    # Its own table takes the place of the other's.
    assert (study.rounds, study.data.quota) == (2, None)
    assert extended(tmp_path, own, "santacoder").rounds == 5


def test_models_that_the_extending_study_has_not_are_left_out(tmp_path: Path) -> None:
    assert extended(tmp_path, "models: [smollm2, santacoder]\n", "smollm2").rounds == 7


def test_the_quick_form_goes_before_it_and_may_have_its_own() -> None:
    quick = SEVERAL + "quick:\n  rounds: 1\n"
    assert (of(quick).rounds, of(quick, quick=True).rounds, of(quick, quick=True).data.quota) == (3, 1, 40)
    own = quick + "  by_model:\n    starcoder2-3b: {rounds: 2}\n"
    assert (of(own).rounds, of(own, quick=True).rounds, of(own, quick=True).data.quota) == (3, 2, None)
    assert of(own, "santacoder", quick=True).rounds == 1


def test_the_quick_form_of_the_base_goes_before_it_too(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text(SEVERAL + "quick:\n  rounds: 1\n")
    (tmp_path / "mine.yml").write_text("extends: base.yml\nname: mine\nprompts: 9\n")
    study = open_study(str(tmp_path / "mine.yml"), model="starcoder2-3b", quick=True)
    assert (study.rounds, study.data.quota, study.prompts) == (1, 40, 9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("  starcoder2-3b:\n", "  starcoder2-3:\n"),
            r"line 11: by_model: Model 'starcoder2-3' is none.*'starcoder2-3b'",
        ),
        (("  starcoder2-3b:\n", "  smollm2:\n"), r"line 11: by_model: Model 'smollm2' is none of the study's `models`"),
        (("    rounds: 3", "    round: 3"), r"line 12: by_model\.starcoder2-3b: 'round' is not known.*'rounds'"),
        (("    rounds: 3", "    by_model: {}"), r"line 12: by_model\.starcoder2-3b: 'by_model' is not known here"),
        (("    rounds: 3", "    quick: {}"), r"line 12: by_model\.starcoder2-3b: 'quick' is not known here"),
        (("    rounds: 3", "    name: x"), r"line 12: by_model\.starcoder2-3b: 'name' is not known here"),
        (("    rounds: 3\n    data: {quota: 40}", "    []"), r"line 11: by_model\.starcoder2-3b: write one"),
        (("models: [santacoder, starcoder2-3b]\n", ""), r"line 10: .*It names no `models`"),
        (
            ("  starcoder2-3b:\n    rounds: 3\n    data: {quota: 40}", "  - 1"),
            r"line 10: by_model: write a model's name",
        ),
    ],
)
@pytest.mark.parametrize("model", ["starcoder2-3b", "santacoder"])
def test_an_error_names_its_line_whichever_model_is_chosen(change: tuple[str, str], said: str, model: str) -> None:
    text = SEVERAL.replace(*change)
    assert text != SEVERAL
    with pytest.raises(StudyError, match=rf"^mine\.yml, {said}"):
        of(text, model)


def test_a_bad_value_names_the_line_that_it_stands_on(tmp_path: Path) -> None:
    bad = SEVERAL.replace("{quota: 40}", "{quota: none}")
    assert of(bad, "santacoder").rounds == 7
    with pytest.raises(StudyError, match=r"^mine\.yml, line 13: data\.quota: give a whole number"):
        of(bad)
    in_quick = SEVERAL + "quick:\n  prompts: 5\n  by_model:\n    starcoder2-3b:\n      rounds: 0\n"
    with pytest.raises(StudyError, match=r"^mine\.yml, line 18: rounds"):
        of(in_quick, quick=True)
    (tmp_path / "base.yml").write_text(bad)
    (tmp_path / "study.yml").write_text("extends: base.yml\nname: mine\n")
    with pytest.raises(StudyError, match=r"base\.yml, line 13: data\.quota"):
        open_study(str(tmp_path / "study.yml"), model="starcoder2-3b")


def test_policies_lie_beside_the_file_that_names_them_for_a_model(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("gates:\n  compile: block\n")
    (tmp_path / "base.yml").write_text(SEVERAL + "    arms:\n      - policy: mine.yml\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "study.yml").write_text("extends: ../base.yml\nname: mine\n")
    study = open_study(str(below / "study.yml"), model="starcoder2-3b")
    assert [arm.policy for arm in study.arms] == [str(tmp_path / "mine.yml")]


@pytest.mark.parametrize("name", REVISED)
@pytest.mark.parametrize("model", FOUR)
def test_the_papers_share_of_prose_is_that_of_its_revised_configuration_in_every_arm(name: str, model: str) -> None:
    study = open_study(name, model=model)
    wanted = 0.25 if model in ("starcoder2-3b", "qwen2.5-coder-1.5b") else 0
    assert {cell.prose_share for cell in cells(study)} == {wanted}
    assert not any("prose" in cell.label for cell in cells(study))
    assert isinstance(study.tasks, CodeTasks)
    assert study.tasks.prose is not None
    # All else is every model's.
    other = open_study(name, model="santacoder")
    assert [cell.label for cell in cells(study)] == [cell.label for cell in cells(other)]
    assert [(c.data.rule, c.data.human_share, c.data.quota, c.data.most_raw) for c in cells(study)] == [
        (c.data.rule, c.data.human_share, c.data.quota, c.data.most_raw) for c in cells(other)
    ]


def test_the_literal_suites_have_none() -> None:
    for model in FOUR:
        assert {cell.prose_share for cell in cells(open_study("paper-main", model=model))} == {0}


def test_plan_says_it() -> None:
    words = ["plan", "paper-main-revised", "--hardware", "h200", "--arms", "none", "--model"]
    line = "prose   25% of a round's documents are natural-language texts (wikipedia)"
    assert line in CliRunner().invoke(cli, [*words, "starcoder2-3b"]).output
    assert "prose" not in CliRunner().invoke(cli, [*words, "santacoder"]).output

"""What a study takes from the one that it extends, and the one model that is chosen of several."""

from __future__ import annotations

from pathlib import Path

import pytest

from collapse_lab.arms import cells
from collapse_lab.studies import StudyError, models_of, open_study, parse
from collapse_lab.study import PretrainedModel

BASE = """\
name: base
question: Why?
rounds: 7
seeds: [4]
prompts: 11
arms:
  - policy: none
  - policy: mine.yml
"""
SEVERAL = """\
name: several
question: Why?
models: [santacoder, qwen2.5-coder-1.5b]
model: {kind: pretrained, precision: bf16}
tasks: {kind: code, benchmarks: [{name: everyday}], pool: {name: pocket}}
arms:
  - policy: none
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yml").write_text(BASE)
    (tmp_path / "mine.yml").write_text("gates:\n  compile: block\n")
    return tmp_path


def written(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return str(file)


def test_what_a_study_does_not_say_is_its_bases(folder: Path) -> None:
    study = open_study(written(folder, "mine-too.yml", "extends: base.yml\nname: mine\nrounds: 2\nseeds: [5, 6]\n"))
    assert (study.name, study.question, study.rounds, study.seeds, study.prompts) == ("mine", "Why?", 2, (5, 6), 11)


def test_a_key_replaces_the_bases_whole(folder: Path) -> None:
    base = BASE + "training: {steps: 3, batch: 2}\n"
    (folder / "base.yml").write_text(base)
    study = open_study(written(folder, "study.yml", "extends: base.yml\nname: mine\ntraining: {epochs: 4}\n"))
    assert (study.training.steps, study.training.epochs, study.training.batch) == (None, 4, 16)


def test_a_name_is_a_studys_own(folder: Path) -> None:
    with pytest.raises(StudyError, match="name: field required"):
        open_study(written(folder, "study.yml", "extends: base.yml\nrounds: 2\n"))


def test_a_shipped_study_can_be_extended_by_name_and_from_text() -> None:
    study = parse("extends: pocket-long\nname: mine\nrounds: 2\n", "mine.yml")
    assert (study.rounds, study.arms) == (2, open_study("pocket-long").arms)
    assert study.quick == open_study("pocket-long").quick


def test_the_short_form_of_the_base_serves_too(folder: Path) -> None:
    (folder / "base.yml").write_text(BASE + "quick:\n  rounds: 1\n  arms:\n    - policy: mine.yml\n")
    file = written(folder / "below", "study.yml", "extends: ../base.yml\nname: mine\nrounds: 3\n")
    study = open_study(file, quick=True)
    assert study.rounds == 1
    assert study.arms[0].policy == str(folder / "mine.yml")


def test_policies_lie_beside_the_file_that_names_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = written(folder / "below", "study.yml", "extends: ../base.yml\nname: mine\n")
    monkeypatch.chdir("/")
    assert [arm.policy for arm in open_study(below).arms] == ["none", str(folder / "mine.yml")]
    own = "extends: ../base.yml\nname: mine\narms:\n  - policy: mine.yml\n"
    with pytest.raises(StudyError, match=r"below/study\.yml, line 4: .*mine\.yml"):
        open_study(written(folder / "below", "study.yml", own))


def test_an_error_names_the_file_that_it_stands_in(folder: Path) -> None:
    (folder / "base.yml").write_text(BASE.replace("rounds: 7", "rounds: many"))
    file = written(folder, "study.yml", "extends: base.yml\nname: mine\nseeds: none\n")
    with pytest.raises(StudyError) as error:
        open_study(file)
    said = str(error.value)
    assert f"{folder / 'base.yml'}, line 3: rounds: give a whole number" in said
    assert f"{file}, line 3: seeds" in said


def test_an_error_in_a_bases_short_form_names_its_line_there(folder: Path) -> None:
    (folder / "base.yml").write_text(BASE + "quick:\n  rounds: 0\n")
    with pytest.raises(StudyError, match=r"base\.yml, line 10: rounds"):
        open_study(written(folder, "study.yml", "extends: base.yml\nname: mine\n"), quick=True)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("pockt", r"study\.yml, line 2: It extends 'pockt', and there is no such study"),
        ("below", r"study\.yml, line 2: It extends 'below', and there is no such study"),
        ("[pocket]", r"study\.yml, line 2: extends: give the name of a study"),
        ("''", r"study\.yml, line 2: extends: give the name of a study"),
        ("study.yml", r"study\.yml, line 2: It extends 'study\.yml', which extends it in turn"),
        ("./study.yml", r"which extends it in turn"),
        ("second.yml", r"second\.yml, line 1: It extends 'study\.yml', which extends it in turn"),
    ],
)
def test_what_cannot_be_extended_is_named_with_its_line(folder: Path, wanted: str, said: str) -> None:
    (folder / "below").mkdir()
    (folder / "second.yml").write_text("extends: study.yml\nname: second\n")
    with pytest.raises(StudyError, match=said):
        open_study(written(folder, "study.yml", f"name: mine\nextends: {wanted}\n"))


def test_a_text_without_a_folder_extends_shipped_studies_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(StudyError, match="no such study"):
        parse("extends: base.yml\nname: mine\n", "mine.yml")


def test_of_several_models_one_is_chosen_and_names_the_study() -> None:
    study = parse(SEVERAL, "mine.yml", model="qwen2.5-coder-1.5b")
    assert study.name == "several-qwen2.5-coder-1.5b"
    assert study.model == PretrainedModel(name="qwen2.5-coder-1.5b", precision="bf16")
    # Another model in the list changes nothing about this one's results.
    assert study.models == ()
    assert len(cells(study)) == 3


def test_without_a_choice_the_models_are_named() -> None:
    with pytest.raises(StudyError, match=r"several models.*--model: santacoder, qwen2\.5-coder-1\.5b"):
        parse(SEVERAL, "mine.yml")
    with pytest.raises(StudyError, match=r"no model 'santacodr'.*Did you mean 'santacoder'"):
        parse(SEVERAL, "mine.yml", model="santacodr")


def test_a_study_that_extends_one_of_several_models_is_of_several(tmp_path: Path) -> None:
    (tmp_path / "several.yml").write_text(SEVERAL)
    file = written(tmp_path, "study.yml", "extends: several.yml\nname: mine\nmodels: [smollm2, santacoder]\n")
    assert models_of(file) == ("smollm2", "santacoder")
    assert open_study(file, model="smollm2").name == "mine-smollm2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SEVERAL.replace("santacoder", "santacodr"), r"mine\.yml, line 3: .*no pretrained model 'santacodr'"),
        (SEVERAL.replace("qwen2.5-coder-1.5b", "santacoder"), r"mine\.yml, line 3: Model 'santacoder' stands twice"),
        (SEVERAL.replace("precision: bf16", "name: smollm2"), r"mine\.yml, line 4: .*no name yet"),
        (
            SEVERAL.replace("kind: pretrained, precision: bf16", "kind: pocket"),
            r"mine\.yml, line 4: .*kind: pretrained",
        ),
        (SEVERAL.replace("[santacoder, qwen2.5-coder-1.5b]", "santacoder"), r"mine\.yml, line 3: models: write a list"),
    ],
)
def test_an_error_among_models_names_its_line(text: str, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        parse(text, "mine.yml", model="santacoder")


def test_a_model_that_is_not_known_names_its_line() -> None:
    text = SEVERAL.replace("models: [santacoder, qwen2.5-coder-1.5b]\n", "").replace(
        "precision", "name: smol, precision"
    )
    with pytest.raises(StudyError, match=r"mine\.yml, line 3: There is no pretrained model 'smol'"):
        parse(text, "mine.yml")


def test_weights_may_come_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "several.yml").write_text(SEVERAL)
    study = open_study(str(tmp_path / "several.yml"), model="santacoder", source="owner/name")
    assert isinstance(study.model, PretrainedModel)
    assert study.model.source == "owner/name"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"model": "smollm2"}, "trains a model of its own: there is none to choose"),
        ({"source": "here"}, "trains a model of its own, which has no source"),
    ],
)
def test_a_study_with_a_model_of_its_own_takes_no_other(words: dict[str, str], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        open_study("pocket", **words)


def test_a_study_of_one_pretrained_model_takes_its_name_and_no_other() -> None:
    assert open_study("smollm2-mini", model="smollm2").name == "smollm2-mini"
    with pytest.raises(StudyError, match=r"is of smollm2 alone.*extends: smollm2-mini"):
        open_study("smollm2-mini", model="santacoder")


def test_what_is_wrong_with_the_whole_study_is_a_sentence_too() -> None:
    with pytest.raises(StudyError, match=r"^mine\.yml, line 1: control `oracle` needs a pool"):
        parse(SEVERAL.replace("pocket", "stack") + "  - control: oracle\n", "mine.yml", model="santacoder")

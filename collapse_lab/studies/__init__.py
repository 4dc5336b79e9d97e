"""Study files: loading, and what `--quick`, `--model` and `--source` make of one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from collapse_lab.models.known import known
from collapse_lab.models.known import names as known_models
from collapse_lab.policies import policy_of
from collapse_lab.studies import keys as texts
from collapse_lab.studies.keys import Keys, StudyError
from collapse_lab.study import Arm, PretrainedModel, Study
from gates.policy import PolicyError
from gates.policy_words import explain

__all__ = ["StudyError", "models_of", "names", "open_study", "parse"]

_DIRECTORY = files("collapse_lab") / "studies"


def names() -> list[str]:
    """Return the shipped studies' names, the default first."""
    found = sorted(item.name.removesuffix(".yml") for item in _DIRECTORY.iterdir() if item.name.endswith(".yml"))
    return sorted(found, key=lambda name: name != "pocket")


def open_study(wanted: str, *, quick: bool = False, model: str | None = None, source: str | None = None) -> Study:
    """Return a shipped study by name, or one from a file. Raises ``StudyError``.

    A study of several models needs *model*, which becomes a part of its name. *source* is where a pretrained model's
    weights are: a folder, a GGUF file, or the Hub's ``owner/name``.
    """
    return _opened(_read(wanted), quick=quick, model=model, weights=source)


def models_of(wanted: str) -> tuple[str, ...]:
    """Return the models that a study leaves to be chosen from; none where it is of one. Raises ``StudyError``."""
    return texts.models_of(_read(wanted))


def parse(
    text: str, source: str, *, quick: bool = False, beside: Path | None = None, model: str | None = None
) -> Study:
    """Read a study's text; *source* is what errors call it, *beside* the folder of its policies' files.

    With *quick* the keys under `quick` replace the others. Raises ``StudyError``, for a policy that is not there too.
    """
    return _opened(texts.read(text, source, beside, _found), quick=quick, model=model)


def _read(wanted: str) -> Keys:
    try:
        found = _found(wanted, Path())
        if found is None:
            raise StudyError(f"There is no study called {wanted!r}, and no such file. There are: {', '.join(names())}.")
        text, source, folder = found
        return texts.read(text, source, folder, _found)
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{wanted} cannot be read: {error}.") from error


def _found(wanted: str, beside: Path | None) -> tuple[str, str, Path | None] | None:
    """Return a study's text, its name for errors and its folder: a shipped one, or a file in the folder *beside*."""
    if wanted in names():
        return (_DIRECTORY / f"{wanted}.yml").read_text("utf-8"), f"study {wanted}", None
    path = None if beside is None else beside / wanted
    if path is None or not path.is_file():
        return None
    return path.read_text("utf-8"), str(path), path.parent


def _opened(keys: Keys, *, quick: bool, model: str | None = None, weights: str | None = None) -> Study:
    study = _checked(texts.with_model(keys, model, weights))
    if not quick:
        return study
    if not study.quick:
        raise StudyError(f"{keys.own.source}: It has no `quick` form. Run it in full, or add one.")
    return _checked(texts.with_model(keys.quick(), model, weights))


def _checked(keys: Keys) -> Study:
    try:
        study = Study.model_validate(keys.data)
    except ValidationError as error:
        # What is wrong with the whole belongs to no key.
        problems = [
            f"{keys.line(tuple(e['loc']))}: {explain(dict(e), Study, {}).removeprefix(': ')}" for e in error.errors()
        ]
        raise StudyError("\n".join(problems)) from error
    problems = []
    if isinstance(study.model, PretrainedModel):
        for key, name in (("name", study.model.name), ("foreign", study.model.foreign)):
            try:
                known(name or study.model.name)
            except ValueError as error:
                problems.append(f"{keys.line(('model', key))}: {error}")
        problems += _prose_problems(study, study.model, keys)
    folder = keys.place(("arms",)).folder
    for number, arm in enumerate(study.arms):
        try:
            policy_of(arm.policy or "none", folder)
        except PolicyError as error:
            problems.append(f"{keys.line(('arms', number, 'policy'))}: {error}")
    if problems:
        raise StudyError("\n".join(problems))
    return study if folder is None else _placed(study, folder)


def _prose_problems(study: Study, model: PretrainedModel, keys: Keys) -> list[str]:
    """Say where a model that is trained on conversations is to be trained on plain texts, too."""
    if not study.mixes_prose or model.name not in known_models() or known(model.name).style != "chat":
        return []
    said = f"`prose_share` is for models that go on with a text; {model.name} is trained on conversations."
    return [f"{keys.line(('data',))}: data: {said} Take its base model."]


def _placed(study: Study, folder: Path) -> Study:
    """Return the study with its policies' files (relative to the study's own folder) by their full paths."""

    def placed(arm: Arm) -> Arm:
        file = folder / (arm.policy or "")
        return arm.model_copy(update={"policy": str(file.resolve())}) if arm.policy and file.is_file() else arm

    return study.model_copy(update={"arms": tuple(placed(arm) for arm in study.arms)})

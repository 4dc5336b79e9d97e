"""Study files: loading, and what `--quick` makes of one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from collapse_lab.policies import policy_of
from collapse_lab.study import Arm, Study
from gates.policy import PolicyError
from gates.policy_words import explain
from gates.policy_yaml import Location, YamlError, load
from gates.presets import line_of

_DIRECTORY = files("collapse_lab") / "studies"


class StudyError(ValueError):
    """A study that cannot be used; the message names every problem with its line."""


def names() -> list[str]:
    """Return the shipped studies' names, the default first."""
    found = sorted(item.name.removesuffix(".yml") for item in _DIRECTORY.iterdir() if item.name.endswith(".yml"))
    return sorted(found, key=lambda name: name != "pocket")


def open_study(wanted: str, *, quick: bool = False) -> Study:
    """Return a shipped study by name, or one from a file. Raises ``StudyError``."""
    if wanted in names():
        return parse((_DIRECTORY / f"{wanted}.yml").read_text("utf-8"), f"study {wanted}", quick=quick)
    path = Path(wanted)
    if not path.is_file():
        raise StudyError(f"There is no study called {wanted!r}, and no such file. There are: {', '.join(names())}.")
    try:
        return _beside(path, parse(path.read_text("utf-8"), wanted, quick=quick, beside=path.parent))
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{wanted} cannot be read: {error}.") from error


def parse(text: str, source: str, *, quick: bool = False, beside: Path | None = None) -> Study:
    """Read a study's text; *source* is what errors call it, *beside* the folder of its policies' files.

    With *quick* the keys under `quick` replace the others. Raises ``StudyError``, for a policy that is not there too.
    """
    try:
        data, lines = load(text)
    except YamlError as error:
        where = f"{source}, line {error.line}" if error.line else source
        raise StudyError(f"{where}: {error}") from error
    if not isinstance(data, dict):
        raise StudyError(f"{source}, line 1: A study is a mapping with `name`, `question` and `arms`.")
    study = _checked(data, lines, source, beside, frozenset())
    if not quick:
        return study
    if not study.quick:
        raise StudyError(f"{source}: It has no `quick` form. Run it in full, or add one.")
    return _checked({**data, **study.quick}, lines, source, beside, frozenset(study.quick))


def _checked(
    data: dict[str, Any], lines: dict[Location, int], source: str, beside: Path | None, shorter: frozenset[str]
) -> Study:
    """Return the study that *data* makes; the values of the keys in *shorter* stand under `quick`."""

    def line(place: Location) -> str:
        found = line_of(lines, ("quick", *place) if place and place[0] in shorter else place)
        return f"{source}{f', line {found}' if found else ''}"

    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        problems = [f"{line(tuple(e['loc']))}: {explain(dict(e), Study, {})}" for e in error.errors()]
        raise StudyError("\n".join(problems)) from error
    problems = []
    for number, arm in enumerate(study.arms):
        try:
            policy_of(arm.policy or "none", beside)
        except PolicyError as error:
            problems.append(f"{line(('arms', number, 'policy'))}: {error}")
    if problems:
        raise StudyError("\n".join(problems))
    return study


def _beside(path: Path, study: Study) -> Study:
    """Return the study with its policies' files (relative to the study's own) by their full paths."""

    def placed(arm: Arm) -> Arm:
        file = path.parent / (arm.policy or "")
        return arm.model_copy(update={"policy": str(file.resolve())}) if arm.policy and file.is_file() else arm

    return study.model_copy(update={"arms": tuple(placed(arm) for arm in study.arms)})

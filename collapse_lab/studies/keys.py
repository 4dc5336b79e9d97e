"""A study file as keys: with those of the study that it extends, and of several models the one that was chosen.

Every key remembers the file that it stands in, so that an error can name its line there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from collapse_lab.models.known import names as known_models
from collapse_lab.study import Study
from gates.nearest import did_you_mean
from gates.policy_yaml import Location, YamlError, load
from gates.presets import line_of

EXTENDS, BY_MODEL, QUICK = "extends", "by_model", "quick"
# A study says what it is called; its base's name stays with the base.
_OWN = ("name",)
# What a model may have otherwise: all but what says which study and which models these are.
_ONE_MODELS = tuple(key for key in Study.model_fields if key not in ("name", "models", BY_MODEL, QUICK))


class StudyError(ValueError):
    """A study that cannot be used; the message names every problem with its line."""


@dataclass(frozen=True)
class Place:
    """A file that keys stand in: what errors call it, its lines, and the folder that its policies' files lie in."""

    source: str
    lines: dict[Location, int]
    folder: Path | None

    def line(self, at: Location) -> str:
        """Return the file and, as far as it is known, the line of a key's value."""
        found = line_of(self.lines, at)
        return f"{self.source}{f', line {found}' if found else ''}"


@dataclass(frozen=True)
class Keys:
    """The keys of a study and where each of the uppermost stands; ``own`` is the file that was asked for.

    ``below`` says of those that do not stand at a file's margin under which keys they do: `quick`, or a model.
    """

    data: dict[str, Any]
    places: dict[str, Place]
    own: Place
    below: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def line(self, at: Location) -> str:
        """Return where a value stands, as errors say it."""
        return self.place(at).line((*self._above(at), *at))

    def place(self, at: Location) -> Place:
        """Return the file that a value stands in; of a key that is missing, the one that was asked for."""
        top = (*self._above(at), *at, "")[0]
        return self.places.get(str(top), self.own)

    def quick(self) -> Keys:
        """Return the short form: the keys under `quick` in place of the others."""
        return self._replaced(over(self.data, self.data[QUICK]), self.data[QUICK], (QUICK,))

    def of(self, model: str) -> Keys:
        """Return what the study says of a model: the keys below its name in place of the others."""
        table = self.data.get(BY_MODEL, {})
        data = {key: value for key, value in self.data.items() if key != BY_MODEL}
        own = table.get(model, {})
        return self._replaced({**data, **own}, own, (*self._above((BY_MODEL,)), BY_MODEL, model))

    def _replaced(self, data: dict[str, Any], keys: Iterable[str], where: tuple[str, ...]) -> Keys:
        return replace(self, data=data, below={**self.below, **dict.fromkeys(keys, where)})

    def _above(self, at: Location) -> tuple[str, ...]:
        return self.below.get(str(at[0]), ()) if at else ()


def over(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return *base* with the keys of *own* in their place, each of them whole.

    What *own* says goes before what *base* says of a model, too: that part of `by_model` is left out, and so are models
    that *own* does not list. A `by_model` of its own takes the other's place.
    """
    data = {**base, **own}
    table, models = base.get(BY_MODEL), own.get("models")
    if BY_MODEL not in own and isinstance(table, dict):
        data[BY_MODEL] = {
            model: {key: value for key, value in keys.items() if key not in own} if isinstance(keys, dict) else keys
            for model, keys in table.items()
            if not isinstance(models, list) or model in models
        }
    return data


Finder = Callable[[str, Path | None], tuple[str, str, Path | None] | None]
"""Returns, for a study's name or file and the folder it is looked for in, its text, what errors call it, and its own
folder; ``None`` where there is no such study."""


def read(text: str, source: str, folder: Path | None, find: Finder, seen: tuple[str, ...] = ()) -> Keys:
    """Return the keys of a study's text, with those of the study that it `extends` where it does not say them.

    A key replaces the base's whole, as one under `quick` does. *seen* are the studies that lead here. Raises
    ``StudyError``.
    """
    try:
        data, lines = load(text)
    except YamlError as error:
        where = f"{source}, line {error.line}" if error.line else source
        raise StudyError(f"{where}: {error}") from error
    own = Place(source, lines, folder)
    if not isinstance(data, dict):
        raise StudyError(f"{source}, line 1: A study is a mapping with `name`, `question` and `arms`.")
    chain = (*seen, _identity(source, folder))
    wanted = data.pop(EXTENDS, None)
    if wanted is None:
        return Keys(data, dict.fromkeys(data, own), own)
    base = _base(wanted, own, find, chain)
    kept = {key: value for key, value in base.data.items() if key not in _OWN}
    return Keys(over(kept, data), {**base.places, **dict.fromkeys(data, own)}, own)


def _base(wanted: object, own: Place, find: Finder, chain: tuple[str, ...]) -> Keys:
    where = own.line((EXTENDS,))
    if not isinstance(wanted, str) or not wanted:
        raise StudyError(f"{where}: {EXTENDS}: give the name of a study, or a file beside this one.")
    found = find(wanted, own.folder)
    if found is None:
        raise StudyError(f"{where}: It extends {wanted!r}, and there is no such study, nor such a file beside it.")
    text, source, folder = found
    if _identity(source, folder) in chain:
        raise StudyError(f"{where}: It extends {wanted!r}, which extends it in turn. One of them must stand alone.")
    return read(text, source, folder, find, chain)


def _identity(source: str, folder: Path | None) -> str:
    return source if folder is None else str((folder / Path(source).name).resolve())


def models_of(keys: Keys) -> tuple[str, ...]:
    """Return the models of which one is to be chosen; none where the study is of one. Raises ``StudyError``."""
    if "models" not in keys.data:
        return ()
    models = keys.data["models"]
    if not isinstance(models, list) or not models or not all(isinstance(name, str) for name in models):
        raise StudyError(f"{keys.line(('models',))}: models: write a list of names, such as [santacoder, smollm2].")
    for number, name in enumerate(models):
        where = keys.line(("models", number))
        if name not in known_models():
            listed = ", ".join(known_models())
            raise StudyError(
                f"{where}: There is no pretrained model {name!r}. There are: {listed}."
                f"{did_you_mean(name, known_models())}"
            )
        if name in models[:number]:
            raise StudyError(f"{where}: Model {name!r} stands twice.")
    return tuple(models)


def with_model(keys: Keys, model: str | None, weights: str | None) -> Keys:
    """Return the study of one model: of several the one called *model*, its weights from *weights* where that is
    given. Raises ``StudyError``."""
    several, name = models_of(keys), keys.data.get("name")
    _check_by_model(keys, several)
    given = keys.data.get("model", {})
    if several:
        keys = _one_of(keys, several, model)
    elif model is not None and not _is_pretrained(given):
        raise StudyError(f"Study {name} trains a model of its own: there is none to choose. Leave --model out.")
    elif model is not None and given["name"] != model:
        raise StudyError(
            f"Study {name} is of {given['name']} alone: there is no {model!r} to choose. For another model write a "
            f"study file with `{EXTENDS}: {name}`, a name, and `model: {{kind: pretrained, name: {model}}}`."
        )
    if weights is None:
        return keys
    given = keys.data.get("model", {})
    if not _is_pretrained(given):
        raise StudyError(f"Study {name} trains a model of its own, which has no source. Leave --source out.")
    return replace(keys, data={**keys.data, "model": {**given, "source": weights}})


def _check_by_model(keys: Keys, several: tuple[str, ...]) -> None:
    """See that `by_model` has keys of a study below names of its models. What values they have is seen when one is
    chosen. Raises ``StudyError``."""
    if BY_MODEL not in keys.data:
        return
    table, where = keys.data[BY_MODEL], keys.line((BY_MODEL,))
    if not isinstance(table, dict):
        raise StudyError(f"{where}: {BY_MODEL}: write a model's name a line, and the keys that it replaces below it.")
    for model, own in table.items():
        where = keys.line((BY_MODEL, model))
        if model not in several:
            listed = f"It has: {', '.join(several)}." if several else "It names no `models`."
            raise StudyError(
                f"{where}: {BY_MODEL}: Model {model!r} is none of the study's `models`. {listed}"
                f"{did_you_mean(model, several)}"
            )
        if not isinstance(own, dict):
            raise StudyError(f"{where}: {BY_MODEL}.{model}: write one `name: value` a line.")
        for key in own:
            if key not in _ONE_MODELS:
                raise StudyError(
                    f"{keys.line((BY_MODEL, model, key))}: {BY_MODEL}.{model}: {key!r} is not known here. Allowed are: "
                    f"{', '.join(_ONE_MODELS)}.{did_you_mean(key, _ONE_MODELS)}"
                )


def _is_pretrained(model: Any) -> bool:
    return isinstance(model, dict) and model.get("kind") == "pretrained" and "name" in model


def _one_of(keys: Keys, several: tuple[str, ...], model: str | None) -> Keys:
    name = keys.data.get("name")
    if model is None:
        raise StudyError(f"Study {name} is of several models. Choose one with --model: {', '.join(several)}.")
    if model not in several:
        raise StudyError(
            f"Study {name} has no model {model!r}. Choose one of: {', '.join(several)}.{did_you_mean(model, several)}"
        )
    keys = keys.of(model)
    given = keys.data.get("model", {})
    where = keys.line(("model",))
    if not isinstance(given, dict):
        raise StudyError(f"{where}: model: write one `name: value` a line.")
    if given.get("kind", "pretrained") != "pretrained" or "name" in given:
        raise StudyError(f"{where}: model: where there are `models`, it is `kind: pretrained`, and has no name yet.")
    chosen = {**given, "kind": "pretrained", "name": model}
    rest = {key: value for key, value in keys.data.items() if key != "models"}
    return replace(keys, data={**rest, "name": f"{name}-{model}", "model": chosen})

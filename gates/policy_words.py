"""What is wrong with a policy, in words for people who write YAML and not Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from gates.nearest import did_you_mean

_LIST = "write a list, such as [{}]"
_WHOLE, _NUMBER, _TRUTH = "give a whole number", "give a number", "say true or false"
# pydantic's error types (its documentation, "Validation Errors") whose own message speaks of Python's types.
_WORDS = {
    "list_type": _LIST,
    "tuple_type": _LIST,
    "too_short": "name at least one",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "give a finite number",
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "string_type": "give a word",
}
_MAPPINGS = frozenset({"dict_type", "model_type", "mapping_type", "model_attributes_type"})


def distinct(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """Return pydantic's errors without those that follow from others: a list with a wrong item is not too short."""
    places = [tuple(error["loc"]) for error in errors]
    return [
        dict(error)
        for error in errors
        if error["type"] != "too_short" or not any(_is_inside(place, tuple(error["loc"])) for place in places)
    ]


def _is_inside(place: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def explain(error: dict[str, Any], form: type[BaseModel], shorthand: dict[tuple[str, ...], str], of: str = "") -> str:
    """Turn one of pydantic's errors about *form* into a sentence.

    *shorthand* says, by a place's keys, how such a mapping may also be written. *of* names, where it must be said,
    what the keys belong to.
    """
    at = tuple(error["loc"])
    where = ".".join(str(part) for part in at)
    if error["type"] == "extra_forbidden":
        keys = keys_at(form, at[:-1])
        return f"{where!r} is not known here. Allowed{of} are: {_listed(keys)}.{did_you_mean(str(at[-1]), keys)}"
    given = error.get("input")
    shown = f" (given: {_short(given)})" if isinstance(given, str | int | float | bool) else ""
    return f"{where}: {_wanted(error, keys_at(form, at), shorthand)}{shown}."


def _wanted(error: dict[str, Any], keys: tuple[str, ...], shorthand: dict[tuple[str, ...], str]) -> str:
    kind, message = error["type"], str(error["msg"])
    if kind in _MAPPINGS:
        return shorthand.get(keys) or ("write one `name: value` a line" + (f"; names are {_listed(keys)}" * bool(keys)))
    if kind in _WORDS:
        given = error.get("input")
        return _WORDS[kind].format(given if isinstance(given, str) else "one, two")
    message = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(keys) or "none"


def keys_at(form: type[BaseModel], at: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the keys that a mapping at this place of a form may have; none where the form does not say."""
    here: Any = form
    for part in at:
        here = _inside(here, part)
    return next((tuple(option.model_fields) for option in _options(here) if _is_form(option)), ())


def _inside(annotation: Any, part: str | int) -> Any:
    for option in _options(annotation):
        if _is_form(option) and part in option.model_fields:
            return option.model_fields[part].annotation
        kind = get_origin(option)
        if isinstance(kind, type) and issubclass(kind, Mapping | Sequence):
            return get_args(option)[1 if issubclass(kind, Mapping) else 0]
    return None


def _options(annotation: Any) -> list[Any]:
    """Return what a union stands for; of an annotated type, the type."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [option for member in get_args(annotation) for option in _options(member)]
    return [annotation]


def _is_form(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)

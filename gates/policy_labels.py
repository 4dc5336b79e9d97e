"""What a policy says about labels on a pull request: which are shown, and what they are called. Changes no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from string import hexdigits
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from gates.nearest import did_you_mean

# What a label stands for, and what it is called where a policy does not say otherwise.
LABEL_KEYS = (
    "provenance/ai",
    "provenance/mixed",
    "provenance/human",
    "provenance/undeclared",
    "gates/passed",
    "gates/failed",
    "review/needs-human",
    "review/self-review",
)
# GitHub's own limits (REST API, Create a label; its answers to longer ones).
LONGEST_NAME, LONGEST_DESCRIPTION = 50, 100
_COLOR_DIGITS = 6

_Problems = list[tuple[tuple[str | int, ...], str]]


def fold(name: str) -> str:
    """Return what a name is known by: to GitHub, case makes no other label."""
    return name.casefold()


def _name(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("give a name, in quotes")  # noqa: TRY004 - pydantic takes a ValueError for its own
    if not 1 <= len(value) <= LONGEST_NAME:
        raise ValueError(f"a label's name has 1 to {LONGEST_NAME} characters")
    if value != value.strip():
        raise ValueError("a label's name begins and ends with no blank")
    if not value.isprintable():
        raise ValueError("a label's name is one line of text")
    if "," in value:
        raise ValueError("a label's name has no comma: GitHub's filters separate labels by it")
    return value


def _color(value: Any) -> Any:
    digits = value.removeprefix("#") if isinstance(value, str) else ""
    if len(digits) != _COLOR_DIGITS or not set(digits) <= set(hexdigits):
        raise ValueError('give six hexadecimal digits, in quotes, such as "b60205"')
    return digits.lower()


def _description(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("give a text, in quotes")  # noqa: TRY004
    if len(value) > LONGEST_DESCRIPTION:
        raise ValueError(f"a label's description has at most {LONGEST_DESCRIPTION} characters")
    if value and not value.isprintable():
        raise ValueError("a label's description is one line of text")
    return value


class LabelRule(BaseModel):
    """One label's place in a policy; what is ``None`` stays as it is without a policy.

    ``color`` is six hexadecimal digits in small letters. It and ``description`` are given to labels that Exogate
    makes; one that is there keeps its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str | None, BeforeValidator(_name)] = None
    color: Annotated[str | None, BeforeValidator(_color)] = None
    description: Annotated[str | None, BeforeValidator(_description)] = None
    show: Literal["on", "off"] = "on"


def _short_rule(value: Any) -> Any:
    """Let `gates/passed: off` stand for `gates/passed: {show: off}`."""
    if value in ("on", "off"):
        return {"show": value}
    if not isinstance(value, dict | LabelRule):
        raise ValueError("say on or off, or write `name:`, `color:`, `description:` below it")  # noqa: TRY004
    return value


def _all(value: Any) -> Any:
    """Let `labels: off` stand for each of them."""
    if value in ("on", "off"):
        return dict.fromkeys(LABEL_KEYS, value)
    if not isinstance(value, dict):
        raise ValueError("say on or off for all, or write one label a line")  # noqa: TRY004
    return value


LabelRules = dict[str, Annotated[LabelRule, BeforeValidator(_short_rule)]]
"""Rules by a label's key; labels that are not in it stay as they are."""
WrittenRules = Annotated[LabelRules, BeforeValidator(_all)]
"""The form of `labels:` in a policy file."""


def merged(under: Mapping[str, LabelRule], over: Mapping[str, LabelRule]) -> dict[str, LabelRule]:
    """Lay rules over those that they extend, label by label: what a rule does not say stays."""
    laid = dict(under)
    for key, rule in over.items():
        said = {name: getattr(rule, name) for name in rule.model_fields_set}
        laid[key] = laid[key].model_copy(update=said) if key in laid else rule
    return laid


def check_labels(rules: Mapping[str, LabelRule]) -> _Problems:
    """Return what is wrong with rules, as (place in the file, sentence): unknown labels, and a name given twice.

    A label that is off keeps its name: it is the one by which ours are found and taken off.
    """
    problems = unknown_labels(rules)
    given = {key: rule.name for key, rule in rules.items() if rule.name is not None and key in LABEL_KEYS}
    taken = {fold(key): key for key in LABEL_KEYS if key not in given}
    for key, name in given.items():
        other = taken.setdefault(fold(name), key)
        if other != key:
            message = f"{name!r} would be the name of two labels, {other} and {key}; case makes no other name."
            problems.append((("labels", key, "name"), message))
    return problems


def unknown_labels(keys: Mapping[str, object]) -> _Problems:
    """Return which keys stand for no label, as (place in the file, sentence)."""
    known = ", ".join(LABEL_KEYS)
    return [
        (("labels", key), f"There is no label {key!r}. There are: {known}.{did_you_mean(key, LABEL_KEYS)}")
        for key in keys
        if key not in LABEL_KEYS
    ]

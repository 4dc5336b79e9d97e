"""What a policy file says about labels: one off, all off, other names and colours; and errors that name the line."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gates.policy import PolicyError
from gates.policy_labels import LABEL_KEYS, LabelRule, fold, merged
from gates.presets import parse, preset, preset_names

GATES = "gates: {compile: block}\n"


def _labels(text: str) -> dict[str, LabelRule]:
    return parse(GATES + text, "f").labels


def _problem(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse(GATES + text, "exogate.yml")
    return str(caught.value)


def test_nothing_said_is_nothing_changed() -> None:
    assert _labels("") == {}
    assert all(preset(name).labels == {} for name in preset_names())


def test_one_label_off() -> None:
    assert _labels("labels:\n  provenance/undeclared: off\n") == {"provenance/undeclared": LabelRule(show="off")}


def test_all_labels_off_and_one_of_them_on() -> None:
    assert _labels("labels: off\n") == {key: LabelRule(show="off") for key in LABEL_KEYS}
    assert _labels("labels: on\n") == {key: LabelRule(show="on") for key in LABEL_KEYS}


def test_a_name_a_colour_and_a_description() -> None:
    said = _labels('labels:\n  gates/failed: {name: "exogate: failed", color: "B60205", description: "No."}\n')
    assert said == {"gates/failed": LabelRule(name="exogate: failed", color="b60205", description="No.")}


def test_a_colour_may_be_written_as_github_shows_it() -> None:
    assert _labels('labels: {gates/failed: {color: "#B60205"}}\n')["gates/failed"].color == "b60205"


def test_a_label_that_is_off_may_keep_its_name() -> None:
    said = _labels("labels: {gates/failed: {name: red, show: off}}\n")["gates/failed"]
    assert (said.name, said.show) == ("red", "off")


def test_a_chosen_preset_takes_labels_beside_it() -> None:
    policy = parse("policy: strict\nlabels: off\n", "f")
    assert policy.labels["gates/failed"].show == "off"
    assert policy.hash == preset("strict").hash


def test_labels_change_no_verdict_and_so_no_hash() -> None:
    assert parse(f"{GATES}labels: off\n", "f").hash == parse(GATES, "f").hash


def test_narrowing_to_gates_keeps_the_labels() -> None:
    assert parse(f"{GATES}labels: off\n", "f").only(("compile",)).labels["gates/passed"].show == "off"


def test_what_is_laid_over_others_says_only_what_it_says() -> None:
    under = {"gates/failed": LabelRule(name="red", color="ff0000"), "gates/passed": LabelRule(show="off")}
    over = {"gates/failed": LabelRule(description="No."), "provenance/ai": LabelRule(show="off")}
    assert merged(under, over) == {
        "gates/failed": LabelRule(name="red", color="ff0000", description="No."),
        "gates/passed": LabelRule(show="off"),
        "provenance/ai": LabelRule(show="off"),
    }
    assert merged({"gates/passed": LabelRule(show="off")}, {"gates/passed": LabelRule(name="ok")}) == {
        "gates/passed": LabelRule(name="ok", show="off")
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("labels:\n  gates/fail: off\n", ["line 3", "'gates/fail'", "review/self-review", "mean 'gates/failed'?"]),
        ("labels:\n  gates/failed: of\n", ["line 3", "labels.gates/failed", "on or off", "'of'"]),
        ("labels:\n  gates/failed: true\n", ["line 3", "on or off", "True"]),
        ("labels:\n  gates/failed:\n", ["line 3", "on or off"]),
        ("labels:\n  gates/failed: {show: maybe}\n", ["line 3", "show", "'on' or 'off'", "maybe"]),
        ("labels:\n  gates/failed:\n    colour: red\n", ["line 4", "colour'", "name, color", "mean 'color'?"]),
        ("labels:\n", ["line 2", "`labels` has no value"]),
        ("labels: false\n", ["line 2", "labels: say on or off"]),
        ("labels: [gates/failed]\n", ["line 2", "labels: say on or off"]),
        ('labels:\n  gates/failed: {name: ""}\n', ["line 3", "1 to 50 characters"]),
        (f"labels:\n  gates/failed: {{name: {'x' * 51}}}\n", ["line 3", "1 to 50 characters"]),
        ("labels:\n  gates/failed: {name: 'a, b'}\n", ["line 3", "no comma"]),
        ("labels:\n  gates/failed: {name: ' red'}\n", ["line 3", "blank"]),
        ('labels:\n  gates/failed: {name: "a\\nb"}\n', ["line 3", "one line"]),
        ("labels:\n  gates/failed: {name: 5}\n", ["line 3", "name", "in quotes"]),
        ("labels:\n  gates/failed: {name: }\n", ["line 3", "name", "in quotes"]),
        ("labels:\n  gates/failed:\n    color: 123456\n", ["line 4", "six hexadecimal digits", "in quotes"]),
        ("labels:\n  gates/failed:\n    color: #b60205\n", ["line 4", "six hexadecimal digits", "in quotes"]),
        ("labels:\n  gates/failed: {color: red}\n", ["line 3", "six hexadecimal digits", "'red'"]),
        ('labels:\n  gates/failed: {color: "##b60205"}\n', ["line 3", "six hexadecimal digits"]),
        (f"labels:\n  gates/failed: {{description: {'x' * 101}}}\n", ["line 3", "100 characters"]),
        ('labels:\n  gates/failed: {description: "a\\nb"}\n', ["line 3", "one line"]),
        (
            "labels:\n  gates/failed: {name: Red}\n  gates/passed:\n    name: rED\n",
            ["line 5", "'rED'", "gates/failed", "gates/passed"],
        ),
        ("labels:\n  gates/failed:\n    name: Gates/Passed\n", ["line 4", "gates/passed"]),
        ("labels:\n  gates/failed: {name: gates/passed}\n  gates/passed: off\n", ["line 3", "gates/passed"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: list[str]) -> None:
    message = _problem(text)
    for part in said:
        assert part in message, message
    for word in ("dictionary", "LabelRule", "pattern", "NoneType", "Input"):
        assert word not in message


def test_every_problem_is_told_at_once() -> None:
    message = _problem("labels:\n  gates/fail: off\n  gates/failed: {color: red}\nbudget: 5\n")
    assert [f"line {n}" in message for n in (3, 4, 5)] == [True, True, True], message
    message = _problem("labels:\n  gates/fail: off\n  gates/failed: {name: gates/passed}\n")
    assert [f"line {n}" in message for n in (3, 4)] == [True, True], message


def test_two_labels_may_change_names() -> None:
    said = _labels("labels:\n  gates/failed: {name: gates/passed}\n  gates/passed: {name: gates/failed}\n")
    assert said["gates/failed"].name == "gates/passed"


names = st.text(min_size=1, max_size=50).filter(lambda name: name == name.strip() and "," not in name)


@given(st.dictionaries(st.sampled_from(LABEL_KEYS), names, max_size=8))
def test_names_are_taken_as_they_are_or_refused_in_words(given_names: dict[str, str]) -> None:
    document = {"gates": {"compile": "block"}, "labels": {key: {"name": name} for key, name in given_names.items()}}
    effective = [fold(given_names.get(key, key)) for key in LABEL_KEYS]
    printable = all(name.isprintable() for name in given_names.values())
    try:
        policy = parse(yaml.safe_dump(document), "f")
    except PolicyError as error:
        assert not printable or len(set(effective)) < len(effective), str(error)
    else:
        assert len(set(effective)) == len(effective)
        assert {key: rule.name for key, rule in policy.labels.items()} == given_names

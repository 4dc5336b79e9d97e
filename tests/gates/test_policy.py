"""Policies: presets, files, extending, hashes, and errors that name the line."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gates import registry
from gates.policy import EVERY_STATUS, GateRule, Policy, PolicyError
from gates.policy_yaml import MAX_BYTES, YamlError, load
from gates.presets import parse, preset, preset_names

LEVELS = st.sampled_from(["block", "advise", "off"])
GATES = st.dictionaries(st.sampled_from(sorted(registry.BUILT_IN)), LEVELS, max_size=6)


def _problem(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse(text, "exogate.yml")
    return str(caught.value)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_loads_and_its_settings_are_valid(name: str) -> None:
    policy = preset(name)
    assert policy.description
    for gate in policy.gates:
        policy.settings_of(gate)


def test_the_presets_are_those_promised() -> None:
    assert preset_names()[:6] == ("none", "compile", "quality", "tests", "standard", "strict")
    assert len(preset_names()) > 6, "the lab needs negative controls"


@pytest.mark.parametrize(
    ("name", "blocking"),
    [
        ("none", set()),
        ("compile", {"compile"}),
        ("quality", {"compile", "repetition"}),
        ("tests", {"compile", "base-tests", "own-tests"}),
        ("standard", {"compile", "base-tests", "own-tests", "tampering", "imports", "secrets"}),
        (
            "strict",
            {"compile", "base-tests", "own-tests", "tampering", "imports", "secrets", "lint", "types", "security"},
        ),
    ],
)
def test_what_blocks_in_each_preset(name: str, blocking: set[str]) -> None:
    assert {gate for gate, rule in preset(name).gates.items() if rule.level == "block"} == blocking


def test_presets_judge_every_change_whatever_its_provenance() -> None:
    for name in preset_names():
        assert preset(name).applies_to == EVERY_STATUS


def test_a_file_may_choose_a_preset() -> None:
    assert parse("policy: strict\n", "f").hash == preset("strict").hash


def test_a_file_may_extend_a_preset_gate_by_gate() -> None:
    policy = parse("extends: quality\ngates:\n  repetition:\n    settings: {min_tokens: 7}\n  compile: advise\n", "f")
    assert policy.gates["compile"].level == "advise"
    assert policy.gates["repetition"].level == "block"
    assert policy.gates["repetition"].settings == {"max_repeated_share": 0.5, "min_tokens": 7, "min_lines": 0}


def test_off_is_a_word_and_not_a_boolean() -> None:
    policy = parse("extends: quality\ngates:\n  repetition: off\n", "f")
    assert list(policy.active()) == ["compile"]


def test_the_hash_is_of_what_judges_and_of_nothing_else() -> None:
    plain = parse("gates: {compile: block}\n", "f")
    assert (
        parse("name: other\ndescription: x\nenforce: false\nbudget: {seconds: 5}\ngates: {compile: block}\n", "f").hash
        == plain.hash
    )
    assert parse("gates: {compile: {level: block}, lint: off}\n", "f").hash == plain.hash
    assert parse("gates: {compile: advise}\n", "f").hash != plain.hash
    assert parse("gates: {compile: block}\napplies_to: [mixed]\n", "f").hash != plain.hash


def test_writing_a_default_out_does_not_change_the_hash() -> None:
    defaults = registry.get("repetition").settings_type().model_dump(mode="json")
    written = yaml.safe_dump({"gates": {"repetition": {"settings": defaults}}})
    assert parse(written, "f").hash == parse("gates: {repetition: block}\n", "f").hash


def test_a_policy_made_of_another_has_a_hash_of_its_own() -> None:
    parent = preset("compile")
    known = parent.hash
    assert parse("extends: compile\ngates: {lint: block}\n", "f").hash != known
    assert parent.only(("lint",)).hash != known
    assert parent.hash == known


def test_each_preset_has_a_hash_of_its_own() -> None:
    hashes = [preset(name).hash for name in preset_names()]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gates:\n  compile: blok\n", ["exogate.yml, line 2", "'block', 'advise' or 'off'", "blok"]),
        ("gates:\n  compil: block\n", ["line 2", "no gate called 'compil'", "compile, repetition"]),
        (
            "gates:\n  compile: block\n  repetition:\n    settings:\n      min_tokens: many\n",
            ["line 5", "min_tokens", "a whole number"],
        ),
        ("gates:\n  repetition:\n    settings:\n      tokens: 3\n", ["line 4", "'tokens'", "max_repeated_share"]),
        ("gates:\n  compile:\n    blocks: true\n", ["line 3", "level, settings, only_for"]),
        ("gate:\n  compile: block\n", ["line 1", "'gate'", "gates"]),
        ("policy: standart\n", ["line 1", "standart", "standard, strict"]),
        ("# c\nextends: nothing\n", ["line 2", "nothing", "standard"]),
        ("policy: strict\ngates: {}\n", ["line 2", "extends"]),
        ("applies_to: [human]\n", ["line 1", "ai-declared"]),
        ("- compile\n", ["line 1", "mapping"]),
        ("", ["mapping"]),
        ("gates: {compile: block, compile: off}\n", ["line 1", "twice"]),
        ("a: &x [1]\nb: *x\n", ["line 1", "aliases"]),
        ("gates: !!python/object/apply:os.system [ls]\n", ["line 1", "tag"]),
        ("gates:\n  compile: [\n", ["line", "YAML"]),
        ("a: 1\n---\nb: 2\n", ["line 2", "one document"]),
        ("name: Über\n", ["line 1", "name"]),
        ("budget: {seconds: 0}\n", ["line 1", "seconds"]),
        ("1: x\n", ["line 1", "word"]),
        ("x: " + "[" * 3000, ["nested too deeply"]),
        ("x: " + "a" * MAX_BYTES, ["KiB"]),
        ("a: 1\nx: \x00", ["line 2", "\\x00"]),
        ("a: 1\r\nx: \x07", ["line 2", "\\x07"]),
        ("a: &x [1]\n", ["line 1", "Anchors"]),
        ("# only a comment\n", ["empty"]),
        ("policy:\n", ["line 1", "`policy` has no value"]),
        ("extends: tests\ngates:\n", ["line 2", "`gates` has no value"]),
        ("gates:\n  lint:\n", ["line 2", "gates.lint", "block, advise or off"]),
        ("gates:\n  lint: true\n", ["line 2", "gates.lint", "block, advise or off"]),
        ("gates: [lint]\n", ["line 1", "gates", "one `name: value` a line"]),
        ("applies_to: mixed\n", ["line 1", "applies_to", "a list", "[mixed]"]),
        ("applies_to: []\n", ["line 1", "applies_to", "at least one"]),
        ("gates:\n  lint: {only_for: []}\n", ["line 2", "only_for", "at least one"]),
        ("name: My Policy\n", ["line 1", "name: use small letters"]),
        ("budget: 10m\n", ["line 1", "budget", "seconds, jobs"]),
        ("budget:\n  second: 1\n", ["line 2", "seconds, jobs", "Did you mean 'seconds'?"]),
        ("review:\n  aproval: 1\n", ["line 2", "declared, approvals, by"]),
        ("gates:\n  mutation:\n    settings: {max_mutants: many}\n", ["line 3", "a whole number", "'many'"]),
        ("gates:\n  mutation:\n    settings: {max_mutants: " + "9" * 6000 + "}\n", ["line 3", "too large"]),
        ("gates:\n  base-tests:\n    settings: {seconds: .inf}\n", ["line 3", "seconds", "finite"]),
        ("gates:\n  base_tests: block\n", ["line 2", "Did you mean 'base-tests'?"]),
        ("gates:\n  tampring: block\n", ["line 2", "Did you mean 'tampering'?"]),
        ("policy: strick\n", ["line 1", "Did you mean 'strict'?"]),
        ("extend: tests\n", ["line 1", "Did you mean 'extends'?"]),
        (
            "gates:\n  command:\n    settings:\n      commands:\n        js: {runn: [npm]}\n",
            ["line 5", "commands.js.runn", "Did you mean 'run'?"],
        ),
    ],
)
def test_a_broken_policy_is_told_with_line_and_allowed_values(text: str, said: list[str]) -> None:
    message = _problem(text)
    for part in said:
        assert part in message


def test_every_problem_is_told_at_once() -> None:
    message = _problem("gates:\n  compile: blok\n  lint: 3\nbudget: 5\n")
    assert "line 2" in message
    assert "line 3" in message
    assert "line 4" in message


def test_unknown_gates_are_told_together_with_what_is_wrong_elsewhere() -> None:
    message = _problem("gates:\n  compil: block\n  lint: blok\nbudget: 5\n")
    assert [f"line {n}" in message for n in (2, 3, 4)] == [True, True, True]


def test_problems_are_told_in_the_order_of_their_lines() -> None:
    message = _problem("extend: a\ngates:\n  lint: blok\n  nothing: block\nreview: x\n")
    places = [line.split(":")[0] for line in message.splitlines()]
    assert places == [f"exogate.yml, line {n}" for n in (1, 3, 4, 5)]


def test_a_list_with_a_wrong_item_is_told_once() -> None:
    assert len(_problem("applies_to: [robots]\n").splitlines()) == 1


@pytest.mark.parametrize("text", ["gates: {lint: 3}\n", "budget: []\n", "policy: [a]\n", "name: A\n", "gates: 1\n"])
def test_no_complaint_speaks_python(text: str) -> None:
    message = _problem(text)
    for word in ("tuple", "dictionary", "instance of", "pattern", "GateRule", "parse"):
        assert word not in message


@given(GATES, st.sampled_from([None, "compile", "standard"]))
def test_what_is_written_is_what_is_read(gates: dict[str, str], parent: str | None) -> None:
    document = {"gates": gates, **({"extends": parent} if parent else {})}
    policy = parse(yaml.safe_dump(document), "f")
    expected = {name: rule.level for name, rule in (preset(parent).gates if parent else {}).items()} | gates
    assert {name: rule.level for name, rule in policy.gates.items()} == expected


@given(GATES)
def test_the_hash_does_not_depend_on_the_order_of_gates(gates: dict[str, str]) -> None:
    rules = {name: GateRule(level=level) for name, level in gates.items()}  # type: ignore[arg-type]
    backwards = dict(reversed(rules.items()))
    assert Policy(name="a", gates=rules).hash == Policy(name="b", gates=backwards).hash


@given(st.text(alphabet=string.printable + "é\x85\u2028\ud800", max_size=120))
def test_any_text_is_a_policy_or_an_error_in_words(text: str) -> None:
    try:
        parse(text, "f")
    except PolicyError as error:
        assert error.problems
        assert str(error)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(string.ascii_letters, max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(string.ascii_letters, min_size=1, max_size=4), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_yaml_data_reads_back_with_a_line_for_each_place(data: object) -> None:
    text = yaml.safe_dump(data)
    read, lines = load(text)
    assert read == yaml.safe_load(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_yaml_errors_carry_their_line() -> None:
    with pytest.raises(YamlError) as caught:
        load("a: 1\nb: [\n")
    assert caught.value.line


def test_narrowing_to_gates_keeps_levels_and_lights_what_is_off() -> None:
    policy = parse("gates: {compile: advise, repetition: off}\n", "f").only(("compile", "repetition", "coin"))
    assert {name: rule.level for name, rule in policy.gates.items()} == {
        "compile": "advise",
        "repetition": "block",
        "coin": "block",
    }


def test_a_chosen_preset_takes_a_budget_and_enforcement_beside_it() -> None:
    policy = parse("policy: strict\nenforce: false\nbudget: {seconds: 5}\n", "f")
    assert not policy.enforce
    assert policy.budget.seconds == 5
    assert policy.hash == preset("strict").hash
    assert parse("policy: strict\n", "f").enforce


def test_a_policy_has_its_own_name_or_that_of_its_place() -> None:
    assert parse("name: mine\ngates: {}\n", "f", "place").name == "mine"
    assert parse("gates: {}\n", "f", "place").name == "place"


def test_what_is_not_said_has_a_default() -> None:
    policy = parse("gates: {compile: block}\n", "f")
    assert (policy.budget.seconds, policy.budget.jobs, policy.accept_signoffs, policy.enforce) == (900, 0, False, True)
    assert policy.review is None


def test_a_policy_cannot_be_changed_once_it_is_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        preset("strict").enforce = False  # type: ignore[misc]


def test_a_broken_line_of_yaml_is_counted_from_one() -> None:
    with pytest.raises(YamlError) as caught:
        load("a: 1\nb: 'open\n")
    assert caught.value.line == 3
    with pytest.raises(YamlError) as caught:
        load("a: @\n")
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("gates", "which"),
    [
        ("{perplexity: block, compile: {level: block, only_for: [human-attested]}}", " on ai-declared, mixed"),
        ("{perplexity: block}", " here"),
        ("{perplexity: block, coin: block}", " here"),
        ("{perplexity: block, lint: advise}", " here"),
    ],
)
def test_no_kind_of_change_is_left_to_the_authors_own_model(gates: str, which: str) -> None:
    with pytest.raises(PolicyError, match=f"Only the author's own model would decide{which}"):
        parse(f"gates: {gates}\n", "f")
    assert parse(f"gates: {gates}\n", "f", endogenous_alone=True).gates["perplexity"].level == "block"


def test_the_authors_own_model_may_block_beside_an_exogenous_gate() -> None:
    assert parse("gates: {perplexity: block, compile: block}\n", "f").active()
    assert parse("gates: {perplexity: advise}\n", "f").active()
    narrow = "gates: {perplexity: block, compile: {level: block, only_for: [human-attested]}}\n"
    assert parse(f"applies_to: [human-attested]\n{narrow}", "f").active()

"""The language of `--where`: what it takes, what it says of mistakes, and that it holds against any text."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.export.where import DEEPEST, And, Compare, Condition, Not, Or, WhereError, parse
from tests.app.export.build import conditions

AI = Compare("provenance", "=", ("ai-declared",))
STRICT = Compare("gates", ">=", ("strict",))
SELF = Compare("reviewers", "=", ("self",))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("provenance != ai-declared or gates >= strict", Or((Compare("provenance", "!=", ("ai-declared",)), STRICT))),
        ("provenance=ai-declared or gates>=strict and reviewers=self", Or((AI, And((STRICT, SELF))))),
        ("(provenance = ai-declared or gates >= strict) and reviewers = self", And((Or((AI, STRICT)), SELF))),
        ("not provenance = ai-declared and gates >= strict", And((Not(AI), STRICT))),
        ("NOT (Provenance = AI-declared AND gates >= strict)", Not(And((AI, STRICT)))),
        ("not not provenance = 'ai-declared'", Not(Not(AI))),
        ("provenance in (mixed, 'undeclared')", Compare("provenance", "in", ("mixed", "undeclared"))),
        ("harness not in(Codex)", Compare("harness", "not in", ("Codex",))),
        ("harness = 'it''s' or harness = \"it's\"", Or((Compare("harness", "=", ("it's",)),) * 2)),
        ("gates = passed", Compare("gates", "=", ("passed",))),
        ("merged < 2026-08-01", Compare("merged", "<", ("2026-08-01T00:00:00Z",))),
        ("merged >= 2026-08-01T02:30+02:00", Compare("merged", ">=", ("2026-08-01T00:30:00Z",))),
        ("path ~ src/**/*.py", Compare("path", "~", ("src/**/*.py",))),
        ("path ~ 'src/[!a]*'", Compare("path", "~", ("src/[!a]*",))),
        (" \n provenance\t= \n ai-declared ", AI),
    ],
)
def test_what_it_takes(text: str, condition: Condition) -> None:
    assert parse(text) == condition
    assert parse(str(condition)) == condition


def test_it_is_written_as_people_write_it() -> None:
    text = "(provenance = ai-declared or gates >= strict) and not (reviewers = self or path ~ 'a b') and harness in (x)"
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "compared by (provenance, gates, reviewers, harness, model_family, merged, path)"),
        ("provenence = mixed", 1, "Did you mean 'provenance'?"),
        ("provenance", 11, "provenance is compared by =, !=, in, not in; the text ends."),
        ("provenance == mixed", 12, "provenance is compared by =, !=, in, not in; '==' stands there."),
        ("provenance not mixed", 12, "'not' stands there."),
        ("provenance = ai-decl", 14, "'ai-decl' is none of ai-declared, mixed, human-attested, undeclared. Did you"),
        ("provenance = mixed and", 23, "the text ends"),
        ("provenance = mixed gates = passed", 20, "goes on with and, or, or it ends; 'gates' stands there."),
        ("provenance = mixed)", 19, "')' stands there."),
        ("(provenance = mixed", 20, "or a parenthesis closes; the text ends."),
        ("provenance in mixed", 15, "After provenance in stand values in parentheses; 'mixed' stands there."),
        ("provenance in (mixed undeclared)", 22, "the list goes on with a comma"),
        ("provenance in ()", 16, "After provenance in stands a value"),
        ("gates >= strikt", 10, "Did you mean 'strict'?"),
        ("gates = strict", 9, "strict is a preset, and those are compared by >=: gates >= strict."),
        ("gates >= passed", 10, "'passed' is no preset: none, compile,"),
        ("gates < strict", 7, "'<' stands there"),
        ("merged <= 2026-08-01", 8, "merged is compared by < >=; '<=' stands there."),
        ("merged < yesterday", 10, "Write one as 2026-08-01 or 2026-08-01T12:00:00Z; UTC is meant."),
        ("merged < 2026-02-30", 10, "'2026-02-30' is no day"),
        ("merged < 0001-01-01T00:00+23:59", 10, "is no day"),
        ("path = a.py", 6, "path is compared by ~; '=' stands there."),
        ("path ~ ''", 8, "An empty glob matches nothing."),
        ("path ~ a/**/b/**/c/**/d/**/e/**/f/**/g/**/h", 8, "at most 6"),
        ("harness = ''", 11, "write unknown"),
        ("harness = not", 11, "in quotes"),
        ("harness = 'Claude Code", 11, "These quotes are not closed."),
        ("path ~ src/[!a]", 13, "'!' means nothing here."),
        ("not = mixed", 5, "Here stands what a row is compared by"),
    ],
)
def test_mistakes_name_the_place_and_what_is_known_there(text: str, column: int, words: str) -> None:
    with pytest.raises(WhereError) as caught:
        parse(text)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"--where, column {column}: ")
    assert words in str(caught.value)
    assert str(caught.value).endswith((".", "?"))


@pytest.mark.parametrize("opening", ["(", "not "])
def test_depth_has_an_end(opening: str) -> None:
    closing = ")" if opening == "(" else ""
    assert parse(opening * DEEPEST + str(AI) + closing * DEEPEST)
    with pytest.raises(WhereError, match="inside each other"):
        parse(opening * 100_000 + str(AI) + closing * 100_000)


def test_many_conditions_in_a_row_are_no_depth() -> None:
    found = parse(" or ".join([str(AI)] * 20_000))
    assert isinstance(found, Or)
    assert len(found.conditions) == 20_000


@given(conditions())
def test_what_is_written_is_read_back(condition: Condition) -> None:
    assert parse(str(condition)) == condition


WORDS = ("provenance", "gates", "merged", "path", "harness", "and", "or", "not", "in", "strict", "mixed", "2026-08-01")
PIECES = st.sampled_from([*WORDS, *"(),=<~'\"x", "!=", ">=", "==", "**/"])


@given(st.text(max_size=60) | st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=12).map("".join))
@example("merged < 9999-12-31T23:59:59-23:59")
@example("path ~ [[:alpha:]--&&||~~[")
@example("\udcff")
def test_no_text_does_harm(text: str) -> None:
    try:
        found = parse(text)
    except WhereError as error:
        assert 1 <= error.column <= len(text) + 1
    else:
        assert parse(str(found)) == found

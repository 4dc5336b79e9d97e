"""The rules of evidence, one group of tests a rule."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.provenance.commit import Commit, PullText
from app.provenance.detector import Evidence, detect_change, detect_commit
from app.provenance.names import UNKNOWN
from app.provenance.rules import parse_rules
from app.provenance.types import Role, Status, Tier
from tests.app.provenance.build import CLAUDE, COPILOT, NOREPLY, SHA, Build, build_commit, ids, reason, with_trailers

DATA = (Path(__file__).parents[3] / "app" / "provenance" / "signals.jsonl").read_bytes()
SESSION = "https://claude.ai/code/session_01AbC"


# Rule 1: declared, never detected; silence is `undeclared`.


def test_silence_is_undeclared(commit: Build) -> None:
    found = detect_commit(commit())
    assert found.status is Status.UNDECLARED
    assert (found.signals, found.ignored, found.harnesses, found.model_families, found.models) == ((), (), (), (), ())


def test_a_sign_off_attests_only_where_the_policy_accepts_it(commit: Build) -> None:
    signed = commit("Fix\n\nSigned-off-by: Jane Doe <jane@example.org>\n")
    assert detect_commit(signed).status is Status.UNDECLARED
    attested = detect_commit(signed, accepted_signoffs=True)
    assert attested.status is Status.HUMAN_ATTESTED
    assert ids(attested) == {"signoff"}
    assert (attested.harnesses, attested.model_families) == ((), ())


@pytest.mark.parametrize(
    "trailer",
    [
        CLAUDE,
        "Made-with: Cursor",
        "Assisted-by: Claude",
        f"Co-authored-by: claude[bot] <41898282+claude[bot]@{NOREPLY}>",
    ],
)
def test_a_sign_off_attests_nothing_beside_a_sign_of_a_tool(commit: Build, trailer: str) -> None:
    signed = commit(f"Fix\n\n{trailer}\nSigned-off-by: Jane Doe <jane@example.org>\n")
    found = detect_commit(signed, accepted_signoffs=True)
    assert found.status is not Status.HUMAN_ATTESTED
    assert "signoff" not in ids(found)


@pytest.mark.parametrize(
    "trailer",
    [
        "Reviewed-by: Claude <noreply@anthropic.com>",
        "Assisted-by: none",
        "Assisted-by: Viktor Szakats",
        "Co-authored-by: Claude <claude@example.org>",
    ],
)
def test_a_sign_off_attests_beside_people_and_reviews(commit: Build, trailer: str) -> None:
    signed = commit(f"Fix\n\n{trailer}\nSigned-off-by: Jane Doe <jane@example.org>\n")
    assert detect_commit(signed, accepted_signoffs=True).status is Status.HUMAN_ATTESTED


@pytest.mark.parametrize("signer", ["Joe <joe@example.org>", "Jane Doe", "Jane Doe <JANE@example.com>"])
def test_a_sign_off_of_another_attests_nothing(commit: Build, signer: str) -> None:
    signed = commit(f"Fix\n\nSigned-off-by: {signer}\n")
    assert detect_commit(signed, accepted_signoffs=True).status is Status.UNDECLARED


# Rule 2: the harness apart from the model's family.


def test_a_model_of_another_maker_in_a_harness() -> None:
    found = with_trailers("Co-authored-by: GPT-5.6 Sol <noreply@anthropic.com>")
    assert found.harnesses == ("Claude Code",)
    assert found.model_families == ("openai",)
    assert found.models == ("GPT-5.6 Sol",)


def test_the_qualifier_is_no_part_of_the_model() -> None:
    found = with_trailers(CLAUDE)
    assert (found.harnesses, found.model_families) == (("Claude Code",), ("anthropic",))
    assert found.models == ("Claude Opus 4.8",)


def test_an_unknown_family_is_said() -> None:
    found = detect_commit(build_commit(author=COPILOT))
    assert (found.harnesses, found.model_families) == (("Copilot",), (UNKNOWN,))


def test_unknown_gives_way_to_what_is_known_of_the_same_commit() -> None:
    url = "Agent-Logs-Url: https://github.com/o/r/sessions/0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"
    assert with_trailers(url).harnesses == (UNKNOWN,)
    both = with_trailers(CLAUDE, url)
    assert (both.harnesses, both.model_families) == (("Claude Code",), ("anthropic",))


def test_unknown_stays_beside_another_tools_family() -> None:
    both = with_trailers(CLAUDE, f"Co-authored-by: {COPILOT}")
    assert both.harnesses == ("Claude Code", "Copilot")
    assert both.model_families == ("anthropic", UNKNOWN)


# Rule 3: tiers; login and id agree.


def test_a_header_is_an_email_and_a_trailer_is_text() -> None:
    header = detect_commit(build_commit(author=COPILOT)).signals[0]
    trailer = with_trailers(f"Co-authored-by: {COPILOT}").signals[0]
    assert (header.tier, header.field) == (Tier.EMAIL, "author")
    assert (trailer.tier, trailer.field) == (Tier.TEXT, "trailer:Co-authored-by")


def test_the_id_of_another_account_is_named() -> None:
    found = detect_commit(build_commit(author=f"claude[bot] <41898282+claude[bot]@{NOREPLY}>"))
    assert found.status is Status.UNDECLARED
    assert "41898282 belongs to github-actions[bot]" in reason(found, "claude-app")


@pytest.mark.parametrize(
    ("local", "said"),
    [
        ("209825114+somebody", "belongs to claude[bot]"),
        ("7+claude[bot]", "has the id 209825114"),
        ("claude[bot]", "without the account's id"),
        ("99999999999999999999999+claude[bot]", "without the account's id"),
    ],
)
def test_login_and_id_must_agree(local: str, said: str) -> None:
    found = detect_commit(build_commit(author=f"claude[bot] <{local}@{NOREPLY}>"))
    assert found.status is Status.UNDECLARED
    if "9999" not in local:
        assert said in reason(found, "claude-app")


def test_logins_and_addresses_have_no_case() -> None:
    assert detect_commit(build_commit(author=f"x <198982749+copilot@{NOREPLY.upper()}>")).harnesses == ("Copilot",)
    assert with_trailers("CO-AUTHORED-BY: x <NoReply@Anthropic.com>").harnesses == ("Claude Code",)


def test_a_persons_noreply_address_is_no_sign() -> None:
    found = detect_commit(build_commit(author=f"jane <12345+jane@{NOREPLY}>"))
    assert (found.signals, found.ignored) == ((), ())


def test_a_committer_assists() -> None:
    found = detect_commit(build_commit(committer=COPILOT))
    assert found.status is Status.AI_DECLARED
    assert [(s.field, s.role) for s in found.signals] == [("committer", Role.ASSIST)]


def test_one_identity_as_author_and_committer_is_listed_once() -> None:
    assert len(detect_commit(build_commit(author=COPILOT)).signals) == 1


# Weak signals never declare; they corroborate.


def test_a_weak_signal_needs_a_strong_one_of_its_harness() -> None:
    cursor = "Co-authored-by: Cursor <cursoragent@cursor.com>"
    assert with_trailers("Made-with: Cursor").status is Status.UNDECLARED
    assert ids(with_trailers("Made-with: Cursor", cursor)) == {"trailer-made-with", "cursor-address"}
    other = with_trailers("Made-with: Cursor", CLAUDE)
    assert ids(other) == {"claude-code-address"}
    assert reason(other, "trailer-made-with").startswith("Weak on its own")


def test_a_weak_branch_is_corroborated_by_a_commit(commit: Build) -> None:
    pull = PullText(branch="copilot/fix-7")
    assert detect_change([commit()], pull).sum.status is Status.UNDECLARED
    found = detect_change([commit(author=COPILOT)], pull).sum
    assert ids(found) == {"copilot-agent", "branch-copilot"}


# Rule 5: an address or an id, never a bare name.

PEOPLE = [
    "Claude Monet",
    "Devin Townsend",
    "Jules Verne",
    "Cody Rhodes",
    "Kimi Antonelli",
    "Gemma Jones",
    "Cline Eastwood",
]


@pytest.mark.parametrize("person", PEOPLE)
def test_people_whose_names_look_like_tools(person: str) -> None:
    address = f"{person} <{person.split()[0].lower()}@example.org>"
    found = with_trailers(f"Co-authored-by: {address}", f"Signed-off-by: {address}", author=address)
    assert (found.status, found.signals, found.ignored) == (Status.UNDECLARED, (), ())


@pytest.mark.parametrize("name", ["Claude", "Devin", "Jules", "Cody", "Cursor", "GitHub Copilot", "Claude Opus 4.8"])
def test_a_bare_name_is_seen_and_not_counted(name: str) -> None:
    found = detect_commit(build_commit(author=f"{name} <somebody@example.org>"))
    assert found.status is Status.UNDECLARED
    assert "name alone" in reason(found, "bare-name")


def test_a_company_domain_is_no_tool() -> None:
    found = detect_commit(build_commit(author="Jane Doe <jane@anthropic.com>"))
    assert found.status is Status.UNDECLARED
    assert "people of a company" in reason(found, "company-anthropic")


def test_automation_is_not_ai() -> None:
    found = detect_commit(build_commit(author=f"dependabot[bot] <49699333+dependabot[bot]@{NOREPLY}>"))
    assert found.status is Status.UNDECLARED
    assert "Automation" in reason(found, "dependabot")


# Rule 7: an AI's review is no authorship, and no signal of a person either.


def test_a_reviewing_account_never_declares() -> None:
    reviewer = f"coderabbitai[bot] <136622811+coderabbitai[bot]@{NOREPLY}>"
    found = detect_commit(build_commit(author=reviewer))
    assert (found.status, found.signals) == (Status.UNDECLARED, ())
    assert "reviews" in reason(found, "coderabbit")


def test_a_review_corroborates_nothing() -> None:
    review = f"Co-authored-by: Copilot <175728472+Copilot@{NOREPLY}>"
    when = datetime(2026, 4, 30, tzinfo=UTC)
    found = with_trailers(review, "Co-authored-by: Copilot <copilot@github.com>", when=when)
    assert (found.status, found.signals) == (Status.UNDECLARED, ())


def test_a_window_on_any_row_is_kept() -> None:
    row = b'"id": "claude-session"'
    assert row in DATA
    lines = [
        line.replace(b'"valid_to": null', b'"valid_to": "2026-07-31"') if row in line else line
        for line in DATA.splitlines()
    ]
    # In Auckland it is the second of August already: the day is UTC's, in the reason too.
    when = datetime.fromisoformat("2026-08-02T01:00:00+12:00")
    commit = build_commit(f"Fix\n\nClaude-Session: {SESSION}\n", when=when)
    found = detect_commit(commit, rules=parse_rules(b"\n".join(lines)))
    assert found.status is Status.UNDECLARED
    assert reason(found, "claude-session") == "This signal counts to 2026-07-31 only; the commit is of 2026-08-01."


# Nothing that people write makes it fail.

LINES = st.sampled_from(
    [
        CLAUDE,
        "Assisted-by: ",
        "Assisted-by: Claude:",
        "Co-authored-by: <",
        "Co-authored-by: x <@>",
        "Coding-Agent: a",
        "Model:",
        "<!--",
        "```",
        "> x",
        SESSION,
        "",
        "Entire-Agent: [",
    ]
)


@settings(max_examples=150)
@given(st.lists(LINES | st.text(max_size=30), max_size=8), st.text(max_size=30), st.text(max_size=40))
def test_never_fails(lines: list[str], name: str, email: str) -> None:
    when = datetime(2026, 8, 1, tzinfo=UTC)
    text = "\n".join(lines)
    commit = Commit(SHA, (), name, email, when, email, name, when, text)
    found = detect_change([commit], PullText(text, name), Evidence(notes={SHA: text.encode("utf-8", "replace")}))
    for item in (*found.sum.signals, *found.sum.ignored):
        assert len(item.evidence) <= 200
        assert item.evidence.isprintable()

"""The reader of trailers against git itself."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.provenance.trailers import Trailer, parse_trailers, trailer_like

COMMENT = "# ------------------------ >8 ------------------------"


def git_says(message: str) -> list[tuple[str, str]]:
    """Return the trailers that git prints for *message*, without any configuration."""
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse", "--no-divider"],
        input=message.encode(),
        capture_output=True,
        check=True,
        cwd="/",
        env=environment,
    )
    lines = done.stdout.decode().split("\n")[:-1]
    return [(key, value.strip(" ")) for key, _, value in (line.partition(":") for line in lines)]


def ours(message: str) -> list[tuple[str, str]]:
    return [(trailer.key, trailer.value) for trailer in parse_trailers(message)]


CASES = {
    "one trailer": "title\n\nCo-authored-by: A <a@b>\n",
    "no newline at the end": "title\n\nCo-authored-by: A <a@b>",
    "the title is no trailer": "Fix: a thing\n",
    "the title with its next line is no trailer": "Fix: a thing\nSigned-off-by: A <a@b>\n",
    "a body before": "title\n\nbody text\nmore\n\nKey: value\nOther: value\n",
    "a line of prose spoils a block": "title\n\nKey: value\nprose here\n",
    "a quarter is enough with a sign-off": "title\n\na\nb\nc\nSigned-off-by: x\n",
    "less than a quarter is not": "title\n\na\nb\nc\nd\nSigned-off-by: x\n",
    "six of eight lines may be prose": "title\n\na\nb\nc\nd\ne\nf\nKey: x\nSigned-off-by: x\n",
    "seven of nine may not": "title\n\na\nb\nc\nd\ne\nf\ng\nKey: x\nSigned-off-by: x\n",
    "a cherry-pick line counts as git's own": "title\n\nprose\nKey: v\n(cherry picked from commit 0123abc)\n",
    "folded values": "title\n\nKey: first\n second\n\tthird\nOther: x\n",
    "a folded line at the start of the block": "title\n\n folded\nKey: x\n",
    "two folded lines after prose": "title\n\nprose\n folded\n folded\nSigned-off-by: x\n",
    "comments inside and after": "title\n\nKey: x\n# a comment\nOther: y\n# another\n\n# last\n",
    "a divider is text": "title\n\nKey: x\n---\nOther: y\n",
    "a divider paragraph": "title\n\nKey: x\n\n---\n\nOther: y\n",
    "GitHub's squash line": "title\n\n* one\n\n---------\n\nCo-authored-by: A <a@b>\nCo-authored-by: B <b@c>\n",
    "a list of conflicts": "title\n\nKey: x\n\nConflicts:\n\tone.c\n\ttwo.c\n",
    "scissors": f"title\n\nKey: x\n{COMMENT}\nOther: y\n",
    "blanks before the colon": "title\n\nKey \t: value\n",
    "blanks inside the token": "title\n\nTwo words: value\n",
    "no value": "title\n\nKey:\nOther: x\n",
    "white space paragraphs": "title\n \t\nKey: x\n   \n\n",
    "carriage returns": "title\r\n\r\nKey: x\r\nOther: y\r\n",
    "form feed is no space": "title\n\n\fKey: x\nOther: y\n",
    "letters beyond ASCII": "title\n\nClé: x\n",
    "a URL alone": "title\n\nhttps://example.org/x\n",
    "an underscore": "title\n\nmy_key: x\n",
    "empty": "",
    "only newlines": "\n\n\n",
    "only a comment": "# x\n",
    "comment first": "# x\n\nKey: y\n",
    "blank first": "\nKey: y\n\nOther: x\n",
    "a line separator of Unicode is text": "title\n\nKey: a\u2028b\nOther: c\x85d\n",
    "lone colon": "title\n\n: x\n",
    "conflicts before the end": "title\n\nConflicts:\n\ta\nKey: x\n",
}


@pytest.mark.parametrize("message", CASES.values(), ids=CASES.keys())
def test_agrees_with_git(message: str) -> None:
    assert ours(message) == git_says(message)


def test_reads_what_the_cases_are_about() -> None:
    assert parse_trailers(CASES["folded values"]) == (Trailer("Key", "first second third"), Trailer("Other", "x"))
    assert parse_trailers(CASES["less than a quarter is not"]) == ()


def test_a_configured_token_counts_as_gits_own() -> None:
    message = "title\n\nprose\nCo-Authored-By: A <a@b>\n"
    assert parse_trailers(message) == ()
    assert parse_trailers(message, recognised=["co-authored-by"]) == (Trailer("Co-Authored-By", "A <a@b>"),)


LINES = st.sampled_from(
    [
        "",
        "",
        " ",
        "\t",
        "prose",
        "more prose here",
        "Key: value",
        "Key : value",
        "Key:",
        "key-two:no blank",
        "Signed-off-by: A <a@b>",
        "signed-off-by: A <a@b>",
        "Signed-off-by:A",
        "(cherry picked from commit 123)",
        " folded",
        "\tfolded: too",
        "# comment",
        "#",
        "---",
        "--- a/file",
        "Conflicts:",
        "\tconflict.c",
        COMMENT,
        "Two words: x",
        ": x",
        "Key: x\r",
        "\r",
        "\f",
        "Ключ: x",
    ]
)


@settings(max_examples=250, deadline=None)
@given(st.lists(LINES, max_size=14), st.booleans())
def test_agrees_with_git_on_any_message(lines: list[str], newline: bool) -> None:
    message = "\n".join(lines) + ("\n" if newline else "")
    assert ours(message) == git_says(message)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="aK-: \t\r\n#\f\x85é", max_size=60))
def test_agrees_with_git_on_any_characters(message: str) -> None:
    assert ours(message) == git_says(message)


@given(st.text())
def test_never_fails(message: str) -> None:
    parse_trailers(message)
    for line in message.split("\n"):
        trailer_like(line)

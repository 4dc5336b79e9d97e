from __future__ import annotations

import pytest

from webhooks.commands import Explain, Rerun, SetLabel, Spoken, Unclear, find, understand


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("/exogate rerun", "/exogate rerun"),
        ("Thanks!\r\n/exogate  rerun  \r\nmore", "/exogate  rerun"),
        ("/exogate", "/exogate"),
        ("/exogate rerun\n/exogate explain", "/exogate rerun"),
        ("```\n/exogate rerun\n```\n/exogate explain", "/exogate explain"),
        ("~~~\n```\n/exogate rerun\n~~~\n", None),
        ("> /exogate rerun", None),
        ("    /exogate rerun", None),
        ("please /exogate rerun", None),
        ("/exogater rerun", None),
        ("", None),
    ],
)
def test_the_first_line_that_speaks_to_the_app_is_found(body: str, line: str | None) -> None:
    assert find(body) == line


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("/exogate rerun", Rerun()),
        ("/exogate RERUN", Rerun()),
        ("/exogate explain", Explain()),
        ("/exogate label human I wrote  it", SetLabel("human", "I wrote  it")),
        ("/exogate label AI by an agent", SetLabel("ai", "by an agent")),
    ],
)
def test_commands(line: str, spoken: Spoken) -> None:
    assert understand(line) == spoken


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("/exogate", "What can be said is"),
        ("/exogate rerun now", "What can be said is"),
        ("/exogate label", "Say human or ai, and why"),
        ("/exogate label robot x", "Say human or ai, and why"),
        ("/exogate label human", "Say why"),
    ],
)
def test_what_is_unclear_gets_a_remedy(line: str, remedy: str) -> None:
    spoken = understand(line)
    assert isinstance(spoken, Unclear)
    assert remedy in spoken.remedy


def test_a_long_line_is_cut() -> None:
    line = find("/exogate label human " + "x" * 100_000)
    assert line is not None
    assert len(line) == 500

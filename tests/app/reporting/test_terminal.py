from __future__ import annotations

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from app.reporting import terminal
from app.reporting.words import SHOWN_PER_GATE
from app.review_types import Review

SGR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [60, 79, 80, 120, 200])
def test_no_line_is_wider_than_asked_and_none_acts(any_review: Review, width: int) -> None:
    text = terminal.render(any_review, width=width, colour=False)
    assert max(cell_len(line) for line in text.split("\n")) <= width
    assert all(c.isprintable() or c == "\n" for c in text)
    assert text.endswith("\n")


def test_colour_adds_only_colour(any_review: Review) -> None:
    plain = terminal.render(any_review, width=100, colour=False)
    coloured = terminal.render(any_review, width=100, colour=True)
    assert SGR.search(coloured)
    assert "\x1b" not in SGR.sub("", coloured)
    without = "\n".join(line.rstrip() for line in SGR.sub("", coloured).split("\n"))
    assert without == plain


def test_the_environment_has_no_say(samples: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = terminal.render(samples.REJECTED, width=100, colour=True)
    for name, value in {"NO_COLOR": "1", "COLUMNS": "20", "TERM": "dumb", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    assert terminal.render(samples.REJECTED, width=100, colour=True) == before


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("ACCEPTED", "✓ Accepted: 1 gate accepted, 1 did not apply"),
        ("REJECTED", "✗ Rejected by tampering"),
        ("COULD_NOT", "! Could not judge: base-tests came to no verdict"),
        ("ADVICE_ONLY", "! Accepted, as advice only: enforced, tampering would reject"),
    ],
)
def test_the_first_line_is_the_decision(samples: SimpleNamespace, name: str, first: str) -> None:
    assert terminal.render(getattr(samples, name), width=100, colour=False).split("\n")[0] == first


def test_importing_it_does_not_import_rich() -> None:
    code = "import app.reporting.terminal, sys; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_it_says_where_the_change_was_declared_to_come_from(samples: SimpleNamespace) -> None:
    declared = terminal.render(samples.REJECTED, width=200, colour=False)
    assert "declared: AI, Claude Code (anthropic), model Claude Opus 4.6, e-mail tier; 1 sign not counted" in declared
    undeclared = terminal.render(samples.COULD_NOT, width=200, colour=False)
    assert "undeclared: nothing says who wrote it; that does not mean a person did" in undeclared


def test_rejections_come_first_and_the_gravest_finding_leads(samples: SimpleNamespace) -> None:
    text = terminal.render(samples.REJECTED, width=120, colour=False)
    table = text[: text.index("2 findings")]
    assert table.index("✗ reject  tampering") < table.index("✗ reject  lint") < table.index("✓ accept  compile")
    assert text.index("was deleted") < text.index("became assert")


def test_a_long_list_is_cut_and_says_so(samples: SimpleNamespace) -> None:
    text = terminal.render(samples.MANY, width=120, colour=False)
    assert text.count("Message ") == SHOWN_PER_GATE
    assert "5,390 more; see --format json" in text

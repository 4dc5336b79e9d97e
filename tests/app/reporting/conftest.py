"""Reviews of several kinds that the reporters' tests share."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.provenance.types import Ignored, Provenance, Role, Signal, Status, Tier
from app.review_types import Evidence, PolicyUsed, Review, Revision
from gates.decision import Decision, Judged, decide
from gates.verdict import Finding, Severity, Verdict

CLAUDE = Signal(
    "claude-code-trailer", "Claude Code", "anthropic", "Claude Opus 4.6", Tier.EMAIL, Role.AUTHOR,
    "trailer", "Co-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>", "1" * 40,
)  # fmt: skip
DECLARED = Provenance(
    Status.AI_DECLARED,
    (CLAUDE,),
    (Ignored("claude-name", "author", "Claude Monet", "a person's name", "2" * 40),),
    ("Claude Code",),
    ("anthropic",),
    ("Claude Opus 4.6",),
    {"ai-declared": 120, "undeclared": 20},
    "2026.1",
)
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 \u202eevil\u2066 \u200b@octocat #1 | `rm` <img src=x> [a](http://b.example)"
    " \udcff\n# Heading\n"
)
WIDE = "日本語のパス" * 12

TAMPERED = Finding("tests/test_cart.py", 12, "deleted-test", "The test test_total_rounds was deleted.", Severity.ERROR)
LOOSENED = Finding(
    "tests/test_cart.py", 30, "loosened", "assert total == 12 became assert total is not None.", end_line=31
)

EVIDENCE = Evidence(
    "policy `standard`: 90 % of skill kept after 5 rounds (95 % interval 77 to 104; ungated 38 %), made up, 3 seeds",
    "measured",
    "holds",
    "c" * 64,
)


def review(*verdicts: Judged, provenance: Provenance = DECLARED, enforced: bool = True, **changes: object) -> Review:
    """Build a review around *verdicts*; its decision is what the policy makes of them."""
    would = decide(verdicts)
    built = Review(
        decision=would if enforced else Decision.ACCEPT,
        would_decide=would,
        policy=PolicyUsed("standard", "sha256:" + "ab" * 32, "the base's .github/exogate.yml", enforced, EVIDENCE),
        provenance=provenance,
        verdicts=verdicts,
        base=Revision("main", "a" * 40),
        head=Revision("feature/cart", "b" * 40),
        merge_base="a" * 40,
        files=3,
        added_lines=140,
        removed_lines=12,
        seconds=12.34,
        tool_version="0.1.0",
        sandbox="bubblewrap",
        gate_versions={j.verdict.gate: "1" for j in verdicts},
    )
    return replace(built, **changes)  # type: ignore[arg-type]


def blocks(verdict: Verdict) -> Judged:
    """Give a verdict a vote."""
    return Judged(verdict, blocking=True)


def advises(verdict: Verdict) -> Judged:
    """Give a verdict a voice."""
    return Judged(verdict, blocking=False)


ACCEPTING = blocks(Verdict.accept("compile", "All 3 changed files compile for Python 3.11.").timed(0.21))
REJECTING = blocks(
    Verdict.reject("tampering", "The change weakens tests in 1 file.", findings=(LOOSENED, TAMPERED)).timed(0.4)
)
UNJUDGED = blocks(
    Verdict.error("base-tests", "No sandbox back-end works here. Install it: sudo apt-get install bubblewrap")
)
ADVISING = advises(
    Verdict.reject(
        "lint",
        "3 new messages of pylint on changed lines.",
        score=-0.4,
        findings=(Finding("src/cart.py", 7, "unused-import", "Unused import os", Severity.NOTE),),
    ).timed(3.2)
)
SKIPPED = advises(Verdict.skip("command", "No command is configured."))

ACCEPTED = review(ACCEPTING, SKIPPED)
REJECTED = review(ACCEPTING, REJECTING, ADVISING, SKIPPED, notes=("1 submodule was not looked into.",))
COULD_NOT = review(ACCEPTING, UNJUDGED, provenance=Provenance(Status.UNDECLARED))
ADVICE_ONLY = review(ACCEPTING, REJECTING, enforced=False)
MANY = review(
    blocks(
        Verdict.reject(
            "lint",
            "5,400 new messages.",
            findings=tuple(Finding(f"src/m{n % 40}.py", n, "rule", f"Message {n} " + "x" * 80) for n in range(1, 5401)),
        )
    )
)
HOSTILE_REVIEW = review(
    blocks(
        Verdict.reject(
            HOSTILE,
            HOSTILE * 3,
            score=float("nan"),
            findings=(
                Finding(f"src/{HOSTILE}.py", 1, HOSTILE, HOSTILE * 40, Severity.ERROR),
                Finding(f"{WIDE}.py", 2, "wide", WIDE * 2, Severity.NOTE),
                Finding(None, None, "```", "```\n</details>\n| a | b |", Severity.NOTE),
            ),
        )
    ),
    provenance=Provenance(
        Status.MIXED,
        (replace(CLAUDE, harness=HOSTILE, model_family=HOSTILE, evidence=HOSTILE),),
        harnesses=(HOSTILE,),
        models=(HOSTILE,),
    ),
    notes=(HOSTILE,),
    base=Revision(HOSTILE, HOSTILE),
    review_needed=HOSTILE,
    policy=PolicyUsed(HOSTILE, HOSTILE, HOSTILE, evidence=Evidence(HOSTILE, "unmeasured")),
)
KINDS = {
    "accepted": ACCEPTED,
    "rejected": REJECTED,
    "could not judge": COULD_NOT,
    "advice only": ADVICE_ONLY,
    "many findings": MANY,
    "hostile": HOSTILE_REVIEW,
    "no gates": review(),
    "human": review(ACCEPTING, provenance=Provenance(Status.HUMAN_ATTESTED)),
}


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def any_review(request: pytest.FixtureRequest) -> Review:
    """Each kind of review in turn."""
    kind = request.param
    assert isinstance(kind, Review)
    return kind


@pytest.fixture
def samples() -> SimpleNamespace:
    """The reviews by name and what builds more of them."""
    return SimpleNamespace(**globals())

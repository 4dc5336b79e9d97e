"""Which approvals of a pull request are review, and why the others are none. Pure: plain data in and out.

An approval of an AI-declared change by the model that wrote it, by the tool it was written with, or by an account
that only passes on what such a tool said, is self-review and counts for nothing, whatever the policy says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.provenance.commit import Actor
from app.provenance.names import UNKNOWN, parse_name
from app.provenance.rules import RuleSet, shipped_rules
from app.provenance.types import Provenance, Status
from gates.policy import ReviewRule

# Who may approve: GitHub's roles that can push.
MAY_WRITE = frozenset({"write", "maintain", "admin"})
_DECIDING = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})


class State(StrEnum):
    """GitHub's states of a review that matter here."""

    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    DISMISSED = "DISMISSED"
    COMMENTED = "COMMENTED"


@dataclass(frozen=True, slots=True)
class Given:
    """A review as GitHub has it, in the order in which they were given.

    ``commit`` is the head that was reviewed. ``permission`` is what the reviewer may do in the repository (``none``,
    ``read``, ``triage``, ``write``, ``maintain``, ``admin``), ``None`` where nobody asked. ``body`` is untrusted text.
    """

    reviewer: Actor
    state: str
    commit: str | None
    association: str = "NONE"
    permission: str | None = None
    body: str = ""


class Why(StrEnum):
    """Why an approval counts, or does not."""

    COUNTS = "counts"
    OWN = "the author's own"
    STALE = "stale"
    DISMISSED = "dismissed"
    OUTSIDER = "outsider"
    SAME_FAMILY = "same model family"
    SAME_HARNESS = "same harness"
    RELAY = "relay"
    AUTOMATION = "automation"
    TOOL = "a tool, and the policy asks for people"
    UNKNOWN_FAMILY = "independence unknown"


SELF_REVIEW = frozenset({Why.SAME_FAMILY, Why.SAME_HARNESS, Why.RELAY})


@dataclass(frozen=True, slots=True)
class Approval:
    """One reviewer's approval: why it counts or not, as a word and as a sentence (which quotes untrusted names)."""

    login: str
    why: Why
    sentence: str

    @property
    def counts(self) -> bool:
        """Whether it is review."""
        return self.why is Why.COUNTS


@dataclass(frozen=True)
class Reviewed:
    """The approvals of a pull request. ``needed`` is how many the policy asks for of a change of this provenance."""

    approvals: tuple[Approval, ...]
    needed: int

    @property
    def counted(self) -> int:
        """The number of approvals that are review."""
        return sum(approval.counts for approval in self.approvals)

    @property
    def is_enough(self) -> bool:
        """Whether the policy asks for no more."""
        return self.counted >= self.needed

    @property
    def is_self_review(self) -> bool:
        """Whether the only approvals of this head come from where the change itself comes from."""
        of_this_head = {a.why for a in self.approvals} - {Why.STALE, Why.DISMISSED, Why.OUTSIDER, Why.OWN}
        return bool(of_this_head) and of_this_head <= SELF_REVIEW


@dataclass(frozen=True, slots=True)
class _Tool:
    """What an account is known to be: a harness and a model family, either may be unknown."""

    harness: str
    family: str


def judge(
    given: Sequence[Given],
    *,
    head: str,
    author: Actor,
    provenance: Provenance,
    rule: ReviewRule | None,
    rules: RuleSet | None = None,
) -> Reviewed:
    """Judge the reviews of a pull request whose *head* is a commit and which *author* opened."""
    known = rules or shipped_rules()
    applies = rule is not None and provenance.status.value in rule.declared
    judged = [
        _judged(review, given, head, author, provenance, rule.by if rule else "human", known)
        for review in latest(given)
        if review.state in (State.APPROVED, State.DISMISSED)
    ]
    return Reviewed(tuple(judged), rule.approvals if rule is not None and applies else 0)


def latest(given: Iterable[Given]) -> list[Given]:
    """Return each reviewer's last word; as on GitHub, a comment takes nothing back."""
    last: dict[int | str, Given] = {}
    for review in given:
        if review.state in _DECIDING:
            last[review.reviewer.id or review.reviewer.login] = review
    return list(last.values())


def to_be_asked(given: Iterable[Given], head: str, author: Actor) -> list[str]:
    """Return the reviewers of whom the permission decides: all others' approvals do not count whatever it is."""
    return [
        review.reviewer.login
        for review in latest(given)
        if review.state == State.APPROVED
        and review.permission is None
        and review.commit == head
        and review.reviewer.id != author.id
        and not review.reviewer.is_bot
        and review.association != "OWNER"
    ]


def _judged(
    review: Given,
    given: Sequence[Given],
    head: str,
    author: Actor,
    provenance: Provenance,
    by: str,
    rules: RuleSet,
) -> Approval:
    login = review.reviewer.login
    why, sentence = (
        _standing(review, head, author)
        or _origin(review, given, provenance, rules)
        or _asked_for(review, by, provenance, rules)
        or (Why.COUNTS, f"{login} approved this commit.")
    )
    return Approval(login, why, sentence)


def _standing(review: Given, head: str, author: Actor) -> tuple[Why, str] | None:
    """What keeps any approval from counting, whoever gave it."""
    login = review.reviewer.login
    if review.state == State.DISMISSED:
        return Why.DISMISSED, f"The review of {login} was dismissed."
    if review.reviewer.id == author.id and author.id:
        return Why.OWN, f"{login} opened this pull request."
    if review.commit != head:
        seen = review.commit[:10] if review.commit else "a commit that is gone"
        return Why.STALE, f"{login} approved {seen}, not the last push."
    if not _may_write(review):
        return Why.OUTSIDER, f"{login} may not write to this repository."
    return None


def _may_write(review: Given) -> bool:
    """Whether the reviewer's approval is one that GitHub itself takes.

    An App approves where it is installed with the right to, and has no place among the collaborators.
    """
    if review.reviewer.is_bot:
        return True
    if review.permission is not None:
        return review.permission in MAY_WRITE
    return review.association == "OWNER"


def _origin(review: Given, given: Sequence[Given], provenance: Provenance, rules: RuleSet) -> tuple[Why, str] | None:
    """Self-review: the approval comes from where the change comes from."""
    if provenance.status not in (Status.AI_DECLARED, Status.MIXED):
        return None
    login = review.reviewer.login
    tool = tool_of(review.reviewer, rules)
    if tool is not None:
        return _same(login, tool, provenance)
    if not review.reviewer.is_bot:
        return None
    for speaker in _relayed(review, given, rules):
        if same := _same(login, speaker, provenance):
            return Why.RELAY, f"{login} passes on a review by {_named(speaker)}, and {same[1][0].lower()}{same[1][1:]}"
    return None


def _same(login: str, tool: _Tool, provenance: Provenance) -> tuple[Why, str] | None:
    if tool.harness != UNKNOWN and tool.harness in provenance.harnesses:
        return Why.SAME_HARNESS, f"{login} is {tool.harness}, which the change was written with."
    if tool.family != UNKNOWN and tool.family in provenance.model_families:
        return Why.SAME_FAMILY, f"{login} judges by a model of {tool.family}, as the change was written by."
    return None


def _asked_for(review: Given, by: str, provenance: Provenance, rules: RuleSet) -> tuple[Why, str] | None:
    """What the policy does not take for review."""
    login = review.reviewer.login
    tool = tool_of(review.reviewer, rules)
    if by == "anyone" or (tool is None and not review.reviewer.is_bot):
        return None
    if tool is None:
        return Why.AUTOMATION, f"{login} is an automation account: who decided cannot be told."
    if by == "human":
        return Why.TOOL, f"{login} is {_named(tool)}; the policy asks for people."
    if tool.family == UNKNOWN or not _family_known(provenance):
        whose = "it" if tool.family == UNKNOWN else "the change"
        return Why.UNKNOWN_FAMILY, f"Whether {login} is independent cannot be told: no model behind {whose} is named."
    return None


def _family_known(provenance: Provenance) -> bool:
    """Whether it is known which models wrote the change, or that none did."""
    families = set(provenance.model_families)
    return UNKNOWN not in families and (bool(families) or provenance.status is Status.HUMAN_ATTESTED)


def tool_of(actor: Actor, rules: RuleSet) -> _Tool | None:
    """Return the tool that an account is; ``None`` where it is none that is known.

    The account's number decides. A login alone speaks only where it is an App's, or where no number is known: a
    person may be called Claude.
    """
    by_login = rules.logins.get(actor.login.lower(), ())
    rows = rules.accounts.get(actor.id) or [row for row in by_login if actor.is_bot or row.kind == "login"]
    for row in rows:
        if row.harness is not None:
            return _Tool(row.harness, row.model_family or UNKNOWN)
    named = parse_name(actor.login)
    if not actor.is_bot or named.harness is None:
        return None
    return _Tool(named.harness, named.family)


def _relayed(review: Given, given: Sequence[Given], rules: RuleSet) -> list[_Tool]:
    """Return the tools whose review an automation account may be passing on.

    Those that reviewed the same commit before it did, and the one that its own words name.
    """
    speakers = []
    for earlier in given:
        if earlier is review:
            break
        tool = tool_of(earlier.reviewer, rules)
        if tool is not None and earlier.commit == review.commit:
            speakers.append(tool)
    for line in review.body.splitlines()[:50]:
        for phrase in (line, *line.split(" by ")[1:]):
            named = parse_name(phrase.strip(" *_#.:`"))
            if named.harness is not None or named.model is not None:
                speakers.append(_Tool(named.harness or UNKNOWN, named.family))
    return speakers


def _named(tool: _Tool) -> str:
    return tool.harness if tool.harness != UNKNOWN else f"a model of {tool.family}"

"""Signs from line-level records: git-ai notes, Agent Trace, and references that other tools leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.provenance import agent_trace, git_ai
from app.provenance.agent_trace import Trace
from app.provenance.commit import Added, Commit
from app.provenance.lines import Claim, Contributor, Split, split_added, touches
from app.provenance.names import UNKNOWN
from app.provenance.rules import RuleSet
from app.provenance.seen import NO_TOOL, Seen, seen
from app.provenance.types import Ignored, Role

_FIELDS = {git_ai.ROW: "note", git_ai.HUMAN_ROW: "note", agent_trace.ROW: "trace", agent_trace.HUMAN_ROW: "trace"}
_ELSEWHERE = "The lines it names are none that this commit added."
_UNTOLD = "The record gives the contributor as unknown."


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the records of one commit say: signs, whether a person and whether a tool wrote lines, the split."""

    signs: tuple[Seen, ...] = ()
    people: tuple[Seen, ...] = ()
    problems: tuple[Ignored, ...] = ()
    split: Split | None = None
    mixed: bool = False


def read_records(
    commit: Commit, note: bytes | None, traces: Iterable[Trace], added: Added | None, rules: RuleSet
) -> Recorded:
    """Read the note and the traces that belong to *commit*."""
    parsed = git_ai.parse_note(note) if note is not None else git_ai.Note()
    claims = [*parsed.claims, *(claim for trace in traces for claim in trace.claims)]
    problems = tuple(Ignored(git_ai.ROW, "note", git_ai.NOTES_REF, text, commit.sha) for text in parsed.problems)
    if not claims:
        return Recorded(problems=problems)
    here: list[Claim] = []
    elsewhere: list[Claim] = []
    for claim in claims:
        (here if touches(claim, added) else elsewhere).append(claim)
    counting = [claim for claim in here if rules.by_id[claim.source].counts]
    signs = [*_signs(here, rules, None), *_signs(elsewhere, rules, _ELSEWHERE)]
    return Recorded(
        signs=tuple(sign for sign in signs if sign.harness != NO_TOOL or sign.reason),
        people=tuple(sign for sign in signs if sign.harness == NO_TOOL and not sign.reason),
        problems=problems,
        split=split_added(counting, added) if added is not None and added.spans is not None else None,
        mixed=any(claim.contributor in (Contributor.MIXED, Contributor.HUMAN) for claim in here),
    )


def _signs(claims: Iterable[Claim], rules: RuleSet, reason: str | None) -> list[Seen]:
    """Return one sign for each row, tool and model, quoting the first place."""
    groups: dict[tuple[str, Contributor, str, str | None], list[Claim]] = {}
    for claim in claims:
        groups.setdefault((claim.source, claim.contributor, claim.harness, claim.model), []).append(claim)
    return [_sign(group, rules, reason) for group in groups.values()]


def _sign(group: Sequence[Claim], rules: RuleSet, reason: str | None) -> Seen:
    claim = group[0]
    sign = seen(rules.by_id[claim.source], _FIELDS[claim.source], _evidence(group))
    why = reason or (_UNTOLD if claim.contributor is Contributor.UNKNOWN else sign.reason)
    if claim.contributor is Contributor.HUMAN:
        return replace(sign, harness=NO_TOOL, family=NO_TOOL, reason=why)
    role = Role.ASSIST if claim.contributor is Contributor.MIXED else Role.AUTHOR
    return replace(sign, harness=claim.harness, family=claim.family, model=claim.model, role=role, reason=why)


def _evidence(group: Sequence[Claim]) -> str:
    claim = group[0]
    first, last = claim.spans[0]
    more = sum(len(other.spans) for other in group) - 1
    return f"{claim.path}:{first}-{last}" + (f" and {more} more" if more else "")


def reference_signs(commit: Commit, refs: Iterable[str], rules: RuleSet) -> list[Seen]:
    """Return the signs in the names of references that belong to *commit*."""
    return [
        seen(row, "ref", name)
        for name in refs
        for row in rules.by_field.get("ref", ())
        if name.startswith(row.value) and (not row.value.endswith("/") or _names(name, commit))
    ]


def _names(ref: str, commit: Commit) -> bool:
    return commit.sha[:12] in ref.replace("/", "")


def traces_by_commit(
    records: Iterable[Trace], commits: Sequence[Commit], added: Mapping[str, Added]
) -> tuple[dict[str, list[Trace]], int]:
    """Return the records of each commit, and how many name no revision.

    A record belongs to the commit it names. Tools write it before they commit, naming the commit they started
    from; then it belongs to that one's children which add to the record's files.
    """
    found: dict[str, list[Trace]] = {}
    nameless = 0
    shas = {commit.sha: None for commit in commits}
    children: dict[str, list[str]] = {}
    for commit in commits:
        for parent in commit.parents:
            children.setdefault(parent, []).append(commit.sha)
    for record in records:
        if record.revision is None:
            nameless += 1
            continue
        for sha in _full(record.revision, shas):
            found.setdefault(sha, []).append(record)
        for parent in _full(record.revision, children):
            for sha in children[parent]:
                claims = tuple(c for c in record.claims if c.path in added.get(sha, Added()).files)
                if claims:
                    found.setdefault(sha, []).append(replace(record, claims=claims))
    return found, nameless


def _full(revision: str, shas: Iterable[str]) -> list[str]:
    if len(revision) == 40 or len(revision) == 64:
        return [revision] if revision in shas else []
    return [sha for sha in shas if sha.startswith(revision)]


def known_families(signs: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return harnesses and families of (harness, family) pairs; ``unknown`` only where nothing else is known."""
    pairs = [pair for pair in signs if pair[0] != NO_TOOL]
    harnesses = {harness for harness, _ in pairs}
    tools = harnesses - {UNKNOWN} or harnesses
    told = {harness for harness, family in pairs if family != UNKNOWN}
    families = {f for h, f in pairs if f != UNKNOWN or (h not in told and (h != UNKNOWN or not told))}
    return sorted(tools), sorted(families)

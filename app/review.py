"""The one review path that every face uses: change -> provenance -> policy -> panel -> Review."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app import __version__
from app.interpreters import choose as choose_interpreter
from app.local import LocalChange, open_change
from app.policy_source import Rules, choose_policy, config_edits
from app.prepare.prepared import Prepared, PrepareError
from app.provenance.commit import Actor
from app.provenance.detector import ChangeProvenance
from app.provenance.local import declared
from app.provenance.types import Provenance
from app.review_types import Evidence, PolicyUsed, Review, Revision
from gates import registry
from gates.cache import Cache
from gates.change import Snapshot
from gates.decision import Decision, Judged, decide
from gates.evidence.find import find
from gates.gate import Context, Need
from gates.interpreter import Interpreter
from gates.panel import judge
from gates.policy import Policy
from gates.sandbox.choose import choose as choose_sandbox
from gates.sandbox.spec import Sandbox, SandboxError
from gates.sandbox.stoppable import Stoppable
from gates.stopping import Stop
from gates.verdict import Verdict
from gates.workspace import Workspace


def _silent(gate: str, state: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Request:
    """What is to be reviewed, and how. Only ``repo``, ``base`` and ``head`` have no default.

    ``policy`` is a preset's name or a file, ``config`` a file in the base; ``gates`` narrows it to some. ``branch``
    and ``pull_body`` are the pull request's own words, for provenance, and ``author`` the account that opened it.
    ``directory`` narrows the change to what lies below it. ``python`` runs the repository's tests. ``sandbox`` names
    a back-end. ``rules`` chooses by the base branch's snapshot instead of ``policy``, ``config`` and ``gates``, for
    whoever knows of more places where a policy can stand. ``never_run`` says in a sentence why nothing of the change
    may run here; gates that would run it then cannot judge. ``prepare`` makes an environment for the repository's
    tests, where a sandbox works and a gate runs tests. ``stop`` may say on the way that nobody wants the review.
    """

    repo: Path
    base: str
    head: str
    policy: str | None = None
    gates: tuple[str, ...] = ()
    branch: str | None = None
    pull_body: str | None = None
    python: str | None = None
    sandbox: str | None = None
    directory: str = ""
    config: str | None = None
    author: Actor | None = None
    never_run: str | None = None
    rules: Callable[[Snapshot], Rules] | None = None
    prepare: Callable[[LocalChange, Sandbox], Prepared | None] | None = None
    cache: Cache = field(default_factory=Cache)
    stop: Stop = field(default_factory=Stop)
    progress: Callable[[str, str], None] = _silent


def review(request: Request) -> Review:
    """Review one change of a local repository.

    Raises ``SourceError`` (the change cannot be taken), ``PolicyError``, ``UnknownGateError``, ``BrokenGateError``,
    ``InterpreterError`` or, where a back-end was named that does not work, ``SandboxError``: nothing was judged then.
    Raises ``StoppedError`` soon after the request's ``stop`` says so; no process of the review is left then.
    """
    started = time.monotonic()
    for name in request.gates:
        registry.get(name)
    request.stop.check()
    with open_change(request.repo, request.base, request.head, request.directory) as local, Workspace() as workspace:
        rules = _rules(request, local.policy_base)
        told = _provenance(request, local, rules.policy)
        provenance = told.sum
        context, notes = _context(request, local, workspace, rules.policy)
        notes = [*rules.notes, *notes, *told.remarks]
        verdicts = _judge(rules.policy, local, context, provenance, request.progress)
        return _assemble(request, local, rules, provenance, verdicts, notes, context, started)


def _rules(request: Request, base: Snapshot) -> Rules:
    if request.rules is not None:
        return request.rules(base)
    return Rules(*choose_policy(request.policy, base, request.gates, request.config))


def _provenance(request: Request, local: LocalChange, policy: Policy) -> ChangeProvenance:
    """Return what the change's own commits declare: those that the base does not have."""
    own = (local.head_commit, f"^{local.base_commit}")
    branch = request.branch or _branch(request.head)
    return declared(
        request.repo,
        *own,
        branch=branch,
        body=request.pull_body,
        author=request.author,
        accepted_signoffs=policy.accept_signoffs,
    )


def _branch(head: str) -> str:
    """Return the branch name that a head stands for, as far as its spelling tells."""
    return head.removeprefix("refs/heads/").removeprefix("origin/")


def _context(request: Request, local: LocalChange, workspace: Workspace, policy: Policy) -> tuple[Context, list[str]]:
    if request.never_run:  # not even the repository's own interpreter is looked for: it lies among the change's files
        own = Interpreter.own()
        context = Context(workspace, own, own, None, request.never_run, request.cache, stop=request.stop)
        return context, [request.never_run]
    tested = any(Need.PYTEST in registry.get(name).needs for name in policy.active())
    sandbox, remedy, notes = _sandbox(request)
    interpreter, said = _interpreter(request, local, sandbox if tested else None)
    own = Interpreter.own()
    context = Context(workspace, interpreter, own, sandbox, remedy, request.cache, stop=request.stop)
    return context, [*(said if tested else ()), *notes]


def _sandbox(request: Request) -> tuple[Sandbox | None, str, list[str]]:
    """Return the sandbox, or why there is none."""
    try:
        return choose_sandbox(request.sandbox), "", []
    except SandboxError as error:
        if request.sandbox:
            raise
        return None, str(error), [f"No sandbox works here, so gates that run code could not judge: {error}"]


def _interpreter(request: Request, local: LocalChange, sandbox: Sandbox | None) -> tuple[Interpreter, list[str]]:
    """Return what runs the repository's tests, and sentences on it."""
    notes: list[str] = []
    if request.prepare is not None and sandbox is not None:
        try:
            prepared = request.prepare(local, Stoppable(sandbox, request.stop))
        except PrepareError as error:
            prepared = None
            notes.append(str(error))
        if prepared is not None:
            return prepared.interpreter, [_runs(prepared.interpreter, prepared.origin), *prepared.notes]
    snapshots = (local.change.base, local.change.head)
    interpreter, origin = choose_interpreter(request.repo, snapshots, request.python)
    return interpreter, [_runs(interpreter, origin), *notes]


def _runs(interpreter: Interpreter, origin: str) -> str:
    return f"Tests run under Python {'.'.join(map(str, interpreter.version))} ({origin})."


def _judge(
    policy: Policy,
    local: LocalChange,
    context: Context,
    provenance: Provenance,
    progress: Callable[[str, str], None],
) -> Sequence[Judged]:
    if provenance.status.value not in policy.applies_to:
        return ()
    return judge(policy, [local.change], context, provenance=provenance.status.value, progress=progress)[0]


def _assemble(
    request: Request,
    local: LocalChange,
    rules: Rules,
    provenance: Provenance,
    verdicts: Sequence[Judged],
    notes: Sequence[str],
    context: Context,
    started: float,
) -> Review:
    policy, would = rules.policy, decide(verdicts)
    placed = [Judged(_below(request.directory, j.verdict), j.blocking) for j in verdicts]
    shown = tuple(placed) if policy.enforce else tuple(Judged(j.verdict, blocking=False) for j in placed)
    change = local.change
    return Review(
        decision=would if policy.enforce else Decision.ACCEPT,
        would_decide=would,
        policy=PolicyUsed(policy.name, policy.hash, rules.source, policy.enforce, _evidence(policy)),
        provenance=provenance,
        verdicts=shown,
        base=Revision(request.base, local.base_commit),
        head=Revision(request.head, local.head_commit),
        merge_base=local.merge_base,
        files=len(change.files),
        added_lines=sum(len(f.added_lines) for f in change.files),
        removed_lines=sum(len(f.removed_lines) for f in change.files),
        seconds=time.monotonic() - started,
        notes=(*local.notes, *_policy_notes(policy, local, provenance), *notes),
        review_needed=review_needed(policy, provenance),
        tool_version=__version__,
        sandbox=context.sandbox.name if context.sandbox else None,
        gate_versions={name: registry.get(name).version for name in policy.active()},
    )


def _evidence(policy: Policy) -> Evidence:
    found = find(policy)
    card = found.card
    return Evidence(found.line, found.status, card.summary.verdict if card else None, card.hash if card else None)


def _below(directory: str, verdict: Verdict) -> Verdict:
    """Return a verdict on a directory with its findings' paths from the repository's root."""
    if not directory:
        return verdict
    placed = (replace(f, path=f"{directory}/{f.path}") if f.path is not None else f for f in verdict.findings)
    return replace(verdict, findings=tuple(placed))


def _policy_notes(policy: Policy, local: LocalChange, provenance: Provenance) -> list[str]:
    notes = [f"The change edits {path!r}; what it says there did not judge it." for path in config_edits(local.change)]
    if provenance.status.value not in policy.applies_to:
        notes.append(f"The policy does not apply to {provenance.status.value} changes, so no gate ran.")
    return notes


def review_needed(policy: Policy, provenance: Provenance) -> str | None:
    """Return the sentence on which human review the policy asks of a change of this provenance, if any."""
    rule = policy.review
    if rule is None or rule.approvals == 0 or provenance.status.value not in rule.declared:
        return None
    whose = {
        "human": "from a person",
        "independent": "from a person, or from a tool of another model family and harness",
        "anyone": "from anyone with write permission",
    }[rule.by]
    approvals = "one approval" if rule.approvals == 1 else f"{rule.approvals} approvals"
    return f"The policy asks for {approvals} {whose}, since the change is {provenance.status.value}."

"""Gate ``command``: a command of any language, run on the base and on the head, and compared.

Both run in the sandbox, without network, in a copy of the tree that has no ``.git``. On the head's side the files that
decide what is checked are the base's (``from_base``, the scripts that the command itself executes, the judging keys of
``package.json``).

What is not covered: judged code runs inside the command, so a head that ends the test runner with status 0 from within
passes ``format: exit``; ``junit`` also asks for every test of the base by name. The head's ``Cargo.toml``, ``pom.xml``
and their like are used, and its edits of them are findings for a person. Programs outside ``/usr`` are not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gates.change import Change
from gates.foreign.compare import compare
from gates.foreign.globs import matcher
from gates.foreign.judgement import Judgement
from gates.foreign.runs import BaseRuns, run_on
from gates.foreign.settings import ALONE, CommandGateSettings, CommandSettings
from gates.foreign.trees import judged_tree
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.toolrun import ForgedRecordError
from gates.verdict import Finding, Outcome, Severity, Verdict

NAME = "command"
VERSION = "1"
# A verdict is as bad as its worst part.
_WORST_FIRST = (Outcome.REJECT, Outcome.ERROR, Outcome.ACCEPT, Outcome.SKIP)


@dataclass(frozen=True)
class CommandGate:
    """Runs configured commands on both sides and rejects what the head makes worse.

    The score is the share of the tests passing on the base that also pass on the head, the lowest of all commands
    that report tests; ``None`` where none does.
    """

    name: str = NAME
    version: str = VERSION
    kind: Kind = Kind.EXOGENOUS
    summary: str = "a command of any language does no worse on the head than on the base"
    needs: frozenset[Need] = frozenset({Need.SANDBOX})
    settings_type: type[Settings] = CommandGateSettings

    def judge(self, changes: Sequence[Change], settings: CommandGateSettings, context: Context) -> list[Verdict]:
        """Run each command on each change; several at once where the context allows it."""
        commands = settings.by_name()
        if not commands:
            return [Verdict.skip(NAME, "No command is configured: give this gate's settings a run.") for _ in changes]
        bases = BaseRuns(context)
        pairs = [(change, name, command) for change in changes for name, command in commands.items()]
        with ThreadPoolExecutor(max(1, min(context.jobs, len(pairs)))) as pool:
            parts = list(pool.map(lambda pair: (pair[1], _judge(pair[0], pair[2], context, bases)), pairs))
        size = len(commands)
        return [_merged(parts[at : at + size]) for at in range(0, len(parts), size)]


GATE = CommandGate()


def _judge(change: Change, command: CommandSettings, context: Context, bases: BaseRuns) -> Judgement:
    if not _applies(change, command):
        return Judgement(Outcome.SKIP, "is about no file that the change touches.")
    tree, edits = judged_tree(change, command)
    try:
        head = run_on(context, tree, command)
        judgement = compare(command, change, lambda: bases.get(change.base, command), head)
        if judgement.outcome is Outcome.REJECT:
            judgement = compare(command, change, lambda: bases.again(change.base, command), head)
    except ForgedRecordError as error:
        finding = Finding(None, None, "forged-record", str(error), Severity.ERROR)
        return Judgement(Outcome.REJECT, "was tampered with while it ran.", (finding, *edits))
    except CouldNotJudgeError as error:
        return Judgement(Outcome.ERROR, str(error), tuple(edits))
    return Judgement(judgement.outcome, judgement.reason, (*judgement.findings, *edits), judgement.score)


def _applies(change: Change, command: CommandSettings) -> bool:
    touched = {path for file in change.files for path in (file.path, file.old_path) if path is not None}
    return bool(touched) and (not command.paths or any(map(matcher(command.paths), touched)))


def _merged(parts: Sequence[tuple[str, Judgement]]) -> Verdict:
    ordered = sorted(parts, key=lambda part: _WORST_FIRST.index(part[1].outcome))
    outcome = ordered[0][1].outcome
    reason = " ".join(f"{_subject(name)} {judgement.reason}" for name, judgement in ordered)
    findings = tuple(_named(name, finding) for name, judgement in ordered for finding in judgement.findings)
    scores = [judgement.score for _, judgement in parts if judgement.score is not None]
    return Verdict(NAME, outcome, reason, min(scores, default=None), findings)


def _subject(name: str) -> str:
    return "The command" if name == ALONE else f"{name}:"


def _named(name: str, finding: Finding) -> Finding:
    if name == ALONE:
        return finding
    return Finding(
        finding.path, finding.line, finding.rule, f"{name}: {finding.message}", finding.severity, finding.end_line
    )

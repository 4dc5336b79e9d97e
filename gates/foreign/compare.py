"""What two runs of a command say about a change. Pure but for making the base's run when it is needed.

Only what the head makes worse counts against it. Reports are written beside judged code, which can forge them; so the
exit status must agree, and every test that passed on the base must be seen to pass again. A head whose code makes the
runner itself lie about each test by name, and end with status 0, is not caught here.
"""

from __future__ import annotations

from collections.abc import Callable

from gates.change import Change
from gates.foreign.by_results import by_results
from gates.foreign.by_tests import by_tests
from gates.foreign.judgement import Judgement, failing, quoted
from gates.foreign.runs import Run
from gates.foreign.settings import CommandSettings, Format
from gates.gate import CouldNotJudgeError
from gates.verdict import Outcome


def compare(command: CommandSettings, change: Change, base: Callable[[], Run], head: Run) -> Judgement:
    """Compare the head's run with the base's, which is made only where it is needed.

    Raises ``CouldNotJudgeError`` where the base gives nothing to compare with.
    """
    if command.format is Format.EXIT and head.passed:
        return Judgement(Outcome.ACCEPT, "passes on the head's code.")
    before = base()
    _require_usable(before, head)
    if command.format is Format.JUNIT:
        return by_tests(command.report, change, before, head)
    if command.format is Format.SARIF:
        return by_results(command.report, change, before, head)
    return failing(before, head)


def _require_usable(base: Run, head: Run) -> None:
    if base.missing and head.missing:
        said = "" if base.end == "missing" else f" {quoted(base)}"
        raise CouldNotJudgeError(
            f"{base.ended()} on the base. The sandbox shows the system's programs (/usr) and the tree, and no "
            f"other: install the program there, or name its path.{said}"
        )
    if base.end == "timeout":
        raise CouldNotJudgeError(f"{base.ended()} on the base. Raise its seconds, or make it do less.")
    if base.step == "setup" and head.step == "setup":
        raise CouldNotJudgeError(
            f"{base.ended()} on both sides. It must work without network: install what it needs. {quoted(base)}"
        )

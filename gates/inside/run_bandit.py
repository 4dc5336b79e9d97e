"""bandit for many changes in one start of Python.

Job: ``{"jobs": n, "seconds": s, "groups": [{"config": file, "items": [{"id": i, "tree": dir, "files": [path],
"texts": {path: source}}]}]}``. The items of a group share a configuration (``null`` for bandit's defaults);
``texts`` are scanned in the place of the files.

Records: ``{"id", "issues": [{path, line, end_line, rule, message, severity, confidence}], "skipped": [[path, why]]}``,
``{"id", "failed": why}`` or ``{"group": n, "failed": why}``.
"""

from __future__ import annotations

import io
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.inside.channel import Channel
    from gates.inside.forks import each_forked, halving
else:
    sys.path.insert(0, str(Path(__file__).parent))
    from channel import Channel
    from forks import each_forked, halving

    del sys.path[0]

from bandit.core import constants
from bandit.core.config import BanditConfig
from bandit.core.extension_loader import MANAGER
from bandit.core.manager import BanditManager
from bandit.core.utils import parse_ini_file


class Manager(BanditManager):  # type: ignore[misc]  # bandit has no types
    """bandit's manager, which reads some sources from memory."""

    def __init__(self, config: BanditConfig, profile: dict[str, Any], texts: dict[str, bytes]) -> None:
        super().__init__(config, "file", quiet=True, profile=profile)
        self._texts = texts

    def _parse_file(self, fname: str, fdata: Any, new_files_list: list[str]) -> None:
        text = self._texts.get(os.path.normpath(fname))
        super()._parse_file(fname, fdata if text is None else io.BytesIO(text), new_files_list)


def configure(path: str | None) -> tuple[BanditConfig, dict[str, Any], str]:
    """Return what bandit's command line makes of a configuration: its settings, the tests to run, the exclusions."""
    ini = parse_ini_file(path) if path is not None and path.endswith(".bandit") else None
    config = BanditConfig(None if ini is not None else path)
    options = ini or {}
    profile = {
        "include": {*(config.get_option("tests") or []), *_words(options.get("tests"))},
        "exclude": {*(config.get_option("skips") or []), *_words(options.get("skips"))},
    }
    MANAGER.validate_profile(profile)
    return config, profile, options.get("exclude") or ",".join(constants.EXCLUDE)


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def scan(item: dict[str, Any], config: str | None) -> dict[str, Any]:
    """Scan one item's files."""
    os.chdir(item["tree"])
    texts = {os.path.normpath(p): t.encode("utf-8", "surrogateescape") for p, t in item["texts"].items()}
    settings, profile, excluded = configure(config)
    manager = Manager(settings, profile, texts)
    manager.discover_files(item["files"], False, excluded)
    manager.run_tests()
    issues = [
        {
            "path": os.path.normpath(issue.fname),
            "line": issue.lineno,
            "end_line": max([issue.lineno, *(issue.linerange or [])]),
            "rule": issue.test_id,
            "message": issue.text,
            "severity": issue.severity.lower(),
            "confidence": issue.confidence.lower(),
        }
        for issue in manager.results
    ]
    return {"issues": issues, "skipped": [[os.path.normpath(path), why] for path, why in manager.skipped]}


def run_group(group: dict[str, Any], job: dict[str, Any], channel: Channel) -> None:
    """Scan every item of a group; runs in a child of its own."""
    configure(group["config"])

    def work(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        channel.close()
        return [scan(item, group["config"]) for item in items]

    for item, value, problem in halving(group["items"], work, job["jobs"], job["seconds"]):
        channel.send({"id": item["id"], **(value if problem is None else {"failed": problem})})


def main() -> None:
    """Do the job that came on standard input."""
    channel = Channel()
    job = channel.job
    groups = list(enumerate(job["groups"]))
    for (number, _), _, problem in each_forked(groups, lambda g: run_group(g[1], job, channel), 1, math.inf):
        if problem is not None:
            channel.send({"group": number, "failed": problem})
    channel.finish()


if __name__ == "__main__":
    main()

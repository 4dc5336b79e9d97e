"""What carries jobs out in tests: it writes down what it was told, and does what the job's reason says."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from app.settings import Settings
from webhooks.failures import LaterError, SupersededError
from webhooks.jobs import Job
from webhooks.perform import Turn

SAID, GO = "said.jsonl", "go"


class Recorder:
    """``hang`` waits until there is a file ``go`` or the job is superseded, ``later`` succeeds at the second attempt,
    ``never`` does not, ``defect`` raises.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def perform(self, job: Job, turn: Turn) -> str:
        reason = getattr(job, "reason", "")
        self._say("begun", turn.id, attempt=turn.attempt)
        if reason == "hang":
            while not (self._folder / GO).exists():
                if why := turn.superseded():
                    raise SupersededError(why)
                time.sleep(0.02)
        if reason == "later" and turn.attempt == 1:
            raise LaterError("GitHub asks to wait.", 30)
        if reason == "never":
            raise LaterError("GitHub is away.")
        if reason == "defect":
            raise ValueError("a value that nobody should see on GitHub")
        self._say("ended", turn.id)
        return "reviewed"

    def gave_up(self, job: Job, reason: str) -> None:
        self._say("gave up", job.delivery, reason=reason)

    def _say(self, what: str, id_: str, **more: Any) -> None:
        line = json.dumps({"what": what, "id": id_, "pid": os.getpid(), **more}) + "\n"
        with (self._folder / SAID).open("a") as file:
            file.write(line)


def performer(settings: Settings) -> Recorder:
    return Recorder(settings.data_dir)

"""One arm of a run that several hosts work on: ``python -m collapse_lab.hosted FOLDER NUMBER --plan DIGEST``.

A worker starts it for each job. Before anything else it sees that this host's code and versions are those that the
run began with. Exit status: 0 the arm came to its end, 1 it failed, 3 this host must not take part.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path

from collapse_lab.job import do, prepare
from collapse_lab.manifest import ManifestError
from collapse_lab.place import Place
from collapse_lab.remote import RemoteError
from collapse_lab.shared import OtherPlanError, join, wanted
from gates.policy import PolicyError

REFUSED = 3


def main() -> None:
    """Run the arm named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m collapse_lab.hosted", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("number", type=int)
    parser.add_argument("--plan", required=True, help="the digest of the plan that the number is of")
    parser.add_argument("--share", help="the address of the run's second home")
    parser.add_argument("--bases", type=Path, required=True, help="where this host keeps the bases of all runs")
    asked = parser.parse_args()
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    try:
        _run(Place.named(asked.folder, asked.share, asked.bases), asked.number, asked.plan)
    except ManifestError as error:
        sys.exit(_said(error, REFUSED))
    except (RemoteError, OtherPlanError, PolicyError) as error:
        sys.exit(_said(error, 1))


def _run(place: Place, number: int, digest: str) -> None:
    from collapse_lab.workshop import Workshop

    plan = join(place, digest)
    prepare()
    with Workshop(plan.study) as workshop:
        do(place, plan, number, workshop, place.log(number), lambda: wanted(place, digest))


def _end_with_the_worker() -> None:
    """End at once when the worker is gone: its end of our standard input closes, and another takes the arm up."""
    # Not through sys.stdin: its lock, held by this thread, would stop the interpreter's orderly end.
    while os.read(0, 1024):
        pass
    os._exit(1)


def _said(error: Exception, status: int) -> int:
    sys.stderr.write(f"{' '.join(str(error).split())}\n")
    return status


if __name__ == "__main__":
    main()

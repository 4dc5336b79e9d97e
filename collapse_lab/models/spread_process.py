"""One process of a training on several devices, begun by ``spread.py`` and nobody else:
``python -m collapse_lab.models.spread_process FOLDER MEETING DEVICE RANK SIZE THREADS``.

FOLDER holds the job, and at the file MEETING the processes find each other. The first one says on standard output how
many steps are done, a line each, and leaves what was learned in FOLDER. The process ends with its input. What libraries
print goes to standard error.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from pathlib import Path

import torch

from collapse_lab.models.progress import write
from collapse_lab.models.shard import group, share
from collapse_lab.models.spread import JOB, LEARNED, Job


def main() -> None:
    """Do one process's share. Errors end it at once: what else ends a process would wait for the others."""
    folder, meeting, device, (rank, size, threads) = Path(sys.argv[1]), *sys.argv[2:4], map(int, sys.argv[4:])
    said = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=_end_with_input, daemon=True).start()
    torch.set_num_threads(threads)
    # A cache of weights in bf16 would hold all layers' at the end of the way there.
    torch.set_autocast_cache_enabled(False)

    def told(done: int, _: int) -> None:
        os.write(said, f"{done}\n".encode())

    try:
        # Without reading it whole: every process uses its part. The parent wrote it.
        job: Job = torch.load(folder / JOB, map_location="cpu", mmap=True, weights_only=False)
        with group(meeting, device, rank, size) as mesh:
            if found := share(job.network.together(), job, mesh, told if rank == 0 else None):
                write(folder / LEARNED, found)
    except Exception:  # noqa: BLE001 - the parent says it on
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()

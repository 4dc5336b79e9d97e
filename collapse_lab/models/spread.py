"""A training on several devices: a fresh process for each, which holds its share of the weights (``shard.py``).

What this process has of the model goes to a file, its memory on a device is given free, and what was learned comes
back into it; other models that are open keep theirs. The processes meet at a file and talk over a port of their
machine that the system chooses. They end with this process, however it ends, and when one of them dies all do.

Tried with processes on the CPU alone (gloo). With GPUs, which talk through NCCL, it was never run: neither its speed
there nor its memory is known.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import torch
from torch import nn

from collapse_lab.models.adapter import adapted
from collapse_lab.models.apart import Apart
from collapse_lab.models.loss import Loss
from collapse_lab.models.machine import context
from collapse_lab.models.model import TrainingLog
from collapse_lab.models.progress import StateFile
from collapse_lab.models.train import Lesson, Told, train

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.fim import FimTokens
    from collapse_lab.models.model import Training
    from collapse_lab.models.text import Encoded

JOB, LEARNED = "job.pt", "learned.pt"
# Gloo listens where the machine's name leads; nobody outside needs to hear it.
_LOOPBACK = Path("/sys/class/net/lo")


@dataclass(frozen=True)
class Job:
    """What all processes are told: the whole network, on the CPU; whether its loss splits (``Loss.splits``); where
    the state is kept, and its identity."""

    network: Apart
    lesson: Lesson
    splits: bool
    state: Path | None
    identity: str


def train_together(
    devices: Sequence[str],
    network: PreTrainedModel,
    documents: Sequence[Encoded],
    training: Training,
    seed: int,
    pad: int,
    *,
    beside: Sequence[Encoded] = (),
    fim: FimTokens | None = None,
    state: Path | None = None,
    told: Told | None = None,
) -> TrainingLog:
    """Do what ``train`` does, with the same result up to rounding, on several devices.

    A state that one device left is gone on with here, and the other way round. Raises as ``train`` does, and
    ``RuntimeError`` where a process died; *network* then has the weights that it had.
    """
    lesson = Lesson(documents, beside, training, seed, pad, fim)
    feed = lesson.feed(context(network))
    if not feed.steps:
        return train(network, documents, training, seed, pad, beside=beside, fim=fim, state=state, told=told)
    identity = lesson.identity(network) if state else ""
    StateFile(state, identity, mapped=True).found()
    splits = Loss(network, training.precision, pad).splits
    with _folder(state) as folder, _put_away(network):
        torch.save(Job(Apart.of(network), lesson, splits, state, identity), folder / JOB)
        with _Processes(folder, devices) as processes:
            processes.follow(lambda done: told(done, feed.steps) if told else None)
        found = torch.load(folder / LEARNED, weights_only=True, mmap=True)
        with adapted(network, training.adapter, seed):
            network.load_state_dict({**network.state_dict(), **found["network"]})
    return TrainingLog(tuple(found["losses"]), found["tokens"], found["seconds"])


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    """Give an empty folder for the weights: beside the state, where there is room for such, if one is kept."""
    if state is None:
        with tempfile.TemporaryDirectory(prefix="collapse-lab-devices-") as name:
            yield Path(name)
        return
    folder = state / "devices"
    # A training that was killed leaves it.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _put_away(network: PreTrainedModel) -> Iterator[None]:
    """Keep *network* on the CPU while the context is open."""
    home = network.device
    nn.Module.to(network, "cpu")
    if home.type == "cuda":
        torch.cuda.empty_cache()
    try:
        yield
    finally:
        nn.Module.to(network, home)


class _Processes:
    """One process a device. A context manager: leaving it ends those that still work."""

    def __init__(self, folder: Path, devices: Sequence[str]) -> None:
        self._folder, self._devices = folder, devices
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> _Processes:
        # Not beside the weights: a file system of the network may know no locks.
        self._meeting = tempfile.TemporaryDirectory(prefix="collapse-lab-meeting-")
        meeting, size, threads = f"{self._meeting.name}/store", str(len(self._devices)), str(torch.get_num_threads())
        for rank, device in enumerate(self._devices):
            argv = (str(self._folder), meeting, device, str(rank), size, threads)
            with self._errors(rank).open("wb") as errors:
                self._started.append(
                    subprocess.Popen(
                        (sys.executable, "-m", "collapse_lab.models.spread_process", *argv),
                        # Never written to: a process whose input ends has lost this one, and ends.
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=errors,
                        env=_environment(),
                    )
                )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started:
            process.kill()
        for process in self._started:
            with process:
                process.wait()
        self._meeting.cleanup()

    def follow(self, told: Callable[[int], object]) -> None:
        """Wait for the end of all; *told* hears how many steps are done. Raises ``RuntimeError`` when one dies."""
        rest = b""
        with selectors.DefaultSelector() as heard:
            for process in self._started:
                assert process.stdout is not None
                heard.register(process.stdout, selectors.EVENT_READ, process)
            while heard.get_map():
                for key, _ in heard.select():
                    # The first process alone says something: a line for each step.
                    if said := os.read(key.fd, 1 << 16):
                        *lines, rest = (rest + said).split(b"\n")
                        for line in lines:
                            told(int(line))
                        continue
                    heard.unregister(key.fileobj)
                    if key.data.wait():
                        self._break_off()

    def _break_off(self) -> None:
        """Raise ``RuntimeError`` with the last words of those that have died."""
        dead = [(rank, status) for rank, process in enumerate(self._started) if (status := process.poll())]
        told = "; ".join(
            f"process {rank} ({self._devices[rank]}) ended with status {status}: {self._last_words(rank)}"
            for rank, status in dead
        )
        raise RuntimeError(
            f"A training on {len(self._devices)} devices broke off: {told}. Begun again, it goes on from the last "
            "state that was kept."
        )

    def _last_words(self, rank: int) -> str:
        lines = self._errors(rank).read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _errors(self, rank: int) -> Path:
        return self._folder / f"{rank}.err"


def _environment() -> dict[str, str]:
    """Return the environment of a process: it finds what this one finds, and listens on this machine alone."""
    loopback = {"GLOO_SOCKET_IFNAME": _LOOPBACK.name} if _LOOPBACK.exists() else {}
    return {**loopback, **os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

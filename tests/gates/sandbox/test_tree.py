"""Reading the processes below one from /proc, and ending them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from gates.sandbox import tree
from gates.sandbox.spec import MIB, Limits


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    """A shell with two children, one of which has a child."""
    process = subprocess.Popen(["/bin/sh", "-c", "sleep 30 & (sleep 30; :) & echo; wait"], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(list(tree.descendants(process.pid))) < 3:
            time.sleep(0.01)
        yield process
        tree.kill_descendants(process.pid, patience=5)
        process.kill()


def test_all_below_a_process_are_found(family: subprocess.Popen[bytes]) -> None:
    assert len(set(tree.descendants(family.pid))) == 3
    assert family.pid in set(tree.descendants(os.getpid()))


def test_a_kernel_that_lists_no_children_gives_the_same(
    family: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = set(tree.descendants(family.pid))
    monkeypatch.setattr(tree, "_children", tree._children_by_scan)
    assert set(tree.descendants(family.pid)) == expected


def test_use_is_counted_and_counting_stops_at_the_limit(family: subprocess.Popen[bytes]) -> None:
    used = tree.usage(family.pid, most_tasks=100, most_memory=1 << 40)
    assert used.tasks == 3
    assert 0 < used.memory < 50 * MIB
    assert tree.usage(family.pid, most_tasks=1, most_memory=1 << 40).tasks == 2


def test_shared_memory_is_shared_out_when_it_matters(family: subprocess.Popen[bytes]) -> None:
    resident = tree.usage(family.pid, most_tasks=100, most_memory=1 << 40).memory
    assert 0 < tree.usage(family.pid, most_tasks=100, most_memory=0).memory < resident


def test_the_reasons_are_sentences(family: subprocess.Popen[bytes]) -> None:
    assert tree.Watch(family.pid, Limits()).exceeded() is None
    assert tree.Watch(family.pid, Limits(processes=2)).exceeded() == "it started more than 2 processes"
    assert tree.Watch(family.pid, Limits(processes=2), spare=1).exceeded() is None
    assert tree.Watch(family.pid, Limits(total_memory_bytes=0)).exceeded() == "it used more than 0 MiB of memory"


def test_a_process_that_is_gone_has_and_uses_nothing() -> None:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    assert list(tree.descendants(process.pid)) == []
    assert tree.usage(process.pid, 1, 1) == tree.Usage(0, 0, 0.0)
    assert tree.kill_descendants(process.pid, patience=1)


def test_killing_ends_all_below_and_not_the_process_itself(family: subprocess.Popen[bytes]) -> None:
    below = list(tree.descendants(family.pid))
    assert tree.kill_descendants(family.pid, patience=5)
    family.wait(timeout=5)
    assert not any(tree._is_alive(pid) for pid in below)

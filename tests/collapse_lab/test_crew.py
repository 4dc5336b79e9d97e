"""A crew's processes, here a script that talks as `job` does and says who it is."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from collapse_lab.crew import Crew, Ended

# What an arm does hangs on its number: 1 fails, 2 dies with a word, 3 talks nonsense, 4 waits to be ended.
SCRIPT = """
import json, os, sys, time
for line in sys.stdin:
    arm = int(line)
    with open("began", "a") as file:
        file.write(f"{arm} {os.getpid()}\\n")
    if arm == 2:
        sys.exit("out of luck")
    if arm == 3:
        print("[]", flush=True)
        sys.exit(0)
    if arm == 4:
        time.sleep(600)
    print(json.dumps({"failed": "ValueError: bad" if arm == 1 else None}), flush=True)
"""


@pytest.fixture
def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crew:
    monkeypatch.chdir(tmp_path)
    return Crew(tmp_path, 2, command=(sys.executable, "-c", SCRIPT))


def ended(crew: Crew, *arms: int) -> dict[int, str | None]:
    """Begin arms and return how they ended."""
    for arm in arms:
        crew.begin(arm)
    found: list[Ended] = []
    while len(found) < len(arms):
        found += crew.wait(1)
    return {one.arm: one.failed for one in found}


def began(folder: Path) -> dict[int, int]:
    """Return the process of each arm that has begun."""
    file = folder / "began"
    lines = file.read_text().splitlines() if file.exists() else []
    return {int(arm): int(process) for arm, process in map(str.split, lines)}


def test_a_process_does_one_arm_after_the_other(crew: Crew, tmp_path: Path) -> None:
    with crew:
        assert [ended(crew, arm) for arm in (10, 11, 12)] == [{10: None}, {11: None}, {12: None}]
    assert len(set(began(tmp_path).values())) == 1


def test_as_many_at_a_time_as_its_size(crew: Crew, tmp_path: Path) -> None:
    with crew:
        assert crew.free == 2
        crew.begin(4)
        crew.begin(40)
        assert crew.free == 0
        assert [one for one in crew.wait(30) if one.arm == 40] == [Ended(40, None)]
        assert crew.free == 1
        while 4 not in began(tmp_path):
            time.sleep(0.01)
    assert len(set(began(tmp_path).values())) == 2


def test_an_arm_that_fails_leaves_its_process_to_the_next(crew: Crew, tmp_path: Path) -> None:
    with crew:
        assert "ValueError: bad" in str(ended(crew, 1)[1])
        assert ended(crew, 10) == {10: None}
    assert len(set(began(tmp_path).values())) == 1


@pytest.mark.parametrize(("arm", "said"), [(2, "status 1: out of luck"), (3, "status 0: it said nothing")])
def test_a_process_that_ends_fails_its_arm_alone(crew: Crew, tmp_path: Path, arm: int, said: str) -> None:
    with crew:
        assert said in str(ended(crew, arm)[arm])
        assert ended(crew, 10) == {10: None}
    assert len(set(began(tmp_path).values())) == 2


def test_a_killed_process_fails_its_arm_alone(crew: Crew, tmp_path: Path) -> None:
    with crew:
        crew.begin(4)
        while 4 not in began(tmp_path):
            time.sleep(0.01)
        os.kill(began(tmp_path)[4], signal.SIGKILL)
        assert "status -9" in str(crew.wait(30)[0].failed)
        assert ended(crew, 10) == {10: None}


def test_leaving_ends_what_still_works(crew: Crew, tmp_path: Path) -> None:
    with crew:
        crew.begin(4)
        while 4 not in began(tmp_path):
            time.sleep(0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(began(tmp_path)[4], 0)

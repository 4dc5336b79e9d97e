"""The reason to stop: said once, heard by all, asked for without holding anything up."""

from __future__ import annotations

import threading

import pytest

from gates.stopping import Stop, StoppedError, listening, said

# Long enough that no wait is about speed: what is waited for ends it.
PATIENCE = 60


def test_the_first_reason_counts() -> None:
    stop = Stop()
    stop.check()
    stop.because("A newer push came.")
    stop.because("Another one.")
    with pytest.raises(StoppedError, match="A newer push came"):
        stop.check()


def test_nothing_begins_after_a_reason_to_stop() -> None:
    stop = Stop()
    stop.because("Enough.")
    begun = False
    with pytest.raises(StoppedError, match="Enough"), stop.running():
        begun = True
    assert not begun


def test_what_ran_while_the_reason_came_ends_in_it() -> None:
    stop = Stop()
    with pytest.raises(StoppedError, match="Enough"), stop.running():
        stop.because("Enough.")
    assert stop.settled(0)


def test_what_failed_while_it_ran_says_so_itself() -> None:
    stop = Stop()
    with pytest.raises(ValueError, match="its own"), stop.running():
        stop.because("Enough.")
        raise ValueError("its own")
    assert stop.settled(0)


def test_what_runs_is_waited_for() -> None:
    stop, let_go = Stop(), threading.Event()

    def work() -> None:
        with pytest.raises(StoppedError), stop.running():
            began.set()
            let_go.wait(PATIENCE)

    began = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    assert began.wait(PATIENCE)
    stop.because("Enough.")
    assert not stop.settled(0.01)
    let_go.set()
    assert stop.settled(PATIENCE)
    thread.join()


def test_an_answer_is_taken_over() -> None:
    answers = iter([None, None, "A newer push came."])
    with listening(lambda: next(answers), every=0.001) as stop:
        assert stop.wait(PATIENCE)
        assert stop.why == "A newer push came."


def test_who_cannot_be_asked_has_not_said_to_stop() -> None:
    asked = threading.Semaphore(0)

    def ask() -> str | None:
        asked.release()
        raise ConnectionError("the store is away")

    assert said(ask) is None
    with listening(ask, every=0.001) as stop:
        for _ in range(3):
            assert asked.acquire(timeout=PATIENCE)
        assert stop.why is None


def test_an_answer_that_never_comes_holds_nothing_up() -> None:
    never = threading.Event()
    with listening(lambda: str(never.wait(PATIENCE))) as stop:
        assert stop.why is None
    never.set()


def test_at_the_end_everything_stops() -> None:
    with listening(lambda: None) as stop:
        stop.check()
    with pytest.raises(StoppedError, match="over"):
        stop.check()

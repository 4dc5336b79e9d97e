from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import toolrun
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Limits, Mount, Result
from gates.toolrun import ForgedRecordError, ScriptFailedError, read_records, run_and_salvage, run_script
from gates.workspace import Workspace

START = """
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from channel import Channel
del sys.path[0]
channel = Channel()
"""


@pytest.fixture
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own(), Bubblewrap())


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of scripts in the place of ours, with our channel beside them."""
    assert toolrun.INSIDE.source.is_dir()
    shutil.copy(toolrun.INSIDE.source / "channel.py", tmp_path)
    monkeypatch.setattr(toolrun, "INSIDE", Mount(tmp_path, "/exogate/inside"))
    return tmp_path


def run(context: Context, inside: Path, body: str, job: object = None, **options: object) -> list[dict[str, object]]:
    (inside / "script.py").write_text(START + body)
    return run_script(context, context.own, "script.py", {"job": job}, **options)  # type: ignore[arg-type]


@pytest.mark.sandbox
def test_a_job_goes_in_and_records_come_out(context: Context, inside: Path) -> None:
    job = {"path": "a\udcffb\n\x1b", "n": [1, None]}
    records = run(context, inside, "channel.send(channel.job); channel.send({'n': 2}); channel.finish()", job)
    assert records == [{"job": job}, {"n": 2}]


@pytest.mark.sandbox
def test_what_is_printed_is_no_record(context: Context, inside: Path) -> None:
    body = """
print('{"n": 1}')
import subprocess
subprocess.run(['echo', 'x'])
channel.send({'input': sys.stdin.read(), 'inherited': os.get_inheritable(channel._descriptor)})
channel.finish()
"""
    assert run(context, inside, body) == [{"input": "", "inherited": False}]


@pytest.mark.sandbox
def test_mounts_are_seen_and_read_only(context: Context, inside: Path, tmp_path: Path) -> None:
    tree = context.workspace.directory()
    (tree / "a").write_text("seen")
    body = """
try:
    open('/exogate/t/a', 'w'); wrote = True
except OSError:
    wrote = False
channel.send({'a': open('/exogate/t/a').read(), 'wrote': wrote})
channel.finish()
"""
    assert run(context, inside, body, mounts=[Mount(tree, "/exogate/t")]) == [{"a": "seen", "wrote": False}]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("channel.send({'n': 1}); os._exit(0)", "ended before"),
        ("channel.send({'n': 1}); raise ValueError('tired\\x1b[2J')", "ValueError: tired?"),
        ("channel.send({'n': 1}); sys.exit(3)", "exit status 3"),
        ("channel.send({'n': 1}); os.kill(os.getpid(), 9)", "SIGKILL"),
        ("channel.send({'n': 1}); import time; time.sleep(60)", "longer than"),
        ("channel.send({'n': 1}); channel.send({'n': 'x' * 9000}); channel.finish()", "output limit"),
    ],
)
def test_a_script_that_fails_keeps_what_it_had_sent(context: Context, inside: Path, body: str, said: str) -> None:
    with pytest.raises(ScriptFailedError, match="did not finish") as caught:
        run(context, inside, body, limits=Limits(wall_seconds=3, stdout_bytes=4096))
    assert said in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert caught.value.records == [{"n": 1}]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "forgery", [b'{"n": 1}\\n', b"0123 end\\n", b"\\n", b"rest without an end", b"\\xff\\n", b"[" * 20 + b"\\n"]
)
def test_a_line_without_the_nonce_is_a_forgery(context: Context, inside: Path, forgery: bytes) -> None:
    body = f"channel.send({{'n': 1}}); channel.finish(); os.write(channel._descriptor, b'{forgery.decode('ascii')}')"
    with pytest.raises(ForgedRecordError, match="could not be trusted") as caught:
        run(context, inside, body)
    assert caught.value.records == []


@pytest.mark.sandbox
def test_what_was_said_before_a_failure_can_be_salvaged_but_not_beside_a_forgery(
    context: Context, inside: Path
) -> None:
    def salvage(body: str) -> tuple[list[dict[str, object]], str | None]:
        (inside / "script.py").write_text(START + body)
        return run_and_salvage(context, context.own, "script.py", {}, [], Limits())

    assert salvage("channel.send({'n': 1}); channel.finish()") == ([{"n": 1}], None)
    records, why = salvage("channel.send({'n': 1}); sys.exit(3)")
    assert records == [{"n": 1}]
    assert why is not None and "exit status 3" in why
    with pytest.raises(ForgedRecordError):
        salvage("channel.send({'n': 1}); os.write(channel._descriptor, b'x\\n'); sys.exit(3)")


@pytest.mark.parametrize(("code", "name"), [(-9, "SIGKILL"), (139, "SIGSEGV"), (200, None), (1, None)])
def test_signals_are_named(code: int, name: str | None) -> None:
    with pytest.raises(ScriptFailedError) as caught:
        read_records("s", "n", Result(code, b"", b"", 0.1))
    assert ("SIG" in str(caught.value)) == (name is not None)
    assert name is None or name in str(caught.value)


def test_without_a_sandbox_nothing_runs() -> None:
    with Workspace() as workspace, pytest.raises(CouldNotJudgeError, match="No sandbox back-end"):
        run_script(Context(workspace, Interpreter.own(), Interpreter.own()), Interpreter.own(), "channel.py", {})


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text(), max_size=3), max_size=5))
def test_records_survive_the_channel(records: list[dict[str, object]]) -> None:
    lines = [b"nonce " + json.dumps(r).encode() for r in records]
    output = b"\n".join([*lines, b"nonce end", b""])
    assert read_records("s", "nonce", Result(0, output, b"", 0.1)) == records


@given(st.binary(max_size=200))
def test_noise_is_never_a_record(noise: bytes) -> None:
    with pytest.raises(ScriptFailedError) as caught:
        read_records("s", "a-nonce-that-nobody-guesses", Result(0, noise, b"", 0.1))
    assert caught.value.records == []

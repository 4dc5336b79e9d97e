"""Attacks by output, and on the next interpreter to start."""

from __future__ import annotations

from dataclasses import replace

from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import MIB, Command, Result
from tests.gates.sandbox.attacks.model import SMALL, Attack, World, killed, roomy

_FLOOD = """
def attack():
    for _ in range(50):
        os.write({descriptor}, b"x" * 100_000)
"""


def _out_over(_: World, result: Result) -> bool:
    return len(result.stdout) > MIB


def _err_over(_: World, result: Result) -> bool:
    return len(result.stderr) > MIB


def _err_cut(_: World, result: Result) -> bool:
    return result.exit_code == 0 and result.stderr.endswith(b"was cut]\n")


_PLANT = """
def attack():
    import subprocess
    for name in ("sitecustomize", "usercustomize"):
        with open(f"/scratch/{{name}}.py", "w") as stream:
            stream.write("import os; os.write(1, b'BREACH by site')")
    os.makedirs("/scratch/.local/lib/python%d.%d/site-packages" % sys.version_info[:2])
    with open("/scratch/.local/lib/python%d.%d/site-packages/planted.pth" % sys.version_info[:2], "w") as stream:
        stream.write("import os; os.write(1, b'BREACH by pth')")
    os.environ["PYTHONPATH"] = "/scratch"
    os.chdir("/scratch")
    subprocess.run([sys.executable, *{flags}, "-c", "pass"], check=True)
"""


def _not_isolated(command: Command, _: World) -> Result:
    *start, script = command.argv
    return Bubblewrap().run(replace(command, argv=(*start, script.replace("*['-I']", "*[]"))))


ATTACKS = [
    Attack(
        "flood of output",
        "write more to the standard output than is kept",
        _FLOOD.format(descriptor=1),
        roomy(stdout_bytes=16 * MIB),
        succeeded=_out_over,
        held=killed("wrote more than the output limit of 1 MiB"),
    ),
    Attack(
        "flood of errors",
        "write more to the standard error than is kept",
        _FLOOD.format(descriptor=2),
        roomy(stderr_bytes=16 * MIB),
        SMALL,
        succeeded=_err_over,
        held=_err_cut,
    ),
    Attack(
        "start-up files",
        "plant sitecustomize, usercustomize and a .pth for the next interpreter",
        _PLANT.format(flags=["-I"]),
        _not_isolated,
    ),
]

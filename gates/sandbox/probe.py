"""One small command that finds out, from inside, whether a back-end keeps its promises."""

from __future__ import annotations

from gates.sandbox.environment import environment
from gates.sandbox.spec import Command, Limits, Result

_SCRIPT = """
export -p
while read -r name rest; do echo "net $name"; done < /proc/net/dev
if [ -w / ]; then echo "root writable"; fi
"""
COMMAND = Command(("/bin/sh", "-c", _SCRIPT), limits=Limits(wall_seconds=20.0))
# Set by the shell itself, by bwrap or by a container engine.
_HARMLESS = frozenset({"PWD", "OLDPWD", "SHLVL", "_", "HOSTNAME", "TERM", "container"})


def flaws(result: Result) -> list[str]:
    """Return what is not as promised, each as a part of a sentence."""
    if not result.ok:
        return [f"a test command failed ({result.killed or result.exit_code})"]
    lines = result.stdout.decode("utf-8", "replace").splitlines()
    found = []
    if _variables(lines) - _HARMLESS - set(environment(COMMAND, "")):
        found.append("the host's environment is visible")
    if _interfaces(lines) - {"lo"}:
        found.append("the network is reachable")
    if "root writable" in lines:
        found.append("files outside the scratch directory are writable")
    return found


def _variables(lines: list[str]) -> set[str]:
    """Return the names in the output of ``export -p``: POSIX's form, and the one of bash."""
    words = [line.partition("=")[0].split() for line in lines if line.startswith(("export ", "declare -x "))]
    return {line[-1] for line in words}


def _interfaces(lines: list[str]) -> set[str]:
    names = {line.removeprefix("net ") for line in lines if line.startswith("net ")}
    return {name.rstrip(":") for name in names if name.endswith(":")}

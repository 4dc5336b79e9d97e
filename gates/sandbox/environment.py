"""The environment of a command in any back-end: a fixed minimum, and what the command names."""

from __future__ import annotations

from gates.sandbox.spec import Command


def environment(command: Command, scratch: str) -> dict[str, str]:
    """Return the whole environment a command sees."""
    return {
        "HOME": scratch,
        "TMPDIR": scratch,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **command.env,
    }

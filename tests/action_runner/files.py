"""The files through which a step speaks to the runner: GITHUB_OUTPUT, GITHUB_ENV and their like."""

from __future__ import annotations

from pathlib import Path


def pairs(path: Path) -> dict[str, str]:
    """Read `name=value` lines and `name<<delimiter` blocks. Raises ``ValueError`` for a block that does not end."""
    found: dict[str, str] = {}
    lines = iter(path.read_text("utf-8").split("\n"))
    for line in lines:
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            value = []
            for inner in lines:
                if inner == delimiter:
                    break
                value.append(inner)
            else:
                raise ValueError(f"the block {name!r} does not end")
            found[name] = "\n".join(value)
        elif equals > 0:
            found[line[:equals]] = line[equals + 1 :]
        elif line:
            raise ValueError(f"no name and value: {line!r}")
    return found

"""Small data sets in the published forms, made up here: nothing of ReVeal or CodeSearchNet is in them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

_NAMES = (
    *("amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "juniper", "kelp", "larch"),
    *("maple", "north", "otter", "pearl", "quartz", "raven", "slate", "thorn", "umber", "vale", "willow", "zephyr"),
)
_CALLS = ("open", "count", "shift", "merge", "clear", "trace", "bound", "weigh")


def c_code(number: int) -> str:
    """Return a C function that is no near copy of another number's."""
    random = Random(number)
    own = [f"{random.choice(_NAMES)}_{random.randrange(100)}" for _ in range(6)]
    body = "".join(
        f"    {random.choice(own)} = {random.choice(_CALLS)}_{random.choice(_NAMES)}({random.choice(own)}, "
        f"{random.randrange(1000)});\n"
        for _ in range(random.randrange(4, 8))
    )
    return f"static int {own[0]}_{number}(int {own[1]}, char *{own[2]})\n{{\n{body}    return {own[1]};\n}}"


def c_rows(numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return rows as ReVeal's two lists have them."""
    return [{"code": c_code(n), "hash": n, "project": ("chrome", "debian")[n % 2], "size": 9} for n in numbers]


def reveal(folder: Path, vulnerable: int = 40, others: int = 120) -> Path:
    """Write both lists of ReVeal into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vulnerables.json").write_text(json.dumps(c_rows(range(vulnerable))))
    (folder / "non-vulnerables.json").write_text(json.dumps(c_rows(range(vulnerable, vulnerable + others))))
    return folder


def python_row(number: int, **changed: Any) -> dict[str, Any]:
    """Return a row as CodeSearchNet has it; the function is no near copy of another number's."""
    random = Random(number)
    one, two, three = random.sample(_NAMES, 3)
    said = f"Return the {one} of a {two}, as {random.choice(_CALLS)} gives it."
    body = "".join(
        f"    {random.choice(_NAMES)}{random.randrange(99)} = {random.choice(_CALLS)}({two}, {random.randrange(999)})\n"
        for _ in range(random.randrange(4, 8))
    )
    docstring = f"{said}\n\n    :param {two}: what is looked at"
    code = f'def {one}_{number}({two}, {three}=None):\n    """{docstring}\n    """\n{body}    return {two}'
    return {
        "repo": f"somebody/{three}-{number % 40}",
        "path": f"src/{one}.py",
        "func_name": f"{one}_{number}",
        "original_string": code,
        "language": "python",
        "code": code,
        "code_tokens": code.split(),
        "docstring": docstring,
        "docstring_tokens": said.replace(",", "").split(),
        "sha": f"{number:040d}",
        "url": f"https://example.org/{number}",
        "partition": "test",
        **changed,
    }


def codesearchnet(path: Path, count: int = 160) -> Path:
    """Write a file of CodeSearchNet's form, compressed where its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(python_row(number)) + "\n" for number in range(count))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path

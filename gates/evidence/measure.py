"""The study that would measure a policy: its text, and the commands that lead to a card."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import yaml

# What arms of the study itself are called: a policy's file must have another name, for arms go by it.
TAKEN = ("none", "human", "oracle", "random")

_TEXT = """\
# One policy, measured as in the study `pocket`: beside no gate, fresh human code, and a toss at its acceptance rate.
name: {name}
question: >-
  How much of a small code model's skill is left after five rounds of training on its own samples, behind this policy?
judge: {{own_samples: 3000, human_pairs: 3000}}
arms:
  - policy: none
  - policy: {policy}
  - control: human
  - {{control: random, match: {match}}}
"""


class NameTakenError(ValueError):
    """A policy whose file has the name of an arm that every study has; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """A study's text, and what to type: the command that writes it to a file, and those that make a card of it."""

    text: str
    write: str
    commands: tuple[str, ...]


def plan(asked: str, *, is_file: bool, study: Path) -> Plan:
    """Return how to measure the policy that `policy check` was *asked* about, by a study in the file *study*.

    Raises ``NameTakenError``.
    """
    arm = Path(asked).stem if is_file else asked
    if arm in TAKEN:
        raise NameTakenError(f"Arms of a study go by the name of the policy's file, and `{arm}` is taken: rename it.")
    name = _plain(arm)
    policy = _beside(Path(asked), study.parent) if is_file else asked
    check, cards = ["exogate", "policy", "check", asked], "evidence-cards"
    return Plan(
        text=_TEXT.format(name=name, policy=_quoted(policy), match=_quoted(arm)),
        write=shlex.join([*check, "--study", str(study)]),
        commands=(
            shlex.join(["collapse-lab", "run", str(study)]),
            shlex.join(["collapse-lab", "evidence", f"runs/{name}", "--out", cards]),
            shlex.join([*check, "--evidence", cards]),
        ),
    )


def _plain(arm: str) -> str:
    return "measure-" + (re.sub("[^a-z0-9]+", "-", arm.lower()).strip("-") or "policy")[:50]


def _quoted(text: str) -> str:
    """Return text in YAML's double quotes, on one line, in ASCII."""
    return yaml.safe_dump(text, default_style='"', width=10**6).strip()


def _beside(policy: Path, folder: Path) -> str:
    """Return the policy's path from the study's folder; never one that reads as a shipped policy's name."""
    path = os.path.relpath(policy, folder)
    return path if path.startswith("..") else f"./{path}"

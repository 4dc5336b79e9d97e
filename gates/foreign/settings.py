"""The settings of the ``command`` gate: the fields are the YAML."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Self

from pydantic import Field, field_validator, model_validator

from gates.foreign.judging_files import FROM_BASE
from gates.gate import Settings

# The name of the one command that is written without a name.
ALONE = "command"


class Format(StrEnum):
    """What is compared between the two runs."""

    EXIT = "exit"
    JUNIT = "junit"
    SARIF = "sarif"


class CommandSettings(Settings):
    """One command.

    ``run`` and ``setup`` are a program with its arguments, or a line for ``/bin/sh``; they run in a copy of the tree,
    without network. ``report`` is the path (or a glob) of the reports that ``run`` writes, relative to the tree.
    ``seconds`` is the wall time each of the two may take on each side. ``paths`` are globs of changed files that the
    command is about, all where empty. ``env`` is added to the environment, as literal values. ``from_base`` are globs
    of the files that decide what the command checks and so come from the base on both sides, by default
    ``judging_files.FROM_BASE``; ``more_from_base`` adds to them.
    """

    run: tuple[str, ...] | str = ()
    setup: tuple[str, ...] | str = ()
    format: Format = Format.EXIT
    report: str | None = None
    seconds: float = Field(default=300.0, gt=0, le=6 * 3600)
    paths: tuple[str, ...] = ()
    env: Mapping[str, str] = Field(default_factory=dict)
    from_base: tuple[str, ...] | None = None
    more_from_base: tuple[str, ...] = ()

    @field_validator("report")
    @classmethod
    def _stays_in_the_tree(cls, value: str | None) -> str | None:
        if value is not None and (not value or value.startswith("/") or ".." in PurePosixPath(value).parts):
            raise ValueError("report must be a path inside the tree, such as build/junit.xml")
        return value

    @model_validator(mode="after")
    def _reports_where_the_format_needs_one(self) -> Self:
        if (self.format is Format.EXIT) == (self.report is not None):
            raise ValueError("report names the file that format junit or sarif reads; format exit has none")
        return self

    @property
    def judging(self) -> tuple[str, ...]:
        """Return the globs of every file that comes from the base."""
        return (*(FROM_BASE if self.from_base is None else self.from_base), *self.more_from_base)


class CommandGateSettings(CommandSettings):
    """One command, or several by name under ``commands``."""

    commands: Mapping[str, CommandSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_each_command_once(self) -> Self:
        beside = sorted(self.model_fields_set - {"commands"})
        if self.commands and beside:
            raise ValueError(f"with commands, {', '.join(beside)} must be said of each command, not beside them")
        for name, command in self.commands.items():
            if not command.run:
                raise ValueError(f"the command {name!r} needs run: the program to run, with its arguments")
        return self

    def by_name(self) -> dict[str, CommandSettings]:
        """Return every command to run, in the order written; empty where none is configured."""
        return dict(self.commands) if self.commands else {ALONE: self} if self.run else {}


def argv(command: tuple[str, ...] | str) -> list[str]:
    """Return what to execute: a line of shell goes to ``/bin/sh``."""
    return ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)

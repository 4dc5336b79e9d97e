from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gates.foreign.settings import ALONE, CommandGateSettings, argv


def test_one_command_needs_no_name() -> None:
    settings = CommandGateSettings.model_validate({"run": "npm test", "paths": ["*.js"]})
    assert list(settings.by_name()) == [ALONE]
    assert argv(settings.run) == ["/bin/sh", "-c", "npm test"]


def test_several_commands_have_names() -> None:
    settings = CommandGateSettings.model_validate(
        {"commands": {"vet": {"run": ["go", "vet"]}, "js": {"run": "x", "format": "junit", "report": "a.xml"}}}
    )
    assert list(settings.by_name()) == ["vet", "js"]
    assert argv(settings.commands["vet"].run) == ["go", "vet"]


def test_nothing_configured_is_no_command() -> None:
    assert CommandGateSettings().by_name() == {}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"run": "x", "format": "junit"}, "report names the file"),
        ({"run": "x", "report": "a.xml"}, "report names the file"),
        ({"run": "x", "format": "junit", "report": "/etc/passwd"}, "inside the tree"),
        ({"run": "x", "format": "junit", "report": "a/../../b"}, "inside the tree"),
        ({"run": "x", "seconds": 0}, "greater than 0"),
        ({"run": "x", "format": "tap"}, "'exit', 'junit' or 'sarif'"),
        ({"commands": {"a": {}}}, "'a' needs run"),
        ({"run": "x", "commands": {"a": {"run": "y"}}}, "run must be said of each command"),
        ({"rnu": "x"}, "Extra inputs"),
    ],
)
def test_mistakes_are_named(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CommandGateSettings.model_validate(settings)

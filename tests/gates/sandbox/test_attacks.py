"""Each attack is contained, and succeeds once the protection against it is taken away."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gates.sandbox.bubblewrap import Bubblewrap
from tests.gates.sandbox.attacks import kernel, network, output, processes, secrets, writing
from tests.gates.sandbox.attacks.model import Attack, World, command

_ALL = [*secrets.ATTACKS, *writing.ATTACKS, *processes.ATTACKS, *network.ATTACKS, *kernel.ATTACKS, *output.ATTACKS]

pytestmark = pytest.mark.sandbox


def test_the_corpus_is_as_large_as_promised_and_names_each_attack_once() -> None:
    assert len({attack.name for attack in _ALL}) == len(_ALL) >= 40


@pytest.mark.parametrize("attack", _ALL, ids=lambda attack: attack.name)
def test_contained(attack: Attack, make_world: Callable[[], World]) -> None:
    world = make_world()
    result = Bubblewrap().run(command(attack, world))
    assert not attack.succeeded(world, result), result
    assert attack.held(world, result), result


@pytest.mark.parametrize("attack", _ALL, ids=lambda attack: attack.name)
def test_succeeds_without_its_protection(attack: Attack, make_world: Callable[[], World]) -> None:
    world = make_world()
    result = attack.without(command(attack, world), world)
    assert attack.succeeded(world, result), result


def test_the_world_is_told_to_the_script_alone(make_world: Callable[[], World]) -> None:
    world = make_world()
    assert json.loads(world.environment()["WORLD"])["canary"] == world.canary

from __future__ import annotations

import pytest

from collapse_lab.bench.plan import ENGINES, MODELS, Step, goal, steps
from collapse_lab.bench.shapes import SHAPES


def test_every_engine_model_layout_and_sitting_is_a_step() -> None:
    names = [step.name for step in steps()]
    assert len(set(names)) == len(names)
    for model in MODELS:
        assert {f"decode/{model}/{engine}" for engine in ENGINES} <= set(names)
        assert f"train/{model}/packed" in names
    for study in ("smollm2-mini", "qwen05-mini"):
        sittings = {name.rpartition("/")[2] for name in names if name.startswith(f"arm/{study}/")}
        # A random control comes with the arm that it is matched with.
        assert sittings >= {"none", "compile", "tests", "human", "oracle"}
        assert not any(sitting.startswith("random") for sitting in sittings)


def test_names_are_read_back() -> None:
    for step in steps():
        assert Step.named(step.name) == step


@pytest.mark.parametrize("name", ["", "decode", "decode/smollm2", "look/smollm2/own"])
def test_what_is_no_step_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="is no step"):
        Step.named(name)


def test_a_pattern_chooses() -> None:
    assert [step.name for step in steps("decode/*/own|train/smollm2/packed")] == [
        "decode/smollm2/own",
        "decode/qwen2.5-coder-1.5b/own",
        "train/smollm2/packed",
    ]
    assert steps("nothing") == []


def test_what_is_asked_for() -> None:
    assert goal(Step("decode", "smollm2", "own")) == ("ratio", 10.0, False)
    assert goal(Step("train", "qwen2.5-coder-1.5b", "packed")) == ("used", 0.45, False)
    assert goal(Step("train", "smollm2", "packed")) is None
    assert goal(Step("arm", "qwen05-mini", "none")) == ("seconds", 300.0, True)


def test_shapes_are_those_of_the_published_models() -> None:
    pytest.importorskip("transformers", reason="needs transformers: pip install 'exogate[lab]'")
    from transformers import AutoConfig

    from collapse_lab.bench.shapes import ARCHITECTURES
    from collapse_lab.models.flops import shape_of
    from collapse_lab.models.known import known

    biases_and_norms = {"smollm2": 61 * 576, "qwen2.5-coder-1.5b": 57 * 1536 + 28 * (1536 + 2 * 256)}
    for name, beside in biases_and_norms.items():
        config = AutoConfig.for_model(ARCHITECTURES[name], **SHAPES["gpu"][name])
        assert shape_of(config).multiplied + beside == known(name).parameters

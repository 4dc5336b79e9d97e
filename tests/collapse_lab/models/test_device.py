from __future__ import annotations

import pytest
import torch

from collapse_lab.models.device import VARIABLE, home


def test_without_a_word_pretrained_models_go_where_cuda_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (home(pretrained=True), home(pretrained=False)) == ("cpu", "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (home(pretrained=True), home(pretrained=False)) == ("cuda", "cpu")


def test_what_is_named_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    for name in ("cpu", "cuda", "cuda:1"):
        monkeypatch.setenv(VARIABLE, name)
        assert home(pretrained=True) == home(pretrained=False) == name


@pytest.mark.parametrize("name", ["gpu", "mps", "cuda:0:1", "cuda:7"])
def test_a_device_that_is_not_there_is_said_to_be_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match=f"{VARIABLE} is '{name}'"):
        home(pretrained=True)

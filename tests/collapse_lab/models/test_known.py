from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from collapse_lab.models.known import known, names
from collapse_lab.models.manner import NAME, Manner
from collapse_lab.models.style import CHAT, COMPLETION
from tests.collapse_lab.models import tiny


def test_every_row_says_how_it_is_asked() -> None:
    for name in names():
        row = known(name)
        assert row.manner("bf16").style == {"completion": COMPLETION, "chat": CHAT}[row.style]
        assert row.hub.count("/") == 1
        assert row.training_bytes == 16 * row.parameters


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no pretrained model 'gpt-9'. Write one of these: smollm2, "):
        known("gpt-9")


def test_every_architecture_of_the_table_has_a_tiny_checkpoint() -> None:
    family = {name.split("-")[0].split(".")[0] for name in names()}
    assert family == {name.split("-")[0].split(".")[0] for name in tiny.CHECKPOINTS}


def test_names_identities_and_manners_need_no_torch() -> None:
    code = (
        "import sys; import collapse_lab.models.pretrained, collapse_lab.models.known, collapse_lab.models.manner;"
        "from collapse_lab.models.known import known; known('smollm2').manner('fp32');"
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_manner_is_kept_beside_the_weights(tmp_path: Path) -> None:
    assert Manner.read(tmp_path) is None
    manner = known("codellama-7b").manner("bf16")
    manner.write(tmp_path)
    assert Manner.read(tmp_path) == manner
    (tmp_path / NAME).write_text('{"name": "x", "colour": 1}')
    with pytest.raises(ValueError, match="does not say how the model wants to be asked"):
        Manner.read(tmp_path)

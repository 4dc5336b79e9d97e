"""The least time that a device's memory allows for writing: what must be read of it, by its bandwidth. Knows no torch.

Counted is what no engine can avoid. In every pass each matrix is read once for all texts that are being written, and
for every token the keys and values of all that stands before it in its own text. All texts are taken to be written
side by side from the first pass on, so that there are as many passes as the longest answer has tokens. Reading the
prompts, writing keys and values, and choosing tokens count nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from collapse_lab.models.flops import Shape


def bytes_read(shape: Shape, prompts: Sequence[int], answers: Sequence[int], width: int) -> int:
    """Return the bytes that are read to write *answers* (tokens of each) behind *prompts*, numbers being *width* bytes.

    A token's keys and values are two vectors for each shared head and layer.
    """
    weights = max(answers, default=0) * shape.multiplied * width
    place = 2 * shape.layers * shape.shared * shape.head * width
    # The n-th token of an answer looks at its prompt and at the n - 1 before it.
    seen = sum(prompt * answer + answer * (answer - 1) // 2 for prompt, answer in zip(prompts, answers, strict=True))
    return weights + seen * place


def fastest(shape: Shape, prompts: Sequence[int], answers: Sequence[int], width: int, bandwidth: float) -> float:
    """Return the tokens a second that a memory of *bandwidth* bytes a second allows."""
    return sum(answers) * bandwidth / bytes_read(shape, prompts, answers, width)

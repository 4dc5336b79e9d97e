"""A batch's loss and its gradient, with no more logits in memory at once than there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from collapse_lab.models.precision import arithmetic

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.packing import Row

# Logits in memory at once, with as much again two or three times for their gradient. Where all of a part are fewer they
# are computed together. An accelerator is slow with few positions at a time, and has more memory to spare.
_LOGITS = {"cpu": 1 << 24}
_MORE_LOGITS = 1 << 28

Begun = tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor]
"""What a gradient is to be carried back from, where from anything; that gradient, where it is not 1; and the loss."""
Body = Callable[..., torch.Tensor]
"""Gives the last hidden states, (rows, columns, width), of tokens with the keywords of their positions and mask."""


class Loss:
    """The summed loss of rows, in nats. ``pad`` fills rows up; ``compiled`` lets torch compile all but the output."""

    def __init__(self, network: PreTrainedModel, precision: str, pad: int, *, compiled: bool = False) -> None:
        self._network, self._precision, self._pad, self._compiled = network, precision, pad, compiled
        self._most = _LOGITS.get(network.device.type, _MORE_LOGITS)
        self._words = int(network.get_input_embeddings().weight.shape[0])  # type: ignore[index]

    def backward(self, rows: Sequence[Row], columns: int, per: float) -> float:
        """Add the gradient of the loss divided by *per* to the weights', and return the loss, undivided."""
        return self.back(self.begin(*self.on_device(rows, columns), per))

    def begin(self, ids: torch.Tensor, wanted: torch.Tensor, where: dict[str, torch.Tensor], per: float) -> Begun:
        """Compute the loss of what ``on_device`` gives, divided by *per*; ``back`` does the rest."""
        few = ids.numel() * self._words <= self._most
        if (few and not self._compiled) or not self.splits:
            return self._whole(ids, wanted, where, per)
        return self._in_chunks(ids, wanted, where, per)

    def back(self, begun: Begun) -> float:
        """Carry gradients back, and return the loss. What is computed again on the way is multiplied as it was: on a
        CPU that hangs on the context that is open, while autocast is remembered."""
        values, gradient, loss = begun
        if values is not None:
            with arithmetic(self._network, self._precision if self._network.device.type == "cpu" else "fp32"):
                values.backward(gradient)  # type: ignore[no-untyped-call]
        return float(loss)

    def _whole(self, ids: torch.Tensor, wanted: torch.Tensor, where: dict[str, torch.Tensor], per: float) -> Begun:
        with arithmetic(self._network, self._precision):
            logits = self._network(input_ids=ids, use_cache=False, **where).logits
        loss = F.cross_entropy(logits[:, :-1][wanted[:, 1:]].float(), ids[:, 1:][wanted[:, 1:]], reduction="sum")
        return loss / per, None, loss.detach()

    def _in_chunks(self, ids: torch.Tensor, wanted: torch.Tensor, where: dict[str, torch.Tensor], per: float) -> Begun:
        """Carry each chunk's gradient back to the hidden states at once, and from these on all together.

        Only the places whose next token counts are multiplied with the output's weights.
        """
        with arithmetic(self._network, self._precision):
            hidden = self._body(ids, where)[:, :-1][wanted[:, 1:]]
        nexts = ids[:, 1:][wanted[:, 1:]]
        cut = hidden.detach().requires_grad_()
        total = torch.zeros((), dtype=torch.float64, device=ids.device)
        size = max(1, self._most // self._words)
        for at in range(0, len(nexts), size):
            with arithmetic(self._network, self._precision):
                logits = self._output(cut[at : at + size])
            loss = F.cross_entropy(logits.float(), nexts[at : at + size], reduction="sum")
            (loss / per).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return (None if cut.grad is None else hidden), cut.grad, total

    @property
    def _output(self) -> Any:
        return self._network.get_output_embeddings()  # type: ignore[no-untyped-call]

    @cached_property
    def _base(self) -> Body:
        base: Body = self._network.base_model
        # Rows of different widths are compiled once for all of them.
        return torch.compile(base) if self._compiled else base

    def _body(self, ids: torch.Tensor, where: dict[str, torch.Tensor]) -> torch.Tensor:
        states: torch.Tensor = self._base(input_ids=ids, use_cache=False, **where)[0]
        return states

    @cached_property
    def splits(self) -> bool:
        """Whether the logits are the output's weights times the hidden states, and nothing more: some architectures
        scale or bound them. Asked of the model itself, on a few tokens."""
        network, output = self._network, self._output
        if output is None:
            return False
        some = torch.arange(8, device=network.device)[None] % self._words
        learning = network.training
        network.eval()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            apart = output(network.base_model(input_ids=some, use_cache=False)[0])
            same = torch.allclose(network(input_ids=some, use_cache=False).logits, apart, rtol=1e-4, atol=1e-5)
        network.train(learning)
        return same

    def on_device(
        self, rows: Sequence[Row], columns: int
    ) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        """Return tokens and whether each counts, (rows, columns), and positions and mask where texts share rows."""
        tokens = np.full((len(rows), columns), self._pad, np.int64)
        counts = np.zeros((len(rows), columns), np.bool_)
        for at, row in enumerate(rows):
            tokens[at, : len(row.ids)] = row.ids
            for begin, end in row.counted:
                counts[at, begin:end] = True
        device = self._network.device
        where = _apart(rows, columns) if any(len(row.lengths) > 1 for row in rows) else {}
        return (
            torch.from_numpy(tokens).to(device),
            torch.from_numpy(counts).to(device),
            {name: values.to(device) for name, values in where.items()},
        )


def _apart(rows: Sequence[Row], columns: int) -> dict[str, torch.Tensor]:
    """Return positions that begin anew with each text (rows, columns), and what each place sees: the places of its own
    text up to itself, (rows, 1, columns, columns). Padding is a text of its own."""
    texts = np.zeros((len(rows), columns), np.int64)
    positions = np.zeros((len(rows), columns), np.int64)
    for at, row in enumerate(rows):
        lengths = [*row.lengths, columns - len(row.ids)]
        texts[at] = np.repeat(np.arange(len(lengths)), lengths)
        positions[at] = np.concatenate([np.arange(length) for length in lengths])
    number = torch.from_numpy(texts)
    seen = (number[:, :, None] == number[:, None, :]).tril()
    return {"position_ids": torch.from_numpy(positions), "attention_mask": seen[:, None]}

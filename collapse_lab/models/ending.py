"""When an answer is whole: at a token that says so, or where its text begins what no longer belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collapse_lab.models.style import Style
    from collapse_lab.models.text import Codec

_PART = "\ufffd"


@dataclass(frozen=True)
class Ending:
    """Looks at an answer with every new token. It remembers nothing: the same tokens, the same verdict.

    ``block`` says whether the prompt stands inside a block.
    """

    codec: Codec
    style: Style
    block: bool

    def ended(self, answer: Sequence[int]) -> bool:
        """Whether *answer* is whole with its last token."""
        if answer[-1] in self.codec.stops:
            return True
        if not (self.style.looks and self._near_a_break(answer)):
            return False
        return self.style.end(self.codec.text(answer), block=self.block) is not None

    def whole(self, answer: Sequence[int]) -> list[int]:
        """Return the tokens up to the first with which *answer* is whole; all where none is."""
        for count in range(1, len(answer) + 1):
            if self.ended(answer[:count]):
                return list(answer[:count])
        return list(answer)

    def _near_a_break(self, answer: Sequence[int]) -> bool:
        """Whether the last token may have decided: a text is decoded only then, a few times in a line."""
        between = 0
        for place in range(len(answer) - 1, -1, -1):
            piece = self.codec.piece(answer[place])
            if "\n" in piece:
                return True
            # Parts of a character are no characters yet.
            if place < len(answer) - 1 and _PART not in piece:
                between += len(piece)
            if between >= self.style.reach:
                return False
        return False


def whole_at(answer: Sequence[int], looked: int, ending: Ending) -> int:
    """Return the number of tokens with which an answer is whole, 0 where it is not; *looked* were looked at before."""
    return next((count for count in range(looked + 1, len(answer) + 1) if ending.ended(answer[:count])), 0)

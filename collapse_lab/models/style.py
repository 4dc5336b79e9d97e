"""How a pretrained model is asked for code, and where its answer ends. Text alone: knows no tokens and no torch.

Two things that models trained on files do not share with the pocket model:

- A prompt ends with a line break, and they have learned it as one token with the indent behind it. So it is taken
  from the prompt and put before the completion, and off again from what was written: prompt + completion is the same
  program as ever. Writing, scoring and training all do this (``document``, ``read``), so that they mean one text.
- They go on with the file after the function. So an answer that is written inside a block ends where the next line
  begins at the left margin (``end``); what a closing bracket begins is not such a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from pydantic import field_validator

from collapse_lab.models.model import Document, Strict

# A closing bracket at the margin still belongs to the statement before it.
_MARGIN = re.compile(r"\n(?=[^\s)\]}])")
_FENCE = "\n```"

Render = Callable[[str, str], str]
"""Makes the text of a conversation from what the user says and how the answer begins."""


class Style(Strict):
    """How a model is asked.

    ``plain`` takes prompts as they are, and an answer ends where the model stops. ``completion`` and ``chat`` move the
    line break and end at the margin. ``chat`` puts ``instruction`` (``{prompt}`` is the prompt) to the model, and
    lets its answer begin with a code fence and the prompt. ``stops`` are texts that end an answer wherever they
    stand; each begins with a line break, which is where an answer is looked at.
    """

    kind: Literal["plain", "completion", "chat"] = "plain"
    stops: tuple[str, ...] = ()
    instruction: str = ""

    @field_validator("stops")
    @classmethod
    def _at_a_line(cls, stops: tuple[str, ...]) -> tuple[str, ...]:
        if any(not stop.startswith("\n") for stop in stops):
            raise ValueError("each of `stops` begins with a line break")
        return stops

    @property
    def looks(self) -> bool:
        """Whether the text of an answer can end it."""
        return self.kind != "plain" or bool(self.stops)

    @property
    def reach(self) -> int:
        """How many characters behind a line break decide whether an answer ends there."""
        return max((len(stop) for stop in self.stops), default=2) - 1

    def asked(self, prompt: str, render: Render) -> str:
        """Return what a model reads before it writes."""
        if self.kind == "plain":
            return prompt
        shown = prompt.removesuffix("\n")
        if self.kind == "completion":
            return shown
        return render(self.instruction.format(prompt=prompt.strip("\n")), f"```python\n{shown}")

    def answered(self, prompt: str, completion: str) -> str:
        """Return a completion as the model has to write it behind ``asked``."""
        return f"\n{completion}" if self.kind != "plain" and prompt.endswith("\n") else completion

    def document(self, document: Document, render: Render) -> Document:
        """Return a document as what is read and what is written."""
        prompt, completion = document
        return self.asked(prompt, render), self.answered(prompt, completion)

    def read(self, prompt: str, written: str) -> tuple[str, bool]:
        """Return the completion in what a model wrote, and whether it ended by ``end``.

        What ended so keeps one line break. A model that goes on within the prompt's last line instead of beginning
        the next one is taken to have begun it.
        """
        place = self.end(written, block=in_block(prompt))
        text = written if place is None else f"{kept}\n" if (kept := written[:place].rstrip()) else ""
        if self.kind != "plain" and prompt.endswith("\n"):
            text = text.removeprefix("\n")
        return text, place is not None

    def end(self, written: str, *, block: bool) -> int | None:
        """Return the place of the line break with which an answer ends, ``None`` where it goes on.

        The margin counts where the prompt stands inside a *block*. After others a whole program is wanted, and only
        ``stops`` end it.
        """
        places = [place for stop in self.stops if (place := written.find(stop)) >= 0]
        if self.kind != "plain" and block and (found := _MARGIN.search(written)):
            places.append(found.start())
        return min(places, default=None)


def in_block(prompt: str) -> bool:
    """Whether what follows *prompt* stands inside a block of it: its last line is indented, or opens one."""
    last = prompt.rstrip().rpartition("\n")[2]
    return last[:1].isspace() or last.endswith(":")


PLAIN = Style()
COMPLETION = Style(kind="completion", stops=(_FENCE,))
CHAT = Style(
    kind="chat",
    stops=(_FENCE,),
    instruction="Complete this Python code. Answer with the code alone.\n\n```python\n{prompt}\n```",
)

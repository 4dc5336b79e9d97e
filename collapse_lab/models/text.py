"""Text to tokens and back, the same way for every model: the prompt and the completion are tokenised separately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from collapse_lab.models.model import Document

# How tokenizers of SentencePiece's kind write a space.
_SPACE = "\u2581"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document's tokens: the first ``prompt`` of ``ids`` are the prompt's, the rest the completion's and the stop."""

    ids: tuple[int, ...]
    prompt: int

    @property
    def written(self) -> int:
        """How many tokens the completion has, with the stop."""
        return len(self.ids) - self.prompt

    def unstopped(self) -> Encoded:
        """Return it without the stop, unless that is all that was written."""
        return Encoded(self.ids[:-1], self.prompt) if self.written > 1 else self


class Codec:
    """A tokenizer with the lab's rules. ``limit`` is the model's context in tokens.

    ``stop`` is written behind every completion; any of ``stops`` ends an answer (*stops* are the names of further
    ones; a tokenizer that has no such token does without). A text that spells a special token is text.

    Where a text is longer than the context, the prompt's oldest tokens are left out first, then the completion's
    last (never the stop): the end of a prompt matters most.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, limit: int, stops: Sequence[str] = ()) -> None:
        if tokenizer.eos_token_id is None:
            raise ValueError(
                "The tokenizer has no end-of-text token, so no completion could ever stop. Set `eos_token`."
            )
        self.tokenizer, self.limit = tokenizer, limit
        self.stop: int = tokenizer.eos_token_id
        pad = tokenizer.pad_token_id
        self.pad: int = self.stop if pad is None else pad
        known = tokenizer.get_vocab() if stops else {}
        self.stops = frozenset({self.stop, *(known[token] for token in stops if token in known)})
        self._pieces: dict[int, str] = {}

    @cached_property
    def prefix(self) -> tuple[int, ...]:
        """What the tokenizer puts before every text: a beginning-of-text token, or nothing."""
        ids = self.tokenizer("")["input_ids"]
        return tuple(i for i in ids if i != self.stop or i == self.tokenizer.bos_token_id)

    @cached_property
    def _lead(self) -> tuple[int, ...]:
        """The tokens of a line break, where a tokenizer puts a space of its own before every text; or nothing.

        Such a space belongs before a prompt, not between a prompt and what follows. A text behind a line break has
        none, and with the line break's tokens taken off again it is what it would be in the middle of a text.
        """
        spaced = str(self.tokenizer.convert_ids_to_tokens(self._ids(["a"])[0][0])).startswith(_SPACE)
        return tuple(self._ids(["\n"])[0]) if spaced else ()

    def prompts(self, texts: Sequence[str], room: int = 0, *, special: bool = False) -> list[tuple[int, ...]]:
        """Return each prompt's tokens, never none, so short that *room* tokens fit behind them.

        In *special* texts, conversations, special tokens are spelled.
        """
        most = self.limit - room
        if most < 1:
            raise ValueError(
                f"{room} new tokens leave no room for a prompt in a context of {self.limit}; ask for fewer."
            )
        return [self._cut((*self.prefix, *ids) or (self.stop,), most) for ids in self._ids(texts, special=special)]

    def documents(self, documents: Sequence[Document], *, special: bool = False) -> list[Encoded]:
        """Return each document's tokens with the stop behind its completion; *special* is about the prompts."""
        written = self._following([completion for _, completion in documents])
        # Every context keeps at least one token before the completion, which its first token is predicted from.
        answers = [(*ids[: self.limit - 2], self.stop) for ids in written]
        asked = self._ids([prompt for prompt, _ in documents], special=special)
        made = []
        for prompt, answer in zip(asked, answers, strict=True):
            kept = self._cut((*self.prefix, *prompt) or (self.stop,), self.limit - len(answer))
            made.append(Encoded((*kept, *answer), len(kept)))
        return made

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of a completion's tokens; special tokens say nothing."""
        text = self.tokenizer.decode([*self._lead, *ids], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text).removeprefix("\n" if self._lead else "")

    def piece(self, token: int) -> str:
        """Return the text of one token, as far as it has one by itself."""
        if token not in self._pieces:
            self._pieces[token] = self.text([token])
        return self._pieces[token]

    def word(self, text: str) -> int:
        """Return the one token that *text* is. Raises ``ValueError`` where it is none or several."""
        (ids,) = self._following([text])
        if len(ids) != 1 or ids[0] == self.tokenizer.unk_token_id:
            raise ValueError(
                f"{text!r} is {len(ids)} tokens or an unknown word here; a preference needs words of one known token."
            )
        return int(ids[0])

    def _following(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts that stand behind others."""
        lead = self._lead
        return [ids[len(lead) :] for ids in self._ids([f"\n{text}" for text in texts])] if lead else self._ids(texts)

    def _ids(self, texts: Sequence[str], *, special: bool = False) -> list[list[int]]:
        if not texts:
            return []
        found: list[list[int]] = self.tokenizer(
            list(texts), add_special_tokens=False, split_special_tokens=not special
        )["input_ids"]
        return found

    def _cut(self, ids: tuple[int, ...], most: int) -> tuple[int, ...]:
        if len(ids) <= most:
            return ids
        head = self.prefix[: most - 1]
        return (*head, *ids[len(ids) - (most - len(head)) :])

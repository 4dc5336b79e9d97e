from __future__ import annotations

import random
from functools import cache

import pytest

from collapse_lab.models.ending import Ending
from collapse_lab.models.style import COMPLETION, PLAIN, Style
from collapse_lab.models.text import Codec
from tests.collapse_lab.models import tiny

KINDS = ["smollm2", "qwen2.5-coder-0.5b", "codellama-7b"]
LONG = Style(kind="plain", stops=("\nif __name__", "\n```"))
PARTS = ["\n", "    ", "return", " result", "def f(", ")", "# ", "```", "if __name__", "\t", "\n\n", "x", "é", "漢"]


@cache
def codec(kind: str) -> Codec:
    return Codec(tiny.CHECKPOINTS[kind][1](), 256, ("<file_sep>",))


def texts(count: int) -> list[str]:
    chosen = random.Random(7)
    return ["".join(chosen.choices(PARTS, k=chosen.randrange(1, 14))) for _ in range(count)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", [COMPLETION, LONG])
def test_looking_at_few_tokens_finds_what_looking_at_all_would(kind: str, style: Style) -> None:
    ending, ended = Ending(codec(kind), style, block=True), 0
    for text in texts(150):
        answer = codec(kind)._following([text])[0]
        first = next(
            (
                count
                for count in range(1, len(answer) + 1)
                if style.end(codec(kind).text(answer[:count]), block=True) is not None
            ),
            len(answer),
        )
        assert ending.whole(answer) == answer[:first]
        ended += first < len(answer)
    assert ended > 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_token_ends_every_answer(kind: str) -> None:
    made = codec(kind)
    (line,) = made._following(["\n    x"])
    for style in (PLAIN, COMPLETION):
        ending = Ending(made, style, block=False)
        assert not ending.ended(line)
        assert all(ending.ended([*line, stop]) for stop in made.stops)
        assert ending.whole([*line, made.stop, *line]) == [*line, made.stop]


def test_the_stop_may_stand_inside_the_first_token() -> None:
    made = codec("smollm2")
    made._pieces[5] = "\ndef"
    reads = {5: "\ndef"}

    class One(Codec):
        def text(self, ids: object) -> str:
            return "".join(reads[i] for i in ids)  # type: ignore[attr-defined]

    one = One(made.tokenizer, 256)
    assert Ending(one, COMPLETION, block=True).ended([5])
    assert not Ending(one, COMPLETION, block=False).ended([5])
    assert COMPLETION.read("def f():\n", one.text([5])) == ("", True)


def test_a_text_is_decoded_only_about_line_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    made, looked = Codec(tiny.CHECKPOINTS["smollm2"][1](), 256), []
    (answer,) = made._following(["\n    return" + " result" * 60])
    for token in answer:
        made.piece(token)
    monkeypatch.setattr(made, "text", lambda ids: looked.append(len(ids)) or "")
    Ending(made, COMPLETION, block=True).whole(answer)
    assert 1 <= len(looked) <= 4
    assert len(answer) > 60


def test_endings_that_decide_alike_are_equal() -> None:
    made = codec("smollm2")
    assert Ending(made, COMPLETION, block=True) == Ending(made, COMPLETION, block=True)
    assert len({Ending(made, COMPLETION, block=True), Ending(made, COMPLETION, block=False)}) == 2

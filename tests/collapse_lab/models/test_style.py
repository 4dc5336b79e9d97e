from __future__ import annotations

import pytest
from pydantic import ValidationError

from collapse_lab.models.style import CHAT, COMPLETION, PLAIN, Style, in_block

HEAD = 'def f(xs: list[int]) -> int:\n    """Return the sum."""\n'
WHOLE = '"""Write a function f that returns the sum of a list."""\n'


def talk(said: str, begun: str) -> str:
    return f"<user>{said}</user><answer>{begun}"


@pytest.mark.parametrize("style", [PLAIN, COMPLETION, CHAT])
@pytest.mark.parametrize("completion", ["    return sum(xs)\n", "", "\n    return 1\n", "    # one\n\n    return 1"])
@pytest.mark.parametrize("prompt", [HEAD, WHOLE, "x = ", "", "\n"])
def test_what_has_to_be_written_is_read_as_the_completion(style: Style, completion: str, prompt: str) -> None:
    _, written = style.document((prompt, completion), talk)
    if style.end(written, block=in_block(prompt)) is None:
        assert style.read(prompt, written) == (completion, False)


def test_the_line_break_goes_with_the_completion() -> None:
    assert PLAIN.document((HEAD, "    return 1\n"), talk) == (HEAD, "    return 1\n")
    assert COMPLETION.document((HEAD, "    return 1\n"), talk) == (HEAD[:-1], "\n    return 1\n")
    assert COMPLETION.document(("a\n\n", "b"), talk) == ("a\n", "\nb")
    assert COMPLETION.document(("# quality:", " good"), talk) == ("# quality:", " good")


def test_a_conversation_goes_on_with_the_same_source_text() -> None:
    asked = CHAT.asked(HEAD, talk)
    assert asked.startswith(
        f"<user>Complete this Python code. Answer with the code alone.\n\n```python\n{HEAD}```</user>"
    )
    assert asked.endswith(f"<answer>```python\n{HEAD[:-1]}")
    assert CHAT.asked("d = {}\n", talk).endswith("```python\nd = {}")


@pytest.mark.parametrize(
    ("written", "completion"),
    [
        ("\n    return sum(xs)\n\n\ndef g():\n    pass\n", "    return sum(xs)\n"),
        ("\n    return sum(xs)\n# Test\nprint(f([1]))\n", "    return sum(xs)\n"),
        ("\n    return sum(xs)\nassert f([1]) == 1", "    return sum(xs)\n"),
        ("\n    return sum(xs)\n```\n", "    return sum(xs)\n"),
        ("\n    return sum(xs)   \n   \nif", "    return sum(xs)\n"),
        ("\n    return sum(\n        xs\n)\n@", "    return sum(\n        xs\n)\n"),
        ("\n    return [\n]\nx", "    return [\n]\n"),
        # The very first line does not belong to the body.
        ("\ndef g():\n    pass\n", ""),
        ("\n\n\nclass A:\n", ""),
        # The model went on within the prompt's last line.
        ("    return 1\nprint", "    return 1\n"),
    ],
)
def test_an_answer_inside_a_block_ends_at_the_margin(written: str, completion: str) -> None:
    for style in (COMPLETION, CHAT):
        assert style.read(HEAD, written) == (completion, True)
    assert PLAIN.read(HEAD, written) == (written, False)


@pytest.mark.parametrize(
    "written", ["", "\n", "\n    return 1", "\n    return 1\n", "\n    a = '''\n    b\n    '''\n\n", "\n)"]
)
def test_an_answer_that_stays_inside_goes_on(written: str) -> None:
    assert COMPLETION.read(HEAD, written) == (written.removeprefix("\n"), False)


def test_a_whole_program_ends_only_at_the_stops() -> None:
    program = "\ndef f(xs):\n    return sum(xs)\n\nprint(f([1]))\n"
    assert COMPLETION.read(WHOLE, program) == (program[1:], False)
    assert COMPLETION.read(WHOLE, f"{program}```\nAs you see") == (program[1:], True)
    assert Style(kind="plain", stops=("\nprint",)).read(WHOLE, program) == (
        "\ndef f(xs):\n    return sum(xs)\n",
        True,
    )


def test_where_a_prompt_stands_inside_a_block() -> None:
    inside = [HEAD, "def f():\n", "class A:\n    def g(self):\n", "if x:\n    y = 1\n\n", "def f():  \n"]
    assert [in_block(prompt) for prompt in inside] == [True] * len(inside)
    outside = ["", "\n", WHOLE, "import os\n", "def f():\n    return 1\n\nx = 1\n"]
    assert [in_block(prompt) for prompt in outside] == [False] * len(outside)


def test_a_stop_begins_a_line() -> None:
    with pytest.raises(ValidationError, match="begins with a line break"):
        Style(stops=("print",))

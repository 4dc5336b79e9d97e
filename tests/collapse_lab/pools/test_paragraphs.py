"""Natural-language documents out of what is written about code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.pools.paragraphs import MOST, paragraphs, pieces

ONE = "This package counts things that other packages do not care to count."
TWO = "It was written in an evening, and nobody has had to change it since then."


def test_paragraphs_stay_in_their_order() -> None:
    assert paragraphs(f"# A title\n\n{ONE}\n\n{TWO}\r\nIt works.\n") == [ONE, f"{TWO}\nIt works."]


def test_marked_code_is_left_out() -> None:
    fenced = "```python\nfrom things import count and nothing else of it\n\nprint the sum of all the things\n```"
    indented = "    from things import count and nothing else of it"
    prompted = ">>> count all the things that there are in here"
    directive = ".. code-block:: python\n\n   import the things that are to be counted here"
    shell = "$ pip install the things that are to be counted here"
    for code in (fenced, fenced.replace("```", "~~~~"), indented, prompted, directive, shell):
        assert paragraphs(f"{ONE}\n\n{code}\n\n{TWO}") == [ONE, TWO], code


def test_a_fence_that_nobody_closed_hides_the_rest() -> None:
    assert paragraphs(f"{ONE}\n\n```\n{TWO}\n") == [ONE]


def test_tables_pictures_tags_and_comments_are_left_out() -> None:
    table = "| a name | what it is good for |\n|---|---|\n| count | it counts all of them |"
    badge = "[![Build of the main branch](https://example.org/a.svg)](https://example.org)"
    comment = "<!-- this comment is read by nobody but a tool, as all know -->"
    assert paragraphs(f"{badge}\n\n{ONE}\n\n{table}\n\n{comment}\n\n<p>{TWO}</p>") == [ONE, TWO]


def test_links_are_their_words() -> None:
    assert paragraphs("See [the pages of this package](https://example.org/x) for what it cannot do.") == [
        "See the pages of this package for what it cannot do."
    ]
    assert paragraphs("See `the pages of this package <https://example.org/x>`_ for what it cannot do.") == [
        "See the pages of this package for what it cannot do."
    ]


def test_what_is_hardly_words_is_none() -> None:
    assert paragraphs("x = {1: 2, 3: 4}; y = f(x)[0]; z = (x, y); print(z) # 5 6 7") == []
    assert paragraphs("Too few words.") == []


def test_a_document_ends_with_a_paragraph() -> None:
    parts = [f"{number} " + "word " * 100 for number in range(8)]
    made = list(pieces(parts))
    assert len(made) == 3
    assert all(len(document) <= MOST for document in made)
    assert "\n\n".join(made).split("\n\n") == [part.strip() for part in parts]


def test_what_is_left_over_is_left_out_where_it_is_short() -> None:
    assert list(pieces([ONE])) == []
    assert list(pieces([ONE], least=1)) == [ONE]


def test_a_paragraph_that_is_too_long_is_cut_at_a_sentence() -> None:
    made = list(pieces([" ".join([TWO] * 60)]))
    assert len(made) == 3
    assert all(document.endswith("then.") for document in made)


@given(st.lists(st.text(max_size=5000), max_size=6))
def test_whatever_is_cut_no_sign_is_lost_and_none_is_too_long(parts: list[str]) -> None:
    made = list(pieces(parts, least=1))
    assert all(0 < len(document) <= MOST for document in made)
    assert "".join("".join(made).split()) == "".join("".join(parts).split())

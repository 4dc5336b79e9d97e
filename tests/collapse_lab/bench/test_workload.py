from __future__ import annotations

import pytest

pytest.importorskip("numpy", reason="needs numpy: pip install 'exogate[lab]'")

from collapse_lab.bench.workload import Length, documents, work


def test_prompts_and_answers_are_uneven_and_within_their_bounds() -> None:
    todo = work(512, (512, 320), 1000)
    asked = [len(prompt) for prompt in todo.prompts]
    assert (len(todo.prompts), len(todo.answers)) == (512, 512)
    for lengths, most in ((asked, 512), (todo.answers, 320)):
        assert min(lengths) >= 16
        assert most // 2 < max(lengths) <= most
        assert len(set(lengths)) > 100
    assert max(token for prompt in todo.prompts for token in prompt) < 1000
    assert todo.tokens == sum(todo.answers)


def test_it_is_the_same_work_every_time() -> None:
    assert work(20, (40, 30), 50) == work(20, (40, 30), 50)
    assert work(20, (40, 30), 50).first(5).prompts == work(20, (40, 30), 50).prompts[:5]


def test_an_answer_ends_at_its_length() -> None:
    ending = Length(3)
    assert [ending.ended([0] * count) for count in range(1, 5)] == [False, False, True, True]


def test_equal_prompts_are_two_answers() -> None:
    todo = work(50, (2, 2), 2)
    assert len(set(zip(todo.prompts, todo.endings, strict=True))) == 50


def test_documents_fill_what_is_wanted() -> None:
    made = documents(10_000, 128, 300)
    total = sum(len(document.ids) for document in made)
    assert 10_000 <= total < 10_000 + 128
    assert all(2 <= len(d.ids) <= 128 and 0 < d.prompt < len(d.ids) for d in made)

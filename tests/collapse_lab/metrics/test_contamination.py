from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.metrics.contamination import contamination, overlap

PROMPT = "def f(xs):\n"
LONG = "    return [a + b * c - d for a in xs]\n"


def test_runs_are_those_of_completions_and_programs_are_whole() -> None:
    benchmark = [(PROMPT, LONG)]
    twin = ("def g(ys):\n    '''Other words.'''\n", "    return [k + b * c - d for k in ys]  # mine\n")
    other = (PROMPT, "    return sum(xs)\n")
    found = overlap([benchmark[0], twin, other, other], benchmark, (6, 10))
    assert found == {"6": 0.5, "10": 0.25, "ast": 0.5}


def test_what_is_shorter_than_a_run_holds_none() -> None:
    assert overlap([(PROMPT, "    return xs\n")], [(PROMPT, "    return xs\n")], (3,)) == {"3": 0.0, "ast": 1.0}


def test_nothing_has_no_share() -> None:
    assert overlap([], [(PROMPT, LONG)]) == {"10": None, "13": None, "ast": None}


def test_a_control_stands_beside() -> None:
    own, human = [(PROMPT, LONG)], [(PROMPT, "    return xs\n")]
    assert contamination(own, own, human, (5,)) == {"5": 1.0, "ast": 1.0, "human": {"5": 0.0, "ast": 0.0}}


texts = st.lists(st.lists(st.sampled_from("abc"), max_size=8).map(" ".join), min_size=1, max_size=5)


@given(texts, texts, st.integers(1, 4))
def test_a_run_in_common_is_a_passage_in_common(documents: list[str], benchmark: list[str], n: int) -> None:
    def shares(text: str) -> bool:
        row = text.split()
        runs = [" ".join(row[i : i + n]) for i in range(len(row) - n + 1)]
        return any(f" {run} " in f" {other} " for run in runs for other in benchmark)

    found = overlap([("", text) for text in documents], [("", text) for text in benchmark], (n,))
    assert found[str(n)] == sum(map(shares, documents)) / len(documents)

from __future__ import annotations

import pytest

from tests.gates.tamper.tables import weakenings

TEST = {"tests/test_a.py": "from m import f\n\n\ndef test_a(n):\n    assert f(n) == n\n"}
FIXTURE = "import pytest\n\n\n@pytest.fixture(params=[1, 2, 3])\ndef n(request):\n    return request.param\n"


def found(head: str, base: str = FIXTURE) -> set[str]:
    before, after = ({**TEST, "tests/conftest.py": text} for text in (base, head))
    return {w.rule for w in weakenings(before, after)} - {"runner-edited"}


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (FIXTURE.replace("[1, 2, 3]", "[1]"), "fewer-cases"),
        (FIXTURE.replace("[1, 2, 3]", "[1, 1, 1]"), "fewer-cases"),
        (FIXTURE.replace("(params=[1, 2, 3])", "").replace("request.param", "1"), "fewer-cases"),
        (FIXTURE.replace("    return", "    pytest.skip('x')\n    return"), "new-skip"),
        (FIXTURE.replace("    return", "    if request.param > 1:\n        pytest.skip('x')\n    return"), "new-skip"),
        (FIXTURE + "\n\n@pytest.fixture(autouse=True)\ndef s():\n    pytest.skip('x')\n", "new-skip"),
    ],
)
def test_a_shared_fixture_that_takes_tests_away_is_seen(head: str, rule: str) -> None:
    assert found(head) == {rule}


@pytest.mark.parametrize(
    "head",
    [
        FIXTURE.replace("[1, 2, 3]", "[3, 2, 1, 0]"),
        FIXTURE.replace("[1, 2, 3]", "VALUES"),
        FIXTURE.replace("return", "yield"),
        FIXTURE + "\n\n@pytest.fixture\ndef net():\n    pytest.skip('needs a network')\n",
    ],
)
def test_a_shared_fixture_as_strict_is_silent(head: str) -> None:
    assert found(head) == set()

"""The plan for labels: ours kept true, a person's never fought, others' never touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.labels import last_by, plan
from app.reporting.labels import BY_NAME, family

OWN = "github-actions[bot]"
AI, HUMAN, PASSED, FAILED = "provenance/ai", "provenance/human", "gates/passed", "gates/failed"


@pytest.mark.parametrize(
    ("wanted", "present", "last", "add", "remove"),
    [
        pytest.param({AI, PASSED}, [], {}, [PASSED, AI], [], id="first review"),
        pytest.param({AI, PASSED}, [AI, PASSED], {AI: OWN, PASSED: OWN}, [], [], id="nothing new"),
        pytest.param({AI, FAILED}, [AI, PASSED], {AI: OWN, PASSED: OWN}, [FAILED], [PASSED], id="ours go when untrue"),
        pytest.param({AI}, [AI, PASSED], {AI: OWN, PASSED: OWN}, [], [PASSED], id="neither passed nor failed"),
        pytest.param({AI, FAILED}, [AI, PASSED], {AI: OWN, PASSED: "ada"}, [FAILED], [], id="a person's stays"),
        pytest.param({AI, PASSED}, [AI], {AI: OWN, PASSED: "ada"}, [], [], id="what a person took off stays off"),
        pytest.param({AI, PASSED}, [AI], {AI: OWN, PASSED: OWN}, [PASSED], [], id="what we took off comes back"),
        pytest.param({AI, PASSED}, [HUMAN], {HUMAN: "ada"}, [PASSED], [], id="a person's provenance speaks"),
        pytest.param({AI, PASSED}, [HUMAN, AI], {HUMAN: "ada", AI: OWN}, [PASSED], [AI], id="ours gives way"),
        pytest.param({AI}, ["bug", PASSED], {}, [AI], [], id="an unknown hand is not fought"),
        pytest.param({AI}, ["Gates/Passed"], {PASSED: OWN}, [AI], ["Gates/Passed"], id="case makes no other label"),
        pytest.param({AI}, [AI, PASSED], {AI: OWN, PASSED: None}, [], [], id="an account that is gone"),
    ],
)
def test_plan(
    wanted: set[str], present: list[str], last: dict[str, str | None], add: list[str], remove: list[str]
) -> None:
    made = plan(frozenset(wanted), present, last, OWN)
    assert (list(made.add), list(made.remove)) == (add, remove)


def test_what_is_left_to_people_is_said() -> None:
    kept = plan(frozenset({FAILED}), [PASSED], {PASSED: "ada"}, OWN)
    assert kept.notes == ("The label gates/passed was set by ada and stays, though this review does not say so.",)
    off = plan(frozenset({PASSED}), [], {PASSED: "ada"}, OWN)
    assert off.notes == ("The label gates/passed was taken off by ada and is not put back.",)
    assert off.standing == ()


names = st.sampled_from(sorted(BY_NAME))
others = st.sampled_from(["bug", "provenance/", "gates", "provenance/ai2"])
people = st.sampled_from([OWN, "ada", None])


@given(st.sets(names), st.sets(names | others), st.dictionaries(names, people))
def test_the_promises_hold_whatever_stands_there(
    wanted: set[str], present: set[str], last: dict[str, str | None]
) -> None:
    made = plan(frozenset(wanted), present, last, OWN)
    assert set(made.add) <= wanted - present
    assert set(made.remove) <= present & set(BY_NAME)
    assert all(last.get(name) == OWN for name in made.remove)
    assert all(last.get(name, OWN) == OWN for name in made.add)
    assert set(made.standing) == ((present & set(BY_NAME)) - set(made.remove)) | set(made.add)
    # Carried out, it leaves nothing more to do, unless for what people did.
    after = {**last, **dict.fromkeys((*made.add, *made.remove), OWN)}
    again = plan(frozenset(wanted), (present - set(made.remove)) | set(made.add), after, OWN)
    assert (again.add, again.remove) == ((), ())
    assert all(family(name) in ("provenance", "gates", "review") for name in made.add)


def _event(kind: str, label: Any, actor: Any) -> dict[str, Any]:
    return {"event": kind, "label": label, "actor": actor}


def test_the_last_hand_counts() -> None:
    ada, bot = {"login": "ada"}, {"login": OWN}
    events = [
        _event("labeled", {"name": "gates/passed"}, bot),
        _event("closed", None, ada),
        _event("unlabeled", {"name": "Gates/Passed"}, ada),
        _event("labeled", {"name": "provenance/ai"}, ada),
        _event("labeled", {"name": "provenance/ai"}, None),
        "what is this",
        _event("labeled", None, ada),
    ]
    assert last_by(events) == {"gates/passed": "ada", "provenance/ai": None}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "login"]), inner, max_size=2),
    max_leaves=5,
)


@given(
    st.lists(st.builds(_event, st.sampled_from(["labeled", "unlabeled", "x"]), json_values, json_values) | json_values)
)
def test_events_of_any_form_are_read(events: list[Any]) -> None:
    assert all(isinstance(name, str) for name in last_by(events))

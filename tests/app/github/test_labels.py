"""The plan for labels: ours kept true, a person's never fought, others' never touched."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.labels import Plan, Seen, last_by, now_on, plan
from app.reporting.labels import BY_KEY, configured, family
from gates.policy_labels import LabelRule

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


names = st.sampled_from(sorted(BY_KEY))
others = st.sampled_from(["bug", "provenance/", "gates", "provenance/ai2"])
people = st.sampled_from([OWN, "ada", None])


@given(st.sets(names), st.sets(names | others), st.dictionaries(names, people))
def test_the_promises_hold_whatever_stands_there(
    wanted: set[str], present: set[str], last: dict[str, str | None]
) -> None:
    made = plan(frozenset(wanted), present, last, OWN)
    assert set(made.add) <= wanted - present
    assert set(made.remove) <= present & set(BY_KEY)
    assert all(last.get(name) == OWN for name in made.remove)
    assert all(last.get(name, OWN) == OWN for name in made.add)
    assert set(made.standing) == ((present & set(BY_KEY)) - set(made.remove)) | set(made.add)
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


# "Red" for gates/failed, "Made by a person" for provenance/human, and provenance/undeclared not at all.
OTHERWISE = configured(
    {
        "gates/failed": LabelRule(name="Red"),
        "provenance/human": LabelRule(name="Made by a person"),
        "provenance/undeclared": LabelRule(show="off"),
    }
)
UNDECLARED = "provenance/undeclared"


@pytest.mark.parametrize(
    ("wanted", "present", "last", "made"),
    [
        pytest.param({AI, FAILED}, [], {}, Plan(("Red", AI), (), ("Red", AI)), id="by their names"),
        pytest.param({UNDECLARED, FAILED}, [], {}, Plan(("Red",), (), ("Red",)), id="what is off is not set"),
        pytest.param({UNDECLARED}, [UNDECLARED], {UNDECLARED: OWN}, Plan((), (UNDECLARED,)), id="ours that is off"),
        pytest.param({UNDECLARED}, [UNDECLARED], {UNDECLARED: "ada"}, Plan(standing=(UNDECLARED,)), id="a person's"),
        pytest.param({FAILED}, ["RED"], {"red": OWN}, Plan(standing=("Red",)), id="in any case"),
        pytest.param({PASSED}, ["red"], {"red": OWN}, Plan((PASSED,), ("red",), (PASSED,)), id="ours goes when untrue"),
        pytest.param({FAILED}, [FAILED], {FAILED: OWN}, Plan(("Red",), (FAILED,), ("Red",)), id="its former name"),
        pytest.param({FAILED}, [FAILED], {FAILED: "ada"}, Plan(("Red",), (), ("Red",)), id="a person's former name"),
    ],
)
def test_plan_by_a_policys_names(wanted: set[str], present: list[str], last: dict[str, str | None], made: Plan) -> None:
    assert replace(plan(frozenset(wanted), present, last, OWN, OTHERWISE), notes=()) == made


def test_a_persons_word_counts_by_the_name_that_the_policy_gives() -> None:
    made = plan(frozenset({AI}), ["Made by a person", AI], {"made by a person": "ada", AI: OWN}, OWN, OTHERWISE)
    assert (made.add, made.remove) == ((), (AI,))
    assert made.notes == ("The label Made by a person was set by ada and stays, though this review does not say so.",)
    other = plan(frozenset({AI}), [HUMAN], {HUMAN: "ada"}, OWN, OTHERWISE)
    assert other == Plan((AI,), (), (AI,), ()), "the name of no label of ours says nothing"
    off = plan(frozenset({FAILED}), [], {"red": "ada"}, OWN, OTHERWISE)
    assert (off.add, off.notes) == ((), ("The label Red was taken off by ada and is not put back.",))


def test_of_a_label_that_is_off_nothing_is_said_that_is_not_so() -> None:
    true = plan(frozenset({UNDECLARED}), [UNDECLARED], {UNDECLARED: "ada"}, OWN, OTHERWISE)
    assert true.notes == ()
    untrue = plan(frozenset({AI}), [UNDECLARED], {UNDECLARED: "ada"}, OWN, OTHERWISE)
    assert (untrue.add, len(untrue.notes)) == ((), 1), "a person's provenance speaks, whether ours is shown or not"
    taken = plan(frozenset({UNDECLARED}), [], {UNDECLARED: "ada"}, OWN, OTHERWISE)
    assert taken.notes == ()


@given(
    st.dictionaries(names, st.builds(LabelRule, show=st.sampled_from(["on", "off"]))),
    st.sets(names),
    st.sets(names | others),
    st.dictionaries(names, people),
)
def test_what_is_off_is_never_set_and_only_ours_is_taken_off(
    rules: dict[str, LabelRule], wanted: set[str], present: set[str], last: dict[str, str | None]
) -> None:
    labels = configured(rules)
    made = plan(frozenset(wanted), present, last, OWN, labels)
    assert not set(made.add) & labels.off
    assert all(last.get(name) == OWN for name in made.remove)
    assert not {name for name in set(made.standing) & labels.off if last.get(name) == OWN}


def _told(name: str, is_on: bool, second: int) -> dict[str, Any]:
    kind = "labeled" if is_on else "unlabeled"
    return _event(kind, {"name": name}, {"login": "ada"}) | {"created_at": f"2026-01-01T00:00:{second:02}Z"}


def _after(events: list[dict[str, Any]], before: frozenset[str] = frozenset()) -> set[str]:
    """Return what stands after events, on an issue that had labels already."""
    there = set(before)
    for event in events:
        (there.add if event["event"] == "labeled" else there.discard)(event["label"]["name"])
    return there


@given(
    st.frozensets(names),
    st.lists(st.tuples(names | others, st.booleans(), st.integers(0, 2)), max_size=12),
    st.data(),
)
def test_what_was_seen_and_what_happened_since_is_what_stands_now(
    before: frozenset[str], turns: list[tuple[str, bool, int]], data: st.DataObject
) -> None:
    """Wherever the look was taken: in the second of an event, before it or after it, events are told in order."""
    seconds = accumulate(wait for _, _, wait in turns)
    events = [_told(name, is_on, at) for (name, is_on, _), at in zip(turns, seconds, strict=True)]
    cut = data.draw(st.integers(0, len(events)))
    # The pull request's time of change: not later than what it does not show yet, and it may lag behind.
    latest = events[cut]["created_at"] if cut < len(events) else "2026-01-01T00:01:00Z"
    times = [event["created_at"] for event in events] + ["", latest]
    updated = data.draw(st.sampled_from([time for time in times if time <= latest]))
    seen = Seen(tuple(_after(events[:cut], before)), updated)
    assert set(now_on(seen, events)) == _after(events, before)


def test_what_left_no_event_stays_as_it_was_seen() -> None:
    """A label that was deleted from the repository: its last event says that it was put on."""
    long_ago = _told("gates/passed", is_on=True, second=1)
    assert now_on(Seen((), "2026-01-01T00:00:09Z"), [long_ago]) == ()
    assert now_on(Seen(("provenance/ai",), "2026-01-01T00:00:09Z"), [long_ago]) == ("provenance/ai",)


def test_an_event_without_a_time_is_taken_for_a_new_one() -> None:
    event = _event("unlabeled", {"name": "Gates/Passed"}, None)
    assert now_on(Seen(("gates/passed", "bug"), "2026-01-01T00:00:09Z"), [event, "x", {}]) == ("bug",)

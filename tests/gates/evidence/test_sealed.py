"""Files that anybody may have written: read, or refused in a sentence; never a crash, never evidence."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gates.evidence.card import read_card
from gates.evidence.exposure import read_exposure
from gates.evidence.sealed import MAX_BYTES, SealError, seal, unsealed
from gates.presets import preset
from tests.gates.evidence.made_up import card, exposure, text

# Whole numbers that a float holds exactly: where a card has a number, 3 and 3.0 are the same.
_WHOLE = st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | _WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
CARD = card(preset("tests"))
CONTENT = text(CARD)


def _places(value: object, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(place for key, part in inside for place in _places(part, (*above, key)))]


PLACES = [place for place in _places(json.loads(CONTENT)) if place]


def _with(place: tuple[str | int, ...], new: object) -> dict[str, object]:
    whole = json.loads(CONTENT)
    inside = whole
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = new
    return whole


def test_what_was_written_is_read_again() -> None:
    assert read_card(CONTENT.encode()) == CARD
    assert read_exposure(text(exposure()).encode()) == exposure()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(SealError, match=r"\.$"):
        read_card(content)


@given(JSON)
def test_any_json_with_a_right_hash_is_still_no_card(value: object) -> None:
    sealed = {"value": value, "schema_version": "1.0"}
    sealed["hash"] = seal(sealed)
    for read in (read_card, read_exposure):
        with pytest.raises(SealError, match=r"\.$") as caught:
            read(json.dumps(sealed).encode())
        assert str(caught.value).isascii()
        assert str(caught.value).isprintable()


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), JSON)
def test_a_card_with_one_thing_changed_does_not_count(place: tuple[str | int, ...], new: object) -> None:
    changed = _with(place, new)
    if json.dumps(changed, sort_keys=True) == json.dumps(json.loads(CONTENT), sort_keys=True):
        return
    with pytest.raises(SealError):
        read_card(json.dumps(changed).encode())


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), JSON)
@example(("controls",), {})  # once read as three curves that are not there
def test_a_forged_hash_gets_no_further_than_the_form_and_the_rules(place: tuple[str | int, ...], new: object) -> None:
    """Whoever makes a hash anew may state other numbers, and no other form, and no verdict that they do not give."""
    changed = _with(place, new)
    changed["hash"] = seal(changed)
    try:
        read = read_card(json.dumps(changed).encode())
    except SealError as error:
        assert str(error).endswith(".")
    else:
        assert json.loads(text(read)) == changed
        assert read.summary.verdict == "holds" or place[0] in ("summary", "policy", "study")


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_seen(at: int, flip: int) -> None:
    content = bytearray(CONTENT.encode())
    content[at] ^= flip
    try:
        same = json.loads(content.decode()) == json.loads(CONTENT)
    except ValueError:
        same = False
    if same:  # a blank for another
        return
    with pytest.raises(SealError):
        read_card(bytes(content))


@given(st.integers(0, len(CONTENT) - 3))
def test_half_a_card_does_not_count(length: int) -> None:
    with pytest.raises(SealError):
        read_card(CONTENT.encode()[:length])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"card"',
        b"\xff\xfe{",
        b'{"hash": NaN}',
        b'{"hash": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 1}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"hash": {"hash": []}}',
        b'{"hash": "\\ud800"}',
        b" " * (MAX_BYTES + 1),
    ],
    ids=range(15),
)
def test_hostile_files_are_refused(content: bytes) -> None:
    with pytest.raises(SealError, match=r"\.$"):
        unsealed(content)


def test_a_key_that_stands_twice_is_refused_though_the_last_one_is_right() -> None:
    double = CONTENT.replace('"schema_version"', '"schema_version": "9", "schema_version"', 1)
    with pytest.raises(SealError, match="twice"):
        read_card(double.encode())


def test_another_version_is_told() -> None:
    whole = {**json.loads(CONTENT), "schema_version": "2.0"}
    whole["hash"] = seal(whole)
    with pytest.raises(SealError, match=r"version is 2\.0; this Exogate reads 1\.0"):
        read_card(json.dumps(whole).encode())


def test_order_and_blanks_change_no_hash() -> None:
    whole = json.loads(CONTENT)
    assert read_card(json.dumps(dict(reversed(whole.items()))).encode()) == CARD

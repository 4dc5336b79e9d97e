from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.foreign.node import JUDGING_KEYS, merge

VALUES = st.dictionaries(
    st.sampled_from([*JUDGING_KEYS[:4], "name", "dependencies"]), st.text(max_size=4) | st.integers()
)


def test_scripts_and_runner_settings_are_the_bases_and_the_rest_is_the_heads() -> None:
    base = {"version": "1", "scripts": {"test": "jest"}, "jest": {"bail": True}}
    head = {"version": "2", "scripts": {"test": "true"}, "dependencies": {"x": "1"}, "mocha": {"grep": "none"}}
    content, edited = merge(json.dumps(base).encode(), json.dumps(head).encode())
    assert edited == ["scripts", "jest", "mocha"]
    assert json.loads(content) == {
        "version": "2", "dependencies": {"x": "1"}, "scripts": {"test": "jest"}, "jest": {"bail": True},
    }  # fmt: skip


def test_a_manifest_that_keeps_them_is_not_touched() -> None:
    head = b'{ "scripts": {"test": "jest"},  "version": "2" }'
    assert merge(b'{"scripts": {"test": "jest"}}', head) == (head, [])


@pytest.mark.parametrize("base", [None, b"", b"[]", b"{", b"\xff"])
def test_a_base_without_a_manifest_has_no_scripts(base: bytes | None) -> None:
    content, edited = merge(base, b'{"scripts": {"test": "true"}, "name": "x"}')
    assert (json.loads(content), edited) == ({"name": "x"}, ["scripts"])


@pytest.mark.parametrize("head", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"scripts": NaN}'])
def test_a_head_that_is_no_manifest_is_left_to_npm(head: bytes) -> None:
    assert merge(b'{"scripts": {}}', head) == (head, [])


def test_a_key_said_twice_is_read_as_node_reads_it() -> None:
    content, edited = merge(b'{"scripts": {"a": "1"}}', b'{"scripts": {"a": "1"}, "scripts": {"a": "2"}}')
    assert (json.loads(content), edited) == ({"scripts": {"a": "1"}}, ["scripts"])


@given(VALUES, VALUES)
def test_the_judging_keys_are_always_the_bases(base: dict[str, object], head: dict[str, object]) -> None:
    content, edited = merge(json.dumps(base).encode(), json.dumps(head).encode())
    merged = json.loads(content)
    assert {k: v for k, v in merged.items() if k in JUDGING_KEYS} == {
        k: v for k, v in base.items() if k in JUDGING_KEYS
    }
    assert {k: v for k, v in merged.items() if k not in JUDGING_KEYS} == {
        k: v for k, v in head.items() if k not in JUDGING_KEYS
    }
    assert bool(edited) == any(base.get(k) != head.get(k) for k in JUDGING_KEYS)

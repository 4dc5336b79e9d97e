from __future__ import annotations

from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.foreign import junit
from gates.foreign.junit import Case, ReportError, State

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)


def report(*cases: str, suite: str = "s") -> bytes:
    return f'<testsuites><testsuite name="{suite}">{"".join(cases)}</testsuite></testsuites>'.encode()


def test_states_places_and_messages_are_read() -> None:
    read = junit.read(
        [
            report(
                '<testcase classname="C" name="ok"/>',
                '<testcase classname="C" name="bad" file="/w/tree/a.js" line="7">'
                '<failure message="2 == 3">long</failure></testcase>',
                '<testcase name="err"><system-out>x</system-out><error message="boom"/></testcase>',
                '<testcase name="skip"><skipped/></testcase>',
                '<testcase name="off" status="notrun"/>',
            )
        ],
        "/w/tree",
    )
    assert read.cases == {
        "C::ok": Case(State.PASSED),
        "C::bad": Case(State.FAILED, "a.js", 7, "2 == 3"),
        "s::err": Case(State.FAILED, message="boom"),
        "s::skip": Case(State.SKIPPED),
        "s::off": Case(State.SKIPPED),
    }


def test_a_test_seen_twice_keeps_its_worst_end_and_its_count() -> None:
    twice = report('<testcase name="a"/>', '<testcase name="a"><failure/></testcase>', '<testcase name="a"/>')
    read = junit.read([twice, report('<testcase name="a"/>')])
    assert read.cases["s::a"].state is State.FAILED
    assert read.counts["s::a"] == 4


def test_namespaces_and_nested_suites_are_read() -> None:
    inner = '<testsuite name="i"><testcase name="a"/></testsuite><testcase name="b"/>'
    text = f'<testsuite xmlns="urn:x" name="o">{inner}</testsuite>'
    assert set(junit.read([text.encode()]).cases) == {"i::a", "o::b"}


BOMB = b"""<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<testsuites><testcase name="&b;"/></testsuites>"""
EXTERNAL = b"""<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuites><testcase name="&x;"/></testsuites>"""
PARAMETER = b"""<!DOCTYPE t SYSTEM "http://example.org/x.dtd"><testsuites/>"""


@pytest.mark.parametrize(
    "document",
    [
        b"", b"not xml", b"<a>", b"<html/>", b"\0", b"\xff\xfe", BOMB, EXTERNAL, PARAMETER, b"<testsuites>",
        b'<?xml version="1.0" encoding="no-such"?><testsuites/>', b"<testsuites>&nope;</testsuites>",
        b"<testsuites>" + b"<testsuite>" * 5_000, b"<testsuites><testcase name='\x01'/></testsuites>",
    ],
)  # fmt: skip
def test_what_cannot_be_read_ends_in_a_sentence(document: bytes) -> None:
    with pytest.raises(ReportError, match=r"^It.*\.$"):
        junit.read([document])


def test_too_many_tests_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MOST_CASES", 3)
    with pytest.raises(ReportError, match="more than 3 tests"):
        junit.read([report(*(f'<testcase name="{n}"/>' for n in range(4)))])
    assert len(junit.read([report(*(f'<testcase name="{n}"/>' for n in range(3)))]).cases) == 3


@pytest.mark.parametrize("line", ["-1", "0", "x", "9" * 40, "٣"])
def test_a_line_that_is_none_is_left_out(line: str) -> None:
    read = junit.read([report(f'<testcase name="a" line="{line}"/>')])
    assert read.cases["s::a"].line is None


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    try:
        junit.read([content])
    except ReportError:
        return
    assert b"<testsuite" in content


@given(st.dictionaries(NAMES, st.sampled_from(["", "<failure/>", "<skipped/>"]), max_size=6))
def test_every_test_is_found(ends: dict[str, str]) -> None:
    cases = [f"<testcase classname='c' name={quoteattr(name)}>{end}</testcase>" for name, end in ends.items()]
    read = junit.read([report(*cases)])
    assert sum(read.counts.values()) == len(ends)
    assert sum(c.state is State.FAILED for c in read.cases.values()) == list(ends.values()).count("<failure/>")

from __future__ import annotations

import ast
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.source import MAX_BYTES, MAX_DEPTH, ParseFailure, parse_python

HOSTILE = {
    "open brackets": b"(" * 100_000,
    "nested lists": b"[" * 160 + b"]" * 160,
    "unary operators": b"-" * 100_000 + b"1",
    "not": b"not " * 50_000 + b"x",
    "attributes": b"a" + b".b" * 100_000,
    "calls": b"a" + b"()" * 100_000,
    "sum": b"+".join([b"1"] * 10_000),
    "sum just too long": b"+".join([b"1"] * (MAX_DEPTH + 10)),
    "powers": b"**".join([b"1"] * 50_000),
    "lambdas": b"lambda:" * 50_000 + b"1",
    "ternaries": b"1 if 1 else " * 50_000 + b"1",
    "elif": b"if 1:\n pass\n" + b"elif 1:\n pass\n" * 50_000,
    "indents": b"".join(b" " * i + b"if 1:\n" for i in range(150)) + b" " * 150 + b"pass",
    "digits": b"x = " + b"9" * 50_000,
    "null byte": b"x = 1\0",
    "unknown encoding": b"# coding: klingon\nx = 1\n",
    "encoding that is none": b"# coding: rot13\nx = 1\n",
    "slow encoding": b"# coding: idna\n#" + b"a" * 1_000_000,
    "bad utf-8": b"x = '\xff'\n",
    "too large": b"#" * (MAX_BYTES + 1),
    "no python": b"def f(:\n",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_source_is_a_failure_with_a_reason(source: bytes) -> None:
    result = parse_python(source)
    assert isinstance(result, ParseFailure)
    assert result.reason


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "é"),
        ("x = 'é'\n".encode("utf-8-sig"), "é"),
        (b"x = '" + b"(" * 500 + b"'\n", "(" * 500),
        (b"# " + b"(" * 500 + b"\nx = 'a'\n", "a"),
        (b'x = """' + b"[" * 500 + b'"""\n', "[" * 500),
        (b"x = 'a'\r\n", "a"),
    ],
)
def test_ordinary_source_parses_in_its_own_encoding(source: bytes, value: str) -> None:
    result = parse_python(source)
    assert isinstance(result, ast.Module)
    assert isinstance(result.body[-1], ast.Assign)
    assert ast.literal_eval(result.body[-1].value) == value


def test_the_line_of_a_mistake_is_told() -> None:
    assert parse_python(b"x = 1\ny = = 2\n") == ParseFailure("it is no valid Python: invalid syntax", 2)
    assert parse_python(b"x = 1\n\n\0") == ParseFailure("it holds a null byte", 3)


def test_a_warning_about_the_source_is_not_ours(recwarn: pytest.WarningsRecorder) -> None:
    assert isinstance(parse_python(rb"x = '\d'"), ast.Module)
    assert not recwarn.list


def test_threads_may_parse_at_once() -> None:
    results: list[bool] = []

    def work() -> None:
        results.extend(isinstance(parse_python(rb"x = '\d'"), ast.Module) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 200


@given(st.binary(max_size=200))
def test_no_bytes_raise(source: bytes) -> None:
    assert isinstance(parse_python(source), ast.Module | ParseFailure)


@given(st.text(alphabet="([{}])'\"#\\\n abc:=.,+-*", max_size=120))
def test_what_python_parses_we_parse(source: str) -> None:
    try:
        expected = ast.dump(ast.parse(source))
    except (SyntaxError, ValueError):
        return
    result = parse_python(source.encode())
    assert isinstance(result, ast.Module)
    assert ast.dump(result) == expected

from __future__ import annotations

import hashlib
import hmac

import pytest

from webhooks.signature import is_signed, sign

SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
# From GitHub's page "Validating webhook deliveries".
PUBLISHED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_what_github_publishes_as_an_example_is_signed() -> None:
    assert sign(SECRET, BODY) == PUBLISHED
    assert is_signed(SECRET, BODY, PUBLISHED)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        PUBLISHED[7:],
        PUBLISHED[:-1],
        PUBLISHED + "0",
        PUBLISHED.upper(),
        " " + PUBLISHED,
        PUBLISHED.replace("7", "8", 1),
        "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
        "sha256=é" + PUBLISHED[8:],
        "sha256=\udcff",
        "sha256=\ud800",
        "\x00",
    ],
)
def test_anything_else_is_refused_and_never_raises(header: str | None) -> None:
    assert not is_signed(SECRET, BODY, header)


def test_another_body_or_secret_is_refused() -> None:
    assert not is_signed(SECRET, BODY + b"\n", PUBLISHED)
    assert not is_signed(SECRET + "x", BODY, PUBLISHED)


def test_an_empty_secret_signs_nothing() -> None:
    assert not is_signed("", BODY, sign("", BODY))

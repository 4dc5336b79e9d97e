"""What GitHub's answers mean."""

from __future__ import annotations

import pytest
from github import GithubException
from hypothesis import given
from hypothesis import strategies as st

from app.github.errors import (
    DeniedError,
    ExpiredError,
    GitHubError,
    LimitedError,
    LostError,
    MissingError,
    RefusedError,
    SuspendedError,
    refusal,
    understood,
)

SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}


@pytest.mark.parametrize(
    ("status", "data", "headers", "kind"),
    [
        (401, {"message": "Bad credentials"}, {}, ExpiredError),
        (403, {"message": "This installation has been suspended"}, {}, SuspendedError),
        (403, {"message": "Resource not accessible by integration"}, {}, DeniedError),
        (403, SECONDARY, {}, LimitedError),
        (403, {"message": "Wait."}, {"Retry-After": "7"}, LimitedError),
        (403, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0"}, LimitedError),
        (403, {"message": "Forbidden"}, {"X-RateLimit-Remaining": "12"}, DeniedError),
        (404, {"message": "Not Found"}, {}, MissingError),
        (410, {"message": "Gone"}, {}, MissingError),
        (422, {"message": "Validation Failed", "errors": [{"code": "already_exists"}]}, {}, RefusedError),
        (429, None, {}, LimitedError),
        (500, None, {}, LostError),
        (503, "<html>", {}, LostError),
    ],
)
def test_each_answer_is_told_apart(status: int, data: object, headers: dict[str, str], kind: type) -> None:
    assert type(refusal(status, data, headers, "GET /x")) is kind


def test_how_long_to_stay_away() -> None:
    said = refusal(403, SECONDARY, {"Retry-After": "7", "X-RateLimit-Remaining": "40", "X-RateLimit-Reset": "99"}, "x")
    assert isinstance(said, LimitedError)
    assert (said.wait, said.reset) == (7, None)
    primary = refusal(403, SECONDARY, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99"}, "x")
    assert isinstance(primary, LimitedError)
    assert (primary.wait, primary.reset) == (None, 99)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionResetError(), LostError),
        (ValueError("Expecting value"), LostError),
        (RuntimeError("Github server redirected from host a to b"), GitHubError),
        (GithubException(404, {"message": "Not Found"}), MissingError),
        (GithubException(502, None, None), LostError),
    ],
)
def test_what_pygithub_raises(error: Exception, kind: type) -> None:
    assert type(understood(error, "GET /x")) is kind


def test_a_defect_is_no_answer() -> None:
    assert understood(AttributeError("x"), "GET /x") is None
    assert understood(RecursionError(), "GET /x") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["message", "errors", "code"]), inner, max_size=3)
    ),
    max_leaves=6,
)
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "X-RateLimit-Remaining", "x-ratelimit-reset"]), st.text(max_size=9), max_size=3
)


@given(st.integers(400, 599), json_values, headers)
def test_any_answer_is_a_sentence_on_one_line(status: int, data: object, headers: dict[str, str]) -> None:
    said = str(refusal(status, data, headers, "GET /x"))
    assert said.endswith(".")
    assert "\n" not in said

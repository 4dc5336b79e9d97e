"""What GitHub says no with, told apart by what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from github import GithubException


class GitHubError(RuntimeError):
    """GitHub did not do what was asked; the message is a sentence for people."""


class DeniedError(GitHubError):
    """The token does not allow it."""


class ExpiredError(DeniedError):
    """The token is none, or none any more: nothing was done; ``date`` is GitHub's time (seconds since 1970)."""

    def __init__(self, message: str, date: float | None = None) -> None:
        super().__init__(message)
        self.date = date


class SuspendedError(DeniedError):
    """The account has suspended the App: nothing is done there until it is let in again."""


class MissingError(GitHubError):
    """It is not there, or not for this token to see."""


class RefusedError(GitHubError):
    """GitHub does not take what was sent; ``codes`` are its reasons (``already_exists``, ...)."""

    def __init__(self, message: str, codes: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.codes = codes


class LimitedError(GitHubError):
    """Too many requests: nothing was done; ``wait`` is the number of seconds to stay away, if it was said."""

    def __init__(self, message: str, wait: float | None, reset: float | None) -> None:
        super().__init__(message)
        self.wait = wait
        self.reset = reset


class LostError(GitHubError):
    """No answer, or none that can be read: nobody knows whether it was done."""


class MovedError(LostError):
    """It is called otherwise now, so nothing was done; a later try begins by asking for its name."""


def understood(error: Exception, what: str) -> GitHubError | None:
    """Return *error*, met while doing *what*, as one of ours; ``None`` where it is a defect and no answer.

    ``requests`` raises subclasses of ``OSError`` for everything that befalls a connection, and PyGithub lets a
    ``ValueError`` through for JSON that breaks off.
    """
    if isinstance(error, GithubException):
        return refusal(error.status, error.data, error.headers or {}, what)
    if isinstance(error, OSError | ValueError):
        return LostError(f"GitHub gave no answer that can be read to: {what} ({type(error).__name__}).")
    if type(error) is RuntimeError:  # PyGithub's way to say that it was redirected to another host or scheme
        return GitHubError(
            f"GitHub redirects this elsewhere; check the API's address and the repository's name: {what}."
        )
    return None


def refusal(status: int, data: object, headers: Mapping[str, str], what: str) -> GitHubError:
    """Return what an answer of *status* with JSON *data* means; *what* says what was asked."""
    named = {name.lower(): value for name, value in headers.items()}
    message = _message(data)
    said = f"{what} (GitHub: {status}, {message})"
    if status == 429 or (status == 403 and _is_limit(message, named)):
        reset = named.get("x-ratelimit-reset") if named.get("x-ratelimit-remaining") == "0" else None
        return LimitedError(f"GitHub asks to wait: {said}.", _seconds(named.get("retry-after")), _seconds(reset))
    if status == 401:
        return ExpiredError(f"The token does not allow this: {said}.", _date(named.get("date")))
    if status == 403 and "suspended" in message:
        return SuspendedError(f"The App is suspended here, so nothing was done: {said}.")
    if status == 403:
        return DeniedError(f"The token does not allow this: {said}.")
    if status in (404, 410):
        return MissingError(f"It is not there, or not for this token to see: {said}.")
    if status >= 500:
        return LostError(f"GitHub failed at this: {said}.")
    return RefusedError(f"GitHub refused this: {said}.", _codes(data))


def _is_limit(message: str, headers: Mapping[str, str]) -> bool:
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in message


def _message(data: object) -> str:
    said = data.get("message") if isinstance(data, dict) else None
    return said[:200].replace("\n", " ") if isinstance(said, str) else "no message"


def _codes(data: object) -> frozenset[str]:
    errors = data.get("errors") if isinstance(data, dict) else None
    listed = errors if isinstance(errors, list) else []
    return frozenset(str(each.get("code")) for each in listed if isinstance(each, dict))


def _date(text: str | None) -> float | None:
    try:
        return None if text is None else parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None

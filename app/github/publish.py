"""A review put on a pull request: labels and a comment, as far as the token allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.github import comment as comments
from app.github import labels as pull_labels
from app.github.api import Api, Patience
from app.github.errors import DeniedError, GitHubError, MissingError
from app.github.target import Target
from app.reporting.labels import DEFAULT, Labels, wanted
from app.review_types import Review

__all__ = ["Published", "Target", "publish", "put"]

_FORKS = (
    "A pull request from a fork gets a read-only token; the two workflows in deploy/workflows/ publish its review"
    " without running its code."
)


@dataclass(frozen=True)
class Published:
    """What now stands on the pull request: our labels, and sentences about what was left undone and why.

    ``failed``: GitHub did not answer, or refused for another reason than a permission.
    """

    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    failed: bool = False


def publish(
    target: Target, review: Review, *, labels: Labels | None, comment: str | None, patience: Patience | None = None
) -> Published:
    """Put a review's labels, as the policy wants them, and *comment* (Markdown, neutralised) on a pull request.

    ``None`` leaves them as they are. Nothing that GitHub answers raises: a missing permission, or a GitHub that is
    away, is a note.
    """
    return put(target, wanted(review) if labels else None, comment, labels=labels or DEFAULT, patience=patience)


def put(
    target: Target,
    keys: frozenset[str] | None,
    comment: str | None,
    *,
    labels: Labels = DEFAULT,
    patience: Patience | None = None,
) -> Published:
    """Put the labels with these keys and a comment on a pull request; ``None`` leaves them as they are."""
    api = Api(target.api_url, target.token, patience)
    done = Published()
    if keys is not None:
        done = _attempt(done, "labels", lambda: _labels(api, target, keys, labels))
    if comment is not None:
        done = _attempt(done, "comment", lambda: _comment(api, target, comment))
    return done


def _labels(api: Api, target: Target, keys: frozenset[str], labels: Labels) -> Published:
    planned = pull_labels.put(api, target, keys, labels)
    return Published(planned.standing, planned.notes)


def _comment(api: Api, target: Target, text: str) -> Published:
    comments.put(api, target, text)
    return Published()


def _attempt(before: Published, noun: str, step: Callable[[], Published]) -> Published:
    try:
        done = step()
    except DeniedError as error:
        return Published(before.labels, (*before.notes, f"No {noun}: {error} {_FORKS}"), before.failed)
    except MissingError as error:
        # GitHub hides what a token may not see behind 404.
        return Published(before.labels, (*before.notes, f"No {noun}: {error}"), before.failed)
    except GitHubError as error:
        return Published(before.labels, (*before.notes, f"No {noun}: {error}"), failed=True)
    return Published((*before.labels, *done.labels), (*before.notes, *done.notes), before.failed)

"""Labels and the one comment, where the workflow asks for them and the token allows: never a reason to fail."""

from __future__ import annotations

from app.action.environment import Environment
from app.action.inputs import Inputs
from app.action.sides import Sides
from app.reporting import markdown
from app.reporting.labels import configured
from app.review_types import Review
from gates.policy import Policy

# "The maximum length of a comment is 65536 characters" (GitHub's answer to a longer one); bytes are never fewer.
_COMMENT_LIMIT = 65_000
_FROM_FORK = (
    "This pull request comes from a fork, whose token may only read: nothing was labelled or commented. The two "
    "workflows in deploy/workflows/ of Exogate do that without running the fork's code beside a token."
)


def label(inputs: Inputs, environment: Environment, sides: Sides, review: Review, policy: Policy) -> tuple[str, ...]:
    """Label, as *policy* wants it, and comment as asked for; return sentences on what was not possible."""
    if not (inputs.labels or inputs.comment):
        return ()
    if sides.number is None:
        return (f"The event {environment.event_name} names no pull request, so there is nothing to label or comment.",)
    if sides.from_fork and environment.event_name == "pull_request":
        return (_FROM_FORK,)
    if not inputs.token:
        return ("Labels and comments need the input token, which is empty.",)
    comment = markdown.render(review, limit=_COMMENT_LIMIT) if inputs.comment else None
    try:
        from app.github.publish import Target, publish

        target = Target(environment.repository, sides.number, environment.api_url, inputs.token)
        labels = configured(policy.labels) if inputs.labels else None
        return publish(target, review, labels=labels, comment=comment).notes
    except Exception as error:  # noqa: BLE001 - whatever GitHub answers, the verdict stands
        return (f"Labels and comments could not be written ({type(error).__name__}).",)

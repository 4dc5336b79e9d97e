"""What GitHub is asked to make: the App's manifest, with the least permissions and the events that are answered.

The form is GitHub's ("Registering a GitHub App from a manifest"); ``deploy/app-manifest.json`` is one for reading.
"""

from __future__ import annotations

from typing import Any

from webhooks.events import KNOWN

NAME = "Exogate"
# Where the web process takes deliveries, and where the browser comes back to.
HOOK, CALLBACK = "/webhooks/github", "/setup/callback"
PERMISSIONS = {
    "checks": "write",  # the check run of a review
    "contents": "read",  # the clone, and the policy
    "issues": "write",  # labels and comments are an issue's
    "members": "read",  # whether a reviewer belongs to the organisation
    "merge_queues": "read",  # GitHub sends merge_group only to those who have it
    "metadata": "read",  # GitHub demands it of every App
    "pull_requests": "write",  # the labels and comments of pull requests
}
# GitHub sends these to every App and refuses a manifest that asks for them.
UNASKED = frozenset({"installation", "installation_repositories"})
# Nothing that GitHub documents says whether a manifest may ask for it, and one event too many makes GitHub refuse the
# whole App. Without it an account's new name is learnt from its next delivery.
UNCERTAIN = frozenset({"installation_target"})


def manifest(public_url: str, callback_url: str) -> dict[str, Any]:
    """Return the manifest of an App whose web process GitHub reaches at *public_url* (without a slash at its end).

    After the App was made, the browser is sent to *callback_url*.
    """
    return {
        "name": NAME,
        "url": public_url,
        "hook_attributes": {"url": f"{public_url}{HOOK}", "active": True},
        "redirect_url": callback_url,
        "public": False,
        "default_permissions": PERMISSIONS,
        "default_events": sorted(KNOWN - UNASKED - UNCERTAIN),
    }

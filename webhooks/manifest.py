"""What GitHub is asked to make: the App's manifest, with the least permissions and the events that are answered.

The form is GitHub's ("Registering a GitHub App from a manifest"); ``deploy/app-manifest.json`` is one for reading.
"""

from __future__ import annotations

from typing import Any

from webhooks.events import KNOWN

NAME = "Exogate"
# Where the web process takes deliveries, and where the browser comes back to: after the set-up, and from signing in.
HOOK, CALLBACK, SIGNED_IN = "/webhooks/github", "/setup/callback", "/signin/callback"
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


def manifest(public_url: str, browser_url: str) -> dict[str, Any]:
    """Return the manifest of an App that GitHub reaches at *public_url*, and this browser at *browser_url*.

    Both are without a slash at the end. After the App was made the browser is sent back to where it came from; people
    who sign in may come back to either.
    """
    return {
        "name": NAME,
        "url": public_url,
        "hook_attributes": {"url": f"{public_url}{HOOK}", "active": True},
        "redirect_url": f"{browser_url}{CALLBACK}",
        "callback_urls": list(dict.fromkeys(f"{url}{SIGNED_IN}" for url in (public_url, browser_url))),
        "request_oauth_on_install": False,
        "public": False,
        "default_permissions": PERMISSIONS,
        "default_events": sorted(KNOWN - UNASKED - UNCERTAIN),
    }

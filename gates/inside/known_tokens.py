"""Tokens that say by their beginning who issued them, and that detect-secrets has no detector for.

Each form is the one that its issuer documents or that the token shows.
"""

import re

from detect_secrets.plugins.base import RegexBasedDetector

_FORMS = {
    "Anthropic Key": r"sk-ant-(?:api|admin)\d\d-[\w-]{80,}",
    "DigitalOcean Token": r"do[opr]_v1_[0-9a-f]{64}",
    "GitHub Fine-Grained Token": r"github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}",
    "Google API Key": r"AIza[\w-]{35}",
    "Google Client Secret": r"GOCSPX-[\w-]{28}",
    "Hugging Face Token": r"hf_[0-9A-Za-z]{34}",
    "npm Token": r"npm_[0-9A-Za-z]{36}",
    "OpenAI Project Key": r"sk-(?:proj|svcacct|admin)-[\w-]{40,}",
}


class KnownToken(RegexBasedDetector):
    """Finds the tokens of one issuer."""

    secret_type = ""
    denylist: "tuple[re.Pattern[str], ...]" = ()

    def __init__(self, secret_type: str, form: str) -> None:
        self.secret_type = secret_type
        self.denylist = (re.compile(rf"(?<![\w-]){form}(?![\w-])"),)


def known_tokens() -> "list[KnownToken]":
    """Return a detector for each issuer."""
    return [KnownToken(secret_type, form) for secret_type, form in _FORMS.items()]

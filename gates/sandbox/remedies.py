"""What is wrong when a back-end does not start, and what to do: known symptoms as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gates.sandbox.spec import SandboxError

_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")


class NotStartedError(SandboxError):
    """A back-end that does not work here: ``cause`` is a sentence without its full stop, ``remedy`` what to do."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}. {remedy}".rstrip())
        self.cause, self.remedy = cause, remedy


@dataclass(frozen=True, slots=True)
class Symptom:
    """Words in bwrap's error output, the cause, and the remedy."""

    words: tuple[str, ...]
    cause: str
    remedy: str


_UBUNTU = Symptom(
    ("setting up uid map: Permission denied", "RTM_NEWADDR: Operation not permitted"),
    "AppArmor keeps ordinary programs from making user namespaces (so on Ubuntu since 23.10)",
    "Allow it to bwrap alone: printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\n"
    "profile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n' | sudo tee /etc/apparmor.d/bwrap && "
    "sudo apparmor_parser -r /etc/apparmor.d/bwrap. On a throw-away CI machine this is enough: "
    "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
)
_SYMPTOMS = (
    _UBUNTU,
    Symptom(
        ("No permissions to creat",),
        "this kernel or container lets ordinary programs make no user namespaces",
        "On the host: sudo sysctl -w kernel.unprivileged_userns_clone=1. In a container, start that with: "
        "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined",
    ),
    Symptom(
        ("Creating new namespace failed",),
        "the machine allows no more user namespaces",
        "Allow them: sudo sysctl -w user.max_user_namespaces=15000",
    ),
    Symptom(
        ("Can't mount proc",),
        "this is a container with a masked /proc, and such a one may mount no fresh one",
        "Start the container with: --security-opt systempaths=unconfined (Kubernetes: procMount: Unmasked)",
    ),
    Symptom(
        ("Unknown option",),
        "this bubblewrap is older than 0.7",
        "Install bubblewrap 0.7 or newer (Debian 12 and Ubuntu 24.04 have it)",
    ),
    Symptom(
        ("execvp",),
        "the command is not in the sandbox",
        "Name a program below /usr, or its directory among the command's runtimes",
    ),
)


def not_installed() -> NotStartedError:
    """Return the error for a machine without bwrap."""
    return NotStartedError(
        "bubblewrap (bwrap) is not installed", "Install it, for example: sudo apt-get install bubblewrap"
    )


def explain(stderr: bytes) -> NotStartedError:
    """Return the error for a sandbox that bwrap could not make, with bwrap's own last words."""
    said = stderr.decode("utf-8", "replace").strip()
    symptom = _recognise(said)
    words = said.splitlines()[-1][:300] if said else "nothing"
    cause = symptom.cause if symptom else "it gave no reason that Exogate knows"
    return NotStartedError(
        f"bubblewrap could not start the command: {cause} (it said: {words})", symptom.remedy if symptom else ""
    )


def _recognise(said: str) -> Symptom | None:
    for symptom in _SYMPTOMS:
        if any(words in said for words in symptom.words):
            return symptom
    return _UBUNTU if "ermi" in said and _apparmor_restricts() else None


def _apparmor_restricts() -> bool:
    try:
        return _APPARMOR.read_text(encoding="ascii").strip() == "1"
    except OSError:
        return False

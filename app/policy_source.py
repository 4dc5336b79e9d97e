"""Which policy judges: the one asked for, else the base's, else the advisory default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gates.change import Change, Snapshot
from gates.policy import GateRule, Policy, PolicyError, PolicyProblem
from gates.policy_yaml import MAX_BYTES
from gates.presets import no_such_preset, parse, preset, preset_names

CONFIG_PATHS = (".github/exogate.yml", ".github/exogate.yaml")
DEFAULT = "standard"
_BY_DEFAULT = "the default, since the base has no policy"


@dataclass(frozen=True)
class Rules:
    """The policy that judges, where it came from in words, and sentences on what was wrong with others."""

    policy: Policy
    source: str
    notes: tuple[str, ...] = ()


def choose_policy(
    wanted: str | None, base: Snapshot, gates: tuple[str, ...] = (), config: str | None = None
) -> tuple[Policy, str]:
    """Return the policy and, in words, where it came from. Raises ``PolicyError``.

    ``wanted`` is a preset's name or a file of the operator's; ``config`` is a file in the *base*. Without them the
    base's own file counts; never the head's. Without that either the default preset advises and nothing blocks.
    ``gates`` narrows the policy to some of its gates; where no policy was chosen, naming gates is the choice, and
    they block.
    """
    policy, source = _policy(wanted, base, config)
    if not gates:
        return policy, source
    if policy.enforce or source != _BY_DEFAULT:
        return policy.only(gates), f"{source}, narrowed by --gates"
    blocking = {name: policy.gates.get(name, GateRule()).model_copy(update={"level": "block"}) for name in gates}
    return policy.model_copy(update={"name": "custom", "enforce": True, "gates": blocking}), "the gates asked for"


def _policy(wanted: str | None, base: Snapshot, config: str | None) -> tuple[Policy, str]:
    if wanted is not None:
        return asked_for(wanted)
    if config is not None and config not in base.entries:
        raise _unusable(config, "The base has no such file. A change is judged by the base's policy: merge it first.")
    for path in CONFIG_PATHS if config is None else (config,):
        if path in base.entries:
            source = f"the base's {path}"
            if not base.entries[path].is_file:  # passing it over would leave the repository with a milder policy
                raise _unusable(source, "It is no plain file, so it is not read. Put the policy itself there.")
            return parse(_decoded(base.read(path), source), source, "repository"), source
    return preset(DEFAULT).model_copy(update={"enforce": False}), _BY_DEFAULT


def config_edits(change: Change) -> tuple[str, ...]:
    """Return the policy files that the change itself edits: it is still judged by the base's."""
    return tuple(f.path for f in change.files if {f.path, f.old_path} & set(CONFIG_PATHS))


def asked_for(wanted: str, *, endogenous_alone: bool = False) -> tuple[Policy, str]:
    """Return the policy that an operator names: a preset, or a file. Raises ``PolicyError``.

    One in which the author's own model decides alone is refused, unless ``endogenous_alone`` says that it is only
    looked at.
    """
    if wanted in preset_names():
        return preset(wanted), "preset"
    if not wanted:
        raise _unusable("policy", f"The name is empty. Policies are: {', '.join(preset_names())}.")
    if not Path(wanted).exists():
        raise _unusable(wanted, f"There is no such file. {no_such_preset(wanted)}")
    return from_file(Path(wanted), endogenous_alone=endogenous_alone), f"the file {wanted}"


def from_file(path: Path, *, endogenous_alone: bool = False) -> Policy:
    """Return the policy that a file holds, whatever its name (see ``asked_for``). Raises ``PolicyError``."""
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except OSError as error:
        why = {FileNotFoundError: "There is no such file", IsADirectoryError: "It is a directory; name a file in it"}
        message = why.get(type(error), f"It cannot be read: {error.strerror}")
        raise _unusable(str(path), f"{message}.") from error
    return parse(_decoded(content, str(path)), str(path), "custom", endogenous_alone=endogenous_alone)


def _unusable(source: str, message: str) -> PolicyError:
    return PolicyError(source, [PolicyProblem(line=None, message=message)])


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PolicyError(source, [PolicyProblem(line=line, message="This is no UTF-8 text.")]) from error

"""Makes Exogate's own environment for the Action; standard library only, started with `python -I`.

`name` writes the step outputs `directory` (below ``RUNNER_TEMP``) and `key`; `install` fills that directory, unless
an earlier run or a cache did. The name holds a hash of Exogate's own files, so a new version is a new environment.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("app", "gates", "collapse_lab")
_FILES = ("pyproject.toml", "requirements.lock", "README.md", "LICENSE")
# What labels and comments need; it is small.
_EXTRA = "github"
# Written last: an environment without it was left half made.
_READY = "ready"


def main(arguments: list[str]) -> int:
    """Run one of the two commands."""
    if arguments == ["name"]:
        return name()
    if arguments == ["install"]:
        return install()
    sys.stderr.write("Say one of: name, install.\n")
    return 2


def name() -> int:
    """Write the step's outputs."""
    target = directory()
    key = f"exogate-{platform.system()}-{platform.machine()}-{target.name}"
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as output:
        output.write(f"directory={target}\nkey={key}\n")
    return 0


def install() -> int:
    """Make the environment, with the versions of the lock; nothing is done where it is there."""
    target = directory()
    if (target / _READY).exists():
        sys.stdout.write(f"Exogate {target.name} is here already.\n")
        return 0
    shutil.rmtree(target, ignore_errors=True)
    source = target / "source"
    _copy(source)
    if not (_with_uv(target / "venv", source) or _with_pip(target / "venv", source)):
        sys.stdout.write("::error title=exogate::Exogate could not be installed; the lines above say why.\n")
        return 2
    shutil.rmtree(source)
    (target / _READY).touch()
    sys.stdout.write(f"Exogate {target.name} was installed.\n")
    return 0


def directory() -> Path:
    """Return where the environment of exactly this Exogate, Python and place belongs."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    parent = Path(os.environ["RUNNER_TEMP"]) / "exogate"
    digest = hashlib.sha256(f"{sys.version}\0{sys.executable}\0{parent}".encode())
    for path in sources():
        digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return parent / f"{version}-{digest.hexdigest()[:16]}"


def sources() -> Iterator[Path]:
    """Yield the files that are installed, in a fixed order."""
    for file in _FILES:
        yield ROOT / file
    for package in _PACKAGES:
        yield from sorted(
            path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )


def _copy(target: Path) -> None:
    """Copy the sources: a build beside them would leave its traces in a repository that uses itself."""
    for path in sources():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _with_uv(environment: Path, source: Path) -> bool:
    """Install by uv, which takes a third of pip's time; false where there is none, or it fails."""
    program = shutil.which("uv")
    if program is None:
        return False
    uv = (program, "--no-config")
    made = _run(*uv, "venv", "--quiet", "--python", sys.executable, str(environment))
    to = ("--python", str(_python(environment)), "--constraint", str(source / "requirements.lock"))
    if made and _run(*uv, "pip", "install", "--quiet", *to, f"{source}[{_EXTRA}]"):
        return True
    # Where a company's own index or certificates are known to pip alone, uv does not get through.
    sys.stdout.write("uv could not install Exogate, so pip does.\n")
    shutil.rmtree(environment, ignore_errors=True)
    return False


def _with_pip(environment: Path, source: Path) -> bool:
    venv.create(environment, with_pip=True, symlinks=os.name != "nt")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    lock = ("--constraint", str(source / "requirements.lock"))
    return _run(str(_python(environment)), "-I", "-m", "pip", "install", *quiet, *lock, f"{source}[{_EXTRA}]")


def _python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(*command: str) -> bool:
    sys.stdout.flush()
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

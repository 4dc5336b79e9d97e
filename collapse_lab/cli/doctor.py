"""`collapse-lab doctor`: what works on this machine."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version

import click

from collapse_lab.cli.options import bases_directory

_NEEDED = ("torch", "transformers", "tokenizers", "numpy", "scipy", "statsmodels", "scikit-learn", "pandas", "pyarrow")
_NEEDED_FOR_THE_REPORT = ("matplotlib", "jinja2")


@click.command("doctor")
@click.option("--redis", metavar="URL", help="A queue's Redis to look for [REDIS_URL].")
@click.option("--share", metavar="URL", help="A share to look into.")
def command(redis: str | None, share: str | None) -> int:
    """Look for what a study needs, and name the remedy where something is missing.

    Exit status: 0 when a study can run here, 1 when it cannot, or a queue or share that was named cannot be used.
    """
    click.echo(f"collapse-lab under Python {platform.python_version()} on {platform.platform(terse=True)}")
    healthy = [_packages(), _sandbox()]
    _accelerator()
    _room()
    hosts = [_redis(redis), _share(share)]
    click.echo("A study can run here." if all(healthy) else "A study cannot run here.")
    return 0 if all(healthy + hosts) else 1


def _packages() -> bool:
    missing = []
    for name in (*_NEEDED, *_NEEDED_FOR_THE_REPORT):
        try:
            click.echo(f"  ok  {name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
            click.echo(f"  no  {name}: not installed")
    if missing:
        click.echo("      remedy: pip install 'exogate[lab]'")
    return not missing


def _sandbox() -> bool:
    from gates.sandbox.choose import choose
    from gates.sandbox.spec import SandboxError

    try:
        click.echo(f"  ok  sandbox: {choose(None).name}")
    except SandboxError as error:
        click.echo(f"  no  sandbox: {error}")
        return False
    return True


def _accelerator() -> None:
    try:
        import torch
    except ImportError:
        return
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    cores = len(os.sched_getaffinity(0))
    click.echo(f"  ok  {cores} cores; GPUs: {', '.join(names) or 'none, which the pocket studies do not need'}")


def _room() -> None:
    directory = bases_directory()
    free = shutil.disk_usage(next(p for p in (directory, *directory.parents) if p.exists())).free
    click.echo(f"  ok  trained bases are kept in {directory} ({free // 2**30} GiB free)")


def _redis(url: str | None) -> bool:
    address = url or os.environ.get("REDIS_URL")
    if not address:
        click.echo("  --  no Redis is named (REDIS_URL, --redis), which only `run --queue` and `worker` need")
        return True
    try:
        from collapse_lab.arm_queue import QueueError, connect, shown
    except ImportError as error:
        click.echo(f"  no  Redis: {error}. Remedy: pip install 'exogate[lab]'")
        return False
    try:
        server = connect(url).info("server")["redis_version"]
    except QueueError as error:
        click.echo(f"  no  {error}")
        return False
    click.echo(f"  ok  Redis {server} at {shown(address)}")
    return True


def _share(url: str | None) -> bool:
    if not url:
        return True
    from collapse_lab.remote import Remote, RemoteError

    try:
        Remote(url).probe()
    except RemoteError as error:
        click.echo(f"  no  {error}")
        return False
    click.echo(f"  ok  {url} can be read and written")
    return True

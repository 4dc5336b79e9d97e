"""`collapse-lab harvest`: functions or texts that people wrote, from what is installed here."""

from __future__ import annotations

from pathlib import Path

import click
from packaging.utils import canonicalize_name

from collapse_lab.pools.collect import PUBLISHED


@click.command("harvest")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option(
    "--package", "packages", multiple=True, metavar="NAME", help="Take these only; `python` is the standard library."
)
@click.option(
    "--against",
    nargs=2,
    multiple=True,
    metavar="BENCHMARK FILE",
    type=(click.Choice(PUBLISHED), str),
    help="A published benchmark's file to compare with, where it is not installed.",
)
@click.option("--prose", is_flag=True, help="Natural-language texts in place of functions, for a `prose_share`.")
def command(out: Path, packages: tuple[str, ...], against: tuple[tuple[str, str], ...], *, prose: bool) -> None:
    """Write functions with docstrings from the standard library and installed packages: a pool of prompts for studies.

    With --prose, what their authors say of them in words: descriptions, and docstrings of modules.

    Code is read, never run. Packages without a permissive licence are left out, and so are copies, near copies, and
    what overlaps a benchmark. Beside the file stands a manifest: its hash, where everything is from, and what was
    left out.
    """
    from collapse_lab.pools.collect import collect, collect_prose, known_benchmarks, manifest_of, save
    from collapse_lab.pools.origins import installed

    found = installed(packages)
    known = {f.name for f in found.found} | {name for names in found.refused.values() for name in names}
    missing = {canonicalize_name(name) for name in packages} - known
    if missing:
        raise click.ClickException(f"Not installed here: {', '.join(sorted(missing))}.")
    for standing, names in found.refused.items():
        click.echo(f"left out, licence {standing}: {', '.join(names)}")
    try:
        benchmarks = known_benchmarks(click.echo, paths=dict(against))
        collected = (collect_prose if prose else collect)(found, benchmarks, click.echo)
        manifest = save(collected, out)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be written: {error.strerror}.") from error
    for what, count in manifest["left_out"].items():
        click.echo(f"left out, {what}: {count}")
    for name, facts in manifest["benchmarks"].items():
        shares = ", ".join(f"{count} by {what}" for what, count in facts["overlap"].items())
        click.echo(f"overlap with {name}, left out: {shares}")
    count = f"{len(collected.rows)} {collected.kind}"
    click.echo(f"{count} in {out}, sha256 {manifest['sha256'][:12]}; {manifest_of(out).name}")

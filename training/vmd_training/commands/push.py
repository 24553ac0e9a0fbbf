"""`vmd-train push`: a model folder to a repository on Hugging Face."""

from __future__ import annotations

from pathlib import Path

import click

from vmd_solver import hub
from vmd_solver.denoiser.manifest import Manifest, check_digests, read_values
from vmd_solver.errors import ModelError
from vmd_solver.text.denoiser import TextManifest
from vmd_training import session


def repository_name(context: click.Context, argument: click.Parameter, value: str) -> str:
    """OWNER/NAME, with or without `hf:` before it."""
    name = value.removeprefix(hub.PREFIX)
    if not hub.NAME.fullmatch(name):
        raise click.BadParameter(f"{value!r} is no owner/name of a repository")
    return name


@click.command("push")
@click.argument("folder", type=session.EXISTING_FOLDER)
@click.argument("repository", metavar="OWNER/NAME", callback=repository_name)
@click.option("--private", is_flag=True, help="Make the repository private, if it is made.")
@click.option("--message", help="Of the commit.  [default: the name of the model]")
@click.option("--dry-run", is_flag=True, help="Check the folder, say what would be pushed, stop.")
def command(
    folder: Path, repository: str, private: bool, message: str | None, dry_run: bool
) -> None:
    """Push the exported model in FOLDER to Hugging Face, for --model hf:OWNER/NAME.

    The repository is made unless it is there; its files of a model are replaced in one commit.
    The token is that of `hf auth login`, or HF_TOKEN.
    """
    manifest = _manifest(folder)
    check_digests(folder)
    files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    for file in files:
        if file.name not in hub.FILES or not file.is_file():
            raise click.UsageError(f"{file} is no file of a model folder; remove it")
    if dry_run:
        sizes = [(f"{file.stat().st_size:,}", file.name) for file in files]
        where = f"{repository}, {'private' if private else 'public'} unless it is there"
        click.echo(session.aligned([("push", f"{manifest.name} to {where}"), *sizes]))
        return
    commit = hub.push(folder, repository, private, message or manifest.name)
    click.echo(f"pushed: {commit}\nuse it: {manifest.COMMAND} --model {hub.PREFIX}{repository}")


def _manifest(folder: Path) -> Manifest | TextManifest:
    """What the model is. Raises UsageError where it is none."""
    try:
        values = read_values(folder)["vmd"]
        kind = TextManifest if values.get("kind") == TextManifest.KIND else Manifest
        return kind.of(values, str(folder / "config.json"))
    except ModelError as error:
        raise click.UsageError(f"{folder} is no model of vmd-train: {error}") from error

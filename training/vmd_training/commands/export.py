"""`vmd-train export`: the ONNX files of a trained model, from its weights."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vmd_solver.errors import ModelError


@click.command()
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder to write.  [default: MODEL itself, if it is an exported folder]",
)
@click.option("--name", default=None, help="Name of the model.  [default: that of the folder]")
@click.option(
    "--loops",
    type=click.IntRange(1),
    default=None,
    help="Loops of one call.  [default: as before, or 16]",
)
def command(model: Path, out: Path | None, name: str | None, loops: int | None) -> None:
    """Write the ONNX files of MODEL (an exported folder, a run, or a checkpoint) from its weights.

    For other loops or another name, or a run that was not finished. Figures and card are kept.
    """  # fmt: skip
    from vmd_training.checkpoint import load_model
    from vmd_training.export import export

    weights = load_model(model)
    config, metrics, card = _kept(model)
    if out is None and not config:
        raise click.UsageError(f"{model} is no exported folder; name one to write with --out")
    folder = out or model
    done = export(
        weights, folder, name or folder.resolve().name, loops or int(config.get("loops", 16)),
        metrics, card,
    )  # fmt: skip
    click.echo(f"model: {done}")


def _kept(model: Path) -> tuple[dict[str, int], dict[str, object], str]:
    """Manifest, metrics and card of an exported folder; nothing of a run."""
    if not (model / "config.json").is_file():
        return {}, {}, "# No figures yet\n\nExported from a run that was not finished.\n"
    try:
        config = json.loads((model / "config.json").read_text("utf-8"))["vmd"]
        metrics = json.loads((model / "metrics.json").read_text("utf-8"))
        return config, metrics, (model / "README.md").read_text("utf-8")
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{model} is damaged, or no model of vmd-train") from error

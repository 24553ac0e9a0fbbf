"""`vmd-train export`: the ONNX files of a trained model, from its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from vmd_solver.errors import ModelError
from vmd_training.session import COUNT, EXISTING, FOLDER


@click.command()
@click.argument("model", type=EXISTING)
@click.option("--out", type=FOLDER,
              help="Folder to write.  [default: MODEL itself, if it is an exported"
              " folder]")  # fmt: skip
@click.option("--name", help="Name of the model.  [default: that of the folder]")
@click.option("--loops", type=COUNT, help="Loops of one call.  [default: as before, or 16]")
def command(model: Path, out: Path | None, name: str | None, loops: int | None) -> None:
    """Write the ONNX files of MODEL (an exported folder, a run, or a checkpoint) from its weights.

    For other loops or another name, or a run that was not finished. Figures and card are kept.
    """
    from vmd_training.checkpoint import load_model
    from vmd_training.export import export

    weights = load_model(model)
    manifest: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    card = "# No figures yet\n\nExported from a run that was not finished.\n"
    if (model / "config.json").is_file():
        try:
            manifest = json.loads((model / "config.json").read_text("utf-8"))["vmd"]
            metrics = json.loads((model / "metrics.json").read_text("utf-8"))
            card = (model / "README.md").read_text("utf-8")
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{model} is damaged, or no model of vmd-train") from error
    elif out is None:
        raise click.UsageError(f"{model} is no exported folder; name one to write with --out")
    folder = out or model
    name, loops = name or folder.resolve().name, loops or int(manifest.get("loops", 16))
    click.echo(f"model: {export(weights, folder, name, loops, metrics, card)}")

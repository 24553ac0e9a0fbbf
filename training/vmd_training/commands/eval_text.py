"""`vmd-train eval-text`: bounds and samples of models of text, against calls a block."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from vmd_solver.sampling.settings import POLICIES
from vmd_solver.text.sampler import CHOICES, TextSettings
from vmd_training import session


@click.command()
@click.argument("models", type=session.EXISTING_FOLDER, nargs=-1, required=True)
@click.option("--corpus", type=session.FILE, multiple=True, required=True,
              help="The text that the models were trained on; its end is held out.")  # fmt: skip
@session.HELD_OUT
@click.option("--block-length", "lengths", type=session.COUNT, multiple=True, default=(4, 8, 16))
@click.option("--temperature", "temperatures", type=session.AMOUNT, multiple=True, default=(1.0,))
@click.option("--samples", type=session.COUNT, default=16)
@click.option(
    "--rows", type=session.COUNT, default=64, help="Windows of held-out text behind a bound."
)
@click.option("--policy", type=click.Choice(POLICIES), default="random")
@click.option("--z", type=click.Choice(CHOICES["z"]), default="keep")
@click.option("--remask", type=click.Choice(CHOICES["remask"]), default="none")
@click.option("--latents", type=session.COUNT, default=1)
@click.option("--seed", type=session.NUMBER, default=0)
@click.option("--out", type=session.FOLDER, default=Path("runs/eval-text"))
def command(
    models: tuple[Path, ...], corpus: tuple[Path, ...], held_out: float, lengths: tuple[int, ...],
    temperatures: tuple[float, ...], samples: int, rows: int, out: Path, **how: Any,
) -> None:  # fmt: skip
    """Bits a character and samples of exported MODELS, by block length and calls a block.

    Samples are judged by n-grams counted on the training text: bits a character, real words,
    distinct runs of characters.
    """
    with session.needed("evaluation needs", "cpu,train"):
        import torch

        from vmd_solver.text.denoiser import OnnxText
        from vmd_training.text import evaluation
        from vmd_training.text.evaluation import Setting
    out.mkdir(parents=True, exist_ok=True)
    setting = Setting(corpus, held_out, lengths, temperatures, samples, rows, TextSettings(**how))
    results, page = {}, ["# Text", ""]
    for folder in models:
        opened = OnnxText(folder, "cpu", torch.get_num_threads())
        found = evaluation.evaluate(folder, opened, setting, session.teller(quiet=False))
        results[str(folder)] = found
        page += [f"## {folder}", "", evaluation.page(found), ""]
    (out / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    (out / "report.md").write_text("\n".join(page), "utf-8")
    click.echo("\n".join(page))
    click.echo(f"report: {out / 'report.md'}\nfigures as data: {out / 'results.json'}")

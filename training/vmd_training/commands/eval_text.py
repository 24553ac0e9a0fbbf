"""`vmd-train eval-text`: bounds and samples of models of text, against calls a block."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from vmd_solver.sampling.settings import POLICIES
from vmd_solver.text.sampler import CHOICES, TextSettings
from vmd_training.options import needed


@click.command()
@click.argument("models", type=click.Path(path_type=Path, exists=True, file_okay=False), nargs=-1,
                required=True)  # fmt: skip
@click.option("--corpus", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              multiple=True, required=True,
              help="The text that the models were trained on; its end is held out.")  # fmt: skip
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.1,
              show_default=True, help="Share of each file, at its end.")  # fmt: skip
@click.option("--block-length", "lengths", type=click.IntRange(1), multiple=True,
              default=(4, 8, 16), show_default=True)  # fmt: skip
@click.option("--temperature", "temperatures", type=click.FloatRange(0), multiple=True,
              default=(1.0,), show_default=True)  # fmt: skip
@click.option("--samples", type=click.IntRange(1), default=16, show_default=True)
@click.option("--rows", type=click.IntRange(1), default=64, show_default=True,
              help="Windows of held-out text behind a bound.")  # fmt: skip
@click.option("--policy", type=click.Choice(POLICIES), default="random", show_default=True)
@click.option("--z", type=click.Choice(CHOICES["z"]), default="keep", show_default=True)
@click.option("--remask", type=click.Choice(CHOICES["remask"]), default="none", show_default=True)
@click.option("--latents", type=click.IntRange(1), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              default=Path("runs/eval-text"), show_default=True)  # fmt: skip
def command(
    models: tuple[Path, ...], corpus: tuple[Path, ...], held_out: float, lengths: tuple[int, ...],
    temperatures: tuple[float, ...], samples: int, rows: int, out: Path, **how: Any,
) -> None:  # fmt: skip
    """Bits a character and samples of exported MODELS, by block length and calls a block.

    Samples are judged by n-grams counted on the training text: bits a character, real words,
    distinct runs of characters.
    """
    with needed("evaluation needs", "cpu,train"):
        import torch

        from vmd_solver.text.denoiser import OnnxText
        from vmd_training.text import evaluation
        from vmd_training.text.evaluation import Setting
    out.mkdir(parents=True, exist_ok=True)
    setting = Setting(corpus, held_out, lengths, temperatures, samples, rows, TextSettings(**how))
    results: dict[str, Any] = {}

    def say(line: str) -> None:
        click.echo(line, err=True)

    page = ["# Text", ""]
    for folder in models:
        opened = OnnxText(folder, "cpu", torch.get_num_threads())
        found = evaluation.evaluate(folder, opened, setting, say)
        results[str(folder)] = found
        page += [f"## {folder}", "", evaluation.page(found), ""]
    (out / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    (out / "report.md").write_text("\n".join(page), "utf-8")
    click.echo("\n".join(page))
    click.echo(f"report: {out / 'report.md'}\nfigures as data: {out / 'results.json'}")

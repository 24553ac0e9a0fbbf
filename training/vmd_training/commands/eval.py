"""`vmd-train eval`: one command, one report; `eval-text`: bounds and samples of models of text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from vmd_solver import completion
from vmd_solver.errors import VmdError
from vmd_solver.sampling.settings import POLICIES
from vmd_solver.text.sampler import CHOICES, TextSettings
from vmd_training import session
from vmd_training.files import write_text

SECTIONS = (
    "rates", "latents", "z", "dependency", "kl", "families", "rules", "loops", "remask", "budget",
    "guided", "plain",
)  # fmt: skip
"""Those of `vmd_training.evaluation.report`, known here without loading torch."""


def sections(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The chosen sections, or all, in the order of the report."""
    chosen = session.listed(value, "section", SECTIONS)
    return tuple(name for name in SECTIONS if name in chosen or not chosen)


@click.command()
@click.argument("model", shell_complete=completion.models())
@click.option("--baseline", "baselines", multiple=True, metavar="MODEL",
              shell_complete=completion.models(),
              help="Another model to hold it against; may be given several times.")  # fmt: skip
@click.option("--out", type=session.FOLDER, help="Folder of the report.  [default: runs/eval-NAME]")
@click.option("--resume", is_flag=True, help="Continue the report in --out.")
@click.option("--only", callback=sections, metavar="A,B,..",
              shell_complete=completion.named(f"{__name__}:SECTIONS", listed=True),
              help=f"Only these sections, of {', '.join(SECTIONS)}.")  # fmt: skip
@click.option("--data", type=session.EXISTING_FOLDER,
              help="Folder with more: sudoku/*.txt, variants/*.jsonl, rules/*.")  # fmt: skip
@click.option("--sets", metavar="A,B,..",
              help="Only these 9x9 sets, of minimal, hardest, the files of --data by name, and any"
              " file by its path.")  # fmt: skip
@click.option(
    "--count", type=session.COUNT, help="Puzzles of a set.  [default: 100, with --quick 12]"
)
@click.option("--quick", is_flag=True, help="Few puzzles and coarse steps: about two minutes.")
@click.option("--runtime", type=click.Choice(["auto", "onnx", "torch"]), default="auto",
              help="auto: ONNX Runtime for exported models on a CPU, else torch.")  # fmt: skip
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto",
              help="Where it runs.")  # fmt: skip
@click.option("--threads", type=session.COUNT, help="Processor threads.")
@click.option("--loops", type=session.COUNT,
              help="Loops of one call.  [default: what the model states, or 16]")  # fmt: skip
@click.option("--seed", type=session.NUMBER, default=0, help="Seed of puzzles and draws.")
@session.QUIET
def command(
    model: str, baselines: tuple[str, ...], out: Path | None, only: tuple[str, ...], resume: bool,
    quiet: bool, data: Path | None, sets: str | None, count: int | None, quick: bool,
    runtime: Any, device: str, threads: int | None, loops: int | None, seed: int,
) -> None:  # fmt: skip
    """Measure MODEL through the engine that people use, and write a report.

    MODEL is an included model, an exported folder, hf:owner/name, a run, or a checkpoint.
    """
    with session.needed("evaluation needs"):
        import torch

        from vmd_training.evaluation import report
        from vmd_training.evaluation.bench import QUICK, ROWS, Bench, Scale
        from vmd_training.evaluation.models import open_all
    if data and not any((data / name).is_dir() for name in ("sudoku", "variants", "rules")):
        raise VmdError(f"{data} has none of the folders sudoku, variants, rules; see --data")
    if threads:
        torch.set_num_threads(threads)
    scale = QUICK if quick else Scale()
    scale = replace(scale, count=count or scale.count)
    models = open_all((model, *baselines), runtime, device, threads, loops)
    rows = ROWS["gpu" if any("cuda" in model.runtime for model in models) else "cpu"]
    bench = Bench(models, scale, seed, data, session.listed(sets), rows)
    kept = report.opened(out or Path("runs") / f"eval-{models[0].name}", bench, resume)

    def progress(what: str, left_s: float) -> None:
        if not quiet:
            session.show(f"{left_s / 60:5.1f} min left  {what}")

    with session.interruptible("interrupted; what was measured is kept: continue with --resume"):
        report.measure(kept, bench, [report.SECTIONS[name] for name in only], progress)
    path = report.write(kept, list(report.SECTIONS.values()))
    click.echo(f"report: {path}\nfigures as data: {kept.path}")


@click.command("eval-text")
@click.argument("models", type=session.MODEL_FOLDER, nargs=-1, required=True)
@click.option("--corpus", type=session.FILE, multiple=True, required=True,
              help="The text that the models were trained on; its end is held out.")  # fmt: skip
@session.HELD_OUT
@click.option("--block-length", "lengths", type=session.COUNT, multiple=True, default=(4, 8, 16),
              help="Tokens of a block; may be given several times.")  # fmt: skip
@click.option("--temperature", "temperatures", type=session.AMOUNT, multiple=True, default=(1.0,),
              help="Of the samples; may be given several times.")  # fmt: skip
@click.option("--samples", type=session.COUNT, default=16, help="Texts written and judged.")
@click.option(
    "--rows", type=session.COUNT, default=64, help="Windows of held-out text behind a bound."
)
@click.option("--policy", type=click.Choice(POLICIES), default="random",
              help="Which masked tokens to commit after a call.")  # fmt: skip
@click.option("--z", type=click.Choice(CHOICES["z"]), default="keep",
              help="The latent between two calls on a block.")  # fmt: skip
@click.option("--remask", type=click.Choice(CHOICES["remask"]), default="none",
              help="Mask again what the model was least sure of.")  # fmt: skip
@click.option("--latents", type=session.COUNT, default=1,
              help="Texts to sample side by side; the likeliest is taken.")  # fmt: skip
@click.option("--seed", type=session.NUMBER, default=0, help="Of everything random.")
@click.option("--out", type=session.FOLDER, default=Path("runs/eval-text"),
              help="Folder of the report.")  # fmt: skip
def text(
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
    setting = Setting(corpus, held_out, lengths, temperatures, samples, rows, TextSettings(**how))
    results, page = {}, ["# Text", ""]
    for folder in models:
        opened = OnnxText(folder, "cpu", torch.get_num_threads())
        found = evaluation.evaluate(folder, opened, setting, session.teller(quiet=False))
        results[str(folder)] = found
        page += [f"## {folder}", "", evaluation.page(found), ""]
    write_text(out / "results.json", json.dumps(results, indent=2) + "\n")
    write_text(out / "report.md", "\n".join(page))
    click.echo("\n".join(page))
    click.echo(f"report: {out / 'report.md'}\nfigures as data: {out / 'results.json'}")

"""`vmd-train eval`: one command, one report."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmd_solver.errors import VmdError
from vmd_training.options import needed

if TYPE_CHECKING:
    from vmd_training.evaluation.bench import Bench

SECTIONS = (
    "rates", "latents", "z", "dependency", "kl", "families", "loops", "remask", "budget",
    "guided", "plain",
)  # fmt: skip
"""Those of `vmd_training.evaluation.report`, known here without loading torch."""


def names(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The names in a list with commas."""
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


def sections(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The chosen sections, or all, in the order of the report."""
    chosen = names(context, option, value)
    for name in chosen:
        if name not in SECTIONS:
            raise click.BadParameter(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    return tuple(name for name in SECTIONS if name in chosen or not chosen)


@click.command()
@click.argument("model")
@click.option("--baseline", "baselines", multiple=True, metavar="MODEL",
              help="Another model to hold it against; may be given several times.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Folder of the report.  [default: runs/eval-NAME]")  # fmt: skip
@click.option("--resume", is_flag=True, help="Continue the report in --out.")
@click.option("--only", callback=sections, metavar="A,B,..",
              help=f"Only these sections, of {', '.join(SECTIONS)}.")  # fmt: skip
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="Folder with more puzzles: sudoku/*.txt and variants/*.jsonl.")  # fmt: skip
@click.option("--sets", callback=names, metavar="A,B,..",
              help="Only these 9x9 sets, of minimal, hardest, the files of --data by name, and any"
              " file by its path.")  # fmt: skip
@click.option("--count", type=click.IntRange(1), default=None,
              help="Puzzles of a set.  [default: 100, with --quick 12]")  # fmt: skip
@click.option("--quick", is_flag=True, help="Few puzzles and coarse steps: about two minutes.")
@click.option("--runtime", type=click.Choice(["auto", "onnx", "torch"]), default="auto",
              show_default=True,
              help="auto: ONNX Runtime for exported models on a CPU, else torch.")  # fmt: skip
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto",
              show_default=True)  # fmt: skip
@click.option("--threads", type=click.IntRange(1), default=None, help="Processor threads.")
@click.option("--loops", type=click.IntRange(1), default=None,
              help="Loops of one call.  [default: what the model states, or 16]")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Seed of puzzles and draws.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    model: str,
    baselines: tuple[str, ...],
    out: Path | None,
    only: tuple[str, ...],
    resume: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Measure MODEL through the engine that people use, and write a report.

    MODEL is an included model, an exported folder, a run, or a checkpoint.
    """  # fmt: skip
    with needed("evaluation needs"):
        from vmd_training.evaluation import report
    bench = _bench((model, *baselines), **options)
    folder = out or Path("runs") / f"eval-{bench.models[0].name}"
    chosen = [report.SECTIONS[name] for name in only]
    kept = report.opened(folder, bench, resume)
    try:
        report.measure(kept, bench, chosen, _progress(quiet))
    except KeyboardInterrupt:
        click.echo("\ninterrupted; what was measured is kept: continue with --resume", err=True)
        raise SystemExit(130) from None
    path = report.write(kept, list(report.SECTIONS.values()))
    click.echo(f"report: {path}\nfigures as data: {kept.path}")


def _bench(
    places: tuple[str, ...], *, data: Path | None, sets: tuple[str, ...], count: int | None,
    quick: bool, runtime: Any, device: str, threads: int | None, loops: int | None, seed: int,
) -> Bench:  # fmt: skip
    """What is evaluated, on what. Raises VmdError."""
    import torch

    from vmd_training.evaluation.bench import QUICK, ROWS, Bench, Scale
    from vmd_training.evaluation.models import open_all

    if data and not ((data / "sudoku").is_dir() or (data / "variants").is_dir()):
        raise VmdError(f"{data} has neither a folder sudoku nor one named variants; see --data")
    if threads:
        torch.set_num_threads(threads)
    scale = QUICK if quick else Scale()
    scale = replace(scale, count=count or scale.count)
    models = open_all(places, runtime, device, threads, loops)
    rows = ROWS["gpu" if any("cuda" in model.runtime for model in models) else "cpu"]
    return Bench(models, scale, seed, data, sets, rows)


def _progress(quiet: bool) -> Callable[[str, float], None]:
    """What is being measured and the time left: in place on a terminal, else a line a task."""
    tty = sys.stderr.isatty()

    def show(what: str, left_s: float) -> None:
        line = f"{left_s / 60:5.1f} min left  {what}"
        if tty:
            line = f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}"
        if not quiet:
            click.echo(line, err=True, nl=not tty)

    return show

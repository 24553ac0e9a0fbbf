"""`vmd-train slice`: some minutes more for the lineage, safe to end and to kill at any time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from vmd_solver import completion
from vmd_solver.errors import ModelError
from vmd_training import session
from vmd_training.commands.grids import described
from vmd_training.lineage import LINEAGE, Lineage
from vmd_training.tables import Row


@click.command()
@click.option("--time", "budget_s", type=session.DURATION, default="30m",
              help="For everything: set-up, training, evaluation, export.")  # fmt: skip
@click.option(
    "--recipe",
    shell_complete=completion.named("vmd_training.recipes:RECIPES"),
    help="Boards and batches.  [default: full on CUDA, else grids]",
)
@click.option("--lineage", "folder", type=session.FOLDER, default=LINEAGE, show_default=False,
              help="Folder of the lineage.  [default: training/lineage]")  # fmt: skip
@click.option("--widen", is_flag=True, help="Continue with the model of the recipe, which is wider"
              " than the lineage's.")  # fmt: skip
@click.option("--init", type=session.MODEL,
              help="What a new lineage starts from; one that has begun continues.")  # fmt: skip
@click.option("--data", "paths", type=session.EXISTING, multiple=True,
              help="A file to train on (vmd-train data), or a folder with published puzzles to "
              "evaluate on; may be repeated.")  # fmt: skip
@click.option(
    "--count", type=session.COUNT, default=200, help="Puzzles of a set of the evaluation."
)
@session.DEVICE
@session.THREADS
@click.option("--workers", type=session.COUNT, help="Processes that make puzzles.")
@click.option("--lr", type=session.POSITIVE, help="Learning rate, at its highest.")
@click.option("--weight-decay", type=session.AMOUNT, help="Of AdamW and of Muon.")
@click.option("--draws", type=session.COUNT,
              help="Latents drawn for a puzzle, of which the best is trained.")  # fmt: skip
@click.option("--beta", type=session.AMOUNT, help="Weight of the KL.")
@click.option("--ema", type=click.FloatRange(0, 1, max_open=True),
              help="Decay of the average of the weights, a step.")  # fmt: skip
@click.option(
    "--warmup", type=session.COUNT, help="Steps over which the rate rises.  [default: 30]"
)
@click.option("--train-loops", "loops", type=session.COUNT, help="Loops of a training call.")
@click.option("--batch-scale", type=session.POSITIVE, help="Multiplies every batch.")
@click.option("--reuse", type=session.COUNT, help="Times a puzzle is used.")
@click.option("--seed", type=session.NUMBER, help="Seed of everything random.")
@click.option("--save-every", "checkpoint_every_s", type=session.DURATION, default="2m",
              help="Time between two saves.")  # fmt: skip
@click.option("--keep", "finish_s", type=session.DURATION,
              help="Time kept for save and export, beside the evaluation.  "
              "[default: 30s on a CPU, else 20s]")  # fmt: skip
@click.option("--promote/--no-promote", default=True,
              help="Let the model ship if it scores as well as what does.")  # fmt: skip
@click.option("--exported", type=session.FOLDER,
              help="Folder of the included models.  [default: exported]")  # fmt: skip
@click.option("--name", default="grids", callback=session.file_name,
              help="Name of the included model.")  # fmt: skip
@click.option("--pack", type=click.Path(path_type=Path, dir_okay=False),
              help="Write all that comes of it into this tar as well, at each save.")  # fmt: skip
@click.option("--tensorboard", type=session.FOLDER,
              help="Write the log for TensorBoard into this folder as well.")  # fmt: skip
@click.option("--end", is_flag=True, help="End the slice that runs, and wait for its row.")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@session.QUIET
def command(
    folder: Path, recipe: str | None, widen: bool, end: bool, device: str, threads: int | None,
    paths: tuple[Path, ...], tensorboard: Path | None, dry_run: bool,
    quiet: bool, promote: bool, exported: Path | None, workers: int | None, budget_s: float,
    init: Path | None, count: int, name: str, pack: Path | None, finish_s: float | None,
    **planned: Any,
) -> None:  # fmt: skip
    """Train the lineage on for --time, all in all; then score, keep, and promote it.

    Ctrl-C or SIGTERM ends it early, with its row; twice, without. After anything worse the same
    command starts a slice on what was saved last.
    """
    started, place, say = time.perf_counter(), Lineage(folder), session.teller(quiet)
    if end:
        ended = place.end()
        click.echo(_last(place) if ended else "no slice runs here")
        return
    plan = session.planned(device, threads, assume=dry_run)
    import torch

    from vmd_training import slices

    recipe = recipe or ("full" if plan.device.type == "cuda" else "grids")
    planned["workers"] = workers or plan.workers
    planned["data"] = next((str(path) for path in paths if path.is_file()), None)
    options = slices.SliceOptions(
        budget_s, started, *slices.configs(place, recipe, planned, init, widen), init, count,
        next((path for path in paths if path.is_dir()), None),
        (exported or session.EXPORTED) if promote else None, name, pack, finish_s,
    )  # fmt: skip
    say(f"{plan.device}: {plan.reason}")
    if dry_run:
        click.echo(slices.plan_text(place, options, plan), err=True)
        return
    report = session.progress(quiet, described)
    if tensorboard is not None:
        report = _both(report, tensorboard)
    try:
        with session.interruptible(
            "interrupted and saved, without a row; the same command continues"
        ):
            row = slices.run_slice(place, options, plan, report, say)
    except torch.OutOfMemoryError as error:
        raise ModelError("out of memory; start again with --batch-scale 0.5") from error
    click.echo(_last(place) if row else "ended before the first step; nothing changed")


def _last(place: Lineage) -> str:
    """The last row in a line."""
    rows = place.rows()
    if not rows:
        return "no row yet"
    row = rows[-1]
    what = "promoted" if row["promoted"] else "not promoted"
    return (
        f"score {row['score']:.4f} after {row['total']['steps']:,} steps in"
        f" {row['total']['minutes']:.1f} minutes, {what}: {place.ledger}"
    )


def _both(show: Any, folder: Path) -> Any:
    """Report to the terminal and to TensorBoard. Raises VmdError."""
    with session.needed("--tensorboard needs", "tensorboard"):
        from torch.utils.tensorboard import SummaryWriter
    writer: Any = SummaryWriter(str(folder))

    def report(row: Row) -> None:
        show(row)
        for name, value in scalars(row):
            writer.add_scalar(name, value, row["step"])
        writer.flush()

    return report


def scalars(row: Row, path: str = "") -> list[tuple[str, float]]:
    """The numbers of a log row by their path."""
    found: list[tuple[str, float]] = []
    for name, value in row.items():
        if isinstance(value, dict):
            found += scalars(value, f"{path}{name}/")
        elif isinstance(value, int | float):
            found.append((f"{path}{name}", float(value)))
    return found

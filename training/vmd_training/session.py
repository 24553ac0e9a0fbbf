"""A training run as a command sees it: its plan, its lines of progress, its end, promotion."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from vmd_solver.console import ExitCode
from vmd_solver.errors import ModelError
from vmd_training.files import CHECKOUT, copy_folder

EXPORTED = CHECKOUT / "exported"
"""Folder of the included models, in a checkout."""

Row = dict[str, Any]


def aligned(lines: Iterable[tuple[str, str]]) -> str:
    """A plan: labels and what they say, line by line."""
    return "\n".join(f"{label:>9}  {text}" for label, text in lines)


def progress(quiet: bool, described: Callable[[Row], str]) -> Callable[[Row], None]:
    """A line for each log row: rewritten in place on a terminal, one after another elsewhere.

    Rows of an evaluation stay: those without a learning rate.
    """
    tty = sys.stderr.isatty()

    def show(row: Row) -> None:
        if quiet:
            return
        line = f"step {row['step']:>6}  {row['left_s'] / 60:5.1f} min left  {described(row)}"
        ends = "lr" not in row or not tty
        if not ends:  # a line that wraps could not be rewritten
            line = line[: shutil.get_terminal_size().columns - 1]
        click.echo(f"\r\033[K{line}" if tty else line, err=True, nl=ends)

    return show


def to_its_end(run: Any, train: Callable[[], None], again: str, smaller: str) -> bool:
    """Train; whether the run is done and this process is the one to finish it.

    Where it is not done `again`, the command that continues it, is printed. Raises ModelError where
    memory is short, with the option that makes batches `smaller`, and SystemExit after an
    interrupt.
    """
    import torch

    from vmd_training import distributed

    try:
        train()
    except KeyboardInterrupt:
        click.echo(f"\ninterrupted and saved; continue with: {again}", err=True)
        raise SystemExit(ExitCode.INTERRUPTED) from None
    except torch.OutOfMemoryError as error:
        raise ModelError(f"out of memory; resume, or start again, with {smaller}") from error
    finally:
        distributed.leave()
    leads: bool = run.world.leads
    if run.progress < 1:
        click.echo(f"{run.progress:.0%} done and saved; continue with: {again}", err=not leads)
    return leads and run.progress >= 1


def require_no_run(folder: Path) -> None:
    """Raise UsageError where the folder holds a run."""
    if (folder / "checkpoint.pt").exists():
        raise click.UsageError(f"{folder} holds a run already; use --resume, or another --out")


def saved_state(folder: Path) -> dict[str, Any]:
    """The checkpoint of the run in a folder. Raises UsageError if there is none."""
    from vmd_training import checkpoint

    path = folder / "checkpoint.pt"
    if not path.exists():
        raise click.UsageError(f"no run in {folder}; start one without --resume, or name its --out")
    return checkpoint.load(path)


def promote_into(
    exported: Path, folder: Path, score: float, scored: Callable[[Path], float]
) -> str:
    """Copy the model over the included one of its name, if it is better; returns what was done.

    `scored` gives the score of the included one, on the same puzzles.
    """
    if not exported.is_dir():
        return "not promoted: this is no checkout of vmd-solver"
    target = exported / folder.name
    if not target.is_dir():
        return f"not promoted: no model {folder.name} ships, of which it could take the place"
    old = scored(target)
    if score <= old:
        return f"not promoted: score {score:.4f}, more than {old:.4f} is needed"
    copy_folder(folder, target)
    return f"promoted to {target}: score {score:.4f} over {old:.4f}"

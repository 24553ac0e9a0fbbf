"""`vmd-train data`: a file of training puzzles, made on all cores, resumed where it stopped."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np

from vmd_solver import __version__
from vmd_solver.csp import Board
from vmd_solver.csp.canonical import Known
from vmd_solver.errors import printable
from vmd_solver.formats import read_path
from vmd_training.dataset import Dataset, Section, write
from vmd_training.generate import ISLAND, MOST_SOLUTIONS, Part, plan
from vmd_training.recipes import DATASETS
from vmd_training.session import COUNT, EXISTING, NUMBER, QUIET, interruptible, show, stated
from vmd_training.workers import PartsFolder


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="The file to make. Parts wait beside it, in OUT.parts.")  # fmt: skip
@click.option("--recipe", type=click.Choice(list(DATASETS)), default="grids",
              help="Boards and their shares (training/recipes.py).")  # fmt: skip
@click.option("--puzzles", type=NUMBER, default=200_000,
              help="Puzzles to make, besides those that are mined.")  # fmt: skip
@click.option("--mine", type=NUMBER, default=0, help="Hard 9x9 Sudokus to mine;"
              f" {ISLAND} take a minute or two of one core.")  # fmt: skip
@click.option("--climb", is_flag=True, help="Mine for depth, from the deepest included puzzles,"
              " not from random ones: 20 minutes for each island.")  # fmt: skip
@click.option("--seed", type=NUMBER, default=0, help="The same seed makes the same"
              " puzzles, whatever the jobs and interruptions.")  # fmt: skip
@click.option("--jobs", type=COUNT, help="Processes.  [default: all cores]")
@click.option("--exclude", type=EXISTING, multiple=True,
              metavar="PATH", help="Leave out what is, up to symmetry, in this file of puzzles, or"
              " in any file of this folder; may be repeated.")  # fmt: skip
@click.option(
    "--resume", is_flag=True, help="Continue with the parts of --out, with their options."
)
@QUIET
def command(out: Path, jobs: int | None, resume: bool, quiet: bool, **planned: Any) -> None:
    """Make a dataset: puzzles with their solutions, counts and ratings, in one file.

    Ctrl-C, or anything worse, loses only the parts in work; --resume makes the rest.
    """
    folder = PartsFolder(out)
    planned["exclude"] = [
        str(file.resolve())
        for path in planned["exclude"]
        for file in (sorted(path.iterdir()) if path.is_dir() else [path])
    ]
    options = _resumed(folder, planned) if resume else planned
    options.setdefault("climb", False)  # which parts of earlier versions do not state
    parts = plan(*(options[name] for name in ("recipe", "puzzles", "mine", "seed", "climb")))
    if not parts:
        raise click.UsageError("nothing to make: give --puzzles or --mine")
    if out.exists():
        raise click.UsageError(f"{out} exists; remove it, or name another --out")
    if not resume:
        if folder.path.exists():
            raise click.UsageError(f"{folder.path} holds parts; use --resume, or another --out")
        folder.begin(options)
    with interruptible(f"interrupted; continue with: vmd-train data --resume --out {out}"):
        known = _known(options["exclude"])
        folder.make(parts, jobs or os.cpu_count() or 1, _progress(parts, quiet))
        click.echo(_finish(folder, parts, options, known))


def _resumed(folder: PartsFolder, planned: dict[str, Any]) -> dict[str, Any]:
    """The options that the parts were begun with. What the command line states must agree."""
    options = folder.options()
    for name, value in planned.items():
        if value != options.get(name) and stated(name):
            had, asked = (
                " ".join(each) if isinstance(each, list) else each
                for each in (options.get(name), value)
            )
            raise click.UsageError(
                f"the parts in {folder.path} were begun with --{name} {had}, not {asked};"
                " resume without it, or name another --out"
            )
    return options


def _known(paths: Sequence[str]) -> Known:
    """The puzzles in these files. What is no puzzle there is named, and left out."""
    known = Known()
    for path in paths:
        by_board: dict[Board, list[tuple[int, ...]]] = defaultdict(list)
        for entry in read_path(path):
            if entry.puzzle is None:
                click.echo(printable(f"vmd-train: not excluded: {entry.error}"), err=True)
            else:
                by_board[entry.puzzle.board].append(entry.puzzle.givens)
        for board, givens in by_board.items():
            known.add(board, givens)
    return known


def _progress(parts: Sequence[Part], quiet: bool) -> Callable[[list[int]], None]:
    """Shows how much is made: one line, rewritten, on a terminal; elsewhere now and then one."""
    started = time.monotonic()
    work = [part.rows / part.maker.part for part in parts]
    shown: dict[int, float] = {}

    def report(missing: list[int]) -> None:
        left = sum(work[number] for number in missing)
        tenths = int(10 * left / sum(work))
        if quiet or (tenths in shown and not sys.stderr.isatty()):
            return
        shown.setdefault(tenths, left)
        made = sum(part.rows for part in parts) - sum(parts[number].rows for number in missing)
        line = f"{made:,} puzzles, {len(parts) - len(missing)} of {len(parts)} parts"
        if done := max(shown.values()) - left:
            passed = time.monotonic() - started
            ends = f"about {passed / done * left / 60:.0f} min left"
            line += f", {ends if left else f'{passed / 60:.1f} min'}"
        show(line, stays=not missing)

    return report


def _finish(
    folder: PartsFolder, parts: Sequence[Part], options: dict[str, Any], known: Known
) -> str:
    """Put the parts together, without what is excluded, and say what there is."""
    sections, dropped = [], 0
    for section in folder.sections(parts):
        ends = pairwise(section.starts.tolist())
        held = np.concatenate([
            known.holds(board, section.givens[start:end])
            for board, (start, end) in zip(section.boards, ends, strict=True)
        ])  # fmt: skip
        dropped += int(held.sum())
        sections.append(section.where(~held))
    header = {
        "made_by": "vmd-train data",
        "version": __version__,
        **options,
        "exclude": [Path(path).name for path in options["exclude"]],
        "excluded": dropped,
        "most_solutions": MOST_SOLUTIONS,
    }
    write(folder.out, Dataset(header, tuple(sections)))
    shutil.rmtree(folder.path)
    lines = [_table(sections), f"dataset: {folder.out}"]
    if options["exclude"]:
        lines.insert(1, f"{dropped:,} left out that are, up to symmetry, in the files excluded")
    return "\n".join(lines)


def _table(sections: Sequence[Section]) -> str:
    """A line for each section; ratings are of puzzles with one solution."""
    rows: list[tuple[str, ...]] = [
        ("section", "boards", "puzzles", "unique", "several", "rating 50%", "90%", "99%", "most")
    ]
    for section in sections:
        unique = int((section.count == 1).sum())
        rated = section.rating[~np.isnan(section.rating)]
        quantiles = np.quantile(rated, (0.5, 0.9, 0.99, 1)) if len(rated) else [np.nan] * 4
        counts = len(section.boards), len(section), unique, len(section) - unique
        rows.append((
            section.name, *(f"{count:,}" for count in counts), *(f"{q:.1f}" for q in quantiles)
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )

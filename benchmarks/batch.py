"""How many puzzles a second does the command solve from file to file, and in how much memory?

Whole runs of `vmd-solve FILE -o OUT`, start-up apart: the rate is that of the further puzzles of a
file of --count beside one of half as many, by the clock and by the processor time of all processes
together. Easy puzzles, which propagation settles, as a table with solutions and as lines, and the
hardest included ones; with one process and with --jobs workers; and beside them the engine with one
puzzle at a time, as it writes format `grid`. On a machine that does other work compare processor
time, within one run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.harness import ROOT, Run, end, options_of, run, show
from vmd_solver import formats
from vmd_solver.assets import path as asset
from vmd_solver.csp.candidates import initial_masks, masks_to_values, propagate
from vmd_solver.csp.compiled import available
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_training.tables import Row

Values = npt.NDArray[np.int8]
SYMBOLS = b".123456789".ljust(256)
CHUNK = 50_000


def write(path: Path, count: int, *grids: Values) -> None:
    """A file of `count` puzzles, one a line: a table where their solutions come with them.

    Rows are drawn, the same of each of `grids` (B, 81), and their values renamed at random.
    """
    rng = np.random.default_rng(count)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("puzzle,solution\n" if len(grids) > 1 else "")
        for start in range(0, count, CHUNK):
            rows = rng.integers(len(grids[0]), size=min(count - start, CHUNK))
            names = rng.permuted(np.tile(np.arange(1, 10, dtype=np.int8), (len(rows), 1)), axis=1)
            table = np.concatenate([np.zeros((len(rows), 1), np.int8), names], axis=1)
            renamed = (np.take_along_axis(table, grid[rows].astype(np.intp), 1) for grid in grids)
            texts = [grid.tobytes().translate(SYMBOLS).decode() for grid in renamed]
            for at in range(0, 81 * len(rows), 81):
                stream.write(",".join(text[at : at + 81] for text in texts) + "\n")


@dataclass
class Measured:
    """The command of this checkout, run in a folder."""

    folder: Path
    repeats: int

    def solve(self, arguments: list[str], count: int, *grids: Values) -> Run:
        """The best run on so many puzzles, all of which must be solved."""
        path = self.folder / ("p.csv" if len(grids) > 1 else "p.txt")
        write(path, count, *grids)
        command = [sys.executable, "-m", "vmd_solver.cli.solve", "-q", *arguments]
        command += ["-o", str(self.folder / "out"), str(path)]
        done = [run(command, ROOT) for _ in range(self.repeats)]
        return Run(*map(min, zip(*done, strict=True)))

    def row(self, name: str, arguments: str, count: int, *grids: Values) -> Row:
        """One row of the table: rates of the puzzles by which the larger file is larger."""
        small, large = (self.solve(arguments.split(), m, *grids) for m in (count // 2, count))
        row: Row = {"puzzles": name, "arguments": arguments, "count": count}
        wall, cpu = large.wall_s - small.wall_s, large.cpu_s - small.cpu_s
        for of, seconds in (("a second", wall), ("a processor second", cpu)):
            # None where other work on the machine drowned the difference.
            row[of] = round((count - count // 2) / seconds) if seconds > 0 else None
        return {**row, "peak MB": round(large.peak_mb)}


def table(options: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Every row in turn."""
    puzzles, solutions = minimal_puzzles(sudoku(), 2000, options.seed)
    masks, _ = propagate(sudoku(), initial_masks(sudoku(), puzzles))
    settled = (masks_to_values(masks) > 0).all(axis=1)
    easy, solved = puzzles[settled], solutions[settled]
    entries = formats.read_path(asset("puzzles/hard-100.sdm"))
    hardest = np.array([entry.puzzle.givens for entry in entries if entry.puzzle], np.int8)
    measured, n = Measured(folder, options.repeats), options.count
    measured.solve([], n // 2, easy)  # compiles
    for mode in ("guided", "exact"):
        for name, grids in (("easy, table", (easy, solved)), ("easy, lines", (easy,))):
            for jobs in (1, options.jobs):
                yield measured.row(name, f"--mode {mode} --jobs {jobs} -f jsonl", n, *grids)
        single = f"--mode {mode} --jobs 1 -f grid"
        yield measured.row("easy, lines", single, max(n // 100, 4), easy)
    for jobs in (1, options.jobs):
        exact = f"--mode exact --jobs {jobs} -f jsonl"
        yield measured.row("hardest", exact, max(n // 10, 4), hardest)
    for size in (10_000, options.memory) if options.memory else ():
        once = Measured(folder, 1)
        yield once.row("memory", "--mode guided --jobs 1 -f jsonl", size, easy, solved)


def main() -> None:
    options = options_of(
        __doc__,
        count=(200_000, "easy puzzles; a tenth hard"),
        jobs=(2, "workers beside one process alone"),
        repeats=(2, "runs, of which the best counts"),
        memory=(0, "also the largest process of runs of ten thousand easy puzzles and of so many"),
        seed=(0, "of the easy puzzles"),
    )
    facts = {"load": round(os.getloadavg()[0], 1), "compiled": available()}
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    with tempfile.TemporaryDirectory() as folder:
        rows = show(table(options, Path(folder)))
    end("batch", **facts, seed=options.seed, rows=rows)


if __name__ == "__main__":
    main()

"""How many puzzles a second does the command solve from file to file, and in how much memory?

Whole runs of `vmd-solve FILE -o OUT`, start-up apart: the rate is that of the further puzzles of a
file of --count beside one of half as many, by the clock and by the processor time of all processes
together (start-up is imports, and the puzzles until compiled code is worth loading). Easy puzzles,
which propagation settles, as a table with solutions and as lines; and the hardest included ones,
in mode exact. With one process and with --jobs workers; and beside them the engine with one puzzle
at a time, as it writes format `grid`. Puzzles are made from --seed. --memory N adds the largest
process of runs of ten thousand easy puzzles and of N.

On a machine that does other work, processor time is what to compare, and only within one run. The
last line is one JSON document.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.harness import Run, end, options_of, run, show
from vmd_solver import formats
from vmd_solver.assets import path as asset
from vmd_solver.csp.candidates import initial_masks, masks_to_values, propagate
from vmd_solver.csp.compiled import available
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import minimal_puzzles

Values = npt.NDArray[np.int8]
ROOT = Path(__file__).resolve().parent.parent
SYMBOLS = b".123456789".ljust(256)
CHUNK = 50_000


def solve(*arguments: str) -> Run:
    """One run of the command of this checkout, which must solve everything."""
    command = [sys.executable, "-m", "vmd_solver.cli.solve", "-q", *arguments]
    return run(command, str(ROOT))


def easy(seed: int, count: int = 2000) -> tuple[Values, Values]:
    """Minimal puzzles (B, 81) that propagation settles, and their solutions."""
    puzzles, solutions = minimal_puzzles(sudoku(), count, seed)
    masks, _ = propagate(sudoku(), initial_masks(sudoku(), puzzles))
    settled = (masks_to_values(masks) > 0).all(axis=1)
    return puzzles[settled], solutions[settled]


def hard() -> Values:
    """The hardest included puzzles (B, 81)."""
    found = formats.read_path(asset("puzzles/hard-100.sdm"))
    return np.array([entry.puzzle.givens for entry in found if entry.puzzle], np.int8)


def renamed(
    rng: np.random.Generator, count: int, *grids: Values
) -> Iterator[tuple[npt.NDArray[np.int8], ...]]:
    """The same rows of each of `grids`, drawn `count` times, their values renamed at random."""
    while count > 0:
        rows = rng.integers(len(grids[0]), size=min(count, CHUNK))
        names = rng.permuted(np.tile(np.arange(1, 10, dtype=np.int8), (len(rows), 1)), axis=1)
        table = np.concatenate([np.zeros((len(rows), 1), np.int8), names], axis=1)
        yield tuple(np.take_along_axis(table, grid[rows].astype(np.intp), 1) for grid in grids)
        count -= len(rows)


def write(path: Path, seed: int, count: int, *grids: Values) -> Path:
    """A file of `count` puzzles, one a line: a table where their solutions come with them."""
    rng = np.random.default_rng(seed)
    with path.open("wb") as stream:
        stream.write(b"puzzle,solution\n" if len(grids) > 1 else b"")
        for columns in renamed(rng, count, *grids):
            fields = np.concatenate([_text(grid, last=grid is columns[-1]) for grid in columns], 1)
            stream.write(fields.tobytes())
    return path


def _text(grid: npt.NDArray[np.int8], last: bool) -> npt.NDArray[np.uint8]:
    text = np.frombuffer(grid.tobytes().translate(SYMBOLS), np.uint8).reshape(grid.shape)
    end = np.full((len(grid), 1), ord("\n" if last else ","), np.uint8)
    return np.concatenate([text, end], axis=1)


def measure(
    name: str,
    make: tuple[Values, ...],
    count: int,
    folder: Path,
    repeats: int,
    arguments: tuple[str, ...],
) -> dict[str, Any]:
    """One row of the table: rates of the puzzles by which the larger file is larger."""
    suffix = "csv" if len(make) > 1 else "txt"
    runs = []
    for size in (count // 2, count):
        path = write(folder / f"p.{suffix}", size, size, *make)
        done = [solve(*arguments, "-o", str(folder / "out"), str(path)) for _ in range(repeats)]
        runs.append(Run(*map(min, zip(*map(astuple, done), strict=True))))
    further, (small, large) = count - count // 2, runs
    return {
        "puzzles": name,
        "arguments": " ".join(arguments),
        "count": count,
        "a second": rate(further, large.wall_s - small.wall_s),
        "a processor second": rate(further, large.cpu_s - small.cpu_s),
        "peak MB": round(large.peak_mb),
    }


def rate(count: int, seconds: float) -> int | None:
    """Puzzles a second; None where other work on the machine drowned the difference."""
    return round(count / seconds) if seconds > 0 else None


def table(options: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Every row in turn."""
    grids, solutions = easy(options.seed)
    n, jobs, most = options.count, str(options.jobs), options.repeats
    solve("-o", str(folder / "out"), str(write(folder / "p.txt", 0, n // 2, grids)))  # compiles
    for mode in ("guided", "exact"):
        for made, name in (((grids, solutions), "easy, table"), ((grids,), "easy, lines")):
            for workers in ("1", jobs):
                asked = ("--mode", mode, "--jobs", workers, "-f", "jsonl")
                yield measure(name, made, n, folder, most, asked)
        asked = ("--mode", mode, "--jobs", "1", "-f", "grid")
        yield measure("easy, lines", (grids,), max(n // 100, 4), folder, most, asked)
    for workers in ("1", jobs):
        asked = ("--mode", "exact", "--jobs", workers, "-f", "jsonl")
        yield measure("hardest", (hard(),), max(n // 10, 4), folder, most, asked)
    for size in (10_000, options.memory) if options.memory else ():
        asked = ("--mode", "guided", "--jobs", "1", "-f", "jsonl")
        yield measure("memory", (grids, solutions), size, folder, 1, asked)


def main() -> None:
    """Print the table and its JSON."""
    parser = options_of(__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="easy puzzles; a tenth hard")
    parser.add_argument("--jobs", type=int, default=2, help="workers beside one process alone")
    parser.add_argument("--repeats", type=int, default=2, help="runs, of which the best counts")
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="compare 10,000 and N")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    facts = {"load": round(os.getloadavg()[0], 1), "compiled": available()}
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    with tempfile.TemporaryDirectory() as folder:
        rows = show(table(options, Path(folder)))
    end("batch", **facts, seed=options.seed, rows=rows)


if __name__ == "__main__":
    main()

"""What share of real puzzles does the model alone solve, with how many operations a puzzle?

Neural mode by its usual schedule (nothing committed before the last call, z redrawn for each
call), so that givens are clamped and no candidate is eliminated by a rule. For each model and set,
K latents a puzzle are run in two ways of choosing among their grids. "valid" checks the rules after
every call and stops at the first valid grid; "margin" makes every call and answers with the grid
that the model is surest of, which no rule has seen. A puzzle is solved if the verifier accepts the
answer; intervals are 95% (Wilson).

NFE are calls, loops are those of all calls, rows are calls times latents, all means over the
puzzles of a set, solved or not. Operations are multiplications and additions of all matrix products
that were run, for all latents, encoder and prior included (`benchmarks/operations.py`: sums by
gather and scatter count nothing). Seconds are processor time at one thread, counting taken off.

The puzzles are the included ones, or sets of --data FOLDER, one puzzle a line. --earlier FILE puts
the rows of an output of this benchmark into the same table, for a model that this version no longer
reads. The last line is one JSON document.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks.harness import end, options_of
from benchmarks.operations import Count, counting
from vmd_solver import assets
from vmd_solver.denoiser import Denoiser, load
from vmd_solver.errors import VmdError
from vmd_solver.sampling import Settings, Solver
from vmd_solver.sampling.settings import Select
from vmd_training.evaluation.sets import PuzzleSet, read
from vmd_training.intervals import share
from vmd_training.tables import Row, markdown, share_cell

SETS = ("forum", "magictour", "top95", "clue17", "hard", "multi")
"""Files of --data, without .txt."""

SELECTS: tuple[Select, ...] = get_args(Select)
COLUMNS = ("solved", "NFE", "loops", "rows", "10^9 operations", "s")


def measure(denoiser: Denoiser, puzzles: PuzzleSet, settings: Settings, count: Count) -> Row:
    """The share of a set that is solved, and what a puzzle took on average.

    Raises VmdError where no operation was counted: the engine no longer runs what is counted.
    """
    operations, counted_s, started = count.operations, count.seconds, time.process_time()
    solutions = list(Solver(settings, denoiser).stream(puzzles.puzzles))
    seconds = time.process_time() - started - (count.seconds - counted_s)
    if count.operations == operations:
        raise VmdError("no ONNX graph was run where operations are counted; see operations.py")
    return {
        **share(sum(one.status == "solved" for one in solutions), len(solutions)),
        "nfe": round(float(np.mean([one.nfe for one in solutions])), 3),
        "loops": round(float(np.mean([one.loops for one in solutions])), 2),
        "rows": round(float(np.mean([one.nfe * one.latents for one in solutions])), 2),
        "operations": round((count.operations - operations) / len(solutions)),
        "seconds": round(seconds / len(solutions), 5),
    }


def results(
    model: str | None, sets: Sequence[PuzzleSet], options: argparse.Namespace
) -> Iterator[Row]:
    """One row for each set, K and way of choosing, each from a run of its own."""
    denoiser = load(model, "cpu", 1)
    name = Path(model).name if model else denoiser.name
    loops = options.loops or denoiser.loops
    head = {
        "model": name, "digest": digest(model), "calls": options.nfe, "loops_a_call": loops,
    }  # fmt: skip
    with counting() as count:
        two = Settings.usual(mode="neural", nfe=2, latents=1)
        list(Solver(two, denoiser).stream(sets[0].puzzles[:1]))  # opens every session
        for puzzles in sets:
            for K in options.latents:
                for select in options.select:
                    settings = Settings.usual(
                        mode="neural", nfe=options.nfe, loops=loops, latents=K,
                        select=select, seed=options.seed,
                    )  # fmt: skip
                    facts = {"set": puzzles.name, "set_digest": puzzles.digest, "latents": K}
                    row = measure(denoiser, puzzles, settings, count)
                    yield {**head, **facts, "select": select, **row}


def digest(model: str | None) -> str:
    """Twelve digits of the SHA-256 of a model's list of digests."""
    named = model is None or not Path(model).exists()
    folder = assets.model_path(model) if named else Path(str(model))
    return sha256((folder / "SHA256SUMS").read_bytes()).hexdigest()[:12]


def table(rows: Sequence[Row]) -> str:
    """Rows in Markdown: a line for each set, K and model, with both ways of choosing."""
    columns = [f"{select}: {column}" for select in SELECTS for column in COLUMNS]
    found = {_line_of(row): dict[str, Row]() for row in rows}
    for row in rows:
        found[_line_of(row)][row["select"]] = row
    sets = list(dict.fromkeys(row["set"] for row in rows))
    lines = sorted(found, key=lambda line: (sets.index(line[0]), line[1]))
    cells = (
        [*line, *(cell for select in SELECTS for cell in _cells(found[line].get(select)))]
        for line in lines
    )
    return markdown(("set", "K", "model", *columns), cells)


def _line_of(row: Row) -> tuple[str, int, str]:
    return row["set"], row["latents"], row["model"]


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return [""] * len(COLUMNS)
    return [
        f"{row['solved']}/{row['puzzles']}: {share_cell(row, 3, ' to ')}",
        f"{row['nfe']:.2f}",
        f"{row['loops']:.0f}",
        f"{row['rows']:.1f}",
        f"{row['operations'] / 1e9:.3g}",
        f"{row['seconds']:.3g}",
    ]


def earlier(path: Path) -> list[Row]:
    """The rows of an output of this benchmark."""
    rows: list[Row] = json.loads(path.read_text("utf-8").splitlines()[-1])["rows"]
    return rows


def options() -> argparse.Namespace:
    """The options of the command."""
    parser = options_of(__doc__)
    parser.add_argument("--model", action="append", help="may be given again; default: the usual")
    parser.add_argument("--data", type=Path, default=None, help="folder with the sets")
    parser.add_argument("--sets", nargs="+", default=SETS, help="names of files in --data")
    parser.add_argument("--count", type=int, default=200, help="first N puzzles of each set")
    parser.add_argument("--latents", type=int, nargs="+", default=(1, 4, 16))
    parser.add_argument("--select", nargs="+", choices=SELECTS, default=SELECTS)
    parser.add_argument("--nfe", type=int, default=10, help="most calls on a puzzle")
    parser.add_argument("--loops", type=int, default=None, help="of a call; default: the model's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--earlier", type=Path, action="append", default=[], metavar="FILE")
    return parser.parse_args()


def main() -> None:
    """Print the table and its JSON; rows go to standard error as they come."""
    chosen = options()
    files = [assets.path("puzzles/hard-100.sdm")]
    if chosen.data is not None:
        files = [chosen.data / f"{name}.txt" for name in chosen.sets]
    sets = [read(file, chosen.count) for file in files]
    rows = [row for file in chosen.earlier for row in earlier(file)]
    for model in chosen.model or [None]:
        for row in results(model, sets, chosen):
            print(*_line_of(row), row["select"], *_cells(row), file=sys.stderr, flush=True)
            rows.append(row)
    print(table(rows))
    end("solve_rate", threads=1, seed=chosen.seed, rows=rows)


if __name__ == "__main__":
    main()

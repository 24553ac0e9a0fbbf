"""What share of real puzzles does the model alone solve, with how many operations a puzzle?

Neural mode by its usual schedule: givens are clamped and no candidate is eliminated by a rule. K
latents a puzzle, in two ways of choosing among their grids: "valid" checks the rules after every
call and stops at the first valid grid, "margin" makes every call and answers with the grid that the
model is surest of. A puzzle is solved if the verifier accepts the answer; intervals are 95%.

NFE, loops (of all calls), rows (calls times latents), operations (of all products, see
`benchmarks/operations.py`) and processor seconds at one thread, counting taken off, are means over
all puzzles of a set. --earlier FILE puts the rows of an output of this benchmark into the same
table, for a model that this version no longer reads.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import sys
import time
from collections.abc import Sequence
from hashlib import sha256
from itertools import product
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
from vmd_training.tables import Cell, Row, markdown, number, share_cell

SETS = ("forum", "magictour", "top95", "clue17", "hard", "multi")
"""Files of --data, without .txt."""

SELECTS: tuple[Select, ...] = get_args(Select)

COLUMNS: dict[str, Cell] = {
    "solved": lambda row: f"{row['solved']}/{row['puzzles']}: {share_cell(row, 3, ' to ')}",
    "NFE": number("nfe"),
    "loops": number("loops", ".0f"),
    "rows": number("rows", ".1f"),
    "10^9 operations": lambda row: f"{row['operations'] / 1e9:.3g}",
    "s": number("seconds", ".3g"),
}


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


def opened(model: str | None) -> tuple[Denoiser, Row]:
    """A model at one thread, and what names it: twelve digits of the SHA-256 of its digests too."""
    denoiser, sums = load(model, "cpu", 1), assets.model_folder(model) / "SHA256SUMS"
    name = Path(model).name if model else denoiser.name
    return denoiser, {"model": name, "digest": sha256(sums.read_bytes()).hexdigest()[:12]}


def table(rows: Sequence[Row]) -> str:
    """Rows in Markdown: a line for each set, K and model, with both ways of choosing."""
    found: dict[tuple[str, int, str], dict[str, Row]] = {}
    for row in rows:
        found.setdefault((row["set"], row["latents"], row["model"]), {})[row["select"]] = row
    sets = list(dict.fromkeys(row["set"] for row in rows))
    lines = []
    for of in sorted(found, key=lambda line: (sets.index(line[0]), line[1])):
        ways = [found[of].get(select) for select in SELECTS]
        cells = (cell(way) if way else "" for way in ways for cell in COLUMNS.values())
        lines.append([*of, *cells])
    columns = (f"{select}: {column}" for select in SELECTS for column in COLUMNS)
    return markdown(("set", "K", "model", *columns), lines)


def main() -> None:
    options = options_of(
        __doc__,
        model=([str], "name or folder; may be given again; default: the usual"),
        data=(Path, "folder with the sets, one puzzle a line; default: the included puzzles"),
        sets=(SETS, "names of files in --data"),
        count=(200, "first N puzzles of each set"),
        latents=((1, 4, 16), "K"),
        select=(SELECTS, "ways of choosing", SELECTS),
        nfe=(10, "most calls on a puzzle"),
        loops=(int, "of a call; default: the model's"),
        seed=(0, "of the draws"),
        earlier=([Path], "an output of this benchmark; may be given again"),
    )
    named = [options.data / f"{name}.txt" for name in options.sets] if options.data else []
    sets = [read(file, options.count) for file in named or [assets.path("puzzles/hard-100.sdm")]]
    rows: list[Row] = []
    for file in options.earlier:
        rows += json.loads(file.read_text("utf-8").splitlines()[-1])["rows"]
    for model in options.model or [None]:
        denoiser, head = opened(model)
        loops = options.loops or denoiser.loops
        with counting() as count:
            two = Settings.usual(mode="neural", nfe=2, latents=1)
            list(Solver(two, denoiser).stream(sets[0].puzzles[:1]))  # opens every session
            for puzzles, K, select in product(sets, options.latents, options.select):
                settings = Settings.usual(
                    mode="neural", nfe=options.nfe, loops=loops, latents=K, select=select,
                    seed=options.seed,
                )  # fmt: skip
                row = {
                    **head,
                    "calls": options.nfe,
                    "loops_a_call": loops,
                    "set": puzzles.name,
                    "set_digest": puzzles.digest,
                    "latents": K,
                    "select": select,
                    **measure(denoiser, puzzles, settings, count),
                }
                cells = [cell(row) for cell in COLUMNS.values()]
                print(puzzles.name, K, head["model"], select, *cells, file=sys.stderr, flush=True)
                rows.append(row)
    print(table(rows))
    end("solve_rate", threads=1, seed=options.seed, rows=rows)


if __name__ == "__main__":
    main()

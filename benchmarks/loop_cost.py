"""What does a loop of the denoiser cost, and how far is that from its matrix products alone?

Calls of one and of many loops on the first puzzles of two sets, 9x9 and 16x16, for several numbers
of rows; every row starts from its givens. The difference, shared out, is the cost of a loop, and
what is left of the shorter call is the cost of a call apart from its loops (preparing the inputs,
checking the outputs). The floor is the same matrix products, of the same shapes, in numpy or in
torch, whichever is faster, each by itself and with nothing between them. Operations are those of
`benchmarks/operations.py`. Times are processor time at one thread, the fastest of several, since
others may use the machine; the median of a loop stands beside it. The last line is one JSON
document.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.harness import end, options_of, passes
from benchmarks.operations import Product, counting
from benchmarks.solve_rate import digest
from vmd_solver import assets
from vmd_solver.denoiser import Denoiser, load
from vmd_solver.errors import VmdError
from vmd_training.evaluation.sets import PuzzleSet, read
from vmd_training.tables import Cell, Row, number, rows_table, text

FEW, MANY = 1, 33
"""Loops of the two calls."""

Times = npt.NDArray[np.float64]


def seconds(work: Sequence[Callable[[], object]], repeats: int) -> Times:
    """Processor time (repeats, work), all in turn, after one turn that is not counted."""
    turns = np.zeros((repeats + 1, len(work)))
    for turn in turns:
        for at, one in enumerate(work):
            (turn[at],) = passes(one, 1, time.process_time)
    return turns[1:]


def floor(products: Sequence[Product], repeats: int) -> float:
    """Seconds that these products take, each the fastest of several in the faster library.

    Raises ValueError for products of more than matrices (Einsum).
    """
    torch.set_num_threads(1)
    known = {one: fastest(one, repeats) for one in dict.fromkeys(products)}
    return sum(known[one] * one.times for one in products)


def fastest(product: Product, repeats: int) -> float:
    """Seconds of one product; one of two matrices where the second factor has no batch."""
    if product.kind == "Einsum":
        raise ValueError("there is no floor for a graph with Einsum in its loop")
    sides = zip(product.shapes, product.transposed, strict=True)
    a, b = (torch.randn(shape).mT if turned else torch.randn(shape) for shape, turned in sides)
    if b.ndim == 2:
        a = a.reshape(-1, a.shape[-1])
    c = torch.matmul(a, b)
    left, right, result = a.numpy(), b.numpy(), c.numpy()
    work = (lambda: torch.matmul(a, b, out=c), lambda: np.matmul(left, right, out=result))
    return min(float(seconds([one], repeats).min()) for one in work)


def cost(denoiser: Denoiser, puzzles: PuzzleSet, rows: int, repeats: int) -> Row:
    """Of one call and of one loop, on this many rows; puzzles repeat where there are fewer.

    Raises VmdError where no product was seen in a loop: the call ran nothing that is counted.
    """
    chosen = list(islice(cycle(puzzles.puzzles), rows))
    board = chosen[0].board
    x_t = np.stack([puzzle.to_array() for puzzle in chosen]).astype(np.int64)
    allowed = np.ones((rows, board.n, board.D), dtype=np.float32)
    z = denoiser.draw(board, x_t, allowed, np.random.default_rng(0))
    h = denoiser.start(board, rows)

    def call(loops: int) -> Callable[[], object]:
        return lambda: denoiser(board, x_t, allowed, z, h, loops)

    with counting() as count:
        call(1)()
    looped = [one for one in count.products if one.looped]
    if not looped:
        raise VmdError("the call ran no ONNX graph with products in its loop; see operations.py")
    times = seconds([call(FEW), call(MANY)], repeats)
    few, many = times.min(axis=0)
    alone = floor(looped, repeats)
    a_loop = (many - few) / (MANY - FEW)
    typical = float(np.median(times[:, 1] - times[:, 0])) / (MANY - FEW)
    return {
        "set": puzzles.name, "n": board.n, "rows": rows,
        "call_ms": round(1e3 * (few - FEW * a_loop), 3), "loop_ms": round(1e3 * a_loop, 4),
        "loop_ms_a_row": round(1e3 * a_loop / rows, 5),
        "median_ms_a_row": round(1e3 * typical / rows, 5),
        "operations_a_row": round(sum(one.operations * one.times for one in looped) / rows),
        "floor_ms_a_row": round(1e3 * alone / rows, 5), "of_the_floor": round(a_loop / alone, 2),
    }  # fmt: skip


def results(
    model: str | None, sets: dict[int, PuzzleSet], options: argparse.Namespace
) -> Iterator[Row]:
    """One row for each set and number of rows."""
    denoiser = load(model, "cpu", 1)
    head = {"model": Path(model).name if model else denoiser.name, "digest": digest(model)}
    for D, puzzles in sets.items():
        for rows in options.rows if D == 9 else options.large:
            yield {**head, **cost(denoiser, puzzles, rows, options.repeats)}


COLUMNS: dict[str, Cell] = {
    "set": text("set"),
    "rows": text("rows"),
    "model": text("model"),
    "ms a call, loops apart": text("call_ms"),
    "ms a loop": text("loop_ms"),
    "ms a loop and row": text("loop_ms_a_row"),
    "median": text("median_ms_a_row"),
    "operations a loop and row": number("operations_a_row", ","),
    "products alone, ms": text("floor_ms_a_row"),
    "times that": text("of_the_floor"),
}


def main() -> None:
    """Print the table and its JSON."""
    parser = options_of(__doc__)
    parser.add_argument("--model", action="append", help="may be given again; default: the usual")
    parser.add_argument("--data", type=Path, default=None, help="folder with sudoku/ and large/")
    parser.add_argument("--rows", type=int, nargs="+", default=(1, 16, 64), help="of 9x9 boards")
    parser.add_argument("--large", type=int, nargs="+", default=(1, 16), help="of 16x16 boards")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    files = [assets.path("puzzles/hard-100.sdm"), assets.puzzle_path("16x16")]
    if options.data is not None:
        files = [options.data / "sudoku" / "hard.txt", options.data / "large" / "sudoku16.jsonl"]
    sets = {D: read(file, 100) for D, file in zip((9, 16), files, strict=True)}
    rows = [row for model in options.model or [None] for row in results(model, sets, options)]
    print(rows_table(COLUMNS, sorted(rows, key=lambda row: (row["n"], row["rows"]))))
    end("loop_cost", threads=1, repeats=options.repeats, loops=[FEW, MANY], rows=rows)


if __name__ == "__main__":
    main()

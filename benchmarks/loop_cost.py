"""What does a loop of the denoiser cost, and how far is that from its matrix products alone?

Calls of few and of many loops on the first puzzles of two sets, 9x9 and 16x16, every row from its
givens: the difference, shared out, is a loop, and the rest of the shorter call what is apart from
loops. The floor is the same products in numpy or torch, whichever is faster, with nothing between
them. Processor time at one thread, the fastest of several; the median of a loop stands beside it.

A second table has puzzles with rules, one row each, beside the same boards with their units alone:
what it costs to hear relations and automata.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.harness import end, options_of, passes
from benchmarks.operations import Product, counting
from benchmarks.solve_rate import opened
from vmd_solver import assets, load
from vmd_solver.csp import Puzzle
from vmd_solver.denoiser import Denoiser
from vmd_solver.denoiser.rules import rules_of
from vmd_solver.errors import VmdError
from vmd_training.evaluation.sets import PuzzleSet, read
from vmd_training.tables import Cell, Row, number, rows_table, text

RULED = ("rules-cages", "rules-signs", "rules-lines", "rules-clues", "rules-cells", "mixed")
"""Files with one puzzle of each rule."""
FEW, MANY = 1, 33
"""Loops of the two calls."""


def seconds(work: Sequence[Callable[[], object]], repeats: int) -> npt.NDArray[np.float64]:
    """Processor time (repeats, work), all in turn, after one turn that is not counted."""
    turns = [[passes(one, 1, time.process_time)[0] for one in work] for _ in range(repeats + 1)]
    return np.array(turns[1:])


def floor(products: Iterable[Product], repeats: int) -> float:
    """Seconds that these products take, each the fastest of several in the faster library.

    Raises ValueError for products of more than matrices (Einsum).
    """
    torch.set_num_threads(1)
    total = 0.0
    for product, often in Counter(products).items():
        if product.kind == "Einsum":
            raise ValueError("there is no floor for a graph with Einsum in its loop")
        sides = zip(product.shapes, product.transposed, strict=True)
        a, b = (torch.randn(shape).mT if turned else torch.randn(shape) for shape, turned in sides)
        if b.ndim == 2:  # no batch: one product of two matrices
            a = a.reshape(-1, a.shape[-1])
        c = torch.matmul(a, b)
        left, right, result = a.numpy(), b.numpy(), c.numpy()
        ways = (partial(torch.matmul, a, b, out=c), partial(np.matmul, left, right, out=result))
        total += min(seconds([way], repeats).min() for way in ways) * product.times * often
    return float(total)


def cost(denoiser: Denoiser, puzzles: PuzzleSet, rows: int, repeats: int) -> Row:
    """Of one call and of one loop, on this many rows; puzzles repeat where there are fewer.

    Raises VmdError where no product was seen in a loop: the call ran nothing that is counted.
    """
    chosen = list(islice(cycle(puzzles.puzzles), rows))
    board = chosen[0].board
    x_t = np.stack([puzzle.to_array() for puzzle in chosen]).astype(np.int64)
    allowed = np.ones((rows, board.n, board.D), dtype=np.float32)
    z = denoiser.draw(board, x_t, allowed, np.random.default_rng(0))
    call = partial(denoiser, board, x_t, allowed, z, denoiser.start(board, rows))
    with counting() as count:
        call(1)
    looped = [one for one in count.products if one.looped]
    if not looped:
        raise VmdError("the call ran no ONNX graph with products in its loop; see operations.py")
    times = seconds([partial(call, FEW), partial(call, MANY)], repeats)
    few, many = times.min(axis=0)
    a_loop = (many - few) / (MANY - FEW)
    typical = float(np.median(times[:, 1] - times[:, 0])) / (MANY - FEW)
    alone = floor(looped, repeats)
    return {
        "set": puzzles.name,
        "n": board.n,
        "rows": rows,
        "call_ms": round(1e3 * (few - FEW * a_loop), 3),
        "loop_ms": round(1e3 * a_loop, 4),
        "loop_ms_a_row": round(1e3 * a_loop / rows, 5),
        "median_ms_a_row": round(1e3 * typical / rows, 5),
        "operations_a_row": round(sum(one.operations * one.times for one in looped) / rows),
        "floor_ms_a_row": round(1e3 * alone / rows, 5),
        "of_the_floor": round(a_loop / alone, 2),
    }


def heard(denoiser: Denoiser, puzzle: Puzzle, rows: int, repeats: int) -> Row:
    """What a loop costs on a board with rules, and on its units alone."""
    board, plain = puzzle.board, replace(puzzle.board, rules=())
    x_t = np.tile(puzzle.to_array().astype(np.int64), (rows, 1))
    allowed = np.ones((rows, board.n, board.D), dtype=np.float32)
    calls: list[Callable[[], object]] = []
    for one in (board, plain):
        z = denoiser.draw(one, x_t, allowed, np.random.default_rng(0))
        call = partial(denoiser, one, x_t, allowed, z, denoiser.start(one, rows))
        calls += [partial(call, FEW), partial(call, MANY)]
    few, many, few_plain, many_plain = seconds(calls, repeats).min(axis=0)
    a_loop, of_units = (many - few) / (MANY - FEW), (many_plain - few_plain) / (MANY - FEW)
    rules = rules_of(board, 1)
    return {
        "set": f"{board.rows}x{board.cols} {puzzle.name}",
        "rows": rows,
        "relations": len(rules.hearers) // (2 * board.D),
        "arcs": len(rules.arcs),
        "call_ms": round(1e3 * (few - FEW * a_loop), 3),
        "loop_ms_a_row": round(1e3 * a_loop / rows, 4),
        "times_units": round(a_loop / of_units, 2),
    }


HEARD: dict[str, Cell] = {
    "rules": text("set"),
    "rows": text("rows"),
    "relations": text("relations"),
    "arcs": text("arcs"),
    "ms a call, loops apart": text("call_ms"),
    "ms a loop and row": text("loop_ms_a_row"),
    "times that of the units alone": text("times_units"),
}
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
    options = options_of(
        __doc__,
        model=([str], "name or folder; may be given again; default: the usual"),
        data=(Path, "folder with sudoku/ and large/"),
        rows=((1, 16, 64), "of 9x9 boards"),
        large=((1, 16), "of 16x16 boards"),
        ruled=((1, 4), "of boards with rules"),
        repeats=(15, "passes, of which the fastest counts"),
    )
    files = [assets.path("puzzles/hard-100.sdm"), assets.puzzle_path("16x16")]
    if options.data is not None:
        files = [options.data / "sudoku" / "hard.txt", options.data / "large" / "sudoku16.jsonl"]
    sets = [read(file, 100) for file in files]
    found = []
    for model in options.model or [None]:
        denoiser, head = opened(model)
        for puzzles, batches in zip(sets, (options.rows, options.large), strict=True):
            found += [{**head, **cost(denoiser, puzzles, B, options.repeats)} for B in batches]
    print(rows_table(COLUMNS, sorted(found, key=lambda row: (row["n"], row["rows"]))))
    denoiser, _ = opened((options.model or [None])[0])
    puzzles_of = (load(f"puzzles/{file}.txt") for file in RULED if denoiser.ruled)
    linked = [puzzle for found in puzzles_of for puzzle in found if puzzle.board.linked]
    ruled = [heard(denoiser, one, B, options.repeats) for one in linked for B in options.ruled]
    print(rows_table(HEARD, ruled))
    end("loop_cost", threads=1, heard=ruled, repeats=options.repeats, loops=[FEW, MANY], rows=found)


if __name__ == "__main__":
    main()

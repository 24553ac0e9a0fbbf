"""Where does the time of guided mode go, and how far is a loop of the model from the floor?

First part: puzzles through the engine as a batch goes through it, one process, one thread of the
model; the seconds inside each part of the work, without those of the parts it calls. Puzzles are
minimal ones made from --seed, or the .txt files of --data DIR/sudoku.

Second part: one loop of the denoiser on a 9x9 board (a call of many loops less a call of one), for
several batches, beside two floors: its multiplications and additions at the rate of this machine's
best matrix product, and the bytes its nodes must at least read and write, if each ran by itself,
at the rate of its best copy. Both rates are measured here, on one thread. Ratios are what to
compare: the machine may do other work. The last line is one JSON document.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import platform
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np

from vmd_solver.assets import path as asset
from vmd_solver.batch import pipeline
from vmd_solver.batch.parts import numbered, parts
from vmd_solver.batch.pipeline import Pipeline
from vmd_solver.batch.records import OutputStyle
from vmd_solver.batch.request import Request
from vmd_solver.csp import Board, exact
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_solver.denoiser import load
from vmd_solver.denoiser.onnx import OnnxDenoiser
from vmd_solver.sampling import Settings, bulk, guided, job, solver

PARTS: tuple[tuple[str, Any, str], ...] = (
    ("model: the denoiser", OnnxDenoiser, "__call__"),
    ("model: the prior", OnnxDenoiser, "draw"),
    ("search", exact, "count"),
    ("propagation", solver, "propagate"),
    ("propagation", guided, "propagate"),
    ("propagation", bulk, "propagate"),
    ("verifying", job, "verify"),
    ("reading", pipeline, "columns"),
    ("writing", Pipeline, "_records"),
)
"""What is timed: a name, and where the function is looked up when it is called."""

BATCHES = (1, 4, 16, 64)
MANY = 17


class Clock:
    """Seconds by part, each without the parts inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._within: list[float] = []

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted under `name`."""

        @wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            self._within.append(0.0)
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - started
                self.seconds[name] += spent - self._within.pop()
                if self._within:
                    self._within[-1] += spent

        return inner


@contextmanager
def timing(clock: Clock) -> Iterator[None]:
    """All PARTS are timed within the block."""
    with ExitStack() as stack:
        for name, place, attribute in PARTS:
            inner = clock.timed(name, getattr(place, attribute))
            stack.enter_context(patch.object(place, attribute, inner))
        yield


def shares(file: Path, settings: Settings) -> dict[str, Any]:
    """Where the time goes with the puzzles of a file, and how many a second are done."""
    request = Request((str(file),), settings, threads=1)
    clock = Clock()
    found = numbered(parts(request.files, None, "sudoku"))
    work = Pipeline(request, OutputStyle("jsonl"))
    _ = work._solver  # opens the model
    with timing(clock):
        started = time.perf_counter()
        done = sum(report.tally.done for report in work.reports(found))
        spent = time.perf_counter() - started
    rest = {"everything else": spent - sum(clock.seconds.values())}
    seconds = {**clock.seconds, **rest}
    return {
        "set": file.stem, "puzzles": done, "a_second": round(done / spent, 1),
        "shares": {name: round(s / spent, 3) for name, s in seconds.items()},
    }  # fmt: skip


def loop_seconds(denoiser: OnnxDenoiser, board: Board, B: int, repeats: int) -> float:
    """Of one loop on B rows: best of several calls of MANY loops, less the best of one."""
    rng = np.random.default_rng(0)
    x_t = np.zeros((B, board.n), dtype=np.int64)
    allowed = np.ones((B, board.n, board.D), dtype=np.float32)
    z, h = denoiser.draw(board, x_t, allowed, rng), denoiser.start(board, B)
    best = {1: float("inf"), MANY: float("inf")}
    for _ in range(repeats):
        for loops in best:
            started = time.perf_counter()
            denoiser(board, x_t, allowed, z, h, loops)
            best[loops] = min(best[loops], time.perf_counter() - started)
    return (best[MANY] - best[1]) / (MANY - 1)


def work_of(shape: dict[str, Any], board: Board) -> tuple[float, float]:
    """Floating-point operations and bytes of one loop on one row.

    Bytes: each array between two nodes of the graph written once and read once; weights stay.
    """
    n, D, U = board.n, board.D, len(board.units)
    d, m, hidden = shape["d"], shape["messages"], shape["hidden"]
    state = d + m + 2 + 3 + shape["k"]
    multiplied = (
        2 * n * D * d * m  # to_unit, to_cell
        + 2 * U * n * D * (m + 1)  # sums over units and back, by a dense table
        + U * D * (m + 2) * m
        + n * m * hidden
        + n * D * (state * hidden + hidden * d + d)
    )
    numbers = n * D * (4 * d + 5 * m + 2 * state + 4 * hidden) + 4 * U * D * (m + 2)
    return 2.0 * multiplied, 4.0 * 2 * numbers


def best_of(function: Callable[[], Any], repeats: int) -> float:
    """Seconds of the fastest of several runs."""
    found = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        found = min(found, time.perf_counter() - started)
    return found


def peaks(repeats: int) -> tuple[float, float]:
    """Operations a second of a large float32 product, and bytes a second of a large copy."""
    a = np.random.default_rng(0).standard_normal((1024, 1024), dtype=np.float32)
    source, target = np.zeros(1 << 25, np.float32), np.zeros(1 << 25, np.float32)
    product = best_of(lambda: a @ a, repeats)
    copy = best_of(lambda: np.copyto(target, source), repeats)
    return 2 * 1024**3 / product, 2 * source.nbytes / copy


def made(count: int, seed: int, folder: Path) -> Path:
    """A file of minimal puzzles."""
    givens, _ = minimal_puzzles(sudoku(3, 3), count, np.random.default_rng(seed))
    path = folder / "minimal.txt"
    lines = ("".join(map(str, row)) + "\n" for row in givens.tolist())
    path.write_text("".join(lines))
    return path


def main() -> None:
    """Print both parts and their JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default=None)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        if options.data is None:
            files = [made(options.count, options.seed, Path(folder))]
        else:
            files = sorted((options.data / "sudoku").glob("*.txt"))
        rows = [shares(file, Settings()) for file in files]
    for row in rows:
        told = ", ".join(f"{name} {share:.0%}" for name, share in row["shares"].items())
        print(f"{row['set']}: {row['puzzles']} puzzles, {row['a_second']} a second; {told}")
    board = sudoku(3, 3)
    denoiser = load(options.model, "cpu", 1)
    assert isinstance(denoiser, OnnxDenoiser)
    exported = Path(options.model) if options.model else asset("exported") / denoiser.name
    shape = json.loads((exported / "config.json").read_text("utf-8"))["model"]
    flops, moved = work_of(shape, board)
    product, copy = peaks(options.repeats)
    print(
        f"a loop: {flops / 1e6:.1f} million operations, {moved / 1e6:.1f} MB through memory;"
        f" best product {product / 1e9:.0f} billion a second, best copy {copy / 1e9:.1f} GB"
    )
    loops = []
    for B in BATCHES:
        seconds = loop_seconds(denoiser, board, B, options.repeats)
        floor = B * flops / product
        loops.append({
            "rows": B, "ms": round(1e3 * seconds, 3), "of_the_floor": round(seconds / floor, 2),
            "of_the_bytes": round(seconds / (B * moved / copy), 2),
        })  # fmt: skip
        print(
            f"{B:3} rows: {1e3 * seconds:.2f} ms a loop, {seconds / floor:.1f} times the products"
            f" alone, {seconds / (B * moved / copy):.1f} times the bytes alone"
        )
    facts = {"machine": platform.machine(), "processor": platform.processor()}
    print(json.dumps({**facts, "guided": rows, "loops": loops}))


if __name__ == "__main__":
    main()

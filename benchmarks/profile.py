"""Where does the time of guided mode go, and how far is a loop of the model from the floor?

First part: puzzles through the engine as a batch goes through it, one process, one thread of the
model; the seconds inside each part of the work, without those of the parts it calls. Puzzles are
minimal ones made from --seed, or the .txt files of --data DIR/sudoku.

Second part: one loop of the denoiser on these boards for several batches, beside its matrix
products alone, as `benchmarks.loop_cost` measures it. The last line is one JSON document.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

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

from benchmarks.harness import end, options_of
from benchmarks.loop_cost import COLUMNS, cost
from vmd_solver.batch import pipeline
from vmd_solver.batch.parts import parts
from vmd_solver.batch.pipeline import Pipeline
from vmd_solver.batch.records import JsonLines
from vmd_solver.batch.request import Request
from vmd_solver.csp import exact
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_solver.denoiser import load
from vmd_solver.denoiser.onnx import OnnxDenoiser
from vmd_solver.sampling import Settings, bulk, guided, job, solver
from vmd_training.evaluation.sets import read
from vmd_training.tables import rows_table

PARTS: tuple[tuple[str, Any, str], ...] = (
    ("model: the denoiser", OnnxDenoiser, "__call__"),
    ("model: the prior", OnnxDenoiser, "draw"),
    ("search", exact, "count"),
    ("propagation", solver, "propagate"),
    ("propagation", guided, "propagate"),
    ("propagation", bulk, "propagate"),
    ("verifying", job, "verify"),
    ("reading", pipeline, "columns"),
    ("writing", JsonLines, "record_many"),
)
"""What is timed: a name, and where the function is looked up when it is called."""

BATCHES = (1, 4, 16, 64)


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
    found = parts(request.files, None, "sudoku")
    work = Pipeline(JsonLines(request))
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


def made(count: int, seed: int, folder: Path) -> Path:
    """A file of minimal puzzles."""
    givens, _ = minimal_puzzles(sudoku(3, 3), count, np.random.default_rng(seed))
    path = folder / "minimal.txt"
    lines = ("".join(map(str, row)) + "\n" for row in givens.tolist())
    path.write_text("".join(lines))
    return path


def main() -> None:
    """Print both parts and their JSON."""
    parser = options_of(__doc__)
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
        puzzles = read(files[0], max(BATCHES))
    for row in rows:
        parts = ", ".join(f"{name} {share:.0%}" for name, share in row["shares"].items())
        print(f"{row['set']}: {row['puzzles']} puzzles, {row['a_second']} a second; {parts}")
    denoiser = load(options.model, "cpu", 1)
    loops = [
        {"model": denoiser.name, **cost(denoiser, puzzles, B, options.repeats)} for B in BATCHES
    ]
    print(rows_table(COLUMNS, loops))
    end("profile", guided=rows, loops=loops)


if __name__ == "__main__":
    main()

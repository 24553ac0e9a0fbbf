"""Where does the time of guided mode go, and how far is a loop of the model from the floor?

First puzzles through the engine as a batch goes through it, one process, one thread of the model:
the seconds inside each part of the work, without those of the parts it calls. Puzzles are minimal
ones made from --seed, or the .txt files of --data DIR/sudoku. Then one loop of the denoiser on
these boards for several batches, as `benchmarks.loop_cost` measures it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from vmd_training.tables import Row, rows_table

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


@contextmanager
def timing() -> Iterator[dict[str, float]]:
    """The seconds of all PARTS that run within the block, each without the parts inside it."""
    seconds: defaultdict[str, float] = defaultdict(float)
    within: list[float] = []

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*args: Any, **kwargs: Any) -> Any:
            within.append(0.0)
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - started
                seconds[name] += spent - within.pop()
                if within:
                    within[-1] += spent

        return inner

    with ExitStack() as stack:
        for name, place, attribute in PARTS:
            inner = timed(name, getattr(place, attribute))
            stack.enter_context(patch.object(place, attribute, inner))
        yield seconds


def shares(file: Path) -> Row:
    """Where the time goes with the puzzles of a file, and how many a second are done."""
    request = Request((str(file),), Settings(), threads=1)
    found = parts(request.files, None, "sudoku")
    work = Pipeline(JsonLines(request))
    _ = work._solver  # opens the model
    with timing() as seconds:
        started = time.perf_counter()
        done = sum(report.tally.done for report in work.reports(found))
        spent = time.perf_counter() - started
    parted = {**seconds, "everything else": spent - sum(seconds.values())}
    return {
        "set": file.stem,
        "puzzles": done,
        "a_second": round(done / spent, 1),
        "shares": {name: round(part / spent, 3) for name, part in parted.items()},
    }


def main() -> None:
    options = options_of(
        __doc__,
        data=(Path, "folder of evaluation data, e.g. shared/data"),
        count=(500, "puzzles that are made"),
        repeats=(15, "passes of a loop, of which the fastest counts"),
        seed=(0, "of the puzzles"),
        model=(str, "whose loops are measured; default: the usual"),
    )
    with TemporaryDirectory() as folder:
        if options.data is None:
            givens, _ = minimal_puzzles(
                sudoku(), options.count, np.random.default_rng(options.seed)
            )
            files = [Path(folder) / "minimal.txt"]
            files[0].write_text(
                "".join("".join(map(str, row)) + "\n" for row in givens.tolist()), "utf-8"
            )
        else:
            files = sorted((options.data / "sudoku").glob("*.txt"))
        rows = [shares(file) for file in files]
        puzzles = read(files[0], max(BATCHES))
    for row in rows:
        parted = ", ".join(f"{name} {share:.0%}" for name, share in row["shares"].items())
        print(f"{row['set']}: {row['puzzles']} puzzles, {row['a_second']} a second; {parted}")
    denoiser = load(options.model, "cpu", 1)
    loops = [
        {"model": denoiser.name, **cost(denoiser, puzzles, B, options.repeats)} for B in BATCHES
    ]
    print(rows_table(COLUMNS, loops))
    end("profile", guided=rows, loops=loops)


if __name__ == "__main__":
    main()

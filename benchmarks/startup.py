"""How long does one puzzle take from a cold command, and how much memory?

Whole runs of the installed `vmd-solve` on an included puzzle, in a folder of its own, after one
that warms the disk cache: seconds by the clock and of the processors, and the largest resident
memory of any run. With PYTHONDONTWRITEBYTECODE each run would compile the sources first: it is
unset.
"""

from __future__ import annotations

import os
import sys
import tempfile

from benchmarks.harness import end, installed, median_and_p90, options_of, run, show
from vmd_solver.assets import puzzle_path
from vmd_training.tables import Row


def measure(command: list[str], repeats: int) -> Row:
    """Median and p90 of `repeats` runs after a warming one, and the median of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        run(command, folder)
        runs = [run(command, folder) for _ in range(repeats)]
    seconds = median_and_p90((one.wall_s for one in runs), "s", 3)
    cpu = median_and_p90((one.cpu_s for one in runs), "cpu_s", 3)
    seconds["median_cpu_s"] = cpu["median_cpu_s"]
    return {**seconds, "peak_mb": round(max(one.peak_mb for one in runs), 1)}


def main() -> None:
    options = options_of(
        __doc__,
        puzzle=("hard", "an included puzzle"),
        repeats=(10, "runs of each command"),
        model=(str, "name or folder; default: the usual"),
    )
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    solve = [installed("vmd-solve"), *(["--model", options.model] if options.model else [])]
    puzzle = str(puzzle_path(options.puzzle))
    commands = {mode: [*solve, "--mode", mode, puzzle] for mode in ("guided", "exact")}
    commands["python, import numpy"] = [sys.executable, "-c", "import numpy"]
    columns = {"process": "process", "median s": "median_s", "p90 s": "p90_s"}
    columns |= {"processor s": "median_cpu_s", "peak MB": "peak_mb"}
    found = ({"process": name, **measure(one, options.repeats)} for name, one in commands.items())
    rows = show(found, columns)
    end("startup", puzzle=options.puzzle, repeats=options.repeats, processes=rows)


if __name__ == "__main__":
    main()

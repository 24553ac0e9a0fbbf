"""How long does one puzzle take from a cold command, and how much memory?

Runs the installed `vmd-solve` on an included puzzle, as a whole process, several times after one
run that warms the disk cache, in each mode, in a folder of its own. Wall seconds (median, p90) and
the largest resident memory of any run, as the operating system accounts them. The last line is one
JSON document.
"""

from __future__ import annotations

import sys
import tempfile

from benchmarks.harness import end, installed, median_and_p90, options_of, run, show
from vmd_solver.assets import puzzle_path
from vmd_training.tables import Row, text


def measure(command: list[str], repeats: int) -> Row:
    """Median and p90 of `repeats` runs after a warming one."""
    with tempfile.TemporaryDirectory() as folder:
        run(command, folder)
        runs = [run(command, folder) for _ in range(repeats)]
    seconds = median_and_p90((one.wall_s for one in runs), "s", 3)
    return {**seconds, "peak_mb": round(max(one.peak_mb for one in runs), 1)}


def main() -> None:
    """Print a table and its JSON."""
    parser = options_of(__doc__)
    parser.add_argument("--puzzle", default="hard", help="a shipped puzzle")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--model", default=None)
    options = parser.parse_args()
    solve = [installed("vmd-solve"), *(["--model", options.model] if options.model else [])]
    puzzle = str(puzzle_path(options.puzzle))
    commands = {mode: [*solve, "--mode", mode, puzzle] for mode in ("guided", "exact")}
    commands["python, import numpy"] = [sys.executable, "-c", "import numpy"]
    rows = show(
        ({"process": name, **measure(one, options.repeats)} for name, one in commands.items()),
        {"process": text("process"), "median s": text("median_s"), "p90 s": text("p90_s"),
         "peak MB": text("peak_mb")},
    )  # fmt: skip
    end("startup", puzzle=options.puzzle, repeats=options.repeats, processes=rows)


if __name__ == "__main__":
    main()

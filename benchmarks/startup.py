"""How long does one puzzle take from a cold command, and how much memory?

Runs the installed `vmd-solve` on a puzzle that ships, as a whole process, several times after one
run that warms the disk cache, in each mode, in a folder of its own. Wall seconds (median, p90) and
the largest resident memory of any run, as the operating system accounts them. The last line is one
JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from vmd_solver import __version__
from vmd_solver.assets import puzzle_path


def run(command: list[str], folder: str) -> tuple[float, float]:
    """Wall seconds and peak resident MB of one process, which must succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def measure(command: list[str], repeats: int) -> dict[str, Any]:
    """Median and p90 of `repeats` runs after a warming one."""
    with tempfile.TemporaryDirectory() as folder:
        run(command, folder)
        runs = [run(command, folder) for _ in range(repeats)]
    seconds = sorted(second for second, _ in runs)
    return {
        "median_s": round(statistics.median(seconds), 3),
        "p90_s": round(seconds[int(0.9 * (len(seconds) - 1))], 3),
        "peak_mb": round(max(memory for _, memory in runs), 1),
    }


def main() -> None:
    """Print a table and its JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--puzzle", default="hard", help="a shipped puzzle")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--model", default=None)
    options = parser.parse_args()
    beside = Path(sys.executable).with_name("vmd-solve")
    found = str(beside) if beside.exists() else shutil.which("vmd-solve")
    if found is None:
        sys.exit("vmd-solve is not on the path; install the package first")
    command = [found]
    command += ["--model", options.model] if options.model else []
    puzzle = str(puzzle_path(options.puzzle))
    rows = {
        mode: measure([*command, "--mode", mode, puzzle], options.repeats)
        for mode in ("guided", "exact")
    }
    bare = measure([sys.executable, "-c", "import numpy"], options.repeats)
    rows["python, import numpy"] = bare
    print("| process | median s | p90 s | peak MB |\n|---|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | {row['median_s']} | {row['p90_s']} | {row['peak_mb']} |")
    machine = {"machine": platform.machine(), "cores": os.cpu_count()}
    head = {"benchmark": "startup", "version": __version__, "puzzle": options.puzzle}
    print(json.dumps({**head, **machine, "repeats": options.repeats, "processes": rows}))


if __name__ == "__main__":
    main()

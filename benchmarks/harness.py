"""What benchmarks share: options, the machine, timing, whole processes, tables, the last line."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vmd_solver import __version__
from vmd_training.tables import Cell, Row, line, markdown

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("numpy", "llvmlite", "onnxruntime", "torch", "python-sat", "textual")


def options_of(doc: str | None, rest: str = "", **options: tuple[Any, ...]) -> argparse.Namespace:
    """The options of a benchmark, which the first line of its docstring describes.

    Each is a default, a help text and, where not any value will do, the choices. A tuple takes
    several values; a type stands for no default, a list of a type for an option that may be given
    again. `rest` is the help text of the arguments that follow, if there are any.
    """
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    for name, (default, text, *choices) in options.items():
        facts: dict[str, Any] = {"default": default, "type": type(default), "help": text}
        if isinstance(default, type):
            facts.update(default=None, type=default)
        elif isinstance(default, list):
            facts.update(default=[], type=default[0], action="append")
        elif isinstance(default, tuple):
            facts.update(type=type(default[0]), nargs="+")
        parser.add_argument(f"--{name}", choices=choices[0] if choices else None, **facts)
    if rest:
        parser.add_argument("arguments", nargs="*", help=rest)
    return parser.parse_args()


def machine() -> Row:
    """What figures depend on besides the options: processor, cores and versions."""
    lines = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if sys.platform == "linux"
        else []
    )
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    facts: Row = {
        "version": __version__,
        "machine": f"{platform.machine()} {names[0] if names else platform.processor()}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "absent"
    return facts


def show(rows: Iterable[Row], columns: Mapping[str, str | Cell] | None = None) -> list[Row]:
    """All rows, each printed as it comes, in a Markdown table; of all their keys by default.

    A column is a key of the rows, or a function of one.
    """
    shown: list[Row] = []
    for row in rows:
        if not shown:
            columns = columns or {key: key for key in row}
            print(markdown(tuple(columns), ()), end="")
        ways = (columns or {}).values()
        cells = (row.get(way, "") if isinstance(way, str) else way(row) for way in ways)
        print(line(cells), end="", flush=True)
        shown.append(row)
    return shown


def end(name: str, **figures: object) -> None:
    """Print the last line: one JSON document with the name, the machine and the figures."""
    print(json.dumps({"benchmark": name, **machine(), **figures}, default=str))


def passes(
    work: Callable[[], object], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Seconds of each of this many passes by this clock."""
    seconds = []
    for _ in range(repeats):
        started = clock()
        work()
        seconds.append(clock() - started)
    return seconds


def median_and_p90(values: Iterable[float], unit: str, digits: int) -> Row:
    """Both, rounded, under `median_UNIT` and `p90_UNIT`."""
    median, p90 = np.quantile(list(values), (0.5, 0.9)).tolist()
    return {f"median_{unit}": round(median, digits), f"p90_{unit}": round(p90, digits)}


class Run(NamedTuple):
    """What a process took: seconds by the clock and of the processors, and resident memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: list[str], folder: str | Path | None = None) -> Run:
    """One run of a command in a folder, which must succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def installed(name: str) -> str:
    """The path of an installed command, the one beside this Python first."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not on the path; install the package first")
    return found

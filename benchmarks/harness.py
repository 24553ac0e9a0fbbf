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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from vmd_solver import __version__
from vmd_training.tables import Cell, Row, line, markdown

PACKAGES = ("numpy", "numba", "onnxruntime", "torch", "python-sat")


def options_of(doc: str | None) -> argparse.ArgumentParser:
    """A parser that describes a benchmark by the first line of its docstring."""
    return argparse.ArgumentParser(description=(doc or "").splitlines()[0])


def machine() -> Row:
    """What figures depend on besides the options: processor, cores and versions."""
    return {
        "version": __version__, "machine": f"{platform.machine()} {_processor()}",
        "cores": os.cpu_count(), "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }  # fmt: skip


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def show(rows: Iterable[Row], columns: dict[str, Cell] | None = None) -> list[Row]:
    """All rows, each printed as it comes, in a Markdown table; of all their keys by default."""
    shown: list[Row] = []
    for row in rows:
        columns = columns or {key: _cell(key) for key in row}
        if not shown:
            print(markdown(tuple(columns), ()), end="")
        print(line(cell(row) for cell in columns.values()), end="", flush=True)
        shown.append(row)
    return shown


def _cell(key: str) -> Cell:
    return lambda row: str(row.get(key, ""))


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


@dataclass(frozen=True)
class Run:
    """What a process took: seconds by the clock and of the processors, and resident memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: list[str], folder: str | None = None) -> Run:
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

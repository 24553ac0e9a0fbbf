"""A lineage on disk: one model that grows by slices.

A folder holds the newest checkpoint and the ledger, one row for each slice that ended. Both are
written whole or not at all. A lock says whether a slice runs.
"""

from __future__ import annotations

import json
import os
import signal
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from vmd_solver.errors import VmdError
from vmd_training.files import CHECKOUT, replacing, write_lines

try:
    import fcntl
except ModuleNotFoundError:  # Windows: without a lock, --end finds nothing
    fcntl = None  # type: ignore[assignment]

LINEAGE = CHECKOUT / "training" / "lineage"
"""The lineage of the repository."""

Row = dict[str, Any]

POLL_S = 0.2


class Lineage:
    """The folder of a lineage."""

    def __init__(self, folder: Path = LINEAGE) -> None:
        self.folder = folder

    @property
    def checkpoint(self) -> Path:
        """Weights, their average, optimizer state, configurations, steps, time."""
        return self.folder / "checkpoint.pt"

    @property
    def ledger(self) -> Path:
        """One row a slice."""
        return self.folder / "ledger.jsonl"

    @property
    def picture(self) -> Path:
        """Scores and effort over slices."""
        return self.folder / "lineage.png"

    @property
    def lock(self) -> Path:
        """Held, with the number of the process, while a slice runs."""
        return self.folder / "slice.lock"

    def rows(self) -> list[Row]:
        """The ledger. Raises VmdError where a line of it is no row."""
        if not self.ledger.is_file():
            return []
        rows = []
        for number, line in enumerate(self.ledger.read_text("utf-8").splitlines(), 1):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise VmdError(f"{self.ledger}, line {number}: no row of a ledger") from error
        return rows

    def write(self, rows: Sequence[Row]) -> None:
        """Replace the ledger."""
        write_lines(self.ledger, rows)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock. Raises VmdError where a slice holds it.

        The lock is the system's, so that it does not outlive a process that was killed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock.open("a+", encoding="utf-8") as file:
            if not _taken(file):
                raise VmdError(
                    f"a slice of {self.folder} runs already; end it with vmd-train slice --end"
                )
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield
            file.truncate(0)

    def end(self) -> bool:
        """End the slice that runs, as Ctrl-C does, and wait until it has; False if none runs."""
        if not self.lock.is_file():
            return False
        with self.lock.open("a+", encoding="utf-8") as file:
            asked = False
            while not _taken(file):
                file.seek(0)
                number = file.read().strip()
                if number and not asked:
                    asked = True
                    with suppress(ProcessLookupError):
                        os.kill(int(number), signal.SIGTERM)
                time.sleep(POLL_S)
        return asked


def _taken(file: Any) -> bool:
    """Whether the lock of an open file is ours now."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def pack(lineage: Lineage, out: Path, exported: Path | None = None) -> None:
    """Everything a slice leaves as one tar, which `tar -xf` brings back in a checkout's root.

    Of the lineage's folder the checkpoint, the ledger, the log and the picture; the promoted model,
    if there is one, as exported/NAME.
    """
    files = {f"training/lineage/{path.name}": path for path in (
        lineage.checkpoint, lineage.ledger, lineage.folder / "metrics.jsonl", lineage.picture,
    )}  # fmt: skip
    if exported is not None:
        files |= {f"exported/{exported.name}/{path.name}": path for path in exported.iterdir()}
    with replacing(out) as partial, tarfile.open(partial, "w") as tar:
        for name, path in files.items():
            if path.is_file():
                tar.add(path, name)


def draw(lineage: Lineage) -> bool:
    """The picture of the lineage; False where matplotlib is missing or there is nothing to show."""
    rows = lineage.rows()
    try:
        from matplotlib.figure import Figure

        from vmd_training.plots import PALETTE
    except ModuleNotFoundError:
        return False
    if not rows:
        return False
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    numbers = range(1, len(rows) + 1)
    names = list(dict.fromkeys(name for row in rows for name in row["after"]))
    for at, name in enumerate(names):
        for latents, style in (("1", "--"), ("4", "-")):
            here = [(x, row["after"][name][latents]) for x, row in zip(numbers, rows, strict=True)
                    if latents in row["after"].get(name, {})]  # fmt: skip
            label = name if latents == "4" else None
            xs, ys = [x for x, _ in here], [y for _, y in here]
            left.plot(
                xs, ys, style, marker="o", ms=4, color=PALETTE[at % len(PALETTE)], label=label
            )
    for number, (one, other) in enumerate(pairwise(rows), 1):
        if one["set"] != other["set"]:
            left.axvline(number + 0.5, color="0.7", lw=1)
    left.set(
        xlabel="slice (grey: another fixed set)",
        ylabel="share with a valid grid (dashed: one latent)",
    )
    left.set_ylim(-0.03, 1.03)
    left.legend(fontsize="small", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    right.plot(numbers, [row["total"]["minutes"] for row in rows], "o-", ms=4, color=PALETTE[0])
    right.set(xlabel="slice", ylabel="minutes in all")
    calls = right.twinx()
    calls.plot(
        numbers, [row["total"]["puzzle_calls"] for row in rows], "s--", ms=4, color=PALETTE[1]
    )
    calls.set_ylabel("puzzle calls in all (dashed)")
    for ax in (left, right):
        ax.grid(alpha=0.25)
        ax.spines["top"].set_visible(False)
    with replacing(lineage.picture) as partial:
        figure.savefig(partial, dpi=110, format="png")
    return True

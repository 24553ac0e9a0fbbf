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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from vmd_solver.errors import VmdError
from vmd_solver.files import lock
from vmd_training.files import CHECKOUT, replacing
from vmd_training.plots import PALETTE, save
from vmd_training.tables import Row

LINEAGE = CHECKOUT / "training" / "lineage"
"""The lineage of the repository."""

POLL_S = 0.2


class Lineage:
    """The folder of a lineage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint.pt"
        """Weights, their average, optimizer state, configurations, steps, time."""
        self.ledger = folder / "ledger.jsonl"
        """One row a slice."""
        self.picture = folder / "lineage.png"
        """Scores and effort over slices."""
        self.lock = folder / "slice.lock"
        """Held, with the number of the process, while a slice runs."""

    def rows(self) -> list[Row]:
        """The ledger. Raises VmdError where a line of it is no row."""
        rows = []
        if self.ledger.is_file():
            for number, line in enumerate(self.ledger.read_text("utf-8").splitlines(), 1):
                try:
                    rows.append(json.loads(line))
                except ValueError as error:
                    raise VmdError(f"{self.ledger}, line {number}: no row of a ledger") from error
        return rows

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock. Raises VmdError where a slice holds it.

        The lock is the system's, so that it does not outlive a process that was killed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock.open("a+", encoding="utf-8") as file:
            if not lock(file.fileno()):
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
        asked = False
        if self.lock.is_file():
            with self.lock.open("a+", encoding="utf-8") as file:
                while not lock(file.fileno()):
                    file.seek(0)
                    number = file.read().strip()
                    if number and not asked:
                        asked = True
                        with suppress(ProcessLookupError):
                            os.kill(int(number), signal.SIGTERM)
                    time.sleep(POLL_S)
        return asked

    def pack(self, out: Path | None, exported: Path | None = None) -> None:
        """All that a slice leaves as one tar, which `tar -xf` brings back in a checkout's root.

        Of the folder the checkpoint, the ledger, the log and the picture; the promoted model, if
        there is one, as exported/NAME. Without `out` nothing is written.
        """
        if out is None:
            return
        kept = (self.checkpoint, self.ledger, self.folder / "metrics.jsonl", self.picture)
        files = {f"training/lineage/{path.name}": path for path in kept}
        if exported is not None:
            files |= {f"exported/{exported.name}/{path.name}": path for path in exported.iterdir()}
        with replacing(out) as partial, tarfile.open(partial, "w") as tar:
            for name, path in files.items():
                if path.is_file():
                    tar.add(path, name)

    def draw(self) -> None:
        """Draw the picture, unless matplotlib is missing."""
        try:
            from matplotlib.figure import Figure
        except ModuleNotFoundError:
            return
        rows = self.rows()
        numbers = range(1, len(rows) + 1)
        figure = Figure(figsize=(11, 4), layout="constrained")
        left, right = figure.subplots(1, 2)
        for at, name in enumerate(dict.fromkeys(name for row in rows for name in row["after"])):
            look: dict[str, Any] = {"marker": "o", "ms": 4, "color": PALETTE[at % len(PALETTE)]}
            for latents, style, label in (("1", "--", None), ("4", "-", name)):
                shares = [row["after"].get(name, {}).get(latents) for row in rows]
                here = [number for number in numbers if shares[number - 1] is not None]
                left.plot(here, [shares[number - 1] for number in here], style, label=label, **look)
        for number, (one, other) in enumerate(pairwise(rows), 1):
            if one["set"] != other["set"]:
                left.axvline(number + 0.5, color="0.7", lw=1)
        left.set(
            xlabel="slice (grey: another fixed set)",
            ylabel="share with a valid grid (dashed: one latent)",
            ylim=(-0.03, 1.03),
        )
        left.legend(fontsize="small", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        calls = right.twinx()
        right.set(xlabel="slice", ylabel="minutes in all")
        calls.set_ylabel("puzzle calls in all (dashed)")
        for at, (axes, key, style) in enumerate(
            ((right, "minutes", "o-"), (calls, "puzzle_calls", "s--"))
        ):
            axes.plot(numbers, [row["total"][key] for row in rows], style, ms=4, color=PALETTE[at])
        for axes in (left, right):
            axes.grid(alpha=0.25)
            axes.spines["top"].set_visible(False)
        save(figure, self.picture)

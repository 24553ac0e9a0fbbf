"""How soon does the board answer a key press, and does it survive any keys at all?

Runs the application without a terminal on an empty 25x25 board full of pencil marks, the largest it
is made for, at a usual and at a large window. A press is answered once the screen has been drawn
anew; what is measured is the processor time of this process, key by key, and wall time beside it,
which on a busy machine says more of the machine. `--soak N` presses N random keys as well. The last
line is one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from textual import __version__ as textual_version
from textual.pilot import Pilot

from vmd_solver import __version__
from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.formats import Entry
from vmd_solver.play.storage import folders_at
from vmd_solver.tui.app import PlayApp
from vmd_solver.tui.commands import TABLES
from vmd_solver.tui.widgets.board import BoardView

SIZES = ((80, 24), (200, 60))
LIMIT_MS = 50.0

KEYS = {
    "move": ["right", "down", "left", "up", "l", "j"],
    "enter": ["A", "B", "9", "P", "1", "K"],
    "mark": ["m", "A", "B", "C", "D", "m"],
    "undo": ["u", "u", "r", "u", "r", "r"],
    "candidates": ["c", "u", "c", "u"],
    "filter": ["right_square_bracket", "right_square_bracket", "f"],
    "zoom": ["plus", "minus", "equals_sign"],
}
"""Keys of each kind; a kind is measured over several rounds of them."""


def app_on(puzzle: Puzzle, folder: str) -> PlayApp:
    """The application with this puzzle, in a folder of its own."""
    return PlayApp(folders_at(Path(folder)), [Entry(puzzle, "", "benchmark", 1)])


async def press(app: PlayApp, pilot: Pilot[None], key: str) -> tuple[float, float]:
    """Processor and wall milliseconds until the screen shows what a key does."""
    wall, processor = time.perf_counter(), time.process_time()
    app.simulate_key(key)
    await pilot._wait_for_screen()
    await app.screen.query_one(BoardView).wait_for_refresh()
    return (time.process_time() - processor) * 1e3, (time.perf_counter() - wall) * 1e3


async def measure(size: tuple[int, int], rounds: int) -> dict[str, Any]:
    """Median, p90 and largest milliseconds by kind of key."""
    times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KEYS}
    with tempfile.TemporaryDirectory() as folder:
        app = app_on(sudoku(5, 5).empty(), folder)
        async with app.run_test(size=size) as pilot:
            await pilot.press("c")
            await pilot.app.workers.wait_for_complete()  # the search is measured elsewhere
            for _ in range(rounds):
                for kind, keys in KEYS.items():
                    times[kind] += [await press(app, pilot, key) for key in keys]
    return {kind: summary(found) for kind, found in times.items()}


def summary(found: list[tuple[float, float]]) -> dict[str, float]:
    """Figures of a kind of key."""
    processor, wall = (sorted(values) for values in zip(*found, strict=True))
    return {
        "median_ms": round(statistics.median(processor), 1),
        "p90_ms": round(processor[int(0.9 * (len(processor) - 1))], 1),
        "worst_ms": round(processor[-1], 1),
        "wall_median_ms": round(statistics.median(wall), 1),
    }


async def soak(count: int, seed: int) -> dict[str, Any]:
    """Press random keys; an error ends the benchmark."""
    rng = random.Random(seed)
    commands = [one for table in TABLES for one in table if one.action != "app.quit"]
    keys = [key for one in commands for key in one.keys.split(",") if key != "q"]
    keys += [*"123456789ABCDEF", "enter", "escape", "tab", "space", "down", "up", "alt+3", "z"]
    started = time.perf_counter()
    # Replays may be written there.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        app = app_on(sudoku().empty(), folder)
        async with app.run_test(size=(80, 24)) as pilot:
            for _ in range(count):
                app.simulate_key(rng.choice(keys))
                await pilot._wait_for_screen()
            await pilot.pause()
            assert app.is_running
    return {"keys": count, "seed": seed, "seconds": round(time.perf_counter() - started, 1)}


def main() -> None:
    """Print tables and their JSON; exit code 1 where a median is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--soak", type=int, default=0, metavar="N", help="also press N random keys")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = {
        f"{columns}x{lines}": asyncio.run(measure((columns, lines), options.rounds))
        for columns, lines in SIZES
    }
    for size, kinds in rows.items():
        print(f"25x25 at {size}")
        print("| key | median ms | p90 ms | worst ms | wall ms |\n|---|---|---|---|---|")
        for kind, row in kinds.items():
            print(f"| {kind} | {' | '.join(map(str, row.values()))} |")
    soaked = asyncio.run(soak(options.soak, options.seed)) if options.soak else None
    slow = [
        f"{size} {kind}"
        for size, kinds in rows.items()
        for kind, row in kinds.items()
        if row["median_ms"] > LIMIT_MS
    ]
    head = {"benchmark": "tui", "version": __version__, "textual": textual_version}
    machine = {"machine": platform.machine(), "cores": os.cpu_count()}
    body = {"rounds": options.rounds, "limit_ms": LIMIT_MS, "slow": slow, "soak": soaked}
    print(json.dumps({**head, **machine, **body, "keys": rows}))
    raise SystemExit(bool(slow))


if __name__ == "__main__":
    main()

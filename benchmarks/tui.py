"""How soon is a key answered on the board, with how many bytes, and does any key end it?

Runs the application without a terminal on an empty 25x25 board full of pencil marks, the largest it
is made for, at a usual and at a large window. A press is answered once the screen has been drawn
anew; what is measured is the processor time of this process, and wall time beside it. Then a key
is pressed in a pseudo-terminal, and the bytes are counted that are written in answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import random
import select
import statistics
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import AsyncIterator
from pathlib import Path

from textual.pilot import Pilot

from benchmarks.harness import end, installed, options_of, show
from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.formats import Entry
from vmd_solver.play.storage import folders_at
from vmd_solver.tui.app import PlayApp
from vmd_solver.tui.commands import TABLES
from vmd_solver.tui.widgets.board import BoardView
from vmd_training.tables import Row

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

TERMINAL_KEYS = ((b"\x1b[C", "move"), (b"\x1b[B", "move"), (b"A", "enter"), (b".B", "mark"))
"""What is pressed in a pseudo-terminal, and of which kind it is."""

COLUMNS = {
    "key": "key",
    "median ms": "median_ms",
    "p90 ms": "p90_ms",
    "worst ms": "worst_ms",
    "wall ms": "wall_median_ms",
}


@contextlib.asynccontextmanager
async def running(puzzle: Puzzle, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """The application with this puzzle, in a folder of its own, where it may write replays."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        app = PlayApp(folders_at(Path(folder)), [Entry(puzzle, "", "benchmark", 1)])
        async with app.run_test(size=size) as pilot:
            yield pilot


async def press(pilot: Pilot[None], key: str) -> tuple[float, float]:
    """Processor and wall milliseconds until the screen shows what a key does."""
    wall, processor = time.perf_counter(), time.process_time()
    pilot.app.simulate_key(key)
    await pilot._wait_for_screen()
    await pilot.app.screen.query_one(BoardView).wait_for_refresh()
    return (time.process_time() - processor) * 1e3, (time.perf_counter() - wall) * 1e3


async def measure(size: tuple[int, int], rounds: int) -> list[Row]:
    """Median, p90 and largest milliseconds by kind of key."""
    times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KEYS}
    async with running(sudoku(5, 5).empty(), size) as pilot:
        await pilot.press("c")
        await pilot.app.workers.wait_for_complete()  # the search is measured elsewhere
        for _ in range(rounds):
            for kind, keys in KEYS.items():
                times[kind] += [await press(pilot, key) for key in keys]
    rows = []
    for kind, found in times.items():
        processor, wall = (sorted(values) for values in zip(*found, strict=True))
        row = {
            "median_ms": statistics.median(processor),
            "p90_ms": processor[int(0.9 * (len(processor) - 1))],
            "worst_ms": processor[-1],
            "wall_median_ms": statistics.median(wall),
        }
        rows.append({"key": kind, **{name: round(ms, 1) for name, ms in row.items()}})
    return rows


def written(size: tuple[int, int]) -> Row:
    """Median bytes that the installed command writes for a key, in a terminal of this size."""
    found: dict[str, list[int]] = {kind: [] for kind in ("move", "enter", "mark")}
    with tempfile.TemporaryDirectory() as folder:
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        command = [installed("vmd-play"), "--data-dir", folder, "puzzles/25x25.txt"]
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        with subprocess.Popen(
            command, stdin=child, stdout=child, stderr=child, cwd=folder, env=environment
        ) as process:
            os.close(child)
            _bytes(parent, 10.0)  # until the search for solutions is done as well
            for key, kind in [*TERMINAL_KEYS] * 5:
                os.write(parent, key)
                found[kind].append(_bytes(parent, 0.7))
            process.kill()
        os.close(parent)
    return {kind: int(statistics.median(counts)) for kind, counts in found.items()}


def _bytes(terminal: int, seconds: float) -> int:
    """How many bytes come in this time; the clock of the game adds some hundred a second."""
    count, end_s = 0, time.monotonic() + seconds
    while select.select([terminal], [], [], max(0.0, end_s - time.monotonic()))[0]:
        count += len(os.read(terminal, 1 << 16))
    return count


async def soak(count: int, seed: int) -> Row:
    """Press random keys; an error ends the benchmark."""
    rng = random.Random(seed)
    commands = [one for table in TABLES for one in table if one.action != "app.quit"]
    keys = [key for one in commands for key in one.keys.split(",") if key != "q"]
    keys += [*"123456789ABCDEF", "enter", "escape", "tab", "space", "down", "up", "alt+3", "z"]
    started = time.perf_counter()
    async with running(sudoku().empty(), (80, 24)) as pilot:
        for _ in range(count):
            pilot.app.simulate_key(rng.choice(keys))
            await pilot._wait_for_screen()
        await pilot.pause()
        assert pilot.app.is_running
    return {"keys": count, "seed": seed, "seconds": round(time.perf_counter() - started, 1)}


def main() -> None:
    options = options_of(
        __doc__,
        rounds=(10, "of all kinds of keys"),
        soak=(0, "random keys that are pressed as well"),
        seed=(0, "of the random keys"),
    )
    found: dict[str, dict[str, Row]] = {}
    slow: list[str] = []
    for columns, lines in SIZES:
        size = f"{columns}x{lines}"
        print(f"25x25 at {size}")
        rows = show(asyncio.run(measure((columns, lines), options.rounds)), COLUMNS)
        slow += [f"{size} {row['key']}" for row in rows if row["median_ms"] > LIMIT_MS]
        found[size] = {row.pop("key"): row for row in rows}
        found[size]["bytes"] = written((columns, lines))
        print(f"bytes a key: {found[size]['bytes']}")
    soaked = asyncio.run(soak(options.soak, options.seed)) if options.soak else None
    facts = {"rounds": options.rounds, "limit_ms": LIMIT_MS, "slow": slow, "soak": soaked}
    end("tui", **facts, keys=found)
    raise SystemExit(bool(slow))


if __name__ == "__main__":
    main()

"""The same puzzles through every solver, one process each, every answer checked.

Sets are made here from --seed: minimal 9x9 puzzles, the hardest tenth of them, 16x16 to 36x36
Sudoku, and Latin squares of several orders with holes near where they are hardest (42% of the
cells). --data DIR adds the files of DIR/sudoku and DIR/large. A solver works in a process of its
own, started for each set; a puzzle that takes longer than --limit ends that process and counts as
unsolved. Shown: the share solved, right answers a second of wall time (start apart), median and
90th percentile of a puzzle (unsolved ones count as the limit), seconds and peak memory of the
process up to its first answer and in all. A wrong answer is named, and the exit code is 1.

Solvers that are not installed are skipped, and said so. The last line is one JSON document.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import end, median_and_p90, show
from benchmarks.solvers import PEERS, GaveUp, Peer
from vmd_solver.csp import Board, Puzzle, rating
from vmd_solver.csp.families import latin, sudoku
from vmd_solver.csp.generate import full_grids, minimal_puzzles
from vmd_solver.csp.puzzle import MAX_VALUES
from vmd_solver.csp.verify import verify
from vmd_training.evaluation import sets as puzzle_sets
from vmd_training.evaluation.sets import puzzles_of
from vmd_training.tables import Cell, Row, number, text

Puzzles = list[tuple[Puzzle, bool]]
"""Puzzles, and whether each can be solved."""

HOLES = 0.42
"""Share of open cells at which Latin squares with holes are hardest."""

STARTING_S = 120.0
"""Most seconds until a solver is ready, compiling included."""


def work(number: int, pipe: Connection) -> None:
    """Answer puzzles until None comes: (answer, reason), seconds and peak MB for each."""
    answer = PEERS[number].make()
    pipe.send(None)
    for puzzle, limit in iter(pipe.recv, None):
        started = time.perf_counter()
        try:
            found: Any = (answer(puzzle, limit), "")
        except GaveUp as error:
            found = (None, str(error) or "gave up")
        except Exception as error:  # a peer's own faults are its result
            found = (None, f"{type(error).__name__}: {error}")
        seconds = time.perf_counter() - started
        pipe.send((found, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


class Process:
    """A peer in a process of its own, restarted if it had to be ended."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.start_s = self.megabytes = 0.0
        self._start()

    def _start(self) -> None:
        started = time.perf_counter()
        context = multiprocessing.get_context("spawn")
        self.pipe, end = context.Pipe()
        self.process = context.Process(target=work, args=(PEERS.index(self.peer), end), daemon=True)
        self.process.start()
        if not self.pipe.poll(STARTING_S):
            raise SystemExit(f"{self.peer.name} was not ready after {STARTING_S:g} s")
        self.pipe.recv()
        self.start_s = self.start_s or time.perf_counter() - started

    def ask(self, puzzle: Puzzle, limit: float) -> tuple[Any, str, float]:
        """Values or None, why there are none, and seconds."""
        self.pipe.send((puzzle, limit))
        # Those that can keep to a limit have time to say so.
        if not self.pipe.poll(limit * 1.1 + 1):
            self.process.kill()
            self._start()
            return None, "time", limit
        (values, reason), seconds, self.megabytes = self.pipe.recv()
        return values, reason, min(seconds, limit)

    def end(self) -> None:
        """Let it go."""
        self.pipe.send(None)
        self.process.join()


def measure(peer: Peer, puzzles: Puzzles, limit: float) -> Row:
    """One row: a peer on the puzzles of a set."""
    process = Process(peer)
    seconds, solved, wrong = [], 0, []
    process.ask(puzzles[0][0], limit)  # what only the first answer costs
    for at, (puzzle, can_be) in enumerate(puzzles):
        values, reason, took = process.ask(puzzle, limit)
        claimed = not reason
        right = claimed and (not can_be if values is None else bool(verify(puzzle, values)))
        if claimed and not right:
            wrong.append(at)
        solved += right
        seconds.append(took if right else limit)
    process.end()
    return {
        "peer": peer.name,
        "puzzles": len(puzzles),
        "solved": round(solved / len(puzzles), 4),
        "a_second": round(solved / sum(seconds), 2),
        **median_and_p90((1000 * one for one in seconds), "ms", 2),
        "start_s": round(process.start_s, 2),
        "megabytes": round(process.megabytes),
        "wrong": wrong,
    }


def solvable(puzzles: Iterable[Puzzle]) -> Puzzles:
    """Puzzles all of which can be solved."""
    return [(puzzle, True) for puzzle in puzzles]


def minimal(count: int, seed: int) -> Puzzles:
    """Minimal 9x9 puzzles."""
    puzzles, _ = minimal_puzzles(sudoku(3, 3), count, np.random.default_rng(seed))
    return solvable(puzzles_of(sudoku(3, 3), puzzles))


def hardest(count: int, seed: int) -> Puzzles:
    """The hardest tenth of ten times as many, by their rating."""
    puzzles, _ = minimal_puzzles(sudoku(3, 3), 10 * count, np.random.default_rng(seed))
    order = np.argsort(-rating.rate(sudoku(3, 3), puzzles, seed), kind="stable")[:count]
    return solvable(puzzles_of(sudoku(3, 3), puzzles[order]))


def with_holes(board: Board, share: float, count: int, seed: int) -> Puzzles:
    """Full grids of which a share of the cells, anywhere, is taken out: all can be solved."""
    rng = np.random.default_rng(seed)
    grids = full_grids(board, count, rng)
    for grid in grids:
        grid[rng.permutation(board.n)[: round(share * board.n)]] = 0
    return solvable(puzzles_of(board, grids))


def sets(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Puzzles]]]:
    """Every set by name, and how it comes about."""
    yield "minimal 9x9", partial(minimal, options.count, options.seed)
    yield "hardest tenth 9x9", partial(hardest, options.count, options.seed)
    for name, board, share in (
        ("sudoku 16x16", sudoku(4, 4), 0.6),
        ("sudoku 25x25", sudoku(5, 5), 0.55),
        ("sudoku 36x36", sudoku(6, 6), 0.46),
        ("latin 30", latin(30), HOLES),
        ("latin 40", latin(40), HOLES),
        ("latin 50", latin(50), HOLES),
    ):
        title = f"{name}, {share:.0%} open"
        yield title, partial(with_holes, board, share, options.large, options.seed)
    if options.data:
        for path in sorted((options.data / "sudoku").glob("*.txt")):
            yield path.name, partial(read, path, options.count)
        for path in sorted((options.data / "large").glob("*.jsonl")):
            yield path.name, partial(read_large, path, options.count)


def read(path: Path, count: int) -> Puzzles:
    """The first puzzles of a file of 9x9 ones."""
    return solvable(puzzle_sets.read(path, count).puzzles)


def read_large(path: Path, count: int) -> Puzzles:
    """The first rows of a JSON lines file, as far as their values fit into a mask."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    fitting = [row for row in rows if row["n"] <= MAX_VALUES][:count]
    return [(_large(row), row.get("status") != "UNSAT") for row in fitting]


def _large(row: Row) -> Puzzle:
    board = latin(row["n"]) if row["kind"] == "latin" else sudoku(*row["box"])
    return Puzzle(board, tuple(row["givens"]))


COLUMNS: dict[str, Cell] = {
    "solver": text("peer"),
    "solved": number("solved", ".3f"),
    "/s": number("a_second"),
    "median ms": number("median_ms"),
    "p90 ms": number("p90_ms", ".1f"),
    "start s": number("start_s"),
    "MB": text("megabytes"),
    "wrong": lambda row: ", ".join(map(str, row["wrong"])),
}


def main() -> int:
    """Run the chosen sets and solvers; 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=50, help="puzzles of a 9x9 set")
    parser.add_argument("--large", type=int, default=10, help="puzzles of a larger set made here")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds a puzzle")
    parser.add_argument("--only", default="", help="sets whose name holds this")
    parser.add_argument(
        "--peers", default="", help="solvers whose name holds one of these, by comma"
    )
    parser.add_argument("--data", type=Path, help="folder with sudoku/ and large/")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chosen = [
        peer for peer in PEERS
        if any(part in peer.name for part in options.peers.split(","))
    ]  # fmt: skip
    for peer in chosen:
        if peer.missing:
            print(f"skipped: {peer.name} ({peer.missing} is not installed)")
    results: dict[str, list[Row]] = {}
    for name, make in sets(options):
        if options.only not in name:
            continue
        puzzles = make()
        print(f"\n{name}: {len(puzzles)} puzzles, at most {options.limit:g} s each\n", flush=True)
        able = [
            peer for peer in chosen
            if not peer.missing and all(peer.reads(puzzle.board) for puzzle, _ in puzzles)
        ]  # fmt: skip
        results[name] = show((measure(peer, puzzles, options.limit) for peer in able), COLUMNS)
    end("peers", sets=results, options=vars(options))
    return int(any(row["wrong"] for rows in results.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main())

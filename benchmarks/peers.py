"""The same puzzles through every solver, one process each, every answer checked.

Sets are made from --seed, Latin squares with holes where they are hardest; --data DIR adds files of
DIR/sudoku and DIR/large. A puzzle that takes longer than --limit ends the process and counts as
unsolved. Shown: the share solved, right answers a second of wall time (start apart), median and p90
of a puzzle (unsolved ones count as the limit), seconds to start and peak memory of the process. A
wrong answer is named, and the exit code is 1. What is not installed is skipped, and said so.

With --native DIR it is 9x9 sets, our kernel and the compiled solvers of a folder (`native`): how
many times as much processor time ours takes on random isomorphs, and the whole command beside the
folder's program.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from multiprocessing.pool import Pool
from pathlib import Path

import numpy as np

from benchmarks import native
from benchmarks.harness import end, median_and_p90, options_of, show
from benchmarks.solvers import PEERS, Answer, GaveUp, Peer, Values
from vmd_solver import formats
from vmd_solver.csp import Board, Puzzle, rating
from vmd_solver.csp.families import latin, sudoku
from vmd_solver.csp.generate import full_grids, minimal_puzzles
from vmd_solver.csp.verify import verify
from vmd_training.evaluation.sets import puzzles_of
from vmd_training.tables import Cell, Row, number

Puzzles = list[tuple[Puzzle, bool]]
"""Puzzles, and whether each can be solved."""

LARGE = {
    "sudoku 16x16": (sudoku(4, 4), 0.6),
    "sudoku 25x25": (sudoku(5, 5), 0.55),
    "sudoku 36x36": (sudoku(6, 6), 0.46),
    "harder sudoku 36x36": (sudoku(6, 6), 0.55),
    "latin 30": (latin(30), 0.42),
    "latin 35": (latin(35), 0.42),
    "latin 40": (latin(40), 0.42),
    "latin 45": (latin(45), 0.42),
    "latin 50": (latin(50), 0.42),
}
"""Boards, and the share of cells that is open."""

ORIGINALS = 1_000
"""Puzzles of a 9x9 set of which isomorphs are taken."""

STARTING_S = 120.0
"""Most seconds until a solver is ready, compiling included."""

ANSWER: list[Answer] = []
"""In a process of a peer, its answer."""


def make(at: int) -> None:
    """Start the peer of this process."""
    ANSWER.append(PEERS[at].make())


def work(puzzle: Puzzle, limit: float) -> tuple[Values | None, str, float, float]:
    """Values or None, why there is no answer, seconds, and peak MB of this process."""
    values, reason, started = None, "", time.perf_counter()
    try:
        values = ANSWER[0](puzzle, limit)
    except GaveUp as error:
        reason = str(error) or "gave up"
    except Exception as error:  # a peer's own faults are its result
        reason = f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return values, reason, min(seconds, limit), peak


def process(peer: Peer) -> Pool:
    """A process of its own for a peer, ready to work."""
    pool = multiprocessing.get_context("spawn").Pool(1, make, (PEERS.index(peer),))
    try:
        pool.apply_async(int).get(STARTING_S)
    except multiprocessing.TimeoutError:
        raise SystemExit(f"{peer.name} was not ready after {STARTING_S:g} s") from None
    return pool


def measure(peer: Peer, puzzles: Puzzles, limit: float) -> Row:
    """One row: a peer on the puzzles of a set, in a new process where one had to be ended."""
    started = time.perf_counter()
    pool = process(peer)
    start_s, peak = time.perf_counter() - started, 0.0
    seconds, wrong = [], []
    # Before any is counted, the first puzzle once: what only the first answer costs.
    for at, (puzzle, can_be) in enumerate([puzzles[0], *puzzles], -1):
        try:
            # Those that can keep to a limit have time to say so.
            asked = pool.apply_async(work, (puzzle, limit))
            values, reason, took, peak = asked.get(limit * 1.1 + 1)
        except multiprocessing.TimeoutError:
            values, reason, took = None, "time", limit
            pool.terminate()
            pool = process(peer)
        right = not reason and (not can_be if values is None else bool(verify(puzzle, values)))
        if at >= 0:
            seconds.append((right, took if right else limit))
            wrong += [] if right or reason else [at]
    pool.terminate()
    solved = sum(right for right, _ in seconds)
    return {
        "peer": peer.name,
        "puzzles": len(puzzles),
        "solved": round(solved / len(puzzles), 4),
        "a_second": round(solved / sum(took for _, took in seconds), 2),
        **median_and_p90((1000 * took for _, took in seconds), "ms", 2),
        "start_s": round(start_s, 2),
        "megabytes": round(peak),
        "wrong": wrong,
    }


def minimal(count: int, seed: int, tenth: bool = False) -> Puzzles:
    """Minimal 9x9 puzzles, or the hardest tenth of ten times as many, by their rating."""
    givens, _ = minimal_puzzles(sudoku(), count * (10 if tenth else 1), np.random.default_rng(seed))
    if tenth:
        givens = givens[np.argsort(-rating.rate(sudoku(), givens, seed), kind="stable")[:count]]
    return [(puzzle, True) for puzzle in puzzles_of(sudoku(), givens)]


def with_holes(board: Board, share: float, count: int, seed: int) -> Puzzles:
    """Full grids of which a share of the cells, anywhere, is taken out: all can be solved."""
    rng = np.random.default_rng(seed)
    grids = full_grids(board, count, rng)
    for grid in grids:
        grid[rng.permutation(board.n)[: round(share * board.n)]] = 0
    return [(puzzle, True) for puzzle in puzzles_of(board, grids)]


def read(path: Path, count: int) -> Puzzles:
    """The first puzzles of a file that can be read; a row of JSON lines may say UNSAT."""
    entries = formats.read_path(path)
    found = ((entry.puzzle, '"UNSAT"' not in entry.text) for entry in entries if entry.puzzle)
    return list(islice(found, count))


def sets(
    count: int, large: int, seed: int, data: Path | None
) -> Iterator[tuple[str, Callable[[], Puzzles]]]:
    """Every set by name, and how it comes about."""
    yield "minimal 9x9", partial(minimal, count, seed)
    yield "hardest tenth 9x9", partial(minimal, count, seed, tenth=True)
    for name, (board, share) in LARGE.items():
        yield f"{name}, {share:.0%} open", partial(with_holes, board, share, large, seed)
    for pattern in ("sudoku/*.txt", "large/*.jsonl"):
        for path in sorted(data.glob(pattern)) if data else ():
            yield path.name, partial(read, path, count)


COLUMNS: dict[str, str | Cell] = {
    "solver": "peer",
    "solved": number("solved", ".3f"),
    "/s": number("a_second"),
    "median ms": number("median_ms"),
    "p90 ms": number("p90_ms", ".1f"),
    "start s": number("start_s"),
    "MB": "megabytes",
    "wrong": lambda row: ", ".join(map(str, row["wrong"])),
}


def one_by_one(options: Namespace) -> dict[str, list[Row]]:
    """The rows of every chosen set: each solver in a process of its own, a puzzle at a time."""
    chosen = [peer for peer in PEERS if among(peer.name, options.peers)]
    for peer in (peer for peer in chosen if peer.missing):
        print(f"skipped: {peer.name} ({peer.missing} is not installed)")
    results: dict[str, list[Row]] = {}
    for name, make in sets(options.count, options.large, options.seed, options.data):
        if not among(name, options.only):
            continue
        puzzles = make()
        if not puzzles:
            raise SystemExit(f"{name} holds no puzzle that can be read")
        print(f"\n{name}: {len(puzzles)} puzzles, at most {options.limit:g} s each\n", flush=True)
        boards = [puzzle.board for puzzle, _ in puzzles]
        able = [peer for peer in chosen if not peer.missing and all(map(peer.reads, boards))]
        results[name] = show((measure(peer, puzzles, options.limit) for peer in able), COLUMNS)
    return results


def beside_native(options: Namespace) -> Iterator[Row]:
    """The rows of every chosen 9x9 set: our kernel beside the solvers of a folder, then the whole
    commands."""
    solvers = native.solvers(options.native, options.peers)
    programs = native.jobs(options.native)
    for name, make in sets(ORIGINALS, 0, options.seed, options.data):
        puzzles = make() if among(name, options.only) else []
        nine = [puzzle.givens for puzzle, _ in puzzles if puzzle.board == sudoku()]
        if nine:
            many = native.isomorphs(np.array(nine, np.int8), options.isomorphs, options.seed)
            for limit in native.LIMITS:
                yield from native.compare(name, many, limit, solvers, options.rounds)
            if programs:
                whole = f"{name}, whole job"
                yield from native.compare(whole, many, 1, programs, options.rounds)


def among(name: str, parts: str) -> bool:
    """Whether the name holds one of these, by comma."""
    return any(part in name for part in parts.split(","))


def main() -> int:
    """Run the chosen sets and solvers; 1 where an answer was wrong."""
    options = options_of(
        __doc__,
        count=(50, "puzzles of a 9x9 set"),
        large=(10, "puzzles of a larger set made here"),
        limit=(20.0, "seconds a puzzle"),
        only=("", "sets whose name holds one of these, by comma"),
        peers=("", "solvers whose name holds one of these, by comma"),
        data=(Path, "folder with sudoku/ and large/"),
        seed=(0, "of the puzzles made here"),
        native=(Path, "folder of compiled solvers of 9x9, lib*.so"),
        isomorphs=(20_000, "with --native: puzzles of a set"),
        rounds=(5, "with --native: passes of each solver, in turn"),
    )
    if options.native:
        results = {"native": show(beside_native(options), native.COLUMNS)}
    else:
        results = one_by_one(options)
    end("peers", sets=results, options=vars(options))
    return int(any(row["wrong"] for rows in results.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main())

"""Training puzzles, made while training runs: processes of their own fill queues of packs.

What a group of puzzles is stands in `training.recipes`, as data. Every random choice follows from
one seed.
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import queue
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import initial_masks, propagate
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import full_grids, jigsaw_board, minimal_puzzles, random_grid
from vmd_solver.errors import ModelError, SearchError

MINED = Path(__file__).parent / "mined.npz"
"""Made by `vmd-train data`; docs/TRAINING.md says how."""

PACK = 64
"""Puzzles a pack: all of one board, so that its units are sent once."""

QUEUED = 8
"""Packs of each group that wait for the training loop."""

MOST_GUESSES = 100
"""Guesses of one uniqueness check. 9x9 Sudoku needs fewer; without a bound one pack of a random
grid takes up to a quarter of a minute. A clue whose check is cut off stays."""

PATIENCE_S = 300.0
"""Longest wait for a pack; the first one may have to compile the kernel."""


HELD_OUT = 0x5EED
"""Seeds (seed, HELD_OUT) make held-out puzzles, (seed, step, maker) training ones; since numpy
takes a missing number for 0, makers count from 1."""


@dataclass(frozen=True)
class Pack:
    """Puzzles of one board, as the training loop takes them. m puzzles."""

    group: str
    """The pool they belong to: all boards of a group have the same n and D."""
    givens: npt.NDArray[np.int8]
    """(m, n), 0 where open."""
    solutions: npt.NDArray[np.int8]
    """(m, n); where a puzzle has several, the one it was dug from."""
    candidates: npt.NDArray[np.uint64]
    """(m, n) bit masks after naked and hidden singles."""
    unique: npt.NDArray[np.bool_]
    """(m,) known to have one solution."""
    units: npt.NDArray[np.uint8]
    """(U, n) incidence."""
    complete: npt.NDArray[np.bool_]
    """(U,)"""


@dataclass(frozen=True)
class Group:
    """Boards of one size, trained in one batch."""

    name: str
    n: int
    D: int
    U: int
    """Most units a board of this group has; the rest is padding."""
    weight: float
    """Share of training steps."""
    batch: int
    """Rows a step, chosen so that a step of every group costs about the same."""
    boards: tuple[str, ...]
    """Names in BOARDS, drawn evenly."""
    free: float
    """Share of puzzles that are a full grid with any part masked, often all of it."""
    several: float
    """Share of puzzles dug past uniqueness: a few solutions each."""
    mined: float = 0.0
    """Share of puzzles from the mined hard tail, which holds 9x9 Sudoku only."""
    symmetry: tuple[int, int] | None = None
    """Height and width of boxes, where all boards are such Sudokus (`training.symmetry`)."""


BOARDS: dict[str, Callable[[np.random.Generator], Board]] = {
    "sudoku-2x2": lambda _: sudoku(2, 2),
    "sudoku-2x3": lambda _: sudoku(2, 3),
    "sudoku-3x2": lambda _: sudoku(3, 2),
    "sudoku-3x3": lambda _: sudoku(3, 3),
    "sudoku-3x4": lambda _: sudoku(3, 4),
    "sudoku-4x4": lambda _: sudoku(4, 4),
    "sudoku-x-3x3": lambda _: sudoku_x(3, 3),
    "windoku-3x3": lambda _: windoku(3, 3),
    "latin-4": lambda _: latin(4),
    "latin-6": lambda _: latin(6),
    "latin-9": lambda _: latin(9),
    "jigsaw-6": lambda rng: jigsaw_board(6, rng),
    "jigsaw-9": lambda rng: jigsaw_board(9, rng),
    "grid-6x6": lambda rng: random_grid(6, 6, 6, rng)[0],
    "grid-9x9": lambda rng: random_grid(9, 9, 9, rng)[0],
}


def make_pack(group: Group, rng: np.random.Generator, m: int = PACK) -> Pack:
    """A pack of m puzzles on one board of the group."""
    while True:
        board = BOARDS[group.boards[rng.integers(len(group.boards))]](rng)
        # The full grids of a random board may be too rare to find: another board then.
        with contextlib.suppress(SearchError):
            return _pack(group, board, rng, m)


def _pack(group: Group, board: Board, rng: np.random.Generator, m: int) -> Pack:
    kind = rng.random(m)
    free = kind < group.free
    several = ~free & (kind < group.free + group.several)
    mined = kind >= 1 - group.mined
    givens = np.zeros((m, board.n), dtype=np.int8)
    solutions = np.zeros((m, board.n), dtype=np.int8)
    dug = ~free & ~mined
    givens[dug], solutions[dug] = minimal_puzzles(
        board, int(dug.sum()), rng, max_guesses=MOST_GUESSES
    )
    if mined.any():
        chosen = rng.integers(len(mined_puzzles()[0]), size=int(mined.sum()))
        givens[mined], solutions[mined] = (part[chosen] for part in mined_puzzles())
    solutions[free] = full_grids(board, int(free.sum()), rng)
    givens[free] = solutions[free] * _revealed(rng, int(free.sum()), board.n)
    drop = rng.random(givens.shape) < rng.uniform(0.03, 0.3, (m, 1))
    givens[several] *= ~drop[several]
    candidates, _ = propagate(board, initial_masks(board, givens))
    return Pack(
        group.name,
        givens,
        solutions,
        candidates,
        ~free & ~several,
        np.asarray(board.incidence),
        np.asarray(board.complete),
    )


@cache
def mined_puzzles() -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """The hard tail of 9x9 Sudoku and its solutions, (m, 81) each."""
    with np.load(MINED) as mined:
        return mined["givens"], mined["solutions"]


def _revealed(rng: np.random.Generator, m: int, n: int) -> npt.NDArray[np.bool_]:
    """Cells shown (m, n): none for a third of the rows (t = 1), else a uniform share."""
    share = rng.random((m, 1)) * (rng.random((m, 1)) > 1 / 3)
    return rng.random((m, n)) < share


def held_out(group: Group, m: int, seed: int) -> tuple[Pack, ...]:
    """m puzzles with one solution, shared out among the group's boards: one pack of each.

    They come from a stream of seeds that training never draws.
    """
    shares = np.bincount(np.arange(m) % len(group.boards), minlength=len(group.boards))
    rng = np.random.default_rng((seed, HELD_OUT))
    alone = replace(group, free=0.0, several=0.0, mined=0.0)
    return tuple(
        make_pack(replace(alone, boards=(board,)), rng, int(share))
        for board, share in zip(group.boards, shares, strict=True)
        if share
    )


def _produce(
    queues: dict[str, Any], groups: tuple[Group, ...], seed: tuple[int, ...], owner: int
) -> None:
    """Keep every group's queue full for as long as the owner lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who ends its makers
    for waiting in queues.values():
        waiting.cancel_join_thread()  # else a maker whose owner died waits for a reader for ever
    rng = np.random.default_rng(seed)
    while os.getppid() == owner:
        hungry = [group for group in groups if not queues[group.name].full()]
        for group in hungry:
            pack = make_pack(group, rng)
            with contextlib.suppress(queue.Full):
                queues[group.name].put_nowait(pack)
        if not hungry:
            time.sleep(0.02)


class Stream:
    """Packs of every group without end, made by `workers` processes beside the caller.

    `take(group)` waits only where the makers are slower than the caller; `waited_s` says how long.
    """

    def __init__(self, groups: tuple[Group, ...], seed: tuple[int, ...], workers: int = 1) -> None:
        context = mp.get_context("spawn")
        self._queues: dict[str, Any] = {group.name: context.Queue(QUEUED) for group in groups}
        self.waited_s = 0.0
        self._makers = [
            context.Process(
                target=_produce,
                args=(self._queues, groups, (*seed, maker), os.getpid()),
                daemon=True,
            )
            for maker in range(1, workers + 1)
        ]
        for maker in self._makers:
            maker.start()

    def take(self, group: str) -> Pack:
        """The next pack of a group. Raises ModelError where its makers have ended."""
        started = time.perf_counter()
        while time.perf_counter() - started < PATIENCE_S:
            with contextlib.suppress(queue.Empty):
                pack: Pack = self._queues[group].get(timeout=1)
                self.waited_s += time.perf_counter() - started
                return pack
            if not any(maker.is_alive() for maker in self._makers):
                break
        raise ModelError(f"no more puzzles of {group}: the process that makes them gave up")

    def close(self) -> None:
        """Stop the makers."""
        for maker in self._makers:
            maker.terminate()
            maker.join()

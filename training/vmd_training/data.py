"""Packs of training puzzles: made on the spot, or drawn from a file.

What a group of puzzles is stands in `training.recipes`, as data. Every random choice follows from
one seed.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import initial_masks, propagate
from vmd_solver.csp.generate import full_grids, minimal_puzzles
from vmd_solver.errors import SearchError
from vmd_training import boards
from vmd_training.dataset import Section, read
from vmd_training.pack import PACK, Pack

MINED = Path(__file__).parent / "mined.npz"
"""Mined; docs/TRAINING.md says how."""

MOST_GUESSES = 100
"""Guesses of one uniqueness check. 9x9 Sudoku needs fewer; without a bound one pack of a random
grid takes up to a quarter of a minute. A clue whose check is cut off stays."""

HELD_OUT = 0x5EED
"""Seeds (seed, HELD_OUT) make held-out puzzles, (seed, step, process, maker) training ones; since
numpy takes a missing number for 0, makers count from 1."""


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
    """Names as `training.boards` knows them, drawn evenly."""
    free: float
    """Share of puzzles that are a full grid with any part masked, often all of it."""
    several: float
    """Share of puzzles dug past uniqueness: a few solutions each."""
    mined: float = 0.0
    """Share of puzzles from the mined hard tail, which holds 9x9 Sudoku only."""
    symmetry: tuple[int, int] | None = None
    """Height and width of boxes, where all boards are such Sudokus (`training.symmetry`)."""


def make_pack(group: Group, rng: np.random.Generator, m: int = PACK) -> Pack:
    """A pack of m puzzles on one board of the group."""
    while True:
        board = boards.draw(group.boards[rng.integers(len(group.boards))], rng)
        # The full grids of a random board may be too rare to find: another board then.
        with contextlib.suppress(SearchError):
            return _pack(group, board, rng, m)


def drawn_pack(group: Group, section: Section, rng: np.random.Generator, m: int = PACK) -> Pack:
    """A pack whose puzzles come from a section of a file, but for the share of free grids."""
    board = section.board[rng.integers(len(section))]
    rows = rng.integers(section.starts[board], section.starts[board + 1], size=m)
    givens, solutions = section.givens[rows], section.solutions[rows]
    free = rng.random(m) < group.free
    givens[free] = solutions[free] * _revealed(rng, int(free.sum()), section.n)
    unique = (section.count[rows] == 1) & ~free
    return _finished(group, section.boards[board], givens, solutions, unique)


def _pack(group: Group, board: Board, rng: np.random.Generator, m: int) -> Pack:
    kind = rng.random(m)
    free = kind < group.free
    several = ~free & (kind < group.free + group.several)
    mined = kind >= 1 - group.mined
    dug = ~free & ~mined
    givens = np.zeros((m, board.n), dtype=np.int8)
    solutions = np.zeros((m, board.n), dtype=np.int8)
    givens[dug], solutions[dug] = minimal_puzzles(
        board, int(dug.sum()), rng, max_guesses=MOST_GUESSES
    )
    if mined.any():
        hard = mined_puzzles()
        chosen = rng.integers(len(hard), size=int(mined.sum()))
        givens[mined], solutions[mined] = hard.givens[chosen], hard.solutions[chosen]
    solutions[free] = full_grids(board, int(free.sum()), rng)
    givens[free] = solutions[free] * _revealed(rng, int(free.sum()), board.n)
    drop = rng.random(givens.shape) < rng.uniform(0.03, 0.3, (m, 1))
    givens[several] *= ~drop[several]
    return _finished(group, board, givens, solutions, ~free & ~several)


def _finished(
    group: Group,
    board: Board,
    givens: npt.NDArray[np.int8],
    solutions: npt.NDArray[np.int8],
    unique: npt.NDArray[np.bool_],
) -> Pack:
    candidates, _ = propagate(board, initial_masks(board, givens))
    units, complete = np.asarray(board.incidence), np.asarray(board.complete)
    return Pack(group.name, givens, solutions, candidates, unique, units, complete)


@cache
def mined_puzzles() -> Section:
    """The hard tail of 9x9 Sudoku."""
    return read(MINED).section("sudoku-9x9")


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

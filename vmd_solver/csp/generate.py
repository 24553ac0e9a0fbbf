"""Puzzles from nothing: full grids, minimal puzzles, and boards to draw them on.

Everything follows from an explicit seed, and is the same on both machines of the kernel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.candidates import initial_masks, mask_values
from vmd_solver.csp.compiled import machine
from vmd_solver.csp.puzzle import Board
from vmd_solver.errors import SearchError

Values = npt.NDArray[np.int8]
Seed = int | np.random.Generator

CHUNK = 256
"""Grids made at a time: bounds memory."""

TRIES = 10_000
"""Searches from random orders that may run out of guesses before a board counts as impossible."""


def full_grids(board: Board, count: int, seed: Seed, compiled: bool | None = None) -> Values:
    """Random full grids (count, n) int8 of values 1..D, by search in random order.

    Each search gets few guesses and starts anew, in another order, where they are spent: heavy
    tails are what makes large boards slow. Values are renamed at random at the end. Raises
    SearchError where the board has no full grid, or none is found.
    """
    rng = np.random.default_rng(seed)
    parts = [
        _grids(board, min(CHUNK, count - done), rng, compiled) for done in range(0, count, CHUNK)
    ]
    return np.concatenate([np.empty((0, board.n), dtype=np.int8), *parts])


def _grids(board: Board, count: int, rng: np.random.Generator, compiled: bool | None) -> Values:
    use = machine(compiled)
    tables, state = use.tables(board), use.state(board)
    grids = np.zeros((count, board.n), dtype=np.int8)
    missing = np.arange(count)
    budget = 2 * board.n
    for _ in range(TRIES):
        B = len(missing)
        masks = use.give(initial_masks(board, np.zeros((B, board.n))))
        scores = use.give(rng.random((B, board.n * board.D)), np.float64)
        out = use.give(np.zeros((B, board.n)))
        counts, guesses, complete = (use.give(np.zeros(B)) for _ in range(3))
        use.solve_many(tables, state, masks, scores, 1, budget, out, counts, guesses, complete)
        found = np.array(counts) > 0
        if (np.array(complete, dtype=bool) & ~found).any():
            raise SearchError(f"this {board.family} board has no full grid: its units contradict")
        grids[missing[found]] = mask_values(np.array(out))[found]
        missing = missing[~found]
        if not len(missing):
            break
    else:
        raise SearchError(f"no full grid found for this {board.family} board, give up")
    names = rng.permuted(np.tile(np.arange(1, board.D + 1, dtype=np.int8), (count, 1)), axis=1)
    return np.take_along_axis(names, grids - np.int64(1), axis=1)


def dig(
    board: Board,
    solutions: npt.ArrayLike,
    seed: Seed,
    givens: int = 0,
    compiled: bool | None = None,
) -> Values:
    """Puzzles (B, n) int8 with one solution each, the rows of `solutions` (B, n).

    Clues are taken out in random order, as long as the solution stays the only one, down to
    `givens` of them; with 0 what is left is minimal: no clue can go.
    """
    rng = np.random.default_rng(seed)
    use = machine(compiled)
    grids = np.asarray(solutions)
    orders = rng.permuted(np.tile(np.arange(board.n), (len(grids), 1)), axis=1)
    masks = use.give(initial_masks(board, grids))
    keep = use.give(np.full(len(grids), givens))
    empty = use.give(np.zeros(0), np.float64)
    use.dig_many(use.tables(board), use.state(board), masks, use.give(orders), keep, empty)
    return mask_values(np.array(masks))


def minimal_puzzles(
    board: Board, count: int, seed: Seed, compiled: bool | None = None
) -> tuple[Values, Values]:
    """Puzzles (count, n) with one solution and no clue to spare, and the solutions; int8."""
    rng = np.random.default_rng(seed)
    solutions = full_grids(board, count, rng, compiled)
    return dig(board, solutions, rng, compiled=compiled), solutions

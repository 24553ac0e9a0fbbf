"""How hard puzzles are for a solver that knows singles only: how many guesses, how deep they go.

Search and singles are the exact kernel's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.candidates import initial_masks, masks_to_allowed, propagate
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.puzzle import Board

CHUNK = 1 << 21
"""Candidates whose random scores are held at a time: some 32 MB."""
TRIALS = 1 << 17
"""Candidates on trial at a time, at most: some 85 MB of 9x9 boards."""


def rate(
    board: Board,
    puzzles: npt.ArrayLike,
    seed: int | np.random.Generator,
    orders: int = 8,
    max_guesses: int | None = None,
    compiled: bool | None = None,
) -> npt.NDArray[np.float64]:
    """Mean guesses until the solutions of each puzzle (B, n) are all known: (B,) float64.

    The mean is over `orders` searches; each branches on a cell with the fewest candidates, breaks
    ties among cells and values at random, and ends at two solutions or at `max_guesses`. 0 means
    that singles suffice. Guesses of a search scatter by about half their mean: 16 orders give a
    rating within an eighth.

    >>> from vmd_solver.csp.families import latin
    >>> rate(latin(2), [[1, 0, 0, 0], [0, 0, 0, 0]], seed=1).tolist()
    [0.0, 1.0]
    """
    rng = np.random.default_rng(seed)
    rows = np.asarray(puzzles)
    step = max(1, CHUNK // (board.n * board.D))
    guesses = np.zeros(orders * len(rows))  # order by order: small batches search all at once
    for start in range(0, len(guesses), step):
        part = np.arange(start, min(start + step, len(guesses)))
        scores = rng.random((len(part), board.n, board.D), dtype=np.float32)
        chosen = rows[part % len(rows)]
        found = solve_batch(
            board,
            chosen,
            2,
            max_guesses=max_guesses,
            scores=scores,
            compiled=compiled,
            singles=True,
        )
        guesses[part] = found.guesses
    mean: npt.NDArray[np.float64] = guesses.reshape(orders, -1).mean(axis=0)
    return mean


def refuted(
    board: Board, puzzles: npt.ArrayLike, compiled: bool | None = None
) -> npt.NDArray[np.float64]:
    """Share of the wrong candidates of each puzzle (B, n) that one trial refutes: (B,) float64.

    Wrong is every candidate that singles leave, but one a cell; a trial assumes it and continues by
    singles. 1 where singles suffice. Of the puzzles called hardest, of rating 11 and more, hardly
    any candidate falls so, whereas a puzzle may take a search many guesses and fall to trials.

    >>> from vmd_solver.csp.families import latin
    >>> refuted(latin(2), [[1, 0, 0, 0], [0, 0, 0, 0]]).tolist()
    [1.0, 0.0]
    """
    masks, _ = propagate(board, initial_masks(board, puzzles), compiled, singles=True)
    allowed = masks_to_allowed(masks, board.D)
    allowed &= (allowed.sum(axis=-1) > 1)[..., None]
    wrong = allowed.sum(axis=(1, 2)) - allowed.any(axis=-1).sum(axis=1)
    row, cell, value = allowed.nonzero()
    fell = np.zeros(len(masks))
    for start in range(0, len(row), TRIALS):
        part = slice(start, start + TRIALS)
        trial = masks[row[part]]
        trial[np.arange(len(trial)), cell[part]] = 1 << value[part].astype(trial.dtype)
        _, consistent = propagate(board, trial, compiled, singles=True)
        fell += np.bincount(row[part], ~consistent, len(masks))
    return np.where(wrong > 0, fell / np.maximum(wrong, 1), 1.0)

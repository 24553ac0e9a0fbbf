"""The levels of many puzzles at a time: those that `grade` tells, without its paths.

What is easy or medium to find leaves the same candidates in whatever order it is done, so that it
is done in bulk; steps that are harder are taken one by one, as a path has them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import initial_masks, masks_to_values, propagate
from vmd_solver.csp.closure import closure
from vmd_solver.techniques import LEVELS, TECHNIQUES, Level, Technique, grade
from vmd_solver.techniques.state import State, apply

EASY, MEDIUM, BEYOND = (LEVELS.index(level) for level in ("easy", "medium", "beyond"))


def levels(
    board: Board,
    givens: npt.NDArray[np.int8],
    most: Level = LEVELS[-1],
    compiled: bool | None = None,
) -> list[Level]:
    """The level of each puzzle (B, n) that is known to have one solution; above `most` all are
    `beyond`.

    >>> from vmd_solver.csp.families import sudoku
    >>> levels(sudoku(2, 2), np.array([(1, 2, 3, 0, 3) + (0,) * 7 + (4, 0, 0, 1)], np.int8))
    ['easy']
    """
    puzzles = [Puzzle(board, tuple(row)) for row in givens.tolist()]
    if board.rules:
        return [grade(puzzle, unique=True, most=most).level for puzzle in puzzles]
    highest = LEVELS.index(most)
    masks, _ = propagate(board, initial_masks(board, givens), compiled, singles=True)
    ranks = np.where(_solved(masks), EASY, BEYOND)
    going = np.flatnonzero(ranks == BEYOND) if highest >= MEDIUM else np.array([], np.intp)
    masks[going] = closure(board, masks[going], compiled)
    reached = np.full(len(puzzles), MEDIUM)
    known = [one for one in TECHNIQUES if MEDIUM < LEVELS.index(one.level) <= highest]
    while len(going):
        ready = _solved(masks[going])
        ranks[going[ready]] = reached[going[ready]]
        stepped = []
        for row in going[~ready].tolist():
            if (found := _step(puzzles[row], masks[row], known)) is not None:
                masks[row], rank = found
                reached[row] = max(reached[row], rank)
                stepped.append(row)
        going = np.array(stepped, np.intp)
        masks[going] = closure(board, masks[going], compiled)
    return [LEVELS[rank] for rank in ranks]


def _solved(masks: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Which rows of masks (B, n) have one candidate in each cell."""
    return np.asarray((masks_to_values(masks) > 0).all(axis=-1))


def _step(
    puzzle: Puzzle, masks: npt.NDArray[np.uint64], known: list[Technique]
) -> tuple[tuple[int, ...], int] | None:
    """The masks (n,) that the first step of these techniques leaves, and the rank of its level."""
    values = masks_to_values(masks)
    candidates = np.where(values > 0, 0, masks)
    state = State.of(puzzle, values.tolist(), candidates.tolist(), unique=True)
    for technique in known:
        if step := next(technique.steps(state), None):
            return apply(state, step).masks, LEVELS.index(technique.level)
    return None

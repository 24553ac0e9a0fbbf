"""The last word on a solution: an independent check that shares no code with search or network.

It reads the units off the board itself, with plain loops and sets, and takes rules as `meaning`
says them, in numbers; it trusts nobody else's tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.meaning import broken, broken_rows
from vmd_solver.csp.puzzle import Board, Puzzle


@dataclass(frozen=True)
class Certificate:
    """What the check found; true where `problems` is empty, and only then is a grid *verified*."""

    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the solution keeps every given and every rule."""
        return not self.problems

    def __bool__(self) -> bool:
        return self.ok


def verify(puzzle: Puzzle, solution: Sequence[int]) -> Certificate:
    """Whether `solution` (n values, cell by cell) solves the puzzle; if not, every reason.

    >>> from vmd_solver.csp.families import latin
    >>> puzzle = Puzzle(latin(2), (1, 0, 0, 0))
    >>> verify(puzzle, (1, 2, 2, 1)).ok
    True
    >>> verify(puzzle, (2, 1, 1, 2)).problems
    ('r1c1 is given as 1, and holds 2',)
    """
    board, holes = puzzle.board, set(puzzle.board.holes)
    if len(solution) != board.n:
        return Certificate((f"{len(solution)} values for {board.n} cells",))
    values, problems = list(solution), []
    for cell, value in enumerate(values):
        if cell not in holes and value not in range(1, board.D + 1):
            problems.append(f"{board.cell_name(cell)} holds {value}, which is no value")
    for cell, given in enumerate(puzzle.givens):
        if given and values[cell] != given and cell not in holes:
            name = board.cell_name(cell)
            problems.append(f"{name} is given as {given}, and holds {values[cell]}")
    for number, unit in enumerate(board.units, 1):
        seen: dict[int, int] = {}
        for cell in unit:
            first = seen.setdefault(values[cell], cell)
            if first != cell:
                names = f"{board.cell_name(first)} and {board.cell_name(cell)}"
                problems.append(f"{names} of unit {number} both hold {values[cell]}")
    if not problems:
        problems += [message for _, message in broken(board, values)]
    return Certificate(tuple(problems))


def verify_many(
    board: Board, givens: npt.NDArray[np.integer], solutions: npt.NDArray[np.integer]
) -> npt.NDArray[np.bool_]:
    """Which rows of `solutions` (B, n) solve the same rows of `givens` (B, n): `verify`, for many.

    >>> from vmd_solver.csp.families import latin
    >>> givens, solutions = np.array([[1, 0, 0, 0]] * 2), np.array([[1, 2, 2, 1], [2, 1, 1, 2]])
    >>> verify_many(latin(2), givens, solutions).tolist()
    [True, False]
    """
    kept = (solutions >= 1) & (solutions <= board.D) & ((givens == 0) | (givens == solutions))
    kept[:, list(board.holes)] = True
    right: npt.NDArray[np.bool_] = np.logical_and.reduce(kept, axis=1)
    # A unit of k cells holds k values where it repeats none. Cell by cell: rows lie side by side.
    word = np.min_scalar_type(1 << board.D)  # objects, for more values than the widest has bits
    held = np.array(1, word) << solutions.T.astype(word, order="C")
    for unit in board.units:
        values = np.bitwise_or.reduce(held[list(unit)], axis=0)
        right &= np.bitwise_count(values) == len(unit)
    for _, wrong in broken_rows(board, solutions):
        right &= ~wrong.any(axis=1)
    return right

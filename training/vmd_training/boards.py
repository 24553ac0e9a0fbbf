"""Boards by name: a family and its size, `sudoku-3x3` say; families without a fixed board draw one.

Must not know of puzzles or training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_board, random_grid

FIXED: dict[str, Callable[..., Board]] = {
    "sudoku": sudoku,
    "sudoku-x": sudoku_x,
    "windoku": windoku,
    "latin": latin,
}
"""Families with one board of a size: Sudokus by their boxes, Latin squares by order."""

RANDOM: dict[str, Callable[..., Board]] = {
    "jigsaw": lambda rng, order: jigsaw_board(order, rng),
    "jigsaw-x": lambda rng, order: jigsaw_board(order, rng, diagonal=True),
    "grid": lambda rng, rows, cols: random_grid(rows, cols, max(rows, cols), rng)[0],
}
"""Families whose boards are drawn: jigsaws by order, grids by rows and columns."""


def draw(name: str, rng: np.random.Generator) -> Board:
    """The board of that name, or a random one of its kind.

    >>> draw("sudoku-x-2x3", np.random.default_rng(1)).n
    36
    >>> draw("jigsaw-5", np.random.default_rng(1)).family
    'jigsaw'
    """
    family, _, size = name.rpartition("-")
    shape = map(int, size.split("x"))
    return FIXED[family](*shape) if family in FIXED else RANDOM[family](rng, *shape)


def padded_units(
    boards: Sequence[Board], U: int = 0
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Units (G, U, n) and complete (G, U) of boards of one size; zeros where one has fewer than
    the most, or than U if that is given."""
    U = U or max(len(board.units) for board in boards)
    short = [U - len(board.units) for board in boards]
    units = [np.pad(b.incidence, ((0, to), (0, 0))) for b, to in zip(boards, short, strict=True)]
    complete = [np.pad(b.complete, (0, to)) for b, to in zip(boards, short, strict=True)]
    return np.stack(units), np.stack(complete)


def fixed(name: str) -> bool:
    """Whether every board of that name is the same."""
    return name.rpartition("-")[0] in FIXED

"""Levels in bulk are those of paths, on both machines and on boards of every kind of unit."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import initial_masks
from vmd_solver.csp.closure import closure
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_board, minimal_puzzles
from vmd_solver.techniques import grade, solve_path
from vmd_solver.techniques.levels import levels

BOARDS = [sudoku(), sudoku_x(), windoku(), jigsaw_board(7, 1), latin(6)]


def made(board: Board, count: int) -> np.ndarray:
    return minimal_puzzles(board, count, 7)[0]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.family)
@pytest.mark.parametrize("compiled", [False, True])
def test_what_is_left_is_what_a_path_leaves(board: Board, compiled: bool) -> None:
    if compiled:
        pytest.importorskip("llvmlite")
    givens = made(board, 6)
    left = closure(board, initial_masks(board, givens), compiled)
    for row, masks in zip(givens.tolist(), left.tolist(), strict=True):
        path = solve_path(Puzzle(board, tuple(row)), unique=True, most="medium")
        assert tuple(masks) == path.state.masks


@pytest.mark.parametrize("most", ["easy", "medium", "hard", "beyond"])
def test_levels_are_those_of_grades(most: str) -> None:
    givens = made(sudoku(), 60)
    puzzles = [Puzzle(sudoku(), tuple(row)) for row in givens.tolist()]
    expected = [grade(one, unique=True, most=most).level for one in puzzles]  # type: ignore[arg-type]
    assert levels(sudoku(), givens, most) == expected  # type: ignore[arg-type]
    assert len({*expected}) > 1

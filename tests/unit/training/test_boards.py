"""Boards have the size their names say, and random ones differ."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_training.boards import FIXED, draw, fixed
from vmd_training.recipes import DATASETS


@pytest.mark.parametrize(
    ("name", "n", "D", "units"),
    [
        ("sudoku-2x3", 36, 6, 18),
        ("sudoku-x-2x2", 16, 4, 14),
        ("windoku-3x3", 81, 9, 31),
        ("latin-7", 49, 7, 14),
        ("jigsaw-5", 25, 5, 15),
        ("jigsaw-x-6", 36, 6, 20),
    ],
)
def test_a_name_says_family_and_size(name: str, n: int, D: int, units: int) -> None:
    board = draw(name, np.random.default_rng(1))
    assert (board.n, board.D, len(board.units)) == (n, D, units)


def test_grids_are_of_rows_and_columns() -> None:
    board = draw("grid-3x5", np.random.default_rng(1))
    assert (board.rows, board.cols, board.D) == (3, 5, 5)


def test_boards_are_redrawn_unless_fixed() -> None:
    names = {maker.board for makers in DATASETS.values() for maker in makers}
    assert {name.rpartition("-")[0] for name in names} > set(FIXED)
    for name in ("latin-5", "sudoku-2x2", "jigsaw-6", "grid-4x4"):
        one, other = (draw(name, np.random.default_rng(seed)) for seed in (1, 2))
        assert (one == other) == fixed(name)

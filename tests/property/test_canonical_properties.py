"""Any symmetry and any renaming of values leaves a puzzle's canonical form as it is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.canonical import Known, canonical, signatures
from vmd_solver.csp.families import grid, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import full_grids, jigsaw_board, random_grid

BOARDS: tuple[Board, ...] = (
    sudoku(2, 2),
    sudoku(2, 3),
    sudoku(),
    sudoku_x(),
    windoku(),
    latin(5),
    jigsaw_board(6, 1),
    random_grid(4, 5, 5, 1)[0],
    grid(2, 3, 4, [(0, 1, 2), (3, 4)]),
)
GRIDS = {board: full_grids(board, 3, 1, compiled=False) for board in BOARDS}

boards = st.sampled_from(BOARDS)
seeds = st.integers(0, 2**32 - 1)


def drawn(board: Board, rng: np.random.Generator) -> np.ndarray:
    """Some givens (n,) out of a full grid."""
    return rng.choice(GRIDS[board]) * (rng.random(board.n) < rng.uniform(0.1, 1))


def moved(board: Board, givens: np.ndarray, rng: np.random.Generator) -> tuple[Board, np.ndarray]:
    """The puzzle with its cells in another order, its units too, and other names of values."""
    place = rng.permutation(board.n)
    units = [
        rng.permutation(place[list(board.units[u])]) for u in rng.permutation(len(board.units))
    ]
    names = np.concatenate([[0], 1 + rng.permutation(board.D)])
    cells = np.zeros(board.n, dtype=np.int8)
    cells[place] = names[givens]
    return grid(board.rows, board.cols, board.D, [unit.tolist() for unit in units]), cells


@given(boards, seeds)
def test_moved_and_renamed_puzzles_have_the_same_form(board: Board, seed: int) -> None:
    rng = np.random.default_rng(seed)
    givens = drawn(board, rng)
    other, cells = moved(board, givens, rng)
    assert signatures(board, [givens]) == signatures(other, [cells])
    assert canonical(Puzzle(board, tuple(givens.tolist()))) == canonical(
        Puzzle(other, tuple(cells.tolist()))
    )
    known = Known()
    known.add(other, [cells])
    assert known.holds(board, [givens]).all()


@given(boards, seeds)
def test_a_clue_more_is_another_puzzle(board: Board, seed: int) -> None:
    rng = np.random.default_rng(seed)
    givens = drawn(board, rng)
    shown = np.flatnonzero(givens)
    if not len(shown):
        return
    fewer = givens.copy()
    fewer[rng.choice(shown)] = 0
    other, cells = moved(board, fewer, rng)
    known = Known()
    known.add(board, [givens])
    assert not known.holds(other, [cells]).any()

"""Generated grids, puzzles and boards: valid, minimal, varied, and the same for a seed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.exact import count, is_unique
from vmd_solver.csp.families import grid, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import (
    dig,
    full_grids,
    jigsaw_board,
    jigsaw_regions,
    loosen,
    minimal_puzzles,
    random_grid,
)
from vmd_solver.csp.verify import verify
from vmd_solver.errors import SearchError

BOARDS: dict[str, Board] = {
    "4x4": sudoku(2, 2),
    "6x6": sudoku(2, 3),
    "X 4x4": sudoku_x(2, 2),
    "X 6x6": sudoku_x(2, 3),
    "windoku 9x9": windoku(),
    "latin": latin(5),
    "jigsaw": jigsaw_board(5, 1),
    "jigsaw-x": jigsaw_board(6, 1, diagonal=True),
    "grid": random_grid(5, 6, 6, 3)[0],
    "uneven grid": random_grid(5, 5, 6, 3)[0],
    "loose grid": grid(2, 3, 4, [(0, 1, 2), (3, 4)]),
}


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_full_grids_are_valid_on_every_board(board: Board) -> None:
    grids = full_grids(board, 3, seed=1)
    assert grids.shape == (3, board.n) and grids.dtype == np.int8
    assert all(verify(board.empty(), row) for row in grids.tolist())


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_puzzles_are_unique_and_no_clue_can_go(board: Board) -> None:
    puzzles, solutions = minimal_puzzles(board, 2, seed=2)
    for givens, solution in zip(puzzles.tolist(), solutions.tolist(), strict=True):
        puzzle = Puzzle(board, tuple(givens))
        assert verify(puzzle, solution) and is_unique(puzzle)
        for cell in np.flatnonzero(givens):
            fewer = Puzzle(board, (*givens[:cell], 0, *givens[cell + 1 :]))
            assert count(fewer, limit=2).solutions == 2


@pytest.mark.parametrize("board", [sudoku(2, 3), BOARDS["jigsaw"], BOARDS["grid"]])
def test_both_machines_make_the_same(board: Board) -> None:
    pytest.importorskip("llvmlite")
    plain = minimal_puzzles(board, 5, seed=9, compiled=False)
    fast = minimal_puzzles(board, 5, seed=9, compiled=True)
    assert np.array_equal(plain[0], fast[0]) and np.array_equal(plain[1], fast[1])


def test_a_seed_names_its_puzzles() -> None:
    board = sudoku(2, 2)
    (one, _), (same, _), (other, _) = (minimal_puzzles(board, 20, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_all_288_grids_of_4x4_come_about_about_equally_often() -> None:
    """A random search is not exactly fair: here shares differ by a sixth from one another.

    Of 20 expected, a fair draw gives fewer than 4 or more than 45 once in some 10,000 runs.
    """
    grids = full_grids(sudoku(2, 2), 288 * 20, seed=4)
    seen = Counter(map(bytes, grids))
    assert len(seen) == 288
    assert min(seen.values()) >= 4 and max(seen.values()) <= 45


def test_large_boards_are_filled() -> None:
    for board in (sudoku(4, 4), latin(20), sudoku(5, 5)):
        (solution,) = full_grids(board, 1, seed=3)
        assert verify(board.empty(), solution.tolist())


def test_boards_without_a_grid_say_so() -> None:
    with pytest.raises(SearchError, match="contradict"):
        full_grids(sudoku_x(2, 1), 1, seed=0)


def test_digging_stops_at_the_clues_asked_for() -> None:
    board = sudoku()
    solutions = full_grids(board, 3, seed=1)
    assert ((dig(board, solutions, 1, givens=40) > 0).sum(axis=1) == 40).all()
    assert np.array_equal(dig(board, solutions, 1, givens=81), solutions)


def test_digging_within_a_budget_keeps_puzzles_unique() -> None:
    board = sudoku_x()
    solutions = full_grids(board, 2, seed=1)
    quick = dig(board, solutions, 1, max_guesses=0)
    assert all(is_unique(Puzzle(board, tuple(row))) for row in quick.tolist())
    assert ((quick > 0).sum(axis=1) > (dig(board, solutions, 1) > 0).sum(axis=1)).all()


def test_digging_continues_from_puzzles_and_adds_no_clue() -> None:
    board = sudoku(2, 3)
    solutions = full_grids(board, 4, seed=1)
    begun = dig(board, solutions, 1, givens=20)
    done = dig(board, solutions, 2, puzzles=begun)
    assert ((done == 0) | (done == begun)).all() and ((done > 0).sum(axis=1) < 20).all()
    assert np.array_equal(dig(board, solutions, 3, puzzles=done), done), "no clue can go"
    assert all(is_unique(Puzzle(board, tuple(row))) for row in done.tolist())


def test_loosened_puzzles_have_several_solutions() -> None:
    board = sudoku(2, 3)
    puzzles, _ = minimal_puzzles(board, 4, seed=1)
    loose = loosen(puzzles, 2, seed=1)
    assert ((puzzles > 0).sum(axis=1) - (loose > 0).sum(axis=1) == 2).all()
    assert (loose[loose > 0] == puzzles[loose > 0]).all()
    assert all(count(Puzzle(board, tuple(row))).solutions == 2 for row in loose.tolist())


@pytest.mark.parametrize("order", [1, 2, 5, 9, 12])
def test_jigsaw_pieces_are_connected_and_of_equal_size(order: int) -> None:
    for seed in range(5):
        regions = jigsaw_regions(order, seed)
        assert sorted(Counter(regions).values()) == [order] * order
        for region in set(regions):
            cells = {cell for cell, label in enumerate(regions) if label == region}
            reached = {min(cells)}
            for _ in range(order):
                reached |= {
                    cell for cell in cells for near in reached
                    if abs(cell % order - near % order) + abs(cell // order - near // order) == 1
                }  # fmt: skip
            assert reached == cells


def test_jigsaw_pieces_are_crooked_and_differ() -> None:
    drawn = {jigsaw_regions(9, seed) for seed in range(10)}
    assert len(drawn) == 10
    rows = tuple(cell // 9 for cell in range(81))
    assert rows not in drawn


@pytest.mark.parametrize("order", [3, 9, 12])
def test_jigsaw_boards_have_full_grids(order: int) -> None:
    board = jigsaw_board(order, seed=1)
    (solution,) = full_grids(board, 1, seed=1)
    assert board.family == "jigsaw" and verify(board.empty(), solution.tolist())
    assert len(set(board.units)) > 2 * order, "not every piece is a row"


@pytest.mark.parametrize(("rows", "cols", "D"), [(4, 4, 4), (5, 5, 6), (3, 7, 5), (1, 5, 9)])
def test_random_grids_keep_their_promise(rows: int, cols: int, D: int) -> None:
    for seed in range(5):
        board, solution = random_grid(rows, cols, D, seed)
        assert (board.family, board.rows, board.cols, board.D) == ("grid", rows, cols, D)
        assert verify(board.empty(), solution.tolist())


def test_random_grids_mix_complete_and_incomplete_units() -> None:
    board, _ = random_grid(6, 6, 6, 1, layers=4)
    assert 0 < board.complete.sum() < len(board.units)
    whole, _ = random_grid(6, 6, 6, 1, layers=4, whole=1.0)
    assert whole.complete.all() and len(whole.units) == 24

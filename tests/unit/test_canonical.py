"""Canonical forms: what they tell apart, and that a set of puzzles finds their equivalents."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.canonical import Known, canonical, signatures
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_regions, minimal_puzzles

CYCLIC = [(row + col) % 4 + 1 for row, col in product(range(4), repeat=2)]
KLEIN = [(row ^ col) + 1 for row, col in product(range(4), repeat=2)]


def symmetries_of_4x4() -> list[list[int]]:
    """The 128 ways to move the cells of 4x4 Sudoku that keep rows, columns and boxes."""
    lines = [
        [2 * a + b, 2 * a + 1 - b, 2 * (1 - a) + c, 2 * (1 - a) + 1 - c]
        for a, b, c in product(range(2), repeat=3)
    ]
    straight = [[4 * row + col for row in rows for col in cols] for rows in lines for cols in lines]
    return straight + [[4 * (cell % 4) + cell // 4 for cell in cells] for cells in straight]


def least(givens: list[int], moves: list[list[int]]) -> list[int]:
    """The canonical form of a 4x4 puzzle, by trying everything."""
    found = []
    for cells in moves:
        names = {0: 0}
        found.append([names.setdefault(givens[cell], len(names)) for cell in cells])
    return min(found)


def test_forms_agree_with_brute_force_on_4x4() -> None:
    board, moves = sudoku(2, 2), symmetries_of_4x4()
    assert len({tuple(cells) for cells in moves}) == 128
    rng = np.random.default_rng(1)
    shown = rng.random((300, 16)) < rng.uniform(0.05, 0.3, (300, 1))
    rows = np.where(shown, rng.integers(1, 5, (300, 16)), 0).tolist()
    exact = [bytes(least(row, moves)) for row in rows]
    forms = [canonical(Puzzle(board, tuple(row))) for row in rows]
    pairs = set(zip(exact, forms, strict=True))
    assert len(pairs) == len(set(exact)) == len(set(forms))
    assert 80 < len(set(forms)) < 270, "some are equivalent and most are not"


def test_what_refinement_cannot_tell_apart_the_form_does() -> None:
    board = latin(4)
    assert len(set(signatures(board, [CYCLIC, KLEIN]).tolist())) == 1
    assert canonical(Puzzle(board, tuple(CYCLIC))) != canonical(Puzzle(board, tuple(KLEIN)))


def test_values_that_no_given_shows_still_count() -> None:
    units = [(0, 1, 2)]
    three, four = grid(1, 3, 3, units), grid(1, 3, 4, units)
    assert canonical(three.empty()) != canonical(four.empty())
    assert signatures(three, [[0, 0, 0]]) != signatures(four, [[0, 0, 0]])


def test_the_order_and_the_repetition_of_units_do_not_count() -> None:
    one, other = grid(2, 2, 2, [(0, 1), (2, 3)]), grid(2, 2, 2, [(3, 2), (0, 1), (1, 0), (3,)])
    assert canonical(one.empty()) == canonical(other.empty())
    assert canonical(one.empty()) != canonical(grid(2, 2, 2, [(0, 1), (1, 2)]).empty())


@pytest.mark.parametrize(
    "board", [sudoku(), sudoku(3, 4), latin(7), sudoku_x(), windoku(), grid(5, 6, 4, [])]
)
def test_boards_without_givens_have_a_form_soon(board: Board) -> None:
    """Millions of symmetries or more: without pruning this would not end."""
    assert canonical(board.empty()) == canonical(board.empty())


def test_known_puzzles_are_found_turned_and_renamed() -> None:
    board = sudoku(2, 3)
    puzzles, _ = minimal_puzzles(board, 20, 1, compiled=False)
    known = Known()
    known.add(board, puzzles[:10])
    names = np.array([0, 3, 1, 2, 6, 5, 4], dtype=np.int8)
    moved = names[puzzles.reshape(-1, 6, 6)[:, ::-1, ::-1]].reshape(-1, 36)
    for rows in (puzzles, moved, moved):
        assert known.holds(board, rows).tolist() == [True] * 10 + [False] * 10
    assert known.holds(board, np.zeros((0, 36), np.int8)).shape == (0,)


def test_known_puzzles_are_found_on_the_mirrored_board() -> None:
    regions = np.array(jigsaw_regions(5, 3)).reshape(5, 5)
    board, mirrored = jigsaw(regions.ravel().tolist()), jigsaw(regions.T.ravel().tolist())
    assert board != mirrored
    givens = np.zeros((1, 25), np.int8)
    givens[0, [1, 7]] = 1, 2
    known = Known()
    known.add(board, givens)
    assert known.holds(mirrored, givens.reshape(5, 5).T.reshape(1, 25)).all()
    assert not known.holds(latin(5), givens).any()


def test_every_order_of_a_small_board_has_one_form() -> None:
    units, givens = [(0, 1, 2), (2, 3), (3, 4)], (0, 1, 0, 2, 0)
    forms = {
        canonical(
            Puzzle(
                grid(1, 5, 3, [[order.index(cell) for cell in unit] for unit in units]),
                tuple(givens[cell] for cell in order),
            )
        )
        for order in permutations(range(5))
    }
    assert len(forms) == 1

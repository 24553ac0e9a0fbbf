"""Boards, families and puzzles: shapes, units, and every violation reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import FAMILIES, grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.puzzle import MAX_VALUES, default_alphabet, unit_name, violations
from vmd_solver.errors import InvalidPuzzle

PIECES = (0, 0, 0, 1, 0, 2, 1, 1, 2, 2, 3, 1, 2, 3, 3, 3)
"""A 4x4 jigsaw of four crooked pieces."""

BOARDS = {
    "sudoku 3x3": (sudoku(), 81, 9, 27),
    "sudoku 2x3": (sudoku(2, 3), 36, 6, 18),
    "sudoku 5x5": (sudoku(5, 5), 625, 25, 75),
    "sudoku-x": (sudoku_x(), 81, 9, 29),
    "windoku": (windoku(), 81, 9, 31),
    "windoku 4x4": (windoku(4, 4), 256, 16, 57),
    "latin": (latin(5), 25, 5, 10),
    "jigsaw": (jigsaw(PIECES), 16, 4, 12),
    "jigsaw-x": (jigsaw(PIECES, diagonal=True), 16, 4, 14),
    "grid": (grid(1, 3, 3, [(0, 1), (1, 2)]), 3, 3, 2),
}
"""Board, cells, values, units."""


@pytest.mark.parametrize("case", BOARDS.values(), ids=BOARDS)
def test_families_have_the_cells_values_and_units_they_should(
    case: tuple[Board, int, int, int],
) -> None:
    board, n, D, U = case
    assert board.family in FAMILIES
    assert (board.n, board.D, len(board.units)) == (n, D, U)


def test_every_family_is_covered_above() -> None:
    assert {case[0].family for case in BOARDS.values()} == set(FAMILIES)


@pytest.mark.parametrize("case", BOARDS.values(), ids=BOARDS)
def test_incidence_peers_and_complete_agree_with_the_units(
    case: tuple[Board, int, int, int],
) -> None:
    board = case[0]
    assert board.incidence.shape == (len(board.units), board.n)
    assert board.incidence.dtype == np.uint8
    for number, unit in enumerate(board.units):
        assert set(np.flatnonzero(board.incidence[number])) == set(unit)
        assert board.complete[number] == (len(unit) == board.D)
    together = board.incidence.T.astype(int) @ board.incidence
    np.fill_diagonal(together, 0)
    for cell, peers in enumerate(board.peers):
        assert peers == tuple(np.flatnonzero(together[cell]))


def test_a_sudoku_cell_has_twenty_peers() -> None:
    assert {len(peers) for peers in sudoku().peers} == {20}


def test_incidence_and_complete_are_read_only() -> None:
    board = sudoku(2, 2)
    for table in (board.incidence, board.complete):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 0


def test_boxes_are_as_wide_and_high_as_asked() -> None:
    board = sudoku(2, 3)
    assert board.box == (2, 3)
    assert board.units[12] == (0, 1, 2, 6, 7, 8)
    assert board.units[-1] == (27, 28, 29, 33, 34, 35)


def test_windows_lie_one_cell_in_and_one_apart() -> None:
    first, *_, last = windoku().units[27:]
    assert first == (10, 11, 12, 19, 20, 21, 28, 29, 30)
    assert last == (50, 51, 52, 59, 60, 61, 68, 69, 70)


def test_diagonals_run_corner_to_corner() -> None:
    assert sudoku_x(2, 2).units[-2:] == ((0, 5, 10, 15), (3, 6, 9, 12))


def test_jigsaw_labels_do_not_matter_only_the_drawing() -> None:
    relabelled = tuple((30, 10, 20, 0)[label] for label in PIECES)
    assert jigsaw(relabelled) == jigsaw(PIECES)
    assert jigsaw(PIECES).regions == PIECES


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: jigsaw((0,) * 15), "a jigsaw is square, got 15 cells"),
        (lambda: jigsaw(()), "a jigsaw is square, got 0 cells"),
        (lambda: jigsaw((0, 0, 0, 1)), "region 1 has 3 cells, expected 2"),
        (lambda: grid(0, 4, 4, []), "at least one cell, got 0x4"),
        (lambda: grid(1, 4, 0, []), f"1 to {MAX_VALUES} values are supported, got 0"),
        (lambda: latin(MAX_VALUES + 1), "values are supported, got 128"),
        (lambda: grid(2, 2, 2, [(0, 1), (1, 1)]), "unit 2 names a cell twice"),
        (lambda: grid(2, 2, 2, [(0, 4)]), "unit 1 names a cell outside the 4 of the board"),
        (lambda: grid(2, 2, 2, [(-1, 0)]), "unit 1 names a cell outside the 4 of the board"),
        (lambda: Board("jigsaw", 2, 2, 2, (), None, (0, 0, 1)), "3 region labels for 4 cells"),
        (lambda: Puzzle(latin(2), (0,) * 3), "3 givens for a board of 4 cells"),
        (lambda: Puzzle(latin(2), (0,) * 4, ("A",)), "2 different symbols expected, got 1"),
        (lambda: Puzzle(latin(2), (0,) * 4, ("A", "A")), "2 different symbols expected, got 1"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidPuzzle, match=message):
        make()


def test_boards_and_puzzles_are_values() -> None:
    assert sudoku() == sudoku(3, 3)
    assert hash(sudoku().empty()) == hash(sudoku().empty())
    assert latin(2).empty() == Puzzle(latin(2), (0,) * 4, name="a name is not the puzzle")
    with pytest.raises(FrozenInstanceError):
        sudoku().D = 4  # type: ignore[misc]


def test_alphabets_are_digits_then_letters_then_numbers() -> None:
    assert "".join(default_alphabet(35)) == "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert default_alphabet(36)[-1] == "36"
    assert Puzzle(latin(2), (0,) * 4).alphabet == ("1", "2")


def test_to_array_holds_the_givens() -> None:
    array = Puzzle(latin(2), (1, 0, 0, 2)).to_array()
    assert array.dtype == np.int16
    assert array.tolist() == [1, 0, 0, 2]


def test_an_empty_and_a_consistent_puzzle_are_valid() -> None:
    board = sudoku(2, 2)
    assert board.empty().is_valid()
    puzzle = Puzzle(board, (1, 2, 3, 4, 3, 4) + (0,) * 10)
    assert puzzle.status() == ()
    puzzle.require_valid()


def test_status_lists_every_violation_in_unit_order() -> None:
    puzzle = Puzzle(sudoku(2, 2), (1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0))
    assert [str(violation) for violation in puzzle.status()] == [
        "value 1 repeats in row 1: r1c1, r1c2",
        "value 1 repeats in column 1: r1c1, r2c1",
        "value 2 repeats in column 3: r3c3, r4c3",
        "value 1 repeats in box 1: r1c1, r1c2, r2c1",
        "value 2 repeats in box 4: r3c3, r4c3",
    ]
    first = puzzle.status()[0]
    assert (first.kind, first.cells, first.value, first.unit) == ("repeated", (0, 1), 1, 0)
    assert not puzzle.is_valid()


def test_status_speaks_the_alphabet_of_the_puzzle() -> None:
    puzzle = Puzzle(latin(2), (2, 2, 0, 0), ("A", "B"))
    assert str(puzzle.status()[0]) == "value B repeats in row 1: r1c1, r1c2"


def test_values_outside_the_alphabet_are_reported_together_and_not_compared() -> None:
    found = Puzzle(latin(2), (3, 3, 0, -1)).status()
    assert [violation.kind for violation in found] == ["out_of_range"]
    assert found[0].cells == (0, 1, 3)
    assert str(found[0]) == "values outside 1..2 at r1c1, r1c2, r2c2"


def test_a_unit_with_more_cells_than_values_is_reported() -> None:
    (found,) = grid(1, 3, 2, [(0, 1, 2)]).empty().status()
    assert (found.kind, found.unit) == ("unit_too_large", 0)
    assert str(found) == "row 1 has 3 cells for 2 values"


def test_require_valid_raises_with_all_violations() -> None:
    puzzle = Puzzle(latin(2), (1, 1, 1, 0))
    with pytest.raises(InvalidPuzzle, match=r"row 1: r1c1, r1c2 \(and 1 more\)") as caught:
        puzzle.require_valid()
    assert caught.value.violations == puzzle.status()


def test_violations_judges_any_values_on_a_board() -> None:
    assert violations(latin(2), [1, 2, 2, 1]) == ()
    assert len(violations(latin(2), [1, 1, 1, 1])) == 4


@pytest.mark.parametrize(
    ("board", "number", "name"),
    [
        (sudoku(), 0, "row 1"),
        (sudoku(), 17, "column 9"),
        (sudoku(), 18, "box 1"),
        (sudoku_x(), 27, "the main diagonal"),
        (sudoku_x(), 28, "the other diagonal"),
        (windoku(), 27, "window 1"),
        (jigsaw((0, 0, 0, 1, 0, 1, 1, 1, 2, 2, 2, 3, 2, 3, 3, 3)), 8, "region 1"),
        (jigsaw((0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3)), 11, "box 4"),
        (jigsaw((0, 1, 2) * 3), 6, "column 1"),
        (grid(2, 2, 2, [(0, 3), (1,)]), 0, "the main diagonal"),
        (grid(2, 2, 2, [(0, 3), (1,)]), 1, "unit 2"),
    ],
)
def test_units_have_the_names_people_use(board: Board, number: int, name: str) -> None:
    assert unit_name(board, number) == name


def test_cells_are_named_from_one() -> None:
    assert sudoku().cell_name(0) == "r1c1"
    assert grid(2, 5, 2, []).cell_name(9) == "r2c5"

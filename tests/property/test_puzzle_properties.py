"""Boards of any shape: what must hold for every grid of units and every filling."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.puzzle import violations

families = st.sampled_from(
    [sudoku(), sudoku(2, 2), sudoku(2, 3), sudoku_x(), sudoku_x(2, 2), windoku(), latin(4)]
)


@st.composite
def grids(draw: st.DrawFn) -> Board:
    """A free-form board of up to 16 cells with up to six units, overlapping as they like."""
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    cell = st.integers(0, rows * cols - 1)
    unit = st.lists(cell, min_size=1, unique=True)
    return grid(rows, cols, draw(st.integers(1, 6)), draw(st.lists(unit, max_size=6)))


@st.composite
def puzzles(draw: st.DrawFn, spread: int = 0) -> Puzzle:
    """Any board with any givens, up to `spread` outside its alphabet."""
    board = draw(families | grids())
    value = st.integers(-spread, board.D + spread)
    return Puzzle(board, tuple(draw(st.lists(value, min_size=board.n, max_size=board.n))))


@given(families | grids())
def test_being_a_peer_is_mutual_and_never_of_oneself(board: Board) -> None:
    for cell, peers in enumerate(board.peers):
        assert cell not in peers
        assert all(cell in board.peers[peer] for peer in peers)


@given(puzzles())
def test_repeats_are_exactly_the_equal_pairs_within_units(puzzle: Puzzle) -> None:
    givens = puzzle.givens
    expected = {
        (number, pair)
        for number, unit in enumerate(puzzle.board.units)
        for pair in combinations(unit, 2)
        if givens[pair[0]] == givens[pair[1]] != 0
    }
    found = {
        (violation.unit, pair)
        for violation in puzzle.status()
        if violation.kind == "repeated"
        for pair in combinations(violation.cells, 2)
    }
    assert found == expected


@given(puzzles(spread=2))
def test_values_out_of_range_are_all_reported_and_only_they(puzzle: Puzzle) -> None:
    outside = {c for c, value in enumerate(puzzle.givens) if not 0 <= value <= puzzle.board.D}
    reported = [v.cells for v in puzzle.status() if v.kind == "out_of_range"]
    assert {cell for cells in reported for cell in cells} == outside
    assert len(reported) == bool(outside)


@given(puzzles(), st.data())
def test_opening_a_cell_never_adds_a_violation(puzzle: Puzzle, data: st.DataObject) -> None:
    cell = data.draw(st.integers(0, puzzle.board.n - 1))
    values = list(puzzle.givens)
    values[cell] = 0
    assert len(violations(puzzle.board, values)) <= len(puzzle.status())


@given(puzzles(), st.randoms(use_true_random=False))
def test_renaming_the_values_moves_no_violation(puzzle: Puzzle, rng: random.Random) -> None:
    order = list(range(1, puzzle.board.D + 1))
    rng.shuffle(order)
    renamed = [value and order[value - 1] for value in puzzle.givens]
    before = {(v.kind, v.unit, v.cells) for v in puzzle.status()}
    after = {(v.kind, v.unit, v.cells) for v in violations(puzzle.board, renamed)}
    assert before == after


@given(st.integers(1, 6), st.integers(1, 6))
def test_sudoku_boxes_share_the_board_out(box_rows: int, box_cols: int) -> None:
    board = sudoku(box_rows, box_cols)
    assert board.complete.all()
    assert np.array_equal(board.incidence.sum(axis=0), np.full(board.n, 3))
    for unit in board.units[2 * board.D :]:
        cells = np.array(unit)
        assert np.ptp(cells // board.cols) == box_rows - 1
        assert np.ptp(cells % board.cols) == box_cols - 1


@given(st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_jigsaw_is_its_drawing_whatever_the_labels(order: int, rng: random.Random) -> None:
    regions = [cell % order for cell in range(order * order)]
    rng.shuffle(regions)
    labels = rng.sample(range(100), order)
    board = jigsaw(regions)
    assert jigsaw([labels[region] for region in regions]) == board
    assert board.regions is not None
    assert list(dict.fromkeys(board.regions)) == list(range(order))

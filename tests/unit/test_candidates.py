"""Candidate masks of batches: the conversions, and propagation by numpy and by the kernel."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_solver.csp.candidates import (
    allowed_to_masks,
    initial_masks,
    masks_to_allowed,
    masks_to_values,
    propagate,
)
from vmd_solver.csp.families import grid, latin, sudoku


def test_givens_to_masks_and_back() -> None:
    board = grid(1, 4, 63, [(0, 1, 2, 3)])
    masks = initial_masks(board, [[0, 1, 32, 63]])
    assert masks.tolist() == [[2**63 - 1, 1, 1 << 31, 1 << 62]]
    assert masks_to_values(masks).tolist() == [[0, 1, 32, 63]]
    assert masks_to_values(np.zeros((1, 1), np.uint64)).tolist() == [[0]]


def test_masks_of_more_values_than_a_word_has_bits() -> None:
    board = latin(70)
    givens = np.zeros((2, board.n), np.int8)
    givens[0, :69], givens[1, :2] = range(1, 70), 64
    narrowed, consistent = propagate(board, initial_masks(board, givens))
    assert consistent.tolist() == [True, False]
    assert masks_to_values(narrowed)[0, :70].tolist() == list(range(1, 71))
    allowed = masks_to_allowed(narrowed, 70)
    assert allowed[0, 70].sum() == 69 and not allowed[0, 70, 0]
    assert np.array_equal(allowed_to_masks(allowed), narrowed)


def test_allowed_is_the_mask_spelled_out() -> None:
    masks = np.array([[0b101, 0, 1 << 62]], dtype=np.uint64)
    allowed = masks_to_allowed(masks, 63)
    assert allowed.shape == (1, 3, 63)
    assert [np.flatnonzero(cell).tolist() for cell in allowed[0]] == [[0, 2], [], [62]]
    assert np.array_equal(allowed_to_masks(allowed), masks)


def test_a_unit_with_more_cells_than_values_leaves_nothing() -> None:
    assert not initial_masks(grid(1, 3, 2, [(0, 1, 2)]), [[0, 0, 0]]).any()


@pytest.mark.parametrize("times", [1, 8], ids=["few rows", "more rows"])
@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_rows_do_not_disturb_one_another(compiled: bool, times: int) -> None:
    if compiled:
        pytest.importorskip("llvmlite")
    board = sudoku(2, 2)
    rows = [[0] * 16, [1, 1] + [0] * 14, [1, 2, 3, 0] + [0] * 12] * times
    masks, consistent = propagate(board, initial_masks(board, rows), compiled)
    assert consistent.tolist() == [True, False, True] * times
    assert (masks[0::3] == 15).all()
    assert not masks[1::3].any()
    assert (masks_to_values(masks[2::3])[:, :4] == [1, 2, 3, 4]).all()


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_no_rows_are_no_trouble(compiled: bool) -> None:
    if compiled:
        pytest.importorskip("llvmlite")
    masks, consistent = propagate(latin(3), np.zeros((0, 9), np.uint64), compiled)
    assert masks.shape == (0, 9) and consistent.shape == (0,)


def test_propagation_does_not_touch_its_argument() -> None:
    masks = initial_masks(latin(2), [[1, 0, 0, 0]])
    before = masks.copy()
    propagate(latin(2), masks)
    assert np.array_equal(masks, before)


def test_a_cell_may_be_in_any_number_of_units() -> None:
    """Tables padded to the most units of a cell would not fit: 500 of 501 cells are in one."""
    star = grid(1, 501, 2, [(0, cell) for cell in range(1, 501)])
    givens = np.zeros((9, star.n), np.int8)
    givens[1:, 0] = 1
    masks, consistent = propagate(star, initial_masks(star, givens))
    assert consistent.all()
    assert masks_to_values(masks)[1:, 1:].min() == 2 and not masks_to_values(masks)[0].any()

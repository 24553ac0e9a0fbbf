"""Ratings: nothing for what singles solve, more for what is harder, the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_solver.csp import rating
from vmd_solver.csp.candidates import initial_masks, masks_to_allowed, propagate
from vmd_solver.csp.families import latin, sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_solver.csp.rating import rate, refuted

HARD = [
    int(cell)
    for cell in "800000000003600000070090200050007000000045700000100030001000068008500010090000400"
]


def test_ratings_are_zero_where_singles_suffice_and_grow_with_the_puzzle() -> None:
    (_,), (full,) = minimal_puzzles(sudoku(), 1, 1, compiled=False)
    easy = full.copy()
    easy[:9] = 0
    rated = rate(sudoku(), [easy, HARD], seed=1, orders=2)
    assert rated[0] == 0 and rated[1] > 5
    assert np.array_equal(rated, rate(sudoku(), [easy, HARD], 1, orders=2))


def test_ratings_are_the_mean_over_orders_within_the_guesses_allowed() -> None:
    (one,) = rate(sudoku(), [HARD], seed=1, orders=1)
    rng = np.random.default_rng(1)
    each = [rate(sudoku(), [HARD], rng, orders=1)[0] for _ in range(3)]
    assert each[0] == one and len(set(each)) > 1
    assert rate(sudoku(), [HARD], seed=1, orders=3)[0] == pytest.approx(np.mean(each))
    assert rate(sudoku(), [HARD], seed=1, orders=3, max_guesses=4)[0] == 4


def test_ratings_of_chunks_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.zeros((7, 25), dtype=np.int8)
    whole = rate(latin(5), rows, seed=2, orders=3)
    monkeypatch.setattr(rating, "CHUNK", 300)
    assert len(set(whole)) > 1
    assert np.array_equal(rate(latin(5), rows, seed=2, orders=3), whole)


def test_no_puzzle_has_no_rating() -> None:
    assert rate(latin(3), np.zeros((0, 9), np.int8), seed=1).shape == (0,)


def test_what_a_trial_refutes_is_counted_candidate_by_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board = sudoku()
    puzzles, solutions = minimal_puzzles(board, 12, 5, compiled=False)
    puzzles, solutions = puzzles.copy(), solutions.copy()
    puzzles[0] = HARD
    monkeypatch.setattr(rating, "TRIALS", 50)
    shares = refuted(board, puzzles)
    assert shares[0] == 0 and len(set(shares.tolist())) > 4
    for row, share in zip(puzzles, shares, strict=True):
        (masks,), _ = propagate(board, initial_masks(board, [row]), singles=True)
        open_ = masks_to_allowed(masks[None], 9)[0]
        fell = wrong = 0
        for cell in np.flatnonzero(open_.sum(axis=1) > 1):
            values = np.flatnonzero(open_[cell])
            wrong += len(values) - 1
            for value in values:
                trial = masks[None].copy()
                trial[0, cell] = 1 << int(value)
                fell += not propagate(board, trial, singles=True)[1][0]
        assert share == (fell / wrong if wrong else 1.0)

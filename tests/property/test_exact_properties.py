"""What holds for every board and puzzle: nothing true is struck, nothing false is certified."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import Masks, initial_masks, propagate
from vmd_solver.csp.compiled import available
from vmd_solver.csp.exact import count, solve_batch
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import full_grids, jigsaw_board, random_grid
from vmd_solver.csp.verify import verify

seeds = st.integers(0, 2**32 - 1)


@cache
def boards() -> list[Board]:
    """One of every family, and grids that nobody would draw."""
    fixed = [sudoku(2, 2), sudoku(2, 3), sudoku(), sudoku_x(2, 3), windoku(), latin(5)]
    drawn = [jigsaw_board(6, 1), jigsaw_board(5, 2, diagonal=True)]
    random = [random_grid(*shape, seed)[0] for seed, shape in enumerate([(4, 5, 5), (3, 7, 6)])]
    return fixed + drawn + random


@cache
def solution_of(number: int, seed: int) -> tuple[int, ...]:
    """A full grid of board `number`."""
    return tuple(full_grids(boards()[number], 1, seed, compiled=False)[0].tolist())


@st.composite
def solved(draw: st.DrawFn) -> tuple[Puzzle, tuple[int, ...]]:
    """A puzzle with between no and all clues of a full grid, and that grid."""
    number = draw(st.integers(0, 9))
    board = boards()[number]
    solution = solution_of(number, draw(st.integers(0, 4)))
    rng = np.random.default_rng(draw(seeds))
    kept = rng.random(board.n) < draw(st.floats(0.2, 1.0))
    return Puzzle(board, tuple(np.where(kept, solution, 0).tolist())), solution


def several(puzzle: Puzzle, rows: int) -> Masks:
    """The puzzle's candidates (rows, n), the same in each row."""
    return np.repeat(initial_masks(puzzle.board, [puzzle.givens]), rows, axis=0)


@given(solved())
def test_propagation_never_removes_the_true_value(case: tuple[Puzzle, tuple[int, ...]]) -> None:
    puzzle, solution = case
    for singles in (False, True):
        masks, consistent = propagate(puzzle.board, several(puzzle, 2), False, singles)
        assert consistent.all()
        assert (masks >> (np.array(solution) - 1).astype(np.uint64) & np.uint64(1)).all()


@given(solved(), seeds)
def test_both_machines_reach_the_same_fixpoint(
    case: tuple[Puzzle, tuple[int, ...]], seed: int
) -> None:
    """From masks with random values struck, true ones among them: often a contradiction."""
    puzzle, _ = case
    rng = np.random.default_rng(seed)
    masks = several(puzzle, 16)
    struck = masks & rng.integers(0, 1 << puzzle.board.D, masks.shape, np.uint64)
    often = np.linspace(0.0, 0.8, len(masks))[:, None] ** 2
    masks = np.where(rng.random(masks.shape) < often, struck, masks)
    for singles in (False, True):
        plain, alive = propagate(puzzle.board, masks, False, singles)
        compiled, also = propagate(puzzle.board, masks, available(), singles)
        assert np.array_equal(plain, compiled) and np.array_equal(alive, also)
    assert not (plain & ~masks).any()


@given(solved())
def test_propagation_is_a_fixpoint(case: tuple[Puzzle, tuple[int, ...]]) -> None:
    puzzle, _ = case
    once, _ = propagate(puzzle.board, several(puzzle, 2), False)
    twice, _ = propagate(puzzle.board, once, False)
    assert np.array_equal(once, twice)


@given(solved(), seeds)
def test_the_verifier_rejects_every_one_cell_corruption(
    case: tuple[Puzzle, tuple[int, ...]], seed: int
) -> None:
    """Of a given cell, or of a cell in a complete unit: elsewhere a change may be a solution."""
    puzzle, solution = case
    board = puzzle.board
    assert verify(puzzle, solution)
    fixed = {cell for cell, value in enumerate(puzzle.givens) if value}
    fixed |= {cell for unit in board.units if len(unit) == board.D for cell in unit}
    for cell in fixed:
        for value in range(board.D + 2):
            if value != solution[cell]:
                assert not verify(puzzle, (*solution[:cell], value, *solution[cell + 1 :]))


@given(solved(), seeds)
def test_plain_and_compiled_agree_exactly(case: tuple[Puzzle, tuple[int, ...]], seed: int) -> None:
    pytest.importorskip("llvmlite")
    puzzle, _ = case
    board = puzzle.board
    scores = np.random.default_rng(seed).random((1, board.n, board.D), dtype=np.float32)
    for steer in (None, scores):
        plain, fast = (
            solve_batch(board, [puzzle.givens], 4, max_guesses=60, scores=steer, compiled=compiled)
            for compiled in (False, True)
        )
        assert np.array_equal(plain.solutions, fast.solutions)
        assert np.array_equal(plain.counts, fast.counts)
        assert np.array_equal(plain.guesses, fast.guesses)
        assert np.array_equal(plain.complete, fast.complete)


@given(solved(), seeds)
def test_scores_never_change_the_count(case: tuple[Puzzle, tuple[int, ...]], seed: int) -> None:
    puzzle, solution = case
    board = puzzle.board
    rng = np.random.default_rng(seed)
    scores = rng.choice([0.0, 1.0, -5.0, np.nan, np.inf, -np.inf], (board.n, board.D))
    plain = count(puzzle, limit=12, max_guesses=2000)
    steered = count(puzzle, limit=12, max_guesses=2000, scores=scores)
    if plain.complete and steered.complete:
        assert steered.solutions == plain.solutions
    if plain.solutions < 12 and plain.complete:
        assert solution in plain.grids
        assert set(steered.grids) <= set(plain.grids)


@given(solved())
def test_every_solution_counted_is_one_and_no_two_are_the_same(
    case: tuple[Puzzle, tuple[int, ...]],
) -> None:
    puzzle, _ = case
    result = count(puzzle, limit=8, max_guesses=2000)
    assert len(set(result.grids)) == len(result.grids) == result.solutions
    assert all(verify(puzzle, grid) for grid in result.grids)

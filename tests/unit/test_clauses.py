"""The SAT search: the kernel's answers, its budget, and how the two alternate."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle, clauses, exact
from vmd_solver.csp.candidates import Allowed, initial_masks, masks_to_allowed, propagate
from vmd_solver.csp.clauses import MOST_CLAUSES, SatSearch, size, solvers
from vmd_solver.csp.families import grid, latin, sudoku
from vmd_solver.csp.generate import full_grids
from vmd_solver.csp.verify import verify

pytest.importorskip("pysat")

FEW = 1000
"""Conflicts beyond its budget: it looks at that only when it begins anew."""


def begun(puzzle: Puzzle) -> SatSearch | None:
    """A search within what singles leave, None where they refute the puzzle."""
    masks, consistent = propagate(puzzle.board, initial_masks(puzzle.board, [puzzle.givens]))
    return (
        SatSearch(puzzle.board, masks_to_allowed(masks[0], puzzle.board.D))
        if consistent[0]
        else None
    )


def with_holes(board: Board, share: float, seed: int) -> Puzzle:
    """A full grid of which a share of the cells, anywhere, is taken out."""
    rng = np.random.default_rng(seed)
    (grid,) = full_grids(board, 1, rng)
    grid[rng.permutation(board.n)[: round(share * board.n)]] = 0
    return Puzzle(board, tuple(grid.tolist()))


def test_it_stops_at_its_budget_and_continues_from_there() -> None:
    puzzle = with_holes(sudoku(6, 6), 0.47, 5)
    search, before = begun(puzzle), 0
    assert search is not None
    while not search.run(1, 500):
        assert before + 500 <= search.guesses < before + 500 + FEW and not search.grids
        before = search.guesses
    assert before and verify(puzzle, search.grids[0])


def test_it_stops_when_its_seconds_are_over() -> None:
    puzzle = with_holes(sudoku(6, 6), 0.5, 0)
    search = begun(puzzle)
    assert search is not None
    assert not search.run(1, 10**9, seconds=0.01)
    first = search.guesses
    assert not search.run(1, 100), "time was up, and is no more"
    assert search.guesses > first and not search.grids


@pytest.mark.parametrize("solver", sorted(solvers()))
def test_it_stops_when_it_is_cancelled_and_continues(solver: str) -> None:
    puzzle = with_holes(sudoku(6, 6), 0.5, 0)
    masks, _ = propagate(puzzle.board, initial_masks(puzzle.board, [puzzle.givens]))
    search = SatSearch(puzzle.board, masks_to_allowed(masks[0], 36), solver)
    assert not search.run(1, 10**9, cancelled=lambda: True)
    first = search.guesses
    assert not search.run(1, 100)
    assert search.guesses > first


def test_it_is_asked_only_about_long_searches_for_one_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Puzzle] = []

    def watched(board: Board, allowed: Allowed) -> SatSearch:
        asked.append(puzzle)
        return SatSearch(board, allowed)

    monkeypatch.setattr(exact, "SLICE_CELLS", 1)
    monkeypatch.setattr(exact, "SAT_CLAUSES", 10**6)
    monkeypatch.setattr(exact, "SatSearch", watched)
    puzzle = with_holes(sudoku(4, 4), 0.7, 0)
    few = exact.count(puzzle, 1, max_guesses=5, compiled=False)
    assert few.guesses <= 5 and not asked
    monkeypatch.setattr(exact, "SAT_AFTER", 5)
    exact.count(puzzle, 9, max_guesses=50, compiled=False)
    assert not asked, "several solutions are the kernel's"
    both = exact.count(puzzle, 2, max_guesses=50, compiled=False)
    assert asked and both.guesses < 50 + FEW
    asked.clear()
    monkeypatch.setattr(exact, "SAT_AFTER", 60 * exact.COMPILED_SPEED)
    exact.count(puzzle, 2, max_guesses=80, compiled=False)
    assert not asked, "the kernel compiles to something much faster"
    monkeypatch.setattr(exact, "available", lambda: False)
    exact.count(puzzle, 2, max_guesses=80, compiled=False)
    assert asked
    asked.clear()
    monkeypatch.setattr(clauses, "available", lambda: False)
    exact.count(puzzle, 2, max_guesses=50, compiled=False)
    assert not asked


def test_alternating_is_the_same_on_either_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(exact, "SAT_AFTER", 100)
    monkeypatch.setattr(exact, "SAT_CLAUSES", 10**6)
    puzzle = with_holes(sudoku(5, 5), 0.6, 2)
    plain = exact.count(puzzle, 1, compiled=False)
    assert plain.guesses > exact.SAT_AFTER and plain.solutions == 1
    assert plain == exact.count(puzzle, 1, compiled=True)


def test_the_size_is_known_before_any_clause_is_written() -> None:
    open_board, small = latin(60), sudoku()
    apart = grid(32, 32, 63, [(0, 1)])  # no peers, but 2,000 pairs of values in each cell
    for board, few in ((open_board, False), (apart, False), (small, True)):
        everything = np.ones((board.n, board.D), np.bool_)
        assert (size(board, everything) <= MOST_CLAUSES) is few


@pytest.mark.parametrize("solver", sorted(solvers()))
def test_either_solver_counts_what_the_kernel_counts(solver: str) -> None:
    board = latin(7)
    for seed in range(5):
        puzzle = with_holes(board, 0.7, seed)
        masks, _ = propagate(board, initial_masks(board, [puzzle.givens]))
        search = SatSearch(board, masks_to_allowed(masks[0], board.D), solver)
        assert search.run(30, 10**6)
        assert search.solutions == exact.count(puzzle, 30, compiled=False).solutions
        assert all(verify(puzzle, grid) for grid in search.grids)


def test_a_latin_square_of_many_clauses_is_left_to_the_kernel_for_longer() -> None:
    nothing = np.zeros((0, 1), np.uint64)
    few, many = (
        exact._Kernel(
            board, np.array([puzzle.givens], np.int8), nothing, nothing.astype(float), 1, False
        ).sat_after()
        for board, share in ((sudoku(5, 5), 0.55), (latin(40), 0.42))
        for puzzle in (with_holes(board, share, 0),)
    )
    assert few < exact.SAT_AFTER < many / 4

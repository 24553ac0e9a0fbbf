"""Exact solving and counting: known numbers, an independent solver, budgets, settings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vmd_solver.csp import Puzzle, compiled, exact
from vmd_solver.csp.candidates import masks_to_allowed
from vmd_solver.csp.compiled import Machine, machine
from vmd_solver.csp.exact import Count, count, is_unique, lone_values, solve, solve_batch
from vmd_solver.csp.families import grid, latin, sudoku, sudoku_x
from vmd_solver.csp.generate import full_grids, loosen, minimal_puzzles
from vmd_solver.csp.verify import verify, verify_many
from vmd_solver.errors import InvalidPuzzle, SearchError

HARD = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."


def puzzle_of(line: str) -> Puzzle:
    return Puzzle(sudoku(), tuple(int(char) if char.isdigit() else 0 for char in line))


@pytest.mark.parametrize(
    ("puzzle", "solutions"),
    [
        (sudoku(2, 2).empty(), 288),
        (latin(3).empty(), 12),
        (latin(4).empty(), 576),
        (sudoku_x(2, 2).empty(), 48),
        (grid(1, 3, 5, [(0, 1, 2)]).empty(), 60),
        (grid(1, 3, 5, []).empty(), 125),
        (grid(1, 3, 2, [(0, 1, 2)]).empty(), 0),
        (Puzzle(sudoku(2, 2), (1, 1) + (0,) * 14), 0),
    ],
    ids=["4x4", "latin 3", "latin 4", "4x4 X", "one unit", "no unit", "unit too large", "clash"],
)
def test_published_and_plain_counts(puzzle: Puzzle, solutions: int) -> None:
    result = count(puzzle, limit=1000)
    assert (result.solutions, result.complete) == (solutions, True)
    assert len(set(result.grids)) == solutions
    assert all(verify(puzzle, solution) for solution in result.grids)


def test_solve_and_uniqueness() -> None:
    puzzle = puzzle_of(HARD)
    solution = solve(puzzle)
    assert solution is not None and verify(puzzle, solution)
    assert is_unique(puzzle)
    assert not is_unique(sudoku().empty())
    contradiction = Puzzle(sudoku(), (1, 1) + (0,) * 79)
    assert solve(contradiction) is None and not is_unique(contradiction)


def test_a_spent_budget_is_reported_and_never_taken_for_a_proof() -> None:
    result = count(puzzle_of(HARD), max_guesses=1)
    assert result == Count(solutions=0, complete=False, guesses=1)
    assert not solve_batch(sudoku(), [puzzle_of(HARD).givens], max_guesses=1).complete[0]


def test_a_deadline_stops_a_search_that_would_not_end() -> None:
    result = count(latin(8).empty(), limit=10**9, deadline_s=0.05, stored=3)
    assert not result.complete
    assert result.solutions >= 3 and len(result.grids) == 3


def test_only_as_many_grids_are_kept_as_asked_for() -> None:
    assert count(latin(3).empty(), limit=20, stored=0).grids == ()
    assert len(count(latin(3).empty(), limit=5).grids) == 5


def test_a_long_search_moves_to_the_compiled_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(exact, "SWITCH_CELLS", 8_100)
    monkeypatch.setattr(exact, "SLICE_CELLS", 1000)
    moved = []

    def watched(*args: Any, **settings: Any) -> Machine:
        moved.append(machine(*args, **settings))
        return moved[-1]

    monkeypatch.setattr(exact, "machine", watched)
    puzzle = sudoku(2, 3).empty()
    expected = count(puzzle, limit=700, compiled=False)
    assert count(puzzle, limit=700, compiled=True) == expected  # loads the machine code
    monkeypatch.setattr(compiled, "_engines", [])  # as in a process that has not needed it yet
    moved.clear()
    assert count(puzzle, limit=700) == expected
    assert [use.compiled for use in moved] == [False, True]


def test_masks_rule_values_out() -> None:
    board = sudoku(2, 2)
    masks = np.full(16, 0b1111, dtype=np.uint64)
    masks[0] = 0b0011
    assert count(board.empty(), limit=1000, masks=masks).solutions == 144
    masks[1] = 0
    assert count(board.empty(), masks=masks).solutions == 0


def test_scores_decide_which_solution_comes_first() -> None:
    board = sudoku()
    (wanted,) = full_grids(board, 1, 7, compiled=False)
    scores = np.eye(9, dtype=np.float32)[wanted - 1]
    result = count(board.empty(), limit=1, scores=scores)
    assert result.grids == (tuple(wanted.tolist()),)


def test_scores_that_are_no_numbers_do_no_harm() -> None:
    puzzle = puzzle_of(HARD)
    for bad in (np.nan, np.inf, -np.inf):
        assert count(puzzle, scores=np.full((81, 9), bad)).solutions == 1


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_batches_say_what_single_counts_say(compiled: bool) -> None:
    if compiled:
        pytest.importorskip("llvmlite")
    board = sudoku(2, 3)
    unique, _ = minimal_puzzles(board, 6, 3, compiled=False)
    rows = np.concatenate([unique, loosen(unique, 2, 4)])
    rows[2, np.flatnonzero(rows[2] == 0)[:3]] = 6
    scores = np.random.default_rng(5).random((len(rows), board.n, board.D))
    for given in (None, scores):
        batch = solve_batch(board, rows, limit=3, scores=given, compiled=compiled)
        for row, puzzle in enumerate(Puzzle(board, tuple(row)) for row in rows.tolist()):
            single = count(puzzle, limit=3, scores=None if given is None else given[row])
            assert batch.counts[row] == single.solutions
            assert batch.guesses[row] == single.guesses
            assert batch.complete[row] == single.complete
            first = single.grids[0] if single.grids else (0,) * board.n
            assert tuple(batch.solutions[row].tolist()) == first


def test_a_batch_of_none_and_of_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    board = sudoku(2, 2)
    assert solve_batch(board, np.zeros((0, 16), np.int8)).counts.shape == (0,)
    rows, _ = minimal_puzzles(board, 7, 1, compiled=False)
    scores = np.random.default_rng(5).random((7, 16, 4))
    whole = solve_batch(board, rows, 2, scores=scores)
    monkeypatch.setattr(exact, "CHUNK_CELLS", 40)
    parts = solve_batch(board, rows, 2, scores=scores)
    assert np.array_equal(parts.solutions, whole.solutions)
    assert np.array_equal(parts.guesses, whole.guesses)


def test_lone_values_are_the_clues_that_leave_one_solution() -> None:
    board = sudoku(2, 2)
    puzzles, _ = minimal_puzzles(board, 5, 3, compiled=False)
    rows = loosen(puzzles, 1, 3)
    lone = masks_to_allowed(lone_values(board, rows, limit=50), board.D)
    for givens, allowed in zip(rows.tolist(), lone, strict=True):
        for cell, value in np.ndindex(allowed.shape):
            more = Puzzle(board, (*givens[:cell], value + 1, *givens[cell + 1 :]))
            unique = givens[cell] == 0 and more.is_valid() and is_unique(more)
            assert allowed[cell, value] == unique


def test_lone_values_are_the_same_on_both_machines() -> None:
    pytest.importorskip("llvmlite")
    puzzles, _ = minimal_puzzles(latin(5), 10, 3, compiled=False)
    rows = loosen(puzzles, 2, 3)
    plain, fast = (lone_values(latin(5), rows, 200, compiled=use) for use in (False, True))
    assert plain.any() and np.array_equal(plain, fast)


def test_lone_values_are_none_without_several_solutions_all_known() -> None:
    board = sudoku(2, 2)
    (puzzle,), (solution,) = minimal_puzzles(board, 1, 3, compiled=False)
    impossible = solution.copy()
    impossible[:2] = 1
    assert not lone_values(board, [puzzle, solution, impossible], limit=50).any()
    loose = loosen([puzzle], 1, 3)
    found = count(Puzzle(board, tuple(loose[0].tolist())), limit=50)
    assert lone_values(board, loose, limit=found.solutions + 1).any()
    assert not lone_values(board, loose, limit=found.solutions).any()
    assert not lone_values(board, loose, limit=50, max_guesses=found.guesses - 1).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"limit": 0}, "limit of 1"),
        ({"max_guesses": -1}, "max_guesses of 0"),
        ({"scores": np.zeros((3, 4))}, r"\(1, 16, 4\)"),
        ({"masks": np.zeros(3)}, r"\(1, 16\) expected, got \(3,\)"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SearchError, match=message):
        count(sudoku(2, 2).empty(), **settings)  # type: ignore[arg-type]


def test_givens_that_are_no_values_are_refused() -> None:
    with pytest.raises(InvalidPuzzle, match=r"0\.\.4 expected, got 0\.\.5"):
        count(Puzzle(sudoku(2, 2), (5,) + (0,) * 15))
    with pytest.raises(SearchError, match=r"givens \(B, 16\)"):
        solve_batch(sudoku(2, 2), [[0] * 9])


@pytest.mark.parametrize("compiled", [None, False])
def test_boards_of_more_values_than_a_word_has_bits(compiled: bool | None) -> None:
    board = latin(70)
    (grid,) = full_grids(board, 1, np.random.default_rng(0))
    assert grid.max() == 70
    givens = grid.copy()
    givens[np.random.default_rng(0).permutation(board.n)[:900]] = 0
    puzzle = Puzzle(board, tuple(givens.tolist()))
    found = count(puzzle, 1, compiled=compiled)
    assert found.complete and verify(puzzle, found.grids[0])
    (row,) = solve_batch(board, [givens], compiled=compiled).solutions
    assert verify(puzzle, row.tolist())
    assert verify_many(board, np.array([givens, givens]), np.array([row, grid[::-1]])).tolist() == [
        True,
        False,
    ]
    again = [*puzzle.givens[:70], *puzzle.givens[:70], *puzzle.givens[140:]]
    assert count(Puzzle(board, tuple(again)), 1).solutions == 0

"""What holds for every step on every board: it is true, useful, and does not depend on names."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import grid, latin, sudoku, sudoku_x, windoku, with_rules
from vmd_solver.csp.generate import dig, full_grids, jigsaw_board, loosen, random_grid
from vmd_solver.csp.ruled import VARIANTS, ruled
from vmd_solver.csp.verify import verify
from vmd_solver.generation import PuzzleSpec, make
from vmd_solver.techniques import (
    BY_NAME,
    TECHNIQUES,
    Grade,
    State,
    Step,
    apply,
    grade,
    next_step,
    solve_path,
)

SEEDS = st.integers(0, 5)


@cache
def boards() -> list[Board]:
    """Several families and sizes, and units that do not hold every value."""
    fixed = [sudoku(2, 2), sudoku(2, 3), sudoku(), sudoku_x(2, 3), windoku(), latin(6)]
    drawn = [jigsaw_board(6, 1), jigsaw_board(9, 2), jigsaw_board(5, 2, diagonal=True)]
    return [*fixed, *drawn, random_grid(4, 5, 5, 1)[0], random_grid(3, 7, 6, 2)[0]]


NUMBERS = st.integers(0, 10)


@cache
def minimal(number: int, seed: int) -> tuple[Puzzle, tuple[int, ...]]:
    """A puzzle on that board with no clue to spare, and its solution."""
    board = boards()[number]
    solution = full_grids(board, 1, seed, compiled=False)
    clues = dig(board, solution, seed, compiled=False)
    return Puzzle(board, tuple(clues[0].tolist())), tuple(solution[0].tolist())


@settings(max_examples=12)
@given(NUMBERS, SEEDS)
def test_every_step_is_true_and_useful(number: int, seed: int) -> None:
    """All the steps that any technique finds, not only the one that is taken, wherever singles
    do not help; and what a picture of each shows is there."""
    puzzle, solution = minimal(number, seed)
    state = State.of(puzzle, unique=True)
    while step := next_step(state):
        for technique in TECHNIQUES if step.eliminations else (BY_NAME[step.technique],):
            for found in islice(technique.steps(state), 100):
                assert found.placements or found.eliminations
                assert all(solution[cell] == value for cell, value in found.placements)
                assert all(solution[cell] != value for cell, value in found.eliminations)
                for cell, value in (*found.placements, *found.eliminations):
                    assert state.candidates[cell] >> value - 1 & 1
                assert_shown(state, found)
        state = apply(state, step)
    assert not state.problem
    assert not state.solved or verify(puzzle, state.values)


def assert_shown(state: State, step: Step) -> None:
    """The groups of a step hold candidates, its links join these, and its area is on the board."""
    shown = {mark for group in step.groups for mark in group}
    assert (
        step.groups
        and all(step.groups)
        and all(state.candidates[cell] >> v - 1 & 1 for cell, v in shown)
    )
    assert {mark for link in step.links for mark in link[:2]} <= shown | {*step.eliminations}
    for start, end, strong in step.links:
        (one, v), (other, w) = start, end
        sees = one == other or state.geometry.peers[one] >> other & 1
        assert sees and (v == w or one == other or strong)
    area = step.area(state.puzzle.board)
    assert area and area <= set(range(state.puzzle.board.n))
    assert area != {cell for cell, _ in step.placements}, "where to look is not the answer"
    assert step.where[0].isupper() and step.where.endswith(".") and step.why.endswith(".")


@settings(max_examples=20)
@given(NUMBERS, SEEDS, st.integers(1, 4))
def test_with_several_solutions_every_step_keeps_all(number: int, seed: int, clues: int) -> None:
    puzzle, _ = minimal(number, seed)
    givens = loosen([puzzle.givens], clues, seed)[0]
    loose = replace(puzzle, givens=tuple(givens.tolist()))
    grids = count(loose, limit=200).grids
    for step in solve_path(loose).steps[:60]:
        for cells in grids:
            assert all(cells[cell] == value for cell, value in step.placements)
            assert all(cells[cell] != value for cell, value in step.eliminations)


@settings(max_examples=20)
@given(NUMBERS, SEEDS, st.integers(0, 2**32 - 1))
def test_a_grade_does_not_depend_on_names(number: int, seed: int, shuffle: int) -> None:
    """Values renamed, and cells dealt out anew with the units they had."""
    puzzle, _ = minimal(number, seed)
    board, rng = puzzle.board, np.random.default_rng(shuffle)
    cells, names = rng.permutation(board.n).tolist(), [0, *(rng.permutation(board.D) + 1).tolist()]
    units = [[cells[cell] for cell in unit] for unit in board.units]
    givens = [0] * board.n
    for cell, value in enumerate(puzzle.givens):
        givens[cells[cell]] = names[value]
    renamed = Puzzle(grid(board.rows, board.cols, board.D, units), tuple(givens))
    assert level(puzzle) == level(renamed)


@settings(max_examples=20)
@given(st.integers(0, 8), SEEDS)
def test_a_grade_survives_transposition(number: int, seed: int) -> None:
    """Columns come first then; every square family."""
    puzzle, _ = minimal(number, seed)
    board = puzzle.board
    turned = [cell % board.rows * board.cols + cell // board.cols for cell in range(board.n)]
    rows, cols, rest = (
        board.units[: board.D],
        board.units[board.D : 2 * board.D],
        board.units[2 * board.D :],
    )
    units = [[turned[cell] for cell in unit] for unit in (*cols, *rows, *rest)]
    givens = tuple(puzzle.givens[cell] for cell in turned)
    other = Puzzle(grid(board.rows, board.cols, board.D, units), givens)
    assert level(puzzle) == level(other)


def level(puzzle: Puzzle) -> str:
    """What of a grade must not depend on the order of search: which of several techniques of one
    level is needed may."""
    return grade(puzzle, most="expert").level


@pytest.mark.parametrize("number", range(11))
def test_what_is_full_needs_no_step(number: int) -> None:
    puzzle, solution = minimal(number, 0)
    path = solve_path(replace(puzzle, givens=solution))
    assert (path.solved, path.steps, path.grade) == (True, (), Grade("", "easy", 0))


@pytest.mark.parametrize("family", VARIANTS)
def test_on_boards_with_rules_every_step_keeps_the_solution(family: str) -> None:
    """Some cells of a random grid are given, and the rules drawn from it: it may have company."""
    size = 9 if family in ("magic-square", "pill-arrow") else 6
    variant, rng = VARIANTS[family], np.random.default_rng(size)
    board = PuzzleSpec(family, size).board(rng)
    solution = tuple(full_grids(board, 1, rng)[0].tolist())
    board = with_rules(board, ruled(board, solution, variant, rng))
    assert board.rules and verify(Puzzle(board, solution), solution)
    given = rng.random(board.n) < 0.2
    puzzle = Puzzle(board, tuple(np.where(given, solution, 0).tolist()))
    path = solve_path(puzzle)
    state = State.of(puzzle)
    for step in path.steps:
        assert_shown(state, step)
        state = apply(state, step)
        assert step.placements or step.eliminations
        assert all(solution[cell] == value for cell, value in step.placements)
        assert all(solution[cell] != value for cell, value in step.eliminations)
    assert not path.state.problem


@settings(max_examples=6)
@given(st.sampled_from(["killer", "kenken", "skyscraper", "thermo", "mixed", "kropki"]), SEEDS)
def test_with_rules_no_technique_strikes_the_solution(family: str, seed: int) -> None:
    """All the steps that any technique finds, uniqueness being known."""
    made = make(PuzzleSpec(family, 4 if family == "mixed" else 6, seed=seed))
    assert made is not None
    state = State.of(made.puzzle, unique=True)
    for _ in range(6):
        for technique in TECHNIQUES:
            for found in islice(technique.steps(state), 100):
                assert all(made.solution[cell] == value for cell, value in found.placements)
                assert all(made.solution[cell] != value for cell, value in found.eliminations)
        if (step := next_step(state)) is None:
            break
        state = apply(state, step)

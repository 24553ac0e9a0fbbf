"""The comparison with compiled solvers: its isomorphs, and what it calls wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.native import OURS, Answers, Givens, compare, isomorphs, ours, solvers
from vmd_solver.csp import Puzzle, exact
from vmd_solver.csp.canonical import canonical
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import minimal_puzzles


@pytest.fixture(scope="module")
def givens() -> Givens:
    return minimal_puzzles(sudoku(), 3, 5)[0]


def plain(givens: Givens, limit: int) -> Answers:
    found = exact.solve_batch(sudoku(), givens, limit, compiled=False)
    return Answers(1.0, found.counts, found.solutions, found.guesses)


def test_isomorphs_are_equivalent_and_each_comes_once(givens: Givens) -> None:
    many = isomorphs(givens, 12, 0)
    assert len({row.tobytes() for row in many}) == 12
    forms = [canonical(Puzzle(sudoku(), tuple(row))) for row in many.tolist()]
    known = [canonical(Puzzle(sudoku(), tuple(row))) for row in givens.tolist()]
    assert sorted(forms) == sorted(known * 4)
    assert (many == isomorphs(givens, 12, 0)).all()
    assert (many != isomorphs(givens, 12, 1)).any()


def test_a_solver_is_compared_and_its_faults_are_named(givens: Givens) -> None:
    def hasty(givens: Givens, limit: int) -> Answers:
        right = plain(givens, limit)
        solutions, counts = right.solutions.copy(), right.counts.copy()
        solutions[0, [0, 1]] = solutions[0, [1, 0]]
        counts[1] += 1
        solutions[2] = 0  # says nothing
        return Answers(0.25, counts, solutions)

    rows = list(compare("made", givens, 2, {OURS: plain, "hasty": hasty}, rounds=2))
    assert [row["peer"] for row in rows] == [OURS, "hasty"]
    assert [row["wrong"] for row in rows] == [[], [0, 1]]
    assert [row["ratio"] for row in rows] == [1, 4]


def test_ours_answers_as_the_exact_search_does(givens: Givens) -> None:
    pytest.importorskip("numba")
    found = ours(givens, 2)
    assert found.counts.tolist() == [1, 1, 1]
    assert (found.solutions == plain(givens, 2).solutions).all()


def test_a_folder_without_libraries_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"expected libraries lib\*\.so"):
        solvers(tmp_path, "")

"""Mined puzzles have one solution and no clue to spare, get harder, and follow from their seed."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import initial_masks
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.families import latin, sudoku, sudoku_x
from vmd_solver.csp.generate import dig, minimal_puzzles
from vmd_solver.csp.rating import rate, refuted
from vmd_training.mine import Population, mine, swapped


@pytest.fixture(scope="module")
def island() -> Population:
    """A small population of 9x9 Sudoku."""
    pytest.importorskip("llvmlite")
    return mine(sudoku(), 3, lines=12, rounds=25)


def test_every_puzzle_is_unique_minimal_and_new(island: Population) -> None:
    found = solve_batch(sudoku(), island.puzzles, limit=2)
    assert (found.counts == 1).all()
    assert np.array_equal(found.solutions, island.solutions)
    again = dig(sudoku(), island.solutions, 1, puzzles=island.puzzles)
    assert np.array_equal(again, island.puzzles), "no clue can go"
    assert len(set(map(bytes, island.puzzles))) == len(island) > 60


def test_lines_get_harder(island: Population) -> None:
    founders = island.ratings[:12]
    best = np.zeros(12)
    np.maximum.at(best, island.lines, island.ratings)
    assert (best >= founders).all()
    hardest = np.argsort(-island.ratings)[:12]
    fresh = rate(sudoku(), island.puzzles[hardest], seed=77, orders=16)
    assert fresh.mean() > 1.5 * rate(sudoku(), island.puzzles[:12], seed=77, orders=16).mean()


def test_an_island_follows_from_its_seed(island: Population) -> None:
    shorter, other = mine(sudoku(), 3, lines=12, rounds=2), mine(sudoku(), 4, lines=12, rounds=2)
    assert np.array_equal(shorter.puzzles, island.puzzles[: len(shorter)])
    assert not np.array_equal(shorter.puzzles[:12], other.puzzles[:12])


@pytest.mark.parametrize("board", [sudoku(2, 3), latin(5), sudoku_x(2, 2)], ids=lambda b: b.family)
def test_a_swap_leaves_one_solution_and_most_clues(board: Board) -> None:
    puzzles, _ = minimal_puzzles(board, 60, 1)
    children, origin = swapped(board, puzzles, np.random.default_rng(2))
    assert len(children) > 20 and (np.diff(origin) >= 0).all()
    assert np.bincount(origin).max() <= 6
    assert (solve_batch(board, children, limit=2).counts == 1).all()
    gone = ((puzzles[origin] > 0) & (children != puzzles[origin])).sum(axis=1)
    come = ((children > 0) & (children != puzzles[origin])).sum(axis=1)
    assert np.isin(gone, (1, 2)).all() and (come <= gone).all() and (come > 0).all()
    assert set(gone.tolist()) == {1, 2}
    assert (initial_masks(board, children) > 0).all()


def test_mining_from_hard_puzzles_goes_deeper(island: Population) -> None:
    hardest = np.argsort(-island.ratings)[:40]
    founders = island.puzzles[hardest], island.solutions[hardest]
    deeper = mine(sudoku(), 5, lines=12, rounds=25, founders=founders)
    assert np.array_equal(deeper.puzzles[:40], founders[0])
    assert len(deeper) > 45
    assert (solve_batch(sudoku(), deeper.puzzles, limit=2).counts == 1).all()
    share = refuted(sudoku(), deeper.puzzles)
    np.testing.assert_allclose(deeper.ratings, 1 / (share + 0.01))
    assert np.sort(share)[:12].mean() < 0.95 * np.sort(share[:40])[:12].mean()

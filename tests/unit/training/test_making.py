"""Parts add up to what was asked for, follow from their seeds, and hold true puzzles."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from vmd_solver.csp import Puzzle
from vmd_solver.csp.exact import count, solve_batch
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_training import making
from vmd_training.making import DATA, ISLAND, RECIPES, Maker, Part, loosened, make, plan

MAKERS = {maker.board: maker for makers in RECIPES.values() for maker in makers}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("puzzles", [0, 1, 1000, 1_234_567])
def test_a_plan_adds_up_in_shares_as_stated(recipe: str, puzzles: int) -> None:
    parts = plan(recipe, puzzles, 2 * ISLAND + 1, seed=5)
    assert sum(part.rows for part in parts if not part.mined) == puzzles
    assert [part.rows for part in parts if part.mined] == [ISLAND, ISLAND, 1]
    assert all(0 < part.rows <= part.maker.part for part in parts)
    rows = Counter[Maker]()
    for part in parts:
        rows[part.maker] += part.rows
    shares = sum(maker.share for maker in RECIPES[recipe])
    for maker in RECIPES[recipe]:
        assert abs(rows[maker] - maker.share / shares * puzzles) <= 1


def test_parts_of_a_section_and_of_a_board_follow_one_another() -> None:
    parts = plan("grids", 1_000_000, 3000, seed=5)
    for label in ("section", "board"):
        labels = [getattr(part.maker, label) for part in parts]
        runs = [one for one, before in zip(labels, [None, *labels], strict=False) if one != before]
        assert len(runs) == len(set(runs))


def test_no_two_parts_share_a_seed_with_each_other_or_with_training() -> None:
    parts = plan("grids", 3_000_000, 3000, seed=5)
    seeds = {part.seed for part in parts}
    assert len(seeds) == len(parts)
    assert all(len(seed) == 5 and seed[-1] for seed in seeds), "numpy takes no number for 0"


def test_more_puzzles_go_on_where_fewer_stop() -> None:
    fewer, more = (plan("sudoku", puzzles, 0, seed=5) for puzzles in (40_000, 100_000))
    assert fewer[0] == more[0] and fewer[1].seed == more[1].seed
    mined = [plan(recipe, 0, 10, seed=5) for recipe in ("sudoku", "grids")]
    assert mined[0] == mined[1]


@pytest.mark.parametrize("name", MAKERS)
def test_every_maker_makes_true_puzzles(name: str) -> None:
    pytest.importorskip("numba")
    maker = MAKERS[name]
    section = make(Part(maker, False, 3, (1, 1, 1, 0, DATA)))
    assert section.name == maker.section and len(section) == 3
    (board,) = section.boards
    shown = section.givens > 0
    assert (section.givens[shown] == section.solutions[shown]).all()
    assert (solve_batch(board, section.solutions).counts == 1).all()
    unique = section.count == 1
    if board.n < 600:  # a proof for a 25x25 takes long
        assert (solve_batch(board, section.givens[unique], limit=2).counts == 1).all()
    assert np.array_equal(np.isnan(section.rating), ~unique)


def test_random_boards_change_from_block_to_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "BLOCK", 4)
    jigsaw = make(Part(MAKERS["jigsaw-5"], False, 10, (1, 1, 1, 0, DATA)))
    assert len(jigsaw.boards) == 3 and np.bincount(jigsaw.board).tolist() == [4, 4, 2]
    latin = make(Part(MAKERS["latin-5"], False, 10, (1, 1, 1, 0, DATA)))
    assert len(latin.boards) == 1


def test_a_part_follows_from_its_seed() -> None:
    part = Part(MAKERS["jigsaw-6"], False, 9, (1, 2, 1, 0, DATA))
    one, same, other = map(make, (part, part, replace(part, seed=(1, 2, 2, 0, DATA))))
    assert np.array_equal(one.givens, same.givens) and one.boards == same.boards
    assert one.boards != other.boards


def test_loosened_puzzles_are_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    board = sudoku(2, 3)
    monkeypatch.setattr(making, "SEVERAL", 0.5)
    monkeypatch.setattr(making, "MOST_SOLUTIONS", 30)
    puzzles, _ = minimal_puzzles(board, 40, 1)
    loose, counts = loosened(board, puzzles, np.random.default_rng(2))
    assert ((loose == puzzles) | (loose == 0)).all()
    assert {1, 30} < set(counts.tolist()) and len(set(counts.tolist())) > 5
    for givens, counted in zip(loose.tolist(), counts.tolist(), strict=True):
        assert count(Puzzle(board, tuple(givens)), limit=30).solutions == counted


def test_what_cannot_be_counted_keeps_its_clues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SEVERAL", 1.0)
    monkeypatch.setattr(making, "COUNT_GUESSES", 0)
    puzzles, _ = minimal_puzzles(sudoku(2, 3), 20, 1)
    loose, counts = loosened(sudoku(2, 3), puzzles, np.random.default_rng(2))
    assert np.array_equal(loose, puzzles) and (counts == 1).all()


def test_mined_parts_hold_the_hardest_of_an_island_and_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(making, "LINES", 6)
    monkeypatch.setattr(making, "ROUNDS", 8)
    (part,) = plan("sudoku", 0, 10, seed=1)
    section, whole = make(part), make(replace(part, rows=1000))
    assert len(section) == 10 and (section.count == 1).all() and section.name == "sudoku-9x9"
    assert sorted(section.rating[:5]) == sorted(whole.rating)[-5:]
    assert len(set(map(bytes, section.givens))) == 10
    assert {bytes(row) for row in section.givens} < {bytes(row) for row in whole.givens}
    assert (solve_batch(sudoku(), section.givens, limit=2).counts == 1).all()

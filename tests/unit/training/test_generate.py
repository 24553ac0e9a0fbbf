"""Packs and parts hold true puzzles, and follow from their seeds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import masks_to_allowed
from vmd_solver.csp.exact import count, solve_batch
from vmd_solver.csp.families import grid, sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_training import boards, generate
from vmd_training.dataset import Section
from vmd_training.generate import (
    DATA,
    ISLAND,
    Pack,
    Part,
    drawn_pack,
    held_out,
    loosened,
    make_pack,
    make_part,
    mined_puzzles,
    plan,
)
from vmd_training.recipes import DATASETS, RECIPES, RULES, Group, Maker

MAKERS = {maker.board: maker for makers in DATASETS.values() for maker in makers}


@pytest.mark.parametrize("recipe", DATASETS)
@pytest.mark.parametrize("puzzles", [0, 1, 1000, 1_234_567])
def test_a_plan_adds_up_in_shares_as_stated(recipe: str, puzzles: int) -> None:
    parts = plan(recipe, puzzles, 2 * ISLAND + 1, seed=5)
    assert sum(part.rows for part in parts if not part.mined) == puzzles
    assert [part.rows for part in parts if part.mined] == [ISLAND, ISLAND, 1]
    assert all(0 < part.rows <= part.maker.part for part in parts)
    rows = Counter[Maker]()
    for part in parts:
        rows[part.maker] += part.rows
    shares = sum(maker.share for maker in DATASETS[recipe])
    for maker in DATASETS[recipe]:
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
    pytest.importorskip("llvmlite")
    maker = MAKERS[name]
    section = make_part(Part(maker, False, 3, (1, 1, 1, 0, DATA)))
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
    monkeypatch.setattr(generate, "BLOCK", 4)
    jigsaw = make_part(Part(MAKERS["jigsaw-5"], False, 10, (1, 1, 1, 0, DATA)))
    assert len(jigsaw.boards) == 3 and np.bincount(jigsaw.board).tolist() == [4, 4, 2]
    latin = make_part(Part(MAKERS["latin-5"], False, 10, (1, 1, 1, 0, DATA)))
    assert len(latin.boards) == 1


def test_a_part_follows_from_its_seed() -> None:
    part = Part(MAKERS["jigsaw-6"], False, 9, (1, 2, 1, 0, DATA))
    one, same, other = map(make_part, (part, part, replace(part, seed=(1, 2, 2, 0, DATA))))
    assert np.array_equal(one.givens, same.givens) and one.boards == same.boards
    assert one.boards != other.boards


def test_loosened_puzzles_are_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    board = sudoku(2, 3)
    monkeypatch.setattr(generate, "SEVERAL", 0.5)
    monkeypatch.setattr(generate, "MOST_SOLUTIONS", 30)
    puzzles, _ = minimal_puzzles(board, 40, 1)
    loose, counts = loosened(board, puzzles, np.random.default_rng(2))
    assert ((loose == puzzles) | (loose == 0)).all()
    assert {1, 30} < set(counts.tolist()) and len(set(counts.tolist())) > 5
    for givens, counted in zip(loose.tolist(), counts.tolist(), strict=True):
        assert count(Puzzle(board, tuple(givens)), limit=30).solutions == counted


def test_what_cannot_be_counted_keeps_its_clues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "SEVERAL", 1.0)
    monkeypatch.setattr(generate, "COUNT_GUESSES", 0)
    puzzles, _ = minimal_puzzles(sudoku(2, 3), 20, 1)
    loose, counts = loosened(sudoku(2, 3), puzzles, np.random.default_rng(2))
    assert np.array_equal(loose, puzzles) and (counts == 1).all()


def test_mined_parts_hold_the_hardest_of_an_island_and_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(generate, "LINES", 6)
    monkeypatch.setattr(generate, "ROUNDS", 8)
    (part,) = plan("sudoku", 0, 10, seed=1)
    section, whole = make_part(part), make_part(replace(part, rows=1000))
    assert len(section) == 10 and (section.count == 1).all() and section.name == "sudoku-9x9"
    assert sorted(section.rating[:5]) == sorted(whole.rating)[-5:]
    assert len(set(map(bytes, section.givens))) == 10
    assert {bytes(row) for row in section.givens} < {bytes(row) for row in whole.givens}
    assert (solve_batch(sudoku(), section.givens, limit=2).counts == 1).all()


ALL = {
    f"{name}: {group.name}": group for name, recipe in RECIPES.items() for group in recipe.groups
}


def board_of(pack: Pack, D: int) -> Board:
    units = [np.flatnonzero(unit).tolist() for unit in pack.units]
    return grid(1, pack.units.shape[1], D, units)


@pytest.mark.parametrize("group", ALL.values(), ids=ALL)
def test_a_group_holds_what_it_says(group: Group) -> None:
    rng = np.random.default_rng(0)
    for name in group.boards:
        board = boards.draw(name, rng)
        assert (board.n, board.D) == (group.n, group.D)
        assert len(board.units) <= group.U
    assert group.weight > 0
    assert group.free + group.several + group.mined <= 1


BARE = {name: group for name, group in ALL.items() if not group.rules}


@pytest.mark.parametrize("group", BARE.values(), ids=BARE)
def test_packs_are_true_puzzles(group: Group) -> None:
    pack = make_pack(
        replace(group, free=0.4, several=0.3, mined=min(0.1, group.mined)),
        np.random.default_rng(1),
        m=20,
    )
    board = board_of(pack, group.D)
    full = solve_batch(board, pack.solutions)
    assert (full.counts == 1).all()
    shown = pack.givens > 0
    assert (pack.givens[shown] == pack.solutions[shown]).all()
    allowed = masks_to_allowed(pack.candidates, group.D)
    true = np.take_along_axis(allowed, pack.solutions[..., None] - np.int64(1), axis=2)
    assert true.all()
    assert 0 < pack.unique.sum() < 20
    counts = solve_batch(board, pack.givens, limit=2).counts
    assert (counts[pack.unique] == 1).all()
    assert (counts[~pack.unique] == 2).any()


@pytest.mark.parametrize("group", RULES, ids=lambda group: group.name)
def test_packs_with_rules_have_a_board_a_row(group: Group) -> None:
    pack = make_pack(group, np.random.default_rng(2), m=20)
    assert len(pack.rules) == len(pack.givens) == 20
    assert pack.units.shape == (20, group.U, group.n)
    for units, complete, rules, solution in zip(
        pack.units, pack.complete, pack.rules, pack.solutions, strict=True
    ):
        assert (rules.cells, rules.D) == (group.n, group.D)
        assert (complete <= (units.sum(axis=1) == group.D)).all()
        for unit in units:
            values = solution[unit > 0].tolist()
            assert len(set(values)) == len(values)
    for masks in (pack.domains, pack.candidates):
        allowed = masks_to_allowed(masks, group.D)
        true = np.take_along_axis(allowed, pack.solutions[..., None] - np.int64(1), axis=2)
        assert true.all()
    assert 0 < pack.unique.sum() < 20


def test_a_pack_follows_from_its_seed() -> None:
    group = RECIPES["grids"].groups[3]
    one, two, other = (make_pack(group, np.random.default_rng(seed), 8) for seed in (3, 3, 4))
    assert (one.givens == two.givens).all()
    assert (one.solutions == two.solutions).all()
    assert not (one.solutions == other.solutions).all()


def test_held_out_puzzles_have_one_solution_and_every_board_a_share() -> None:
    group = RECIPES["grids"].groups[3]
    packs = held_out(group, 13, seed=0)
    assert [len(pack.givens) for pack in packs] == [3, 3, 3, 2, 2]
    for pack in packs:
        assert pack.unique.all()
        assert (solve_batch(board_of(pack, group.D), pack.givens, limit=2).counts == 1).all()
    assert len(held_out(group, 2, seed=0)) == 2


def test_training_never_sees_what_was_held_out() -> None:
    """4x4 has too few puzzles to be kept apart; 9x9 has not."""
    group = replace(RECIPES["sudoku"].groups[0], free=0.0, several=0.0, mined=0.0)
    (kept,) = held_out(group, 64, seed=0)
    apart = {tuple(row) for row in kept.solutions.tolist()}
    for maker in (1, 2):
        for step in (0, generate.HELD_OUT):
            pack = make_pack(group, np.random.default_rng((0, step, maker)))
            assert apart.isdisjoint(tuple(row) for row in pack.solutions.tolist())
    # Why makers count from 1: a seed that ends in 0 is the seed without it.
    clash = make_pack(group, np.random.default_rng((0, generate.HELD_OUT, 0)))
    assert not apart.isdisjoint(tuple(row) for row in clash.solutions.tolist())


def test_a_share_of_the_puzzles_is_mined() -> None:
    group = replace(RECIPES["sudoku"].groups[0], free=0.0, several=0.0, mined=0.5)
    pack = make_pack(group, np.random.default_rng(0), 40)
    known = {tuple(row) for row in mined_puzzles().givens.tolist()}
    found = sum(tuple(row) in known for row in pack.givens.tolist())
    assert 10 < found < 30
    assert pack.unique.all()


def test_a_board_without_grids_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three cells that differ pairwise have no grid of two values."""
    drawn = []

    def board(name: str, rng: np.random.Generator) -> Board:
        drawn.append(name)
        return grid(1, 3, 2, [[0, 1], [1, 2], [0, 2]][: 3 if len(drawn) == 1 else 2])

    monkeypatch.setattr(boards, "draw", board)
    group = Group("odd", 3, 2, 3, 1.0, 2, ("odd",), free=0.0, several=0.0)
    assert len(make_pack(group, np.random.default_rng(0), 4).units) == 2
    assert len(drawn) == 2


def test_packs_drawn_from_a_file_keep_its_puzzles_and_add_free_grids(group: Group) -> None:
    made = make_pack(replace(group, free=0.0, several=0.5), np.random.default_rng(0), 30)
    board = boards.draw("sudoku-2x2", np.random.default_rng(0))
    counts = solve_batch(board, made.givens, limit=9).counts
    section = Section.of("tiny", board, made.givens, made.solutions, counts)
    pack = drawn_pack(replace(group, free=0.4), section, np.random.default_rng(1), 200)
    known = {tuple(row) for row in section.givens.tolist()}
    kept = np.array([tuple(row) in known for row in pack.givens.tolist()])
    assert 90 < kept.sum() < 150
    assert not pack.unique[~kept].any()
    assert (solve_batch(board, pack.givens, limit=2).counts[pack.unique] == 1).all()
    shown = pack.givens > 0
    assert (pack.givens[shown] == pack.solutions[shown]).all()

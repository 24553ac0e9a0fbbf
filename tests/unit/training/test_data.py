"""Packs are true puzzles, follow from their seed, and are made beside whoever uses them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import masks_to_allowed
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.families import grid
from vmd_training import boards, data
from vmd_training.data import Group, drawn_pack, held_out, make_pack, mined_puzzles
from vmd_training.dataset import Section
from vmd_training.pack import Pack
from vmd_training.recipes import RECIPES

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


@pytest.mark.parametrize("group", ALL.values(), ids=ALL)
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
        for step in (0, data.HELD_OUT):
            pack = make_pack(group, np.random.default_rng((0, step, maker)))
            assert apart.isdisjoint(tuple(row) for row in pack.solutions.tolist())
    # Why makers count from 1: a seed that ends in 0 is the seed without it.
    clash = make_pack(group, np.random.default_rng((0, data.HELD_OUT, 0)))
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

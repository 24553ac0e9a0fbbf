"""A store gives back the puzzles put in, under symmetries where asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from vmd_training import store as stores
from vmd_training.data import Group, make_pack
from vmd_training.pack import PACK
from vmd_training.recipes import RECIPES
from vmd_training.store import Store

CPU = torch.device("cpu")
NINE = replace(RECIPES["sudoku"].groups[0], mined=0.0)


def test_rows_are_those_that_were_put_in(group: Group) -> None:
    pack = make_pack(group, np.random.default_rng(0))
    store = Store(replace(group, U=14), CPU)
    store.put(pack)
    rows = store.draw(200)
    puzzles = {tuple(row) for row in np.hstack([pack.givens, pack.solutions]).tolist()}
    drawn = {tuple(row) for row in torch.cat([rows.givens, rows.x0], dim=1).tolist()}
    assert drawn <= puzzles
    assert len(drawn) > 0.7 * len(puzzles)
    assert rows.units.shape == (200, 14, 16)
    assert (rows.units[:, 12:] == 0).all()
    bits = (pack.candidates[..., None] >> np.arange(4, dtype=np.uint64)) & np.uint64(1)
    known = {tuple(row) for row in bits.reshape(PACK, -1).tolist()}
    assert {tuple(row) for row in rows.candidates.flatten(1).long().tolist()} <= known


def test_new_packs_replace_the_oldest(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "PACKS", 2)
    packs = [make_pack(group, np.random.default_rng(seed)) for seed in range(3)]
    for number, pack in enumerate(packs):
        pack.givens[:] = number + 1
    store = Store(group, CPU)
    for pack in packs:
        store.put(pack)
    assert set(store.draw(100).givens.unique().tolist()) == {2, 3}


def test_symmetries_keep_what_makes_a_puzzle() -> None:
    pack = make_pack(NINE, np.random.default_rng(0))
    store = Store(NINE, CPU, mixed=True)
    store.put(pack)
    rows = store.draw(100)
    shown = rows.givens > 0
    assert (rows.givens[shown] == rows.x0[shown]).all()
    assert rows.candidates.gather(2, rows.x0[..., None] - 1).all()
    for unit in rows.units[0].bool():
        values = rows.x0[:, unit].sort(dim=1).values
        assert (values == torch.arange(1, 10)).all()
    plain = {tuple(row) for row in pack.solutions.tolist()}
    moved = {tuple(row) for row in rows.x0.tolist()}
    assert moved.isdisjoint(plain)
    assert len(moved) == 100
    clues = {int(count) for count in shown.sum(dim=1)}
    assert clues <= {int(count) for count in (pack.givens > 0).sum(axis=1)}


def test_boards_of_other_families_only_rename(group: Group) -> None:
    pack = make_pack(group, np.random.default_rng(0))
    store = Store(replace(group, symmetry=None), CPU, mixed=True)
    store.put(pack)
    rows = store.draw(50)

    def pattern(values: list[int]) -> tuple[int, ...]:
        first: dict[int, int] = {}
        return tuple(first.setdefault(value, len(first)) for value in values)

    known = {pattern(row) for row in pack.solutions.tolist()}
    assert {pattern(row) for row in rows.x0.tolist()} <= known

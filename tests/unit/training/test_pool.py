"""A pool's rows stay puzzles of their board from call to call, and leave in time; a buffer gives
back the puzzles put in, under symmetries where asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from vmd_solver.denoiser.rules import BoardRules
from vmd_training import pool as pools
from vmd_training.generate import PACK, Pack, make_pack
from vmd_training.model import VMD, ModelConfig
from vmd_training.pool import MAX_CALLS, PackBuffer, Pool
from vmd_training.recipes import RECIPES, Group
from vmd_training.ruled import TRAINED

CPU = torch.device("cpu")


@pytest.fixture
def made(group: Group, model_of: Callable[[str], VMD]) -> Iterator[Callable[..., Pool]]:
    """A pool of so many rows."""
    rng = np.random.default_rng(0)

    def make(batch: int = 40, latent: str = "candidate", **changes: float) -> Pool:
        wider = replace(group, batch=batch, **changes)  # type: ignore[arg-type]
        return Pool(wider, model_of(latent), lambda _: make_pack(wider, rng), CPU)

    return make


def step(pool: Pool, solved: Tensor | bool = False) -> None:
    marks = torch.as_tensor(solved).expand(len(pool.x0)).clone()
    pool.advance(torch.ones_like(pool.h), marks)


def assert_true(pool: Pool) -> None:
    """x_t and the candidates agree with x0, and x0 with the units."""
    shown = pool.x_t > 0
    assert (pool.x_t[shown] == pool.x0[shown]).all()
    assert (pool.allowed.gather(2, pool.x0[..., None] - 1) == 1).all()
    for values, units in zip(pool.x0, pool.units, strict=True):
        for unit in units[units.sum(dim=1) > 0]:
            cells = values[unit > 0].tolist()
            assert len(set(cells)) == len(cells)


def test_rows_stay_true_and_only_unmask(made: Callable[..., Pool]) -> None:
    pool = made()
    assert_true(pool)
    for _ in range(2 * MAX_CALLS):
        before, x0, calls = pool.x_t.clone(), pool.x0.clone(), pool.calls.clone()
        step(pool)
        assert_true(pool)
        stayed = pool.calls > 0
        assert (pool.calls[stayed] == calls[stayed] + 1).all()
        assert (pool.x0[stayed] == x0[stayed]).all()
        kept = stayed[:, None] & (before > 0)
        assert (pool.x_t[kept] == before[kept]).all()


def test_a_row_leaves_after_its_last_call_with_all_it_had(
    made: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "REDRAW", 0.0)
    pool = made()
    pool.fresh[:] = False
    for _ in range(MAX_CALLS - 1):
        step(pool)
    old = pool.calls == MAX_CALLS - 1
    assert 0 < old.sum() < len(old)  # some left earlier: nothing was masked any more
    assert not pool.fresh[old].any()
    step(pool)
    assert (pool.calls[old] == 0).all()
    assert (pool.h[old] == 0).all()
    assert pool.fresh[old].all()
    assert (pool.h[~old][pool.calls[~old] > 0] == 1).all()


def test_most_of_the_solved_rows_leave(
    made: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "ADVANCE", 0.0)
    pool = made(batch=200)
    solved = torch.arange(200) < 100
    step(pool, solved)
    left = pool.calls == 0
    assert 60 < left[solved].sum() < 95
    open_ = (pool.x_t == 0).any(dim=1)
    assert not left[~solved & open_].any()


def test_the_encoder_is_asked_once_and_z_redrawn_from_the_prior(
    made: Callable[..., Pool],
) -> None:
    pool = made(batch=400)
    assert pool.fresh.all() and pool.use_encoder.any()
    step(pool)
    stayed = pool.calls > 0
    assert not pool.use_encoder[stayed].any()
    share = float(pool.fresh[stayed].float().mean())
    assert abs(share - pools.REDRAW) < 0.15


def test_puzzles_with_several_solutions_use_the_encoder(made: Callable[..., Pool]) -> None:
    free = made(batch=50, free=1.0, several=0.0)
    assert free.use_encoder.tolist() == [1] * 50
    unique = made(batch=200, free=0.0, several=0.0)
    assert 5 < unique.use_encoder.sum() < 45  # 0.1 of 200


def test_one_board_is_sent_once_and_smaller_ones_are_padded(made: Callable[..., Pool]) -> None:
    pool = made()
    assert pool.grid().units.shape == (1, 12, 16)
    wide = made(U=15)
    assert (wide.units[:, 12:] == 0).all()
    assert (wide.complete.sum(dim=1) == 12).all()
    several = made(boards=("sudoku-2x2", "latin-4"))  # type: ignore[arg-type]
    assert several.grid().units.shape == (40, 12, 16)


@pytest.mark.parametrize(
    ("latent", "shape"), [("none", (9, 16, 4, 0)), ("global", (9, 5)), ("candidate", (9, 16, 4, 2))]
)
def test_z_is_chosen_once(
    made: Callable[..., Pool], model_of: Callable[[str], VMD], latent: str, shape: tuple[int, ...]
) -> None:
    pool, model = made(batch=9, latent=latent, free=0.0, several=0.0), model_of(latent)
    first = pool.latent(model, 2, 3)
    assert first.z.shape == shape
    assert not pool.fresh.any()
    again = pool.latent(model, 2, 3)
    assert torch.equal(again.z, first.z)
    assert (again.kl == 0).all()
    pool.fresh[:4] = True
    pool.use_encoder = torch.arange(9) < 2
    other = pool.latent(model, 2, 3)
    assert torch.equal(other.z[4:], first.z[4:])
    assert (other.z[:4] != first.z[:4]).all() or not other.z.numel()
    paid = 2 if latent != "none" else 0
    assert (other.kl > 0).tolist() == [True] * paid + [False] * (9 - paid)
    torch.testing.assert_close(other.per_channel.sum(), other.kl.sum())


def test_puzzles_that_are_full_already_lose_a_cell(
    group: Group, model_of: Callable[[str], VMD]
) -> None:
    def full(_: str) -> Pack:
        pack = make_pack(group, np.random.default_rng(0))
        pack.givens[:] = pack.solutions
        return pack

    pool = Pool(replace(group, batch=30), model_of("none"), full, CPU)
    assert ((pool.x_t == 0).sum(dim=1) == 1).all()


@pytest.mark.parametrize("reuse", [1, 3])
def test_a_pool_asks_for_as_many_packs_as_its_rows_used(
    group: Group, model_of: Callable[[str], VMD], reuse: int
) -> None:
    taken = []

    def take(name: str) -> Pack:
        taken.append(name)
        return make_pack(group, np.random.default_rng(len(taken)))

    pool = Pool(replace(group, batch=PACK + 1), model_of("none"), take, CPU, reuse)
    assert taken == ["tiny"] * 2
    for _ in range(6):
        pool.refill(torch.ones(PACK + 1, dtype=torch.bool))
    pool.feed()
    assert len(taken) == 2 + 6 // reuse
    pool.feed()
    assert len(taken) == 2 + 6 // reuse


CPU = torch.device("cpu")
NINE = replace(RECIPES["sudoku"].groups[0], mined=0.0)


def test_rows_are_those_that_were_put_in(group: Group) -> None:
    pack = make_pack(group, np.random.default_rng(0))
    store = PackBuffer(replace(group, U=14), CPU)
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
    monkeypatch.setattr(pools, "PACKS", 2)
    packs = [make_pack(group, np.random.default_rng(seed)) for seed in range(3)]
    for number, pack in enumerate(packs):
        pack.givens[:] = number + 1
    store = PackBuffer(group, CPU)
    for pack in packs:
        store.put(pack)
    assert set(store.draw(100).givens.unique().tolist()) == {2, 3}


def test_symmetries_keep_what_makes_a_puzzle() -> None:
    pack = make_pack(NINE, np.random.default_rng(0))
    store = PackBuffer(NINE, CPU, mixed=True)
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
    store = PackBuffer(replace(group, symmetry=None), CPU, mixed=True)
    store.put(pack)
    rows = store.draw(50)

    def pattern(values: list[int]) -> tuple[int, ...]:
        first: dict[int, int] = {}
        return tuple(first.setdefault(value, len(first)) for value in values)

    known = {pattern(row) for row in pack.solutions.tolist()}
    assert {pattern(row) for row in rows.x0.tolist()} <= known


@pytest.fixture
def ruled(group: Group, config_of: Callable[[str], ModelConfig]) -> Callable[[int], Pool]:
    """A pool of a group with rules, for a network that hears them, or with 0 for one that does
    not."""
    rng = np.random.default_rng(0)
    wider = replace(group, U=40, batch=24, boards=("latin-4", "grid-4x4"), rules=TRAINED)

    def make(links: int) -> Pool:
        model = VMD(replace(config_of("candidate"), links=links))
        return Pool(wider, model, lambda _: make_pack(wider, rng), CPU)

    return make


def keeps(rules: BoardRules, values: Tensor) -> bool:
    """Whether full values (n,) keep the relations and automata."""
    fixed = (values[:, None] == torch.arange(1, rules.D + 1)).numpy().ravel()
    taken = fixed[rules.arcs[:, 1]]
    reached = rules.ends[:, 0] > 0
    for layer in range(int(rules.layer.max(initial=-1)) + 1):
        arcs = rules.arcs[taken & (rules.layer == layer)]
        reached[arcs[reached[arcs[:, 0]], 2]] = True
    accepted = reached[rules.ends[:, 1] > 0].all()
    return bool(accepted) and not (rules.excluded(fixed) & fixed).any()


def test_each_row_keeps_its_own_rules_from_call_to_call(ruled: Callable[[int], Pool]) -> None:
    pool = ruled(3)
    for _ in range(2 * MAX_CALLS):
        assert len(pool.rules) == len(pool.x0)
        assert_true(pool)
        assert all(keeps(*row) for row in zip(pool.rules, pool.x0, strict=True))
        step(pool, torch.rand(len(pool.x0)) < 0.3)
    others = zip(pool.rules, pool.x0.roll(1, dims=0), strict=True)
    assert not all(keeps(*row) for row in others)


def test_some_of_the_rows_are_seen_with_their_rules(ruled: Callable[[int], Pool]) -> None:
    grid, rows = ruled(3).grid(), torch.tensor([5, 2])
    some = grid.chosen(rows)
    assert some.rules == (grid.rules[5], grid.rules[2])
    assert torch.equal(some.units, grid.units[rows])


def test_a_network_that_hears_no_rules_gets_none(ruled: Callable[[int], Pool]) -> None:
    pool = ruled(0)
    step(pool, True)
    assert pool.grid().rules == ()
    assert_true(pool)


def test_values_that_a_rule_leaves_a_cell_by_itself_are_shown(group: Group) -> None:
    odd = replace(group, U=40, boards=("latin-4",), rules=("odd",))
    buffer = PackBuffer(odd, CPU)
    buffer.put(make_pack(odd, np.random.default_rng(0)))
    rows = buffer.draw(32)
    assert set(rows.domains.sum(dim=-1).unique().tolist()) == {2.0, 4.0}
    assert (rows.candidates <= rows.domains).all()

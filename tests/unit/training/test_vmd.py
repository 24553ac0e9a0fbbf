"""The bound against closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from vmd_training import vmd
from vmd_training.graph import Grid
from vmd_training.model import VMD, ModelConfig
from vmd_training.run import Optimizers

B, n, D = 2, 16, 4
X0 = torch.tensor([1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1]).repeat(B, 1)
Config = Callable[[str], ModelConfig]


def grid_with(givens: int) -> Grid:
    """The first cells given, no units, every value allowed."""
    x_t = X0.clone()
    x_t[:, givens:] = 0
    return Grid(x_t, torch.ones(B, n, D), torch.zeros(1, 1, n), torch.zeros(1, 1))


def called(
    model: VMD, grid: Grid, encoded: list[bool], x0: Tensor = X0, draws: int = 1
) -> tuple[vmd.Latent, vmd.Terms]:
    torch.manual_seed(1)
    h = model.start(grid)
    latent = vmd.choose(model, grid, x0, torch.tensor(encoded), h, 3, draws)
    return latent, vmd.call(model, grid, x0, latent.z, h, 3)


@pytest.mark.parametrize("latent", ["none", "global", "candidate"])
def test_an_untrained_model_costs_log_D_a_masked_cell(config_of: Config, latent: str) -> None:
    """Heads start at zero: uniform predictions, and an encoder that says what the prior says."""
    latent_, terms = called(VMD(config_of(latent)), grid_with(6), [True, False])
    expected = torch.full((3, B), 10 * math.log(D))
    torch.testing.assert_close(terms.cross_entropy, expected)
    assert latent_.kl.tolist() == [0, 0]
    assert terms.logits.shape == (B, n, D)
    assert terms.h.shape == (B, n, D, 8)


def test_values_ruled_out_cost_nothing(config_of: Config) -> None:
    grid = grid_with(0)
    grid.allowed[:] = torch.nn.functional.one_hot(X0 - 1, D)
    grid.allowed[:, :5] = 1
    _, terms = called(VMD(config_of("none")), grid, [False, False])
    torch.testing.assert_close(terms.cross_entropy, torch.full((3, B), 5 * math.log(D)))


def test_the_kl_is_paid_by_rows_that_use_the_encoder(config_of: Config) -> None:
    """An encoder 0.5 above a prior of variance 1: 0.125 nats for each z of a masked cell."""
    model = VMD(config_of("candidate"))
    assert model.encoder is not None
    model.encoder.head.bias.data[:2] = 0.5
    latent, _ = called(model, grid_with(6), [True, False])
    assert latent.kl.tolist() == pytest.approx([10 * D * 2 * 0.125, 0])
    assert latent.per_channel.tolist() == pytest.approx([10 * D * 0.125] * 2)


@pytest.mark.parametrize("latent", ["global", "candidate"])
def test_the_papers_prior_stays_the_standard_normal(config_of: Config, latent: str) -> None:
    model = VMD(replace(config_of(latent), prior="normal"))
    assert model.encoder is not None and model.prior is not None
    model.encoder.head.weight.data.normal_()
    model.denoiser.head.weight.data.normal_()
    chosen, terms = called(model, grid_with(6), [True, False])
    vmd.loss(terms, chosen.kl, grid_with(6), 1.0).backward()
    optimizer = Optimizers(model, 0.1, 0.1)
    optimizer.step()
    for table in model.prior(grid_with(6)):
        assert (table == 0).all()
    assert all(weight.grad is None for weight in model.prior.parameters())


@pytest.mark.parametrize("latent", ["global", "candidate"])
def test_the_channels_add_up_to_the_kl(model_of: Callable[[str], VMD], latent: str) -> None:
    chosen, _ = called(model_of(latent), grid_with(6), [True, True])
    assert chosen.kl.min() > 0
    torch.testing.assert_close(chosen.per_channel.sum(), chosen.kl.detach().sum())


def test_every_z_that_the_denoiser_reads_is_paid_for(model_of: Callable[[str], VMD]) -> None:
    """That of open candidates, and no other: 0.5 nats for each number 1 above the prior."""
    model = model_of("candidate")
    assert model.encoder is not None
    assert model.prior is not None
    model.encoder.load_state_dict(
        {**model.encoder.state_dict(), **{"head.weight": torch.zeros(4, 4)}}
    )
    model.prior.head.weight.data[:] = 0
    model.encoder.head.bias.data[:] = torch.tensor([1.0, 1.0, 0.0, 0.0])
    model.prior.head.bias.data[:] = 0
    grid = grid_with(6)
    grid.allowed[:] = torch.nn.functional.one_hot(X0 - 1, D) + torch.rand(B, n, D).round()
    grid.allowed.clamp_(max=1)
    z = torch.randn(model.z_shape(B, n, D), requires_grad=True)
    logits, _ = model.denoiser(grid, model.spread(z, grid), model.start(grid), 3)
    logits[grid.open().expand_as(logits)].pow(2).sum().backward()
    assert z.grad is not None
    read = (z.grad != 0).flatten(1).sum(dim=1)
    paid = called(model, grid, [True, True])[0].kl / 0.5
    assert not ((z.grad != 0)[~grid.open()]).any()
    assert (read <= paid + 1e-3).all()
    torch.testing.assert_close(paid, 2.0 * grid.open().flatten(1).sum(dim=1))


def test_rows_without_encoder_know_nothing_of_the_solution(
    model_of: Callable[[str], VMD],
) -> None:
    model, other = model_of("candidate"), (X0 % D) + 1
    grid = grid_with(0)
    one, two = (called(model, grid, [True, False], x0)[1] for x0 in (X0, other))
    torch.testing.assert_close(one.logits[1], two.logits[1])
    assert (one.logits[0] - two.logits[0]).abs().max() > 1e-3


def test_the_best_of_several_draws_is_the_nearest_of_them(model_of: Callable[[str], VMD]) -> None:
    model, grid = model_of("candidate"), grid_with(3)
    draws, h = torch.randn(8, *model.z_shape(B, n, D)), model.start(grid)
    each = [vmd.call(model, grid, X0, z, h, 3).cross_entropy[-1] for z in draws]
    best = vmd.nearest(model, grid, X0, draws, h, 3)
    found = vmd.call(model, grid, X0, best, h, 3).cross_entropy[-1]
    torch.testing.assert_close(found, torch.stack(each).amin(dim=0))
    assert (found < each[0]).any()


def test_rows_with_boards_of_their_own_choose_as_rows_with_a_shared_one(
    model_of: Callable[[str], VMD],
) -> None:
    model, shared = model_of("candidate"), grid_with(3)
    own = shared._replace(units=shared.units.repeat(B, 1, 1), complete=shared.complete.repeat(B, 1))
    draws, h = torch.randn(4, *model.z_shape(B, n, D)), model.start(shared)
    one, other = (vmd.nearest(model, grid, X0, draws, h, 3) for grid in (shared, own))
    assert torch.equal(one, other)


def test_encoded_rows_keep_their_own_z(model_of: Callable[[str], VMD]) -> None:
    model, grid = model_of("candidate"), grid_with(3)
    plain, _ = called(model, grid, [True, False], draws=1)
    best, _ = called(model, grid, [True, False], draws=8)
    assert torch.equal(best.z[0], plain.z[0])
    assert not torch.equal(best.z[1], plain.z[1])
    assert best.z.requires_grad


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_the_loss_is_nats_a_masked_cell(beta: float) -> None:
    terms = vmd.Terms(
        cross_entropy=torch.tensor([[10.0, 30.0], [20.0, 50.0]]),
        logits=torch.zeros(B, n, D),
        h=torch.zeros(B, n, D, 8),
    )
    grid = grid_with(6)
    grid.x_t[1] = X0[1]
    grid.x_t[1, :2] = 0
    expected = ((15 + beta * 5) / 10 + 40 / 2) / 2
    assert float(vmd.loss(terms, torch.tensor([5.0, 0.0]), grid, beta)) == pytest.approx(expected)


def test_a_row_is_solved_when_every_masked_cell_is_right() -> None:
    grid = grid_with(6)
    logits = torch.nn.functional.one_hot(X0 - 1, D).float()
    logits[:, 0] = 0  # a given: what is predicted there does not matter
    assert vmd.solved(logits, X0, grid).tolist() == [True, True]
    logits[1, 7] = logits[1, 8].roll(1)
    assert vmd.solved(logits, X0, grid).tolist() == [True, False]

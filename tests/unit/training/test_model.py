"""The networks keep the symmetries of a puzzle, and what is unmasked stays as it is."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser.latent import wave_patterns
from vmd_training.evaluate import grid_on
from vmd_training.graph import CLOSED_LOGIT, Grid
from vmd_training.model import CAP, VMD, Gaussian, ModelConfig, kl_nats

B, n, D = 3, 16, 4
Make = Callable[[str], VMD]


def some_grid() -> tuple[Grid, Tensor]:
    """Random givens and candidates on 4x4 boards, and values x0 that agree with both."""
    x0 = torch.randint(1, D + 1, (B, n))
    x_t = torch.where(torch.rand(B, n) < 0.3, x0, 0)
    grid = grid_on([sudoku(2, 2)], x_t)
    answer = grid._replace(x_t=x0).fixed()
    allowed = torch.maximum((torch.rand(B, n, D) < 0.8).float(), answer)
    return Grid(x_t, allowed, grid.units, grid.complete), x0


def state(model: VMD, grid: Grid) -> tuple[Tensor, Tensor]:
    """A latent and a hidden state."""
    z = torch.randn(model.z_shape(B, n, D))
    return z, torch.randn(B, n, D, model.config.d)


@pytest.mark.parametrize("kind", ["candidate", "none"])
def test_renaming_values_renames_the_answer(model_of: Make, kind: str) -> None:
    model = model_of(kind)
    (grid, x0), name = some_grid(), torch.randperm(D)
    z, h = state(model, grid)
    renamed = Grid(
        torch.where(grid.x_t > 0, torch.argsort(name)[grid.x_t - 1] + 1, 0),
        grid.allowed[..., name],
        grid.units,
        grid.complete,
    )
    with torch.no_grad():
        logits, after = model.denoiser(grid, z, h, 3)
        others, other = model.denoiser(renamed, z[:, :, name], h[:, :, name], 3)
        torch.testing.assert_close(others, logits[..., name])
        torch.testing.assert_close(other, after[:, :, name])
        if model.encoder and model.prior:
            values = torch.argsort(name)[x0 - 1] + 1
            for one, same in (
                (model.encoder(grid, x0), model.encoder(renamed, values)),
                (model.prior(grid), model.prior(renamed)),
            ):
                torch.testing.assert_close(same.mean, one.mean[:, :, name])
                torch.testing.assert_close(same.log_var, one.log_var[:, :, name])


@pytest.mark.parametrize("kind", ["candidate", "none"])
def test_cells_and_units_in_another_order_give_the_same_in_that_order(
    model_of: Make, kind: str
) -> None:
    model = model_of(kind)
    grid, x0 = some_grid()
    cells, units = torch.randperm(n), torch.randperm(12)
    z, h = state(model, grid)
    moved = Grid(
        grid.x_t[:, cells],
        grid.allowed[:, cells],
        grid.units[:, units][..., cells],
        grid.complete[:, units],
    )
    with torch.no_grad():
        logits, after = model.denoiser(grid, z, h, 3)
        others, other = model.denoiser(moved, z[:, cells], h[:, cells], 3)
        torch.testing.assert_close(others, logits[:, :, cells])
        torch.testing.assert_close(other, after[:, cells])
        if model.encoder and model.prior:
            for one, same in (
                (model.encoder(grid, x0), model.encoder(moved, x0[:, cells])),
                (model.prior(grid), model.prior(moved)),
            ):
                torch.testing.assert_close(same.mean, one.mean[:, cells])
                torch.testing.assert_close(same.log_var, one.log_var[:, cells])


def test_unmasked_cells_and_closed_values_stay_so(model_of: Make) -> None:
    model = model_of("none")
    grid, _ = some_grid()
    with torch.no_grad():
        logits, _ = model.denoiser(grid, *state(model, grid), 3)
    fixed = grid.fixed()[grid.x_t > 0]
    assert len(fixed)
    for after in logits:
        torch.testing.assert_close(after.softmax(dim=-1)[grid.x_t > 0], fixed)
        assert (after[~grid.open() & (grid.fixed() == 0)] == CLOSED_LOGIT).all()
        assert (after[grid.open()].abs() <= CAP).all()


@pytest.mark.parametrize("latent", ["none", "global", "candidate"])
def test_padding_units_change_nothing(model_of: Make, latent: str) -> None:
    model = model_of(latent)
    grid, x0 = some_grid()
    padding = torch.zeros(1, 5, n)
    padded = grid._replace(
        units=torch.cat((grid.units, padding), dim=1),
        complete=torch.cat((grid.complete, padding[..., 0]), dim=1),
    )
    z, h = state(model, grid)
    with torch.no_grad():
        for one in (grid, padded):
            logits, _ = model.denoiser(one, model.spread(z, one), h, 2)
            posterior = model.encoder(one, x0) if model.encoder else (logits,)
            results = (logits, *posterior)
            if one is grid:
                expected = results
    for result, want in zip(results, expected, strict=True):
        torch.testing.assert_close(result, want)


@pytest.mark.parametrize("kind", ["candidate", "none"])
def test_units_of_its_own_for_each_row_are_the_same_as_shared_ones(
    model_of: Make, kind: str
) -> None:
    model = model_of(kind)
    grid, _ = some_grid()
    own = grid._replace(units=grid.units.expand(B, -1, -1), complete=grid.complete.expand(B, -1))
    z, h = state(model, grid)
    with torch.no_grad():
        shared, _ = model.denoiser(grid, z, h, 2)
        torch.testing.assert_close(model.denoiser(own, z, h, 2)[0], shared)


@pytest.mark.parametrize("kind", ["candidate", "none"])
def test_a_call_continues_where_the_last_one_stopped(model_of: Make, kind: str) -> None:
    model = model_of(kind)
    grid, _ = some_grid()
    z, h = state(model, grid)
    with torch.no_grad():
        at_once, end = model.denoiser(grid, z, h, 5)
        first, middle = model.denoiser(grid, z, h, 2)
        second, last = model.denoiser(grid, z, middle, 3)
    torch.testing.assert_close(torch.cat((first, second)), at_once)
    torch.testing.assert_close(last, end)


def test_many_loops_stay_finite(model_of: Make) -> None:
    model = model_of("none")
    grid, _ = some_grid()
    with torch.no_grad():
        _, h = model.denoiser(grid, *state(model, grid), 300)
    assert h.abs().max() < 100


@pytest.mark.parametrize(
    ("latent", "shape"), [("none", (B, n, D, 0)), ("global", (B, 5)), ("candidate", (B, n, D, 2))]
)
def test_shapes_of_z(model_of: Make, latent: str, shape: tuple[int, ...]) -> None:
    model = model_of(latent)
    grid, x0 = some_grid()
    assert model.z_shape(B, n, D) == shape
    if model.encoder and model.prior:
        for gaussian in (model.encoder(grid, x0), model.prior(grid)):
            assert gaussian.mean.shape == gaussian.log_var.shape == shape
            assert gaussian.log_var.abs().max() < 3


@pytest.mark.parametrize("latent", ["global", "candidate"])
def test_z_is_read_at_open_candidates_only(model_of: Make, latent: str) -> None:
    model = model_of(latent)
    grid, _ = some_grid()
    z, h = state(model, grid)
    spread = model.spread(z, grid).detach().requires_grad_()
    assert spread.shape == (B, n, D, 2)
    logits, _ = model.denoiser(grid, spread, h, 2)
    logits[grid.open().expand_as(logits)].pow(2).sum().backward()
    assert spread.grad is not None
    read = (spread.grad != 0).any(dim=-1)
    assert not read[~grid.open()].any()
    assert read[grid.open()].any()


def test_a_global_z_tells_all_candidates_apart() -> None:
    patterns = torch.from_numpy(wave_patterns(81, 9, 64))
    assert patterns.shape == (81, 9, 64)
    assert (patterns**2).mean() == pytest.approx(1, abs=0.02)
    likeness = torch.corrcoef(patterns.flatten(0, 1))
    assert (likeness - torch.eye(len(likeness))).max() < 0.75


@pytest.mark.parametrize(("rows", "cols"), [(2, 2), (3, 3)])
def test_variances_of_a_global_z_add_up_over_candidates(
    config_of: Callable[[str], ModelConfig], rows: int, cols: int
) -> None:
    """Closed form: 3 tanh(k D c / 3) for log variances c and waves of mean square 1."""
    model, board = VMD(config_of("global")), sudoku(rows, cols)
    assert model.prior is not None
    model.prior.head.bias.data[2:] = 0.05
    grid = grid_on([board], torch.zeros(1, board.n))
    expected = 3 * math.tanh(2 * board.D * 0.05 / 3)
    assert model.prior(grid).log_var.tolist() == [pytest.approx([expected] * 5, rel=0.2)]


def test_kl_is_that_of_torch() -> None:
    q, p = (Gaussian(torch.randn(50), torch.randn(50)) for _ in range(2))
    normal_q, normal_p = (Normal(g.mean, (g.log_var / 2).exp()) for g in (q, p))
    torch.testing.assert_close(kl_nats(q, p), kl_divergence(normal_q, normal_p))
    assert (kl_nats(q, q) == 0).all()


def test_a_sample_is_the_mean_and_that_many_deviations() -> None:
    gaussian = Gaussian(torch.tensor([1.0, -2.0]), torch.tensor([0.0, math.log(9.0)]))
    assert gaussian.sample(torch.tensor([2.0, -1.0])).tolist() == pytest.approx([3.0, -5.0])

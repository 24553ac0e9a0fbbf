"""Draws have the distribution that is stated for them.

Fixed seeds; each bound is so wide that a right sampler would fail it with another seed at most once
in 100,000 times (4.5 deviations, over all numbers compared: a union bound).
"""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
import torch

from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser.onnx import OnnxDenoiser
from vmd_training.evaluate import draw, grid_on
from vmd_training.export import export
from vmd_training.generate import make_pack
from vmd_training.graph import Grid
from vmd_training.model import VMD, ModelConfig
from vmd_training.recipes import RECIPES

FALSE_ALARMS = 1e-5
N = 4000
BOARD = sudoku(2, 2)
X_T = np.tile(np.array([1, 2, 3, 4, 3] + 11 * [0]), (N, 1))


def grid_with(rows: int) -> Grid:
    """So many times the same puzzle."""
    return grid_on([BOARD], X_T[:rows])


def deviations(numbers: int) -> float:
    """The bound on each of so many standard normal numbers, for FALSE_ALARMS in all."""
    return NormalDist().inv_cdf(1 - FALSE_ALARMS / (2 * numbers))


def assert_gaussian(draws: np.ndarray, mean: np.ndarray, log_var: np.ndarray) -> None:
    """N draws of each number have this mean and variance."""
    bound = deviations(2 * mean.size)
    scaled = (draws.astype(np.float64) - mean) / np.exp(log_var / 2)
    assert np.abs(scaled.mean(axis=0)).max() < bound / math.sqrt(N)
    # The mean of squares of normals has variance 2 / N.
    assert np.abs((scaled**2).mean(axis=0) - 1).max() < bound * math.sqrt(2 / N)


@pytest.fixture(scope="module", params=["global", "candidate"])
def model(request: pytest.FixtureRequest) -> VMD:
    """A tiny model whose prior is far from standard normal."""
    torch.manual_seed(0)
    config = ModelConfig(
        request.param, d=8, messages=8, hidden=8, patterns=5, latent_d=4, latent_loops=2
    )
    made = VMD(config).eval()
    for parameter in made.parameters():
        parameter.data += 0.5 * torch.randn_like(parameter)
    return made


def test_the_prior_is_drawn_from_as_it_says(model: VMD, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vmd_training.export.PARITY_BATCHES", (1,))
        denoiser = OnnxDenoiser(export(model, tmp_path / "m", "m", 1, {}), "cpu", threads=1)
    allowed = np.ones((N, 16, 4), np.float32)
    assert model.prior is not None
    with torch.no_grad():
        mean, log_var = (tensor[0].numpy() for tensor in model.prior(grid_with(1)))
    assert np.abs(mean).max() > 0.1
    assert np.abs(log_var).max() > 0.1
    rng = np.random.default_rng(0)
    assert_gaussian(denoiser.draw(BOARD, X_T, allowed, rng), mean, log_var)
    plain = denoiser.draw(BOARD, X_T, allowed, rng, learned=False)
    assert_gaussian(plain, np.zeros_like(mean), np.zeros_like(mean))


def test_evaluation_draws_from_the_prior(model: VMD) -> None:
    """On the board: for a global z the patterns are mixed, linearly.

    The whole board, unmasked cells too: what is not open is standard normal, and is not read.
    """
    assert model.prior is not None
    with torch.no_grad():
        drawn = draw(model, grid_with(N), torch.Generator().manual_seed(0)).numpy()
        mean, log_var = model.prior(grid_with(1))
        board_mean = model.spread(mean, grid_with(1))[0].numpy()
        one_by_one = torch.diag_embed((log_var / 2).exp().flatten()).reshape(-1, *mean.shape[1:])
        mixing = model.spread(one_by_one, grid_with(len(one_by_one))).numpy()
    assert_gaussian(drawn, board_mean, np.log((mixing**2).sum(axis=0)))
    if model.config.latent == "candidate":
        closed = ~grid_with(1).open()[0].numpy()
        assert closed.any()
        assert_gaussian(drawn[:, closed], np.zeros(2), np.zeros(2))


def test_packs_hold_the_stated_shares() -> None:
    group = RECIPES["grids"].groups[4]
    pack = make_pack(group, np.random.default_rng(0), N)
    bound = deviations(2)
    unique = 1 - group.free - group.several
    assert abs(pack.unique.mean() - unique) < bound * math.sqrt(unique * (1 - unique) / N)
    # A third of the free grids is empty; of the others hardly any.
    empty = group.free / 3
    found = (pack.givens == 0).all(axis=1).mean()
    chance = group.free * 2 / 3 / 17  # uniform share s: the mean of (1 - s)^16
    expected = empty + chance
    assert abs(found - expected) < bound * math.sqrt(expected * (1 - expected) / N)

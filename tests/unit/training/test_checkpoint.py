"""A widened network computes what the narrow one did, and its copies do not stay copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from vmd_solver.csp.families import sudoku
from vmd_solver.errors import ModelError
from vmd_training.checkpoint import Start, widened
from vmd_training.evaluate import grid_on
from vmd_training.model import VMD, ModelConfig

Make = Callable[[str], VMD]


def wider(config: ModelConfig, times: int, latent_times: int) -> ModelConfig:
    return replace(
        config,
        d=config.d * times,
        messages=config.messages * times,
        hidden=config.hidden * times,
        latent_d=config.latent_d * latent_times,
    )


def grown(model: VMD, config: ModelConfig) -> VMD:
    wide = VMD(config)
    start = Start(model.config, model.state_dict(), [])
    wide.load_state_dict(wide.state_dict() | widened(start, config, seed=0))
    return wide


@pytest.mark.parametrize("latent", ["none", "global", "candidate"])
@pytest.mark.parametrize(("times", "latent_times"), [(1, 2), (2, 1), (3, 3)])
def test_it_computes_the_same(model_of: Make, latent: str, times: int, latent_times: int) -> None:
    model = model_of(latent)
    wide = grown(model, wider(model.config, times, latent_times))
    x0 = torch.randint(1, 5, (3, 16))
    x_t = torch.where(torch.rand(3, 16) < 0.3, x0, 0)
    grid = grid_on([sudoku(2, 2)], x_t)
    z = model.spread(torch.randn(model.z_shape(3, 16, 4)), grid)
    with torch.no_grad():
        want, _ = model.denoiser(grid, z, model.start(grid), 3)
        got, _ = wide.denoiser(grid, z, wide.start(grid), 3)
        torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4)
        assert want[-1].std() > 0.1
        for old, new in ((model.prior, wide.prior), (model.encoder, wide.encoder)):
            if old is not None and new is not None:
                inputs = (grid, x0) if old.sees_solution else (grid,)
                torch.testing.assert_close(new(*inputs), old(*inputs), rtol=1e-4, atol=1e-4)


def test_copies_get_gradients_of_their_own(model_of: Make) -> None:
    model = model_of("none")
    wide = grown(model, wider(model.config, 2, 1))
    grid = grid_on([sudoku(2, 2)], torch.tensor([[2] + [0] * 15]))
    logits, _ = wide.denoiser(grid, torch.zeros(1, 16, 4, 0), wide.start(grid), 2)
    torch.autograd.backward(logits[-1, 0, 5, 2])  # the given rules out the one before
    gradient = wide.denoiser.get_parameter("block.update.weight").grad
    assert gradient is not None
    first, second = gradient.chunk(2)
    alive = first.abs().sum(dim=1) > 0
    assert alive.any()
    assert not torch.isclose(first[alive], second[alive]).all(dim=1).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"d": 12}, "has d 8, messages 8, hidden 8, latent_d 4, this model d 12"),
        ({"d": 16}, "of widths that all of them but latent_d are the same multiple of"),
        ({"d": 4, "messages": 4, "hidden": 4}, "this model d 4"),
    ],
)
def test_other_widths_are_refused(
    config_of: Callable[[str], ModelConfig], change: dict[str, int], message: str
) -> None:
    theirs = config_of("candidate")
    with pytest.raises(ModelError, match=message):
        widened(Start(theirs, {}, []), replace(theirs, **change), seed=0)


def test_a_transformer_is_not_widened(config_of: Callable[[str], ModelConfig]) -> None:
    theirs = replace(config_of("none"), backbone="transformer")
    with pytest.raises(ModelError, match="only candidate graphs"):
        widened(Start(theirs, {}, []), wider(theirs, 2, 1), seed=0)

"""The sequence backbone: who sees whom, and what the bound is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from vmd_solver.errors import ModelError
from vmd_training.sequence import MASK, Bound, SequenceConfig, SequenceVMD

CONFIG = SequenceConfig(vocabulary=5, length=6, blocks=3, k=2, d=8, layers=2, heads=2)

Build = Callable[[SequenceConfig], SequenceVMD]


@pytest.fixture
def build() -> Build:
    """A model with random weights."""

    def make(config: SequenceConfig) -> SequenceVMD:
        torch.manual_seed(0)
        return SequenceVMD(config).eval().requires_grad_(False)

    return make


def tokens(rows: int = 3) -> Tensor:
    return torch.randint(1, CONFIG.vocabulary + 1, (rows, CONFIG.length))


def test_a_block_sees_itself_and_what_is_finished_and_nothing_else(build: Build) -> None:
    denoiser = build(CONFIG).denoiser
    x0, z = tokens(), torch.randn(3, 3, 2)
    x_t = x0.clone()
    x_t[:, [1, 2, 5]] = MASK
    before = denoiser(x_t, x0, z)

    def changed(x_t: Tensor = x_t, context: Tensor = x0, z: Tensor = z) -> list[bool]:
        """Which of the three blocks are predicted otherwise."""
        moved = (denoiser(x_t, context, z) - before).abs().view(3, 3, -1).amax(dim=(0, 2)) > 1e-5
        return [bool(block) for block in moved]

    other = x0.clone()
    other[:, 2] = x0[:, 2] % 5 + 1  # a finished token of the middle block
    assert changed(context=other) == [False, False, True]
    noisy = x_t.clone()
    noisy[:, 3] = x_t[:, 3] % 5 + 1  # the middle block as it is being denoised
    assert changed(x_t=noisy) == [False, True, False]
    latent = z.clone()
    latent[:, 1] += 1
    assert changed(z=latent) == [False, True, False]


def test_one_block_reads_every_token_and_no_context(build: Build) -> None:
    denoiser = build(replace(CONFIG, blocks=1)).denoiser
    x_t, z = tokens(), torch.randn(3, 1, 2)
    x_t[:, 0] = MASK
    before = denoiser(x_t, x_t, z)
    torch.testing.assert_close(denoiser(x_t, tokens(), z), before)
    last = x_t.clone()
    last[:, 5] = x_t[:, 5] % 5 + 1
    assert (denoiser(last, x_t, z) - before)[:, 0].abs().max() > 1e-5


def test_without_latent_z_is_ignored(build: Build) -> None:
    model = build(replace(CONFIG, latent="none"))
    x0 = tokens()
    x_t = torch.where(torch.rand(x0.shape) < 0.5, MASK, x0)
    one, other = (model.denoiser(x_t, x0, torch.randn(3, 3, 2)) for _ in range(2))
    torch.testing.assert_close(one, other)
    assert model.prior(x_t, x0).mean.shape == (3, 3, 0)
    assert float(model(x0, x_t, torch.randn(1, 3, 3, 2)).kl.abs().sum()) == 0


def test_the_encoder_reads_x_t_beside_the_answer(build: Build) -> None:
    encoder = build(CONFIG).encoder
    assert encoder is not None
    x0 = tokens()
    hidden = torch.full_like(x0, MASK)
    assert (encoder(hidden, x0, x0).mean - encoder(x0, x0, x0).mean).abs().max() > 1e-4
    other = x0 % 5 + 1
    assert (encoder(hidden, x0, x0).mean - encoder(hidden, x0, other).mean).abs().max() > 1e-4


def test_a_learned_prior_reads_x_t_and_counts_in_the_kl(build: Build) -> None:
    model = build(replace(CONFIG, prior="learned"))
    x0 = tokens()
    hidden = torch.full_like(x0, MASK)
    assert (model.prior(hidden, x0).mean - model.prior(x0, x0).mean).abs().max() > 1e-4
    noise = torch.zeros(1, 3, 3, 2)
    standard = build(CONFIG)
    standard.load_state_dict(model.state_dict(), strict=False)
    assert (model(x0, hidden, noise).kl - standard(x0, hidden, noise).kl).abs().max() > 1e-4


def test_an_even_guess_costs_log_v_a_masked_token(build: Build) -> None:
    model = build(replace(CONFIG, latent="none"))
    model.denoiser.head.weight.zero_()
    model.denoiser.head.bias.zero_()
    x0 = tokens()
    x_t = x0.clone()
    x_t[:, [0, 1, 4]] = MASK
    nats = model(x0, x_t, torch.randn(1, 3, 3, 2)).nats()
    torch.testing.assert_close(nats, math.log(5) * torch.tensor([[2.0, 0.0, 1.0]]).expand(3, 3))


def test_the_kl_is_what_the_log_ratio_is_on_average(build: Build) -> None:
    x0 = tokens(2)
    bound = build(CONFIG)(x0, torch.full_like(x0, MASK), torch.randn(4000, 2, 3, 2))
    error = bound.log_ratio.std(dim=0) / 4000**0.5
    assert ((bound.log_ratio.mean(dim=0) - bound.kl).abs() < 5 * error + 1e-6).all()


def test_one_masked_token_takes_z_from_the_prior(build: Build) -> None:
    x0 = tokens()
    x_t = x0.clone()
    x_t[:, [0, 2, 3]] = MASK  # one in the first block, two in the second, none in the last
    kl = build(CONFIG)(x0, x_t, torch.randn(1, 3, 3, 2)).kl
    assert (kl[:, [0, 2]] == 0).all()
    assert (kl[:, 1] > 0).all()


def test_more_draws_tighten_the_bound() -> None:
    cross_entropy, log_ratio = torch.rand(8, 4, 1) * 5, torch.randn(8, 4, 1)
    bound = Bound(cross_entropy, log_ratio, kl=torch.zeros(4, 1))
    assert (bound.nats() < (cross_entropy + log_ratio).mean(dim=0)).all()
    # one draw takes the KL itself, and beta weighs it
    one = Bound(cross_entropy[:1], log_ratio[:1], kl=torch.full((4, 1), 2.0))
    torch.testing.assert_close(one.nats(0.5), cross_entropy[0] + 1)


@pytest.mark.parametrize(
    ("wrong", "says"), [({"blocks": 4}, "4 equal blocks"), ({"d": 9}, "d = 9")]
)
def test_impossible_shapes_say_what_to_do(wrong: dict[str, int], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        replace(CONFIG, **wrong)  # type: ignore[arg-type]

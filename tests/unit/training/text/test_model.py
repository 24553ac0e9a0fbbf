"""The networks, the objective and the bound."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest
import torch

from vmd_solver.errors import ModelError
from vmd_training.loop import MetricAccumulator
from vmd_training.sequence import MASK
from vmd_training.text import bound
from vmd_training.text.loop import measured
from vmd_training.text.model import Terms, TextConfig, TextVMD, loss, masked_blocks

TINY = {"length": 12, "k": 3, "d": 8, "layers": 2, "heads": 2}


def tiny(latent: str, prior: str = "learned") -> TextVMD:
    config = TextConfig(5, latent=latent, prior=prior, **TINY)  # type: ignore[arg-type]
    model = TextVMD(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    return model


def inputs(b: int, L: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x0 = torch.randint(1, 6, (3, b, L), generator=generator)
    return x0, masked_blocks(x0, 0.3, generator), torch.randn(3, b, 3, generator=generator)


@torch.no_grad()
def test_a_block_sees_itself_and_the_finished_ones_before_it() -> None:
    """Changing a token of block 1 changes what is predicted in 1 and 2, not in 0; a change of x_t
    stays in its own block."""
    model = tiny("block")
    x0, x_t, noise = inputs(3, 4)
    ours = torch.zeros(3, 3, dtype=torch.bool)
    before = model(x0, x_t, noise, ours).cross_entropy.view(3, 3, 4)
    other, masked = x0.clone(), x_t.clone()
    other[0, 1, 0] = x0[0, 1, 0] % 5 + 1
    after = model(other, x_t, noise, ours).cross_entropy.view(3, 3, 4)
    changed = (after != before).any(dim=-1)
    assert changed[0].tolist() == [False, True, True]
    assert not changed[1:].any()
    assert (x_t[0, 1] == MASK).all()
    masked[0, 1, 0] = x0[0, 1, 0]
    after = model(x0, masked, noise, ours).cross_entropy.view(3, 3, 4)
    assert (after != before).any(dim=-1)[0].tolist() == [False, True, False]


@torch.no_grad()
def test_where_text_stands_does_not_matter() -> None:
    """Finished blocks and the next, moved on by so many tokens, give the same logits."""
    model = tiny("none")
    x0, x_t, z = inputs(3, 4)
    seen = model.seen(x0)
    moved = seen._replace(position=seen.position + 100)
    kept = model.denoiser.finish(x0, moved._replace(kept=[], mask=seen.mask[:, 12:] | True))
    here = model.denoiser.finish(x0, seen._replace(kept=[], mask=seen.mask[:, 12:] | True))
    one = model.denoiser(x_t, z, moved._replace(kept=kept))
    other = model.denoiser(x_t, z, seen._replace(kept=here))
    assert torch.allclose(one, other, atol=1e-4)


@torch.no_grad()
def test_z_from_the_prior_is_free_and_ignores_the_answer() -> None:
    model = tiny("block")
    x0, x_t, noise = inputs(1, 12)
    everywhere = torch.ones(3, 1, dtype=torch.bool)
    terms = model(x0, x_t, noise, everywhere)
    assert torch.equal(terms.kl, torch.zeros(3, 1))
    assert (model(x0, x_t, noise, ~everywhere).kl > 0).all()
    p = model.prior(x_t, model.seen(x0))  # type: ignore[misc]
    logits = model.denoiser(x_t, p.sample(noise), model.seen(x0))
    nats = torch.nn.functional.cross_entropy(
        logits.flatten(0, 2), (x0 - 1).flatten(), reduction="none"
    )
    assert torch.allclose(nats.view(3, 12), terms.cross_entropy, atol=1e-5)


def test_the_loss_is_both_terms_a_masked_token_with_free_nats() -> None:
    x_t = torch.tensor([[[0, 0, 3, 1]]])
    terms = Terms(torch.tensor([[2.0, 4.0, 9.0, 9.0]]), torch.tensor([[3.0]]))
    assert float(loss(terms, x_t, beta=0.5, free_nats=0.1)) == pytest.approx((6 + 1.5) / 2)
    assert float(loss(terms, x_t, beta=0.5, free_nats=2.0)) == pytest.approx((6 + 2.0) / 2)


def test_any_number_of_tokens_is_masked_and_a_share_of_blocks_entirely() -> None:
    """2,000 blocks of 4: shares off by 0.05 are four standard deviations or more."""
    x0 = torch.ones(2000, 1, 4, dtype=torch.int64)
    counts = (masked_blocks(x0, 0.2, torch.Generator().manual_seed(0)) == MASK).sum(dim=-1)
    shares = [float((counts == m).float().mean()) for m in range(5)]
    assert shares == pytest.approx([0, 0.2, 0.2, 0.2, 0.2 + 0.2], abs=0.05)


def test_the_bound_of_a_model_that_knows_nothing_is_the_logarithm_of_the_alphabet() -> None:
    """Zeros everywhere: every token costs log V, whatever the calls, and z costs nothing."""
    model = tiny("block")
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    x0 = torch.randint(1, 6, (4, 12))
    for L, calls in ((4, 1), (4, 4), (12, 3)):
        found = bound.measure(model, x0, 48, L, calls, seed=0)
        assert found.cross_entropy == pytest.approx(math.log2(5), abs=1e-4)
        assert found.kl == pytest.approx(0, abs=1e-6)


def test_shuffling_z_is_seen_only_by_a_model_with_a_latent() -> None:
    x0 = torch.randint(1, 6, (4, 12), generator=torch.Generator().manual_seed(2))

    def cost(latent: str, shuffle: bool) -> float:
        torch.manual_seed(5)
        return bound.measure(tiny(latent), x0, 48, 4, 1, 0, shuffle=shuffle).cross_entropy

    assert cost("block", False) != cost("block", True)
    assert cost("none", False) == cost("none", True)


def test_a_normal_prior_reads_nothing_and_has_nothing_to_train() -> None:
    model = tiny("block", "normal")
    x0, x_t, noise = inputs(3, 4)
    assert not any(name.startswith("prior") for name in model.state_dict())
    with torch.no_grad():
        zeros = model.prior(x_t, model.seen(x0))  # type: ignore[misc]
        assert not zeros.mean.any() and not zeros.log_var.any()
        q = model.encoder(x_t, model.seen(x0), x0)  # type: ignore[misc]
        kl = model(x0, x_t, noise, torch.zeros(3, 3, dtype=torch.bool)).kl
    by_hand = 0.5 * (q.log_var.exp() + q.mean**2 - 1 - q.log_var).sum(dim=-1)
    assert torch.allclose(kl, by_hand, atol=1e-5)


def test_a_model_from_before_there_was_a_choice_has_a_learned_prior() -> None:
    values = asdict(tiny("block").config)
    del values["prior"]
    assert TextConfig(**values).prior == "learned"


@pytest.mark.parametrize("prior", ["learned", "normal"])
@pytest.mark.parametrize("latent", ["block", "none"])
def test_everything_stays_on_the_device_of_the_text(latent: str, prior: str) -> None:
    """On the device `meta` torch refuses to mix with the processor, as it does on CUDA."""
    model = tiny(latent, prior).to("meta")
    generator = torch.Generator().manual_seed(0)
    x0 = torch.ones(3, 3, 4, dtype=torch.int64, device="meta")
    for calls, prior_draws, shuffle in ((1, 0, False), (4, 0, True), (2, 2, False)):
        nats = bound.nats_of(model, x0, calls, generator, prior_draws, shuffle)
        assert nats.device.type == "meta" and nats.shape == (2,)
    x_t = masked_blocks(x0, 0.3, generator)
    terms = model(x0, x_t, torch.empty(3, 3, 3, device="meta"), (x_t == MASK).sum(dim=-1) < 2)
    cost = loss(terms, x_t, beta=0.5, free_nats=0.1)
    torch.autograd.backward(cost)
    logged = [
        tensor for pair in measured(x_t, terms).values() for tensor in pair if pair[1] is not None
    ]
    assert all(t.device.type == "meta" for t in (x_t, *terms, cost, *logged))


def test_logs_hold_the_bound_itself_beside_its_terms() -> None:
    """Two blocks of two masked tokens each: cross-entropy 1 a token, KL 3 a block."""
    sums = MetricAccumulator()
    x_t = torch.tensor([[[MASK, MASK, 1], [MASK, MASK, 2]]])
    sums.add(measured(x_t, Terms(torch.ones(1, 6), torch.full((1, 2), 3.0))))
    assert sums.means() == {"nats": 1.0, "kl_nats": 3.0, "bound_nats": 2.5}


@pytest.mark.parametrize("wrong", [{"d": 9}, {"layers": 1, "latent_layers": 2}])
def test_a_config_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ModelError):
        TextConfig(5, **{**TINY, **wrong})  # type: ignore[arg-type]

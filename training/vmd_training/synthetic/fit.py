"""Training small sequence models, many side by side, on data whose joint is known.

Models of one shape differ in their data and their seed only; torch.func.vmap trains them as one, a
few times faster than one after another, since at this size most of a step is overhead. Each sees
what it would see alone: its weights, gradients and clipping are its own. This module knows nothing
of sampling or of measures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from vmd_training.sequence import MASK, SequenceConfig, SequenceVMD
from vmd_training.synthetic.data import Joint


@dataclass(frozen=True)
class Recipe:
    """How a model is trained."""

    steps: int = 1000
    batch: int = 32
    draws: int = 8
    """K: draws of z from the encoder for each row. 1 is the evidence lower bound of the papers,
    more the tighter importance-weighted bound."""
    lr: float = 6e-3
    beta: float = 1.0
    """Weight of the KL in the end. Only where it is 1 is a bound on minus log p(x0) minimised."""
    anneal: float = 0.9
    """Share of the steps over which the weight of the KL rises from 0 to that. Raised faster, it
    shuts the latent before it is of use wherever the dependence is weak (docs/LOG.md)."""
    whole: float = 0.3
    """Share of rows with everything masked, beside those that chance masks so."""


Progress = Callable[[int], None]


def fit(
    config: SequenceConfig,
    joints: Sequence[Joint],
    seeds: Sequence[int],
    recipe: Recipe,
    progress: Progress = lambda steps: None,
) -> list[SequenceVMD]:
    """A trained model for each (joint, seed); the joints share n and V with the config."""
    models = [_new(config, seed) for seed in seeds]
    stacked, _ = stack_module_state(models)
    weights = {name: weight.detach().requires_grad_() for name, weight in stacked.items()}
    optimizer = torch.optim.AdamW(weights.values(), recipe.lr, (0.9, 0.98), fused=True,
                                  weight_decay=0.0)  # fmt: skip
    batches = Batches(config, joints, recipe, Generator().manual_seed(seeds[0]))

    def terms(weights: dict[str, Tensor], x0: Tensor, x_t: Tensor, noise: Tensor) -> Tensor:
        bound = functional_call(models[0], weights, (x0, x_t, noise))
        masked = (x_t == MASK).view(*bound.kl.shape, -1).sum(dim=-1)
        nats: Tensor = bound.nats(beta) / masked
        return nats

    for step in range(recipe.steps):
        beta = recipe.beta * min(1.0, step / (recipe.anneal * recipe.steps))
        for group in optimizer.param_groups:
            group["lr"] = recipe.lr * schedule(step, recipe.steps)
        with sdpa_kernel(SDPBackend.MATH):  # the others know no batch of models
            loss = vmap(terms)(weights, *batches.draw()).mean(dim=(1, 2)).sum()
            optimizer.zero_grad()
            torch.autograd.backward(loss)
        clip(weights.values())
        optimizer.step()
        progress(step + 1)
    for number, model in enumerate(models):
        model.load_state_dict({name: weight[number].detach() for name, weight in weights.items()})
        model.eval().requires_grad_(False)
    return models


def _new(config: SequenceConfig, seed: int) -> SequenceVMD:
    torch.manual_seed(seed)
    return SequenceVMD(config)


def schedule(step: int, steps: int) -> float:
    """Learning rate over its highest: a warm-up, flat for half of the steps, a cosine to 1%."""
    late = max(0.0, step / steps - 0.5) * 2
    return min(1.0, (step + 1) / 50) * (0.505 + 0.495 * math.cos(math.pi * late))


def clip(weights: Iterable[Tensor], highest: float = 1.0) -> None:
    """Scale the gradient of each model, over all of its weights (E, ...), to a norm of `highest` at
    most."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    squares = torch.stack([gradient.flatten(1).square().sum(dim=1) for gradient in gradients])
    scale = (highest / squares.sum(dim=0).sqrt()).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))


class Batches:
    """Batches of rows for every model: x0 and x_t (E, B, n), noise (E, K, B, b, k)."""

    def __init__(
        self, config: SequenceConfig, joints: Sequence[Joint], recipe: Recipe, generator: Generator
    ) -> None:
        self.config, self.recipe, self.generator = config, recipe, generator
        self.shape = joints[0].table.shape
        cumulative = np.stack([joint.table.ravel().cumsum() for joint in joints])
        self.cumulative = torch.from_numpy(cumulative / cumulative[:, -1:])

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """The next batch."""
        E, B, config = len(self.cumulative), self.recipe.batch, self.config
        chance = torch.rand(E, B, generator=self.generator, dtype=torch.float64)
        number = torch.searchsorted(self.cumulative, chance, right=True)
        x0 = torch.stack(torch.unravel_index(number, self.shape), dim=-1) + 1
        draws = 1 if config.latent == "none" else self.recipe.draws
        noise = torch.randn(E, draws, B, config.blocks, config.k, generator=self.generator)
        return x0, torch.where(self._masked(E, B), MASK, x0), noise

    def _masked(self, E: int, B: int) -> Tensor:
        """Which tokens are masked: (E, B, n) bool. In each block as many as a t drawn from U(0, 1)
        would mask, at least one: any number is as likely as any other."""
        blocks, block_length = self.config.blocks, self.config.block_length
        count = torch.randint(1, block_length + 1, (E, B, blocks, 1), generator=self.generator)
        whole = torch.rand(count.shape, generator=self.generator) < self.recipe.whole
        count = torch.where(whole, block_length, count)
        order = torch.rand(E, B, blocks, block_length, generator=self.generator).argsort(dim=-1)
        return (order < count).flatten(-2)

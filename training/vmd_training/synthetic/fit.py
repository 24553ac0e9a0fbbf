"""Training small sequence models, many side by side, on data whose joint is known.

Models of one shape differ in their data and seed only; torch.func.vmap trains them as one, a few
times faster. Each sees what it would see alone: its weights, gradients and clipping are its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from vmd_training import loop
from vmd_training.device import choose
from vmd_training.loop import Step, Task
from vmd_training.run import Optimizers, Run, TrainConfig
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


class Stacked(nn.Module):
    """The weights of models of one shape, each from a seed of its own, stacked: (E, ...) each."""

    def __init__(self, ensemble: tuple[SequenceConfig, Sequence[int]]) -> None:
        super().__init__()
        config, seeds = ensemble
        models = []
        for seed in seeds:
            torch.manual_seed(seed)
            models.append(SequenceVMD(config))
        stacked, _ = stack_module_state(models)
        self.names = list(stacked)
        self.weights = nn.ParameterList(weight.detach() for weight in stacked.values())
        self.models = tuple(models)  # not part of what is trained

    def named(self) -> dict[str, Tensor]:
        """The stacked weights by their name in a model."""
        return dict(zip(self.names, self.weights, strict=True))


class EnsembleRun(Run):
    """A run of models side by side, in memory."""

    network = Stacked
    kept = False
    model: Stacked  # type: ignore[assignment]

    def optimizer_of(self, model: Stacked) -> Optimizers:
        """AdamW as the papers have it."""
        return Optimizers(model, self.config.lr, 0.0, muon=False, betas=(0.9, 0.98), fused=True)

    def clip(self) -> Tensor:
        """Each model by itself."""
        return clip(self.model.parameters(), self.config.clip)


class SequenceTask(Task[EnsembleRun]):
    """Batches of known joints, one for each model."""

    def __init__(self, config: SequenceConfig, joints: Sequence[Joint], recipe: Recipe, seed: int):
        self.config, self.recipe = config, recipe
        self.generator = Generator().manual_seed(seed)
        self.shape = joints[0].table.shape
        cumulative = np.stack([joint.table.ravel().cumsum() for joint in joints])
        self.cumulative = torch.from_numpy(cumulative / cumulative[:, -1:])

    def step(self, run: EnsembleRun) -> Step:
        """The sum of what each model pays for its own batch."""
        recipe, model = self.recipe, run.model
        beta = recipe.beta * min(1.0, run.step / (recipe.anneal * recipe.steps))

        def terms(weights: dict[str, Tensor], x0: Tensor, x_t: Tensor, noise: Tensor) -> Tensor:
            bound = functional_call(model.models[0], weights, (x0, x_t, noise))
            masked = (x_t == MASK).view(*bound.kl.shape, -1).sum(dim=-1)
            return cast(Tensor, bound.nats(beta) / masked)

        with sdpa_kernel(SDPBackend.MATH):  # the others know no batch of models
            cost = vmap(terms)(model.named(), *self.batch()).mean(dim=(1, 2)).sum()
        return Step("all", cost, {})

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Rows for every model: x0 and x_t (E, B, n), noise (E, K, B, b, k). In each block as many
        tokens are masked as for t drawn from U(0, 1), any number as likely, but at least one."""
        config, recipe, generator = self.config, self.recipe, self.generator
        E, B, b, L = len(self.cumulative), recipe.batch, config.blocks, config.block_length
        chance = torch.rand(E, B, generator=generator, dtype=torch.float64)
        number = torch.searchsorted(self.cumulative, chance, right=True)
        x0 = torch.stack(torch.unravel_index(number, self.shape), dim=-1) + 1
        draws = 1 if config.latent == "none" else recipe.draws
        noise = torch.randn(E, draws, B, b, config.k, generator=generator)
        count = torch.randint(1, L + 1, (E, B, b, 1), generator=generator)
        whole = torch.rand(count.shape, generator=generator) < recipe.whole
        order = torch.rand(E, B, b, L, generator=generator).argsort(dim=-1)
        masked = (order < torch.where(whole, L, count)).flatten(-2)
        return x0, torch.where(masked, MASK, x0), noise


def fit(
    config: SequenceConfig, joints: Sequence[Joint], seeds: Sequence[int], recipe: Recipe
) -> list[SequenceVMD]:
    """A trained model for each (joint, seed); the joints share n and V with the config."""
    planned = TrainConfig(
        "synthetic", steps=recipe.steps, lr=recipe.lr, warmup=50, decay=0.5, clip=1.0, evaluations=0
    )
    run = EnsembleRun(Path(), planned, (config, seeds), choose("cpu"))
    task = SequenceTask(config, joints, recipe, seeds[0])
    loop.train(run, task, lambda row: None)
    for number, model in enumerate(run.model.models):
        weights = run.model.named().items()
        model.load_state_dict({name: weight[number].detach() for name, weight in weights})
        model.eval().requires_grad_(False)
    return list(run.model.models)


def clip(weights: Iterable[Tensor], highest: float = 1.0) -> Tensor:
    """Scale the gradient of each model, over all of its weights (E, ...), to a norm of `highest` at
    most. Returns the largest norm before that."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    squares = torch.stack([gradient.flatten(1).square().sum(dim=1) for gradient in gradients])
    norms = squares.sum(dim=0).sqrt()
    scale = (highest / norms).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))
    return norms.max()

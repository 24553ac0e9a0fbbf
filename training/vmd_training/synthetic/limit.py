"""What the bound of one draw of z can reach at best: a perfect denoiser, and codes that are free.

Data whose sequence follows from one even choice of C: q(z | x0) is a diagonal Gaussian for each
choice, and every token is predicted by the posterior of the choice given z, which no denoiser can
beat. The means and variances alone are optimised, against what training minimises, so a trained
model that does worse than this has something left to learn, and one that does as well has not. The
best that gradient descent finds, not a proof.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vmd_training.synthetic.data import VALUES

DRAWS, BATCHES, PRIOR_DRAWS = 64, 200, 40_000
"""Draws of z for each choice at each step; batches of as many behind the bound in the end; draws
from the prior behind the rest."""


@dataclass(frozen=True)
class Limit:
    """One call with z from N(0, I), tokens drawn."""

    share: float
    """Of sequences that can occur."""
    kl_nats: float
    """KL(true || sampled)."""
    gap_nats: float
    """The bound of one draw (beta 1), less the entropy of the data."""

    def twice(self) -> Limit:
        """Of two such sequences side by side that know nothing of each other."""
        return Limit(self.share**2, 2 * self.kl_nats, 2 * self.gap_nats)


def limit(tokens: int, k: int, beta: float, steps: int, choices: int = VALUES) -> Limit:
    """Of sequences of this many tokens with k numbers of latent."""
    generator = Generator().manual_seed(0)
    mean = torch.randn(choices, k, generator=generator).requires_grad_()
    log_var = torch.full((choices, k), -1.0, requires_grad=True)
    optimizer = torch.optim.Adam([mean, log_var])

    def log_posterior(z: Tensor) -> Tensor:
        """log p(choice | z), (N, C), for z (N, k)."""
        away = (z[:, None] - mean) * (-0.5 * log_var).exp()
        return (-0.5 * (away**2 + log_var).sum(dim=-1)).log_softmax(dim=-1)

    def terms() -> tuple[Tensor, Tensor]:
        noise = torch.randn(DRAWS, choices, k, generator=generator)
        z = mean + (0.5 * log_var).exp() * noise
        right = log_posterior(z.flatten(0, 1)).view(DRAWS, choices, choices)
        kl = 0.5 * (log_var.exp() + mean**2 - 1 - log_var).sum(dim=-1)
        return -tokens * right.diagonal(dim1=1, dim2=2).mean(), kl.mean()

    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.03 * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        cross_entropy, kl = terms()
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy + beta * min(1.0, 2 * step / steps) * kl)
        optimizer.step()
    with torch.no_grad():
        bound = sum(float(sum(terms())) for _ in range(BATCHES)) / BATCHES
        z = torch.randn(PRIOR_DRAWS, k, generator=generator)
        sampled = (tokens * log_posterior(z)).exp().mean(dim=0)  # (C,)
    kl_nats = float(-(sampled * choices).log().mean())
    return Limit(float(sampled.sum()), kl_nats, bound - math.log(choices))

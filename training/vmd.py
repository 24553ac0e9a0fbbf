"""The method: the evidence lower bound of variational masked diffusion, and what it is made of.

    log p(x0 | x_t)  >=  E_{q(z | x0, x_t)} [ sum over masked cells of log p(x0_i | x_t, z) ]
                         -  KL( q(z | x0, x_t) || p(z | x_t) )

Given z the masked cells are independent, so one call fills them all; over z they are not. Without
a latent the first term alone is left: masked diffusion (MDM), whose cells know nothing of each
other.

The bound is divided by the number of masked cells. For t uniform and n t masked cells on average
that is MDM's weight w(t) = 1 / t (arXiv 2406.07524, eq. 10; 2510.23606 for the latent), without the
variance of a 1 / t at small t.

Rows of puzzles with one solution may take z from the prior (`use_encoder` 0): their true posterior
is the prior, the KL vanishes, and the denoiser learns to trust the constraints above the latent.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from training.graph import Grid
from training.model import VMD, kl_nats


class Terms(NamedTuple):
    """What one call costs, row by row, in nats a grid, and what it predicted."""

    cross_entropy: Tensor
    """(loops, B) over the masked cells, after each loop that was read."""
    kl: Tensor
    """(B,) zero where z came from the prior."""
    kl_per_channel: Tensor
    """(channels,) mean over the rows that used the encoder; their sum is that of `kl`."""
    logits: Tensor
    """(B, n, D) after the last loop."""
    h: Tensor
    """(B, n, D, d) hidden state after the last loop."""


def call(
    model: VMD, grid: Grid, x0: Tensor, h: Tensor, noise: Tensor, use_encoder: Tensor, loops: int
) -> Terms:
    """One denoiser call of `loops` loops with both terms of the bound.

    x0 (B, n) int64 in 1..D; h (B, n, D, d); noise as `model.z_shape`, standard normal;
    use_encoder (B,) float32 in {0, 1}.
    """
    masked = grid.masked()
    if model.encoder is None or model.prior is None:
        z, kl, per_channel = noise, masked.new_zeros(len(x0)), masked.new_zeros(0)
    else:
        q, p = model.encoder(grid, x0), model.prior(grid)
        chosen = use_encoder.reshape(-1, *[1] * (noise.dim() - 1))
        z = torch.where(chosen > 0, q.sample(noise), p.sample(noise))
        nats = kl_nats(q, p) * chosen
        if nats.dim() == 4:  # the denoiser reads z at every value of a masked cell, closed or not
            nats = nats * masked[..., None, None]
        kl = nats.flatten(1).sum(dim=1)
        per_channel = nats.detach().flatten(0, -2).sum(dim=0) / use_encoder.sum().clamp(min=1)
    logits, h = model.denoiser(grid, model.spread(z, grid), h, loops)
    target = (x0 - 1).expand(len(logits), -1, -1)
    nats_cell = F.cross_entropy(logits.flatten(0, 2).float(), target.flatten(), reduction="none")
    cross_entropy = (nats_cell.view(target.shape) * masked).sum(dim=-1)
    return Terms(cross_entropy, kl, per_channel, logits[-1], h)


def loss(terms: Terms, grid: Grid, beta: float | Tensor) -> Tensor:
    """The bound to minimise, in nats a masked cell: deep supervision over loops, beta on the KL."""
    cells = grid.masked().sum(dim=-1).clamp(min=1)
    return ((terms.cross_entropy.mean(dim=0) + beta * terms.kl) / cells).mean()


def solved(logits: Tensor, x0: Tensor, grid: Grid) -> Tensor:
    """Rows (B,) whose every masked cell has x0 as its most probable value."""
    right = logits.argmax(dim=-1) + 1 == x0
    return (right | (grid.x_t > 0)).all(dim=-1)

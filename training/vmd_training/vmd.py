"""The method: the evidence lower bound of VMD (arXiv 2510.23606), and what it is made of.

    log p(x0 | x_t)  >=  E_{q(z | x0, x_t)} [ sum over masked cells of log p(x0_i | x_t, z) ]
                         -  KL( q(z | x0, x_t) || p(z | x_t) )

Given z the masked cells are independent; without a latent the first term alone is left (MDM). The
bound is divided by the number of masked cells: MDM's weight 1 / t (arXiv 2406.07524, eq. 10) with
less variance. Puzzles with one solution take the best of several z of the prior, which is their
true posterior; z can say where to begin (arXiv 2601.19085). The encoder chooses z when a row
enters, and the KL is charged once: later z are of the prior.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from vmd_training.graph import CandidateGraph, Grid
from vmd_training.model import VMD, kl_nats


class Latent(NamedTuple):
    """One z a row, as `VMD.z_shape`, and what it costs: kl (B,) in nats a grid, zero where z is not
    the encoder's; per_channel (channels,), its sums over the rows."""

    z: Tensor
    kl: Tensor
    per_channel: Tensor


class Terms(NamedTuple):
    """What one call costs and predicted: cross_entropy (loops, B) over the masked cells after each
    loop that was read, in nats a grid; logits (B, n, D) and state h (B, n, D, d) after the last."""

    cross_entropy: Tensor
    logits: Tensor
    h: Tensor


def choose(
    model: VMD, grid: Grid, x0: Tensor, encoded: Tensor, h: Tensor, loops: int, draws: int
) -> Latent:
    """A z for each row: the encoder's where `encoded` (B,), which passes gradients, else of `draws`
    from the prior the one nearest to x0 (B, n) after one call from h."""
    B, n, D = grid.allowed.shape
    noise = torch.randn(model.z_shape(B, n, D), device=x0.device)
    if model.encoder is None or model.prior is None:
        return Latent(noise, grid.allowed.new_zeros(B), grid.allowed.new_zeros(0))
    graph = CandidateGraph.of(grid)  # of both
    q, p = model.encoder(grid, x0, graph), model.prior(grid, graph=graph)
    chosen = encoded.view(-1, *[1] * (noise.dim() - 1))
    z = torch.where(chosen, q.sample(noise), p.sample(noise).detach())
    if draws > 1 and not encoded.all():
        several = torch.randn(draws, *noise.shape, device=x0.device)
        best = nearest(model, grid, x0, p.sample(several).detach(), h, loops)
        z = torch.where(chosen, z, best)
    nats = kl_nats(q, p) * chosen
    return Latent(z, nats.flatten(1).sum(dim=1), nats.detach().flatten(0, -2).sum(dim=0))


@torch.no_grad()
def nearest(model: VMD, grid: Grid, x0: Tensor, draws: Tensor, h: Tensor, loops: int) -> Tensor:
    """Of several z (draws, B, ...) the nearest to x0 after one call from h, row by row."""
    count, B = draws.shape[:2]

    def repeated(x: Tensor) -> Tensor:
        # What all rows share stays one row.
        return x if len(x) == 1 != B else x.repeat(count, *[1] * (x.dim() - 1))

    rules = grid.rules if len(grid.rules) == 1 else grid.rules * count
    x_t, allowed, units, complete = (repeated(x) for x in grid[:4])
    rows = Grid(x_t, allowed, units, complete, rules)
    ends = call(model, rows, repeated(x0), draws.flatten(0, 1), repeated(h), loops)
    best = ends.cross_entropy[-1].view(count, B).argmin(dim=0)
    return draws[best, torch.arange(B, device=best.device)]


def call(model: VMD, grid: Grid, x0: Tensor, z: Tensor, h: Tensor, loops: int) -> Terms:
    """One denoiser call of `loops` loops. x0 (B, n) int64 in 1..D; z as `VMD.z_shape`."""
    logits, h = model.denoiser(grid, model.spread(z, grid), h, loops)
    masked = grid.x_t == 0
    # Only masked cells cost anything, and they are the fewer the later it is.
    target = (x0[masked] - 1).expand(len(logits), -1)
    at_masked = logits[:, masked].flatten(0, 1).float()
    nats_cell = F.cross_entropy(at_masked, target.flatten(), reduction="none").view(target.shape)
    nats = nats_cell.new_zeros(len(logits), len(x0)).index_add(1, masked.nonzero()[:, 0], nats_cell)
    return Terms(nats, logits[-1], h)


def loss(terms: Terms, kl: Tensor, grid: Grid, beta: float | Tensor) -> Tensor:
    """What is minimised, in nats a masked cell: deep supervision over loops, beta on the KL (B,).
    With one loop and beta 1 it is the bound."""
    cells = grid.masked().sum(dim=-1).clamp(min=1)
    return ((terms.cross_entropy.mean(dim=0) + beta * kl) / cells).mean()


def solved(logits: Tensor, x0: Tensor, grid: Grid) -> Tensor:
    """Rows (B,) whose every masked cell has x0 as its most probable value."""
    right = logits.argmax(dim=-1) + 1 == x0
    return (right | (grid.x_t > 0)).all(dim=-1)

"""Symmetries of puzzles, drawn at random for whole batches on the device.

The candidate graph is equivariant to all of them and learns nothing from seeing them; networks that
know positions or names (the plain transformer, the global latent) need them.
"""

from __future__ import annotations

import torch
from torch import Tensor


def permutations(B: int, m: int, device: torch.device) -> Tensor:
    """B random permutations of 0..m-1: (B, m) int64."""
    return torch.rand(B, m, device=device).argsort(dim=1)


def lines(blocks: int, size: int, B: int, device: torch.device) -> Tensor:
    """Permutations (B, blocks * size) of rows that keep blocks of `size` rows together."""
    outer = permutations(B, blocks, device)[:, :, None] * size
    inner = permutations(B * blocks, size, device).view(B, blocks, size)
    return (outer + inner).flatten(1)


def cells(box: tuple[int, int] | None, B: int, n: int, device: torch.device) -> Tensor:
    """For each new cell the old one it takes the place of: (B, n) int64.

    `box` is the height and width of the boxes of a Sudoku; its bands, stacks, rows and columns are
    permuted, and it is transposed at random where boxes are square. None leaves cells in place.
    """
    if box is None:
        return torch.arange(n, device=device).expand(B, n)
    height, width = box
    side = height * width
    rows = lines(width, height, B, device)[:, :, None]
    columns = lines(height, width, B, device)[:, None, :]
    straight = (rows * side + columns).flatten(1)
    if height != width:
        return straight
    turned = (rows + side * columns).flatten(1)
    return torch.where(torch.rand(B, 1, device=device) < 0.5, straight, turned)


def rename(values: Tensor, names: Tensor) -> Tensor:
    """Values (B, n), where v > 0 becomes names[v - 1] + 1 and 0 stays; names (B, D)."""
    new = names.gather(1, (values - 1).clamp(min=0)) + 1
    return torch.where(values > 0, new, values)


def rename_candidates(candidates: Tensor, names: Tensor) -> Tensor:
    """Candidates (B, n, D) under the same renaming as `rename`."""
    old = names.argsort(dim=1)
    return candidates.gather(2, old[:, None, :].expand_as(candidates))

"""A batch of puzzles as one candidate graph, in torch: the exact-cover form, rows side by side.

A *node* is an open candidate: a (cell, value) that `allowed` does not rule out, in a masked cell,
and that no unmasked cell of a shared unit has. A *factor* is a set of nodes of which exactly one is
true, or at most one: the nodes of a cell, and the nodes of a value in a unit. x_t enters through
which candidates are open, and through nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

CLOSED_LOGIT = -1e4
"""Logit of a candidate that is not open: finite, so that nothing ever makes a NaN of it."""

FACTS = 3
"""What is known of a factor: 1 / size, whether it is a cell, whether exactly one of it is true."""


class Grid(NamedTuple):
    """What the networks see of a batch of puzzles.

    x_t (B, n) int64: 0 is the mask, else the value. allowed (B, n, D) float32 in {0, 1}: the values
    not ruled out from outside. units (G, U, n) float32 in {0, 1}; rows of zeros are padding.
    complete (G, U) float32: 1 where the unit holds every value. G is 1 where all rows share one
    board, else B.
    """

    x_t: Tensor
    allowed: Tensor
    units: Tensor
    complete: Tensor

    def masked(self) -> Tensor:
        """Where x_t is the mask: (B, n) float32."""
        return (self.x_t == 0).to(self.allowed.dtype)

    def fixed(self) -> Tensor:
        """One-hot of the unmasked cells, zero at masked ones: (B, n, D) float32."""
        values = torch.arange(1, self.allowed.shape[-1] + 1, device=self.x_t.device)
        return (self.x_t[..., None] == values).to(self.allowed.dtype)

    def open(self) -> Tensor:
        """The open candidates: (B, n, D) bool."""
        seen = torch.matmul(self.units, self.fixed())  # (B, U, D)
        taken = torch.matmul(self.units.transpose(-1, -2), seen) > 0
        return (self.allowed > 0) & (self.x_t == 0)[..., None] & ~taken


class Lists(NamedTuple):
    """Lists of indices one after another, each from its start to the next one's."""

    members: Tensor
    starts: Tensor


class _Sum(torch.autograd.Function):
    """Sums of rows of x by lists, by an embedding bag: four times as fast on a CPU as a scattered
    addition, and as exact on a GPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, there: Lists, back: Lists) -> Tensor:
        ctx.lists = there, back
        return F.embedding_bag(there.members, x, there.starts, mode="sum")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        there, back = ctx.lists
        return _summed(gradients[0].contiguous(), back, there), None, None


_summed: Callable[[Tensor, Lists, Lists], Tensor] = _Sum.apply


@dataclass(frozen=True, eq=False)
class CandidateGraph:
    """N nodes in the order of (row, cell, value), and F factors with nodes.

    shape is B, n, D; index (N,) int64 the place of each node among B x n x D, cell (N,) its cell
    among B x n; facts (F, FACTS) float32; degree (N, 1) float32, how many factors each node has;
    fixed (B, n, D) float32, the unmasked cells.
    """

    shape: torch.Size
    index: Tensor
    cell: Tensor
    of_factor: Lists
    of_node: Lists
    facts: Tensor
    degree: Tensor
    fixed: Tensor

    @classmethod
    def of(cls, grid: Grid) -> CandidateGraph:
        """The graph of a batch, built once a call. Waits for the device: N is not known before."""
        B, n, D = grid.allowed.shape
        F_row = n + grid.units.shape[1] * D  # factors of a row: its cells, then (unit, value)
        index = grid.open().flatten().nonzero().squeeze(1)
        cell = index // D
        row, value = cell // n, index % D
        board = row if len(grid.units) > 1 else torch.zeros_like(row)
        member = grid.units.transpose(1, 2)[board, cell % n] > 0  # (N, U)
        node, column = F.pad(member, (1, 0), value=True).nonzero().unbind(1)  # the cell comes first
        of_unit = n + (column - 1) * D + value[node]
        factor = row[node] * F_row + torch.where(column == 0, cell[node] % n, of_unit)
        degree = member.sum(dim=1) + 1
        size = torch.zeros(B * F_row, dtype=torch.long, device=index.device)
        size.index_add_(0, factor, torch.ones_like(factor))
        of_cells = torch.ones(B, n, device=index.device)
        of_units = grid.complete.expand(B, -1).repeat_interleave(D, dim=1)
        is_cell = torch.cat((of_cells, torch.zeros_like(of_units)), dim=1).flatten()
        exactly = torch.cat((of_cells, of_units), dim=1).flatten()
        facts = torch.stack((1 / size.clamp(min=1), is_cell, exactly), dim=-1)
        used = size > 0  # factors without nodes are left out: a third of them, on a hard puzzle
        factor, size = (used.cumsum(0) - 1)[factor], size[used]
        of_factor = Lists(node[factor.argsort(stable=True)], size.cumsum(0) - size)
        of_node = Lists(factor, degree.cumsum(0) - degree)
        lists, in_float = (of_factor, of_node), degree[:, None].to(grid.allowed.dtype)
        return cls(grid.allowed.shape, index, cell, *lists, facts[used], in_float, grid.fixed())

    def __len__(self) -> int:
        return len(self.index)

    def to_factors(self, x: Tensor) -> Tensor:
        """Sums (F, c) over the nodes of each factor; x (N, c)."""
        return _summed(x, self.of_factor, self.of_node)

    def to_nodes(self, x: Tensor) -> Tensor:
        """Sums (N, c) over the factors of each node; x (F, c)."""
        return _summed(x, self.of_node, self.of_factor)

    def softmax(self, logits: Tensor) -> Tensor:
        """The share of each node among the nodes of its cell: (N,) of finite logits (N,)."""
        weight = logits.exp()
        total = weight.new_zeros(self.shape[0] * self.shape[1]).index_add(0, self.cell, weight)
        return weight / total[self.cell]

    def gather(self, x: Tensor) -> Tensor:
        """x (B, n, D, c) at the nodes: (N, c)."""
        return x.flatten(0, 2)[self.index]

    def scatter(self, x: Tensor, into: Tensor) -> Tensor:
        """`into` (B, n, D, c) with x (N, c) at the nodes."""
        return into.flatten(0, 2).index_copy(0, self.index, x.to(into.dtype)).view(into.shape)

    def logits(self, logits: Tensor) -> Tensor:
        """Logits (..., B, n, D) from those of nodes (..., N): closed elsewhere, 0 if unmasked."""
        closed = torch.full_like(self.fixed, CLOSED_LOGIT).masked_fill(self.fixed > 0, 0.0)
        every = closed.flatten().expand(*logits.shape[:-1], -1)
        return every.index_copy(-1, self.index, logits).view(*logits.shape[:-1], *self.shape)

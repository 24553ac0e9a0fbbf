"""A batch of puzzles as one candidate graph, in torch: the exact-cover form, rows side by side.

A *node* is an open candidate: a (cell, value) that `allowed` does not rule out, in a masked cell,
and that goes with every unmasked cell of a shared unit or relation. A *factor* is a set of nodes of
which exactly one is true, or at most one: the nodes of a cell, and the nodes of a value in a unit.
Relations and automata are heard beside factors (`vmd_solver.denoiser.rules`). x_t enters through
which candidates are open, and, where an automaton reads a cell, through its value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from vmd_solver.denoiser.rules import BoardRules, RuleGraph

CLOSED_LOGIT = -1e4
"""Logit of a candidate that is not open: finite, so that nothing ever makes a NaN of it."""

FACTS = 3
"""What is known of a factor: 1 / size, whether it is a cell, whether exactly one of it is true."""

Numbers = npt.NDArray[Any]


class Grid(NamedTuple):
    """What the networks see of a batch of puzzles.

    x_t (B, n) int64: 0 is the mask, else the value. allowed (B, n, D) float32 in {0, 1}: the values
    not ruled out from outside. units (G, U, n) float32 in {0, 1}; rows of zeros are padding.
    complete (G, U) float32: 1 where the unit holds every value. rules (G): relations and automata,
    none where no row has any. G is 1 where all rows share one board, else B.
    """

    x_t: Tensor
    allowed: Tensor
    units: Tensor
    complete: Tensor
    rules: tuple[BoardRules, ...] = ()

    @classmethod
    def of(
        cls, x_t: Numbers, allowed: Numbers, units: Numbers, complete: Numbers,
        rules: tuple[BoardRules, ...] = (),
    ) -> Grid:  # fmt: skip
        """A batch given as numpy arrays of any numbers, on the CPU."""
        open_, members, full = (
            torch.tensor(array, dtype=torch.float32) for array in (allowed, units, complete)
        )
        return cls(torch.tensor(x_t, dtype=torch.int64), open_, members, full, rules)

    def to(self, device: torch.device) -> Grid:
        """The same on another device."""
        x_t, allowed, units, complete = (part.to(device) for part in self[:4])
        return Grid(x_t, allowed, units, complete, self.rules)

    def chosen(self, rows: Tensor) -> Grid:
        """Some of the rows, by their numbers."""
        one = len(self.units) == 1
        units, complete = (x if one else x[rows] for x in (self.units, self.complete))
        heard = self.rules if len(self.rules) < 2 else [self.rules[row] for row in rows.tolist()]
        return Grid(self.x_t[rows], self.allowed[rows], units, complete, tuple(heard))

    def masked(self) -> Tensor:
        """Where x_t is the mask: (B, n) float32."""
        return (self.x_t == 0).to(self.allowed.dtype)

    def fixed(self) -> Tensor:
        """One-hot of the unmasked cells, zero at masked ones: (B, n, D) float32."""
        values = torch.arange(1, self.allowed.shape[-1] + 1, device=self.x_t.device)
        return (self.x_t[..., None] == values).to(self.allowed.dtype)

    def open(self) -> Tensor:
        """The candidates that units leave open: (B, n, D) bool."""
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

SMOOTHING = 0.01
"""What is added to a probability before rules read it: nothing is heard as impossible for good."""
LEAST = 1e-3
"""Smallest ratio that a belief takes the logarithm of."""
TINY = 1e-37
"""Keeps the logarithm of nothing finite."""


class Heard:
    """Relations and automata over the nodes, as `RuleGraph` lists them."""

    def __init__(self, lists: RuleGraph, N: int, device: torch.device) -> None:
        def given(array: Any) -> Tensor:
            return torch.from_numpy(array).to(device)

        self.lists = lists
        support, node = given(lists.members).unbind(1)
        self.hearers = given(lists.hearers)
        S = len(self.hearers)
        counts = torch.bincount(support, minlength=S), torch.bincount(node, minlength=N)
        starts = [count.cumsum(0) - count for count in counts]
        self.of_support = Lists(node, starts[0])
        self.of_node = Lists(support[node.argsort(stable=True)], starts[1])
        before, self.places, after, self.reading = given(lists.arcs).unbind(1)
        self.before, self.after = before, after
        sizes = (lists.layers[1:] - lists.layers[:-1]).tolist()
        parts = (torch.split(part, sizes) for part in (before, after))
        self.layers = list(zip(*parts, strict=True))
        self.sizes = sizes
        self.nodes, self.accepts = given(lists.readings).unbind(1)
        self.ends = given(lists.ends)

    def told(self, message: Tensor, p: Tensor) -> Tensor:
        """What relations say to each node: sums (N, c) of the message (N, c) over the candidates
        that go with it, and (N, 1) the logarithms of their probability, together (N, c + 1)."""
        N, c = message.shape
        if not len(self.hearers):
            return p.new_zeros(N, c + 1)
        sums = _summed(torch.cat((message, p), dim=-1), self.of_support, self.of_node)
        sums = torch.cat((sums[:, :c], torch.log(sums[:, c:] + SMOOTHING)), dim=-1)
        return sums.new_zeros(N, c + 1).index_add(0, self.hearers, sums)

    @torch.no_grad()
    def belief(self, p: Tensor) -> Tensor:
        """What automata say to each node (N, 1), by the forward-backward algorithm: how many times
        as likely as p (N, 1) makes it they do, given the others' p; logarithms, added up.

        No gradient passes: what others predict is taken as it is.
        """
        weight = F.pad(p.float().squeeze(1) + SMOOTHING, (0, 1), value=1.0)[self.places]
        weights = torch.split(weight, self.sizes)
        alpha, beta = self.ends.t().clone(memory_format=torch.contiguous_format).unbind(0)
        for (before, after), of_layer in zip(self.layers, weights, strict=True):
            alpha.index_add_(0, after, alpha[before] * of_layer)
        for (before, after), of_layer in zip(self.layers[::-1], weights[::-1], strict=True):
            beta.index_add_(0, before, beta[after] * of_layer)
        ways = p.new_zeros(len(self.nodes) + 1)
        ways.index_add_(0, self.reading, alpha[self.before] * beta[self.after])
        total = alpha[self.accepts]
        ratio = torch.log(ways[:-1] + LEAST * total + TINY) - torch.log(total + TINY)
        return p.new_zeros(len(p)).index_add_(0, self.nodes, ratio)[:, None]


@dataclass(frozen=True, eq=False)
class CandidateGraph:
    """N nodes in the order of (row, cell, value), and F factors with nodes.

    shape is B, n, D; index (N,) int64 the place of each node among B x n x D, cell (N,) its cell
    among B x n; facts (F, FACTS) float32; degree (N, 1) float32, how many factors each node has;
    fixed (B, n, D) float32, the unmasked cells; rules, what is heard beside factors.
    """

    shape: torch.Size
    index: Tensor
    cell: Tensor
    of_factor: Lists
    of_node: Lists
    facts: Tensor
    degree: Tensor
    fixed: Tensor
    rules: Heard | None = None

    @classmethod
    def of(cls, grid: Grid) -> CandidateGraph:
        """The graph of a batch, built once a call. Waits for the device: N is not known before."""
        B, n, D = grid.allowed.shape
        F_row = n + grid.units.shape[1] * D  # factors of a row: its cells, then (unit, value)
        open_, fixed, rules = grid.open(), grid.fixed(), None
        if grid.rules:
            boards = grid.rules * B if len(grid.rules) == 1 else grid.rules
            rules, given = BoardRules.joined(boards), (fixed > 0).flatten().cpu().numpy()
            excluded = torch.from_numpy(rules.excluded(given)).to(open_.device)
            open_ &= ~excluded.view(open_.shape)
        index = open_.flatten().nonzero().squeeze(1)
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
        heard = None
        if rules is not None:
            lists_of = rules.graph(index.cpu().numpy(), given)
            heard = Heard(lists_of, len(index), index.device)
        shape, facts = grid.allowed.shape, facts[used]
        return cls(shape, index, cell, *lists, facts, in_float, fixed, heard)

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

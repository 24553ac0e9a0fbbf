"""The networks of VMD on a value graph: denoiser, encoder, prior.

One hidden vector per (cell, value). Cells that share a unit exchange messages value by value, and
the values of one cell exchange messages with each other; the same block is applied again and again
(loops), with the inputs injected each time. Nothing is tied to a position or to a value's name, so
the network is equivariant to every symmetry of the puzzle and one set of weights serves every
board, from 4x4 to 25x25.

Letters: B batch, n cells, D values, U units, d hidden, k latent channels; G is 1 where all rows of
a batch share one board, and B where each row brings its own.
Source: the latent and its objective are arXiv 2510.23606 (VMD); the value graph, the latent on each
candidate and the conditional prior are ours; feeding the prediction back follows self-conditioning.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LatentKind = Literal["none", "global", "candidate"]
Backbone = Literal["value-graph", "transformer"]

HEADS = 4
"""Heads of attention."""

CLOSED_LOGIT = -1e4
"""Logit of a value that is not allowed: finite, so that exported graphs never make a NaN."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything needed to build the networks again."""

    latent: LatentKind = "candidate"
    d: int = 32
    """Width of the hidden state of a (cell, value)."""
    messages: int = 32
    """Width of what travels between cells of a unit, and between values of a cell."""
    hidden: int = 64
    """Width inside the update."""
    k: int = 2
    """Latent channels on each candidate."""
    patterns: int = 64
    """Length of z with `latent="global"`."""
    latent_d: int = 16
    """Width of the hidden state of encoder and prior."""
    latent_loops: int = 3
    """Loops of encoder and prior."""
    attention: int = 0
    """Channels of attention between all cells in the denoiser's loop; 0 is none."""
    backbone: Backbone = "value-graph"
    """The transformer is a baseline for 9x9 boards, without latent (`training.transformer`)."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """The config stored in a checkpoint; names it does not know are an error."""
        return cls(**values)

    @property
    def equivariant(self) -> bool:
        """Whether the networks know neither positions nor names, and so need no symmetries."""
        return self.backbone == "value-graph" and self.latent != "global"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class Grid(NamedTuple):
    """What the networks are told about a batch of puzzles.

    x_t (B, n) int64: 0 is the mask, else the value. allowed (B, n, D) float32 in {0, 1}: the values
    not ruled out from outside. units (G, U, n) float32 in {0, 1}; rows of zeros are padding.
    complete (G, U) float32: 1 where the unit holds every value.
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
        """Candidates: the allowed values of masked cells, the value of the others (B, n, D)."""
        return torch.maximum(self.fixed(), self.allowed * self.masked()[..., None])

    def features(self) -> Tensor:
        """Input features of every (cell, value): (B, n, D, 3)."""
        fixed = self.fixed()
        masked = self.masked()[..., None].expand_as(fixed)
        return torch.stack((fixed, masked, self.open()), dim=-1)


def through(table: Tensor, x: Tensor) -> Tensor:
    """Sums of x (B, i, D, c) by the rows of `table` (G, j, i): (B, j, D, c)."""
    B, i, D, c = x.shape
    return torch.matmul(table, x.reshape(B, i, D * c)).reshape(B, -1, D, c)


class Graph(NamedTuple):
    """A grid's units as the block reads them: sums over units, means over a cell's units."""

    units: Tensor
    """(G, U, n)"""
    cells: Tensor
    """(G, n, U), each row sums to 1"""
    complete: Tensor
    """(G, U, 1, 1)"""
    peers: Tensor
    """(G, 1, n, n), 1 where two cells share a unit"""

    @classmethod
    def of(cls, grid: Grid) -> Graph:
        """Computed once a call, not once a loop."""
        of_cells = grid.units.transpose(-1, -2)
        degree = grid.units.sum(dim=1)[..., None].clamp(min=1)
        peers = torch.matmul(of_cells, grid.units).clamp(max=1)[:, None]
        return cls(grid.units, of_cells / degree, grid.complete[..., None, None], peers)


class Attention(nn.Module):
    """Every cell asks every other: which to listen to is decided once for all values.

    Queries and keys are read off what the values of a cell say together, and each value carries its
    own message; so renaming values still changes nothing. Peers get a bonus, one for each head.
    """

    def __init__(self, d: int, messages: int, hidden: int, channels: int) -> None:
        super().__init__()
        self.ask = nn.Linear(messages, 2 * channels)
        self.carry = nn.Linear(d, channels, bias=False)
        self.peers = nn.Parameter(torch.zeros(HEADS, 1, 1))
        self.out = nn.Linear(channels, hidden, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, h: Tensor, across: Tensor, peers: Tensor) -> Tensor:
        """What was heard (B, n, D, hidden). h (B, n, D, d), across (B, n, 1, messages)."""
        B, n, D, _ = h.shape
        asked = self.ask(across.squeeze(2) / D)
        query, key = asked.view(B, n, 2, HEADS, -1).permute(2, 0, 3, 1, 4)  # (B, HEADS, n, c)
        scores = torch.matmul(query, key.transpose(-1, -2)) / query.shape[-1] ** 0.5
        shares = (scores + self.peers * peers).softmax(dim=-1)
        carried = self.carry(h).view(B, n, D, HEADS, -1).permute(0, 3, 1, 2, 4).flatten(3)
        heard = torch.matmul(shares, carried).view(B, HEADS, n, D, -1)
        told: Tensor = self.out(heard.permute(0, 2, 3, 1, 4).flatten(3))
        return told


class Block(nn.Module):
    """One loop: messages through units and through cells, then a residual update, then a norm.

    The norm comes last so that the state stays bounded however many loops are run.
    """

    def __init__(
        self, d: int, messages: int, hidden: int, features: int, attention: int = 0
    ) -> None:
        super().__init__()
        self.to_unit = nn.Linear(d, messages)
        self.unit = nn.Linear(messages + 2, messages)
        self.to_cell = nn.Linear(d, messages)
        self.cell = nn.Linear(messages, hidden, bias=False)
        self.update = nn.Linear(d + messages + 2 + features, hidden)
        self.out = nn.Linear(hidden, d)
        self.norm = nn.LayerNorm(d)
        nn.init.zeros_(self.out.bias)
        self.attention = Attention(d, messages, hidden, attention) if attention else None

    def forward(self, h: Tensor, features: Tensor, p: Tensor, graph: Graph) -> Tensor:
        """The next state. h (B, n, D, d), features (B, n, D, f), p (B, n, D, 1); returns as h.

        p is the current prediction; the mass that the cells of a unit put on a value is what tells
        a cell that the value is taken there (or, in a complete unit, still missing).
        """
        mass = through(graph.units, p)  # (B, U, D, 1)
        sent = through(graph.units, F.relu(self.to_unit(h)))
        told = F.relu(self.unit(torch.cat((sent, mass, graph.complete.expand_as(mass)), dim=-1)))
        heard = through(graph.cells, torch.cat((told, mass), dim=-1))
        across = F.relu(self.to_cell(h)).sum(dim=2, keepdim=True)  # (B, n, 1, messages)
        state = torch.cat((h, heard, p, features), dim=-1)
        inner = self.update(state) + self.cell(across)
        if self.attention is not None:
            inner = inner + self.attention(h, across, graph.peers)
        inner = F.relu(inner)
        after: Tensor = self.norm(h + self.out(inner))
        return after


class Denoiser(nn.Module):
    """p(x0 | x_t, z): logits for every masked cell, all at once, given the latent.

    `forward` is one call (one NFE) of `loops` loops; it takes and returns the hidden state, so that
    a caller can go on thinking from where it stopped. A state of zeros starts afresh.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.latent = config.latent
        channels = 0 if config.latent == "none" else config.k
        self.block = Block(config.d, config.messages, config.hidden, 3 + channels, config.attention)
        self.head = nn.Linear(config.d, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, grid: Grid, z: Tensor, h: Tensor, loops: int) -> tuple[Tensor, Tensor]:
        """Logits (loops, B, n, D) after each loop, in nats, unnormalised, and the new state.

        z (B, n, D, k) is ignored by a denoiser without latent; h (B, n, D, d).
        """
        features = grid.features()
        if self.latent != "none":
            features = torch.cat((features, z), dim=-1)
        graph = Graph.of(grid)
        open_ = grid.open()
        logits = self.read(h, open_)
        every = []
        for _ in range(loops):
            h = self.block(h, features, logits.softmax(dim=-1)[..., None], graph)
            logits = self.read(h, open_)
            every.append(logits)
        return torch.stack(every), h

    def read(self, h: Tensor, open_: Tensor) -> Tensor:
        """Logits (B, n, D); closed values get CLOSED_LOGIT, so unmasked cells are carried over."""
        logits = self.head(h).squeeze(-1)
        return torch.where(open_ > 0, logits, torch.full_like(logits, CLOSED_LOGIT))


class Gaussian(NamedTuple):
    """Diagonal Gaussian over z: mean and log variance of one shape."""

    mean: Tensor
    log_var: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """mean + sigma * noise (the reparametrisation)."""
        return self.mean + (0.5 * self.log_var).exp() * noise


def kl_nats(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q || p) of every dimension, in nats, elementwise."""
    ratio = (q.log_var - p.log_var).exp()
    shift = (q.mean - p.mean) ** 2 * (-p.log_var).exp()
    return 0.5 * (ratio + shift - 1 - (q.log_var - p.log_var))


class LatentNet(nn.Module):
    """A Gaussian over z from the grid, and for the encoder from the solution x0 as well.

    With `latent="candidate"` z is (B, n, D, k). With `latent="global"` z is (B, patterns), and its
    shape on the board is `spread` over fixed wave patterns, since an equivariant network could not
    use one vector for a whole grid to tell equal cells apart.
    """

    def __init__(self, config: ModelConfig, sees_solution: bool) -> None:
        super().__init__()
        self.config = config
        self.sees_solution = sees_solution
        d = config.latent_d
        self.block = Block(d, d, 2 * d, 4 if sees_solution else 3)
        self.head = nn.Linear(d, 2 * config.k)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, grid: Grid, x0: Tensor | None = None) -> Gaussian:
        """q(z | x0, x_t) with x0 (B, n) int64, or p(z | x_t) without."""
        features = grid.features()
        if self.sees_solution:
            assert x0 is not None, "the encoder needs x0"
            answer = grid._replace(x_t=x0).fixed()
            features = torch.cat((features, answer[..., None]), dim=-1)
        graph = Graph.of(grid)
        open_ = grid.open()
        p = open_ / open_.sum(dim=-1, keepdim=True).clamp(min=1)
        h = p.new_zeros(*p.shape, self.config.latent_d)
        for _ in range(self.config.latent_loops):
            h = self.block(h, features, p[..., None], graph)
        mean, log_var = self.head(h).chunk(2, dim=-1)
        if self.config.latent == "global":
            n, D = mean.shape[1:3]
            basis = wave_patterns(n, D, self.config.patterns, mean.device)
            mean = torch.einsum("bcvk,cvp->bp", mean, basis) / n
            log_var = torch.einsum("bcvk,cvp->bp", log_var, basis**2) / n
        return Gaussian(mean, 3 * torch.tanh(log_var / 3))  # sigma stays within e^+-1.5


def waves(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Phase (count,) of each wave, and its radians from a cell, and from a value, to the next.

    The number is squared for cells: in step with the values all phases would lie on one circle,
    and waves could not tell most of 729 candidates apart.
    """
    number = torch.arange(1, count + 1, dtype=torch.float32)
    along_cells = torch.frac(number**2 * 0.754877666) * 2 * torch.pi
    along_values = torch.frac(number * 0.569840291) * 2 * torch.pi
    return number, along_cells, along_values


def wave_patterns(n: int, D: int, count: int, device: torch.device) -> Tensor:
    """Fixed patterns over (cell, value): (n, D, count), mean square 1, incommensurate waves."""
    number, along_cells, along_values = (part.to(device) for part in waves(count))
    cells = torch.arange(n, device=device, dtype=torch.float32)[:, None, None]
    values = torch.arange(D, device=device, dtype=torch.float32)[None, :, None]
    return 2**0.5 * torch.sin(cells * along_cells + values * along_values + number)


class VMD(nn.Module):
    """The denoiser with its encoder q(z | x0, x_t) and prior p(z | x_t), if it has a latent."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.denoiser = _denoiser(config)
        self.encoder = LatentNet(config, True) if config.latent != "none" else None
        self.prior = LatentNet(config, False) if config.latent != "none" else None

    def spread(self, z: Tensor, grid: Grid) -> Tensor:
        """z as the denoiser reads it: (B, n, D, k), zero at cells that are not masked."""
        B, n, D = grid.allowed.shape
        if self.config.latent == "global":
            basis = wave_patterns(n, D, self.config.patterns, z.device)
            z = torch.einsum("bp,cvp->bcv", z, basis) / self.config.patterns**0.5
            z = z[..., None].expand(B, n, D, self.config.k)
        return z * grid.masked()[..., None, None]

    def z_shape(self, B: int, n: int, D: int) -> tuple[int, ...]:
        """Shape of z for a batch."""
        if self.config.latent == "global":
            return (B, self.config.patterns)
        return (B, n, D, 0 if self.config.latent == "none" else self.config.k)

    def start(self, grid: Grid) -> Tensor:
        """The hidden state before the first loop: zeros (B, n, D, d)."""
        width = self.config.d if self.config.backbone == "value-graph" else 0
        return grid.allowed.new_zeros(*grid.allowed.shape, width)


def _denoiser(config: ModelConfig) -> nn.Module:
    if config.backbone == "value-graph":
        return Denoiser(config)
    from training.transformer import TransformerDenoiser

    return TransformerDenoiser(config)


def parameter_count(module: nn.Module) -> int:
    """Number of trained numbers."""
    return sum(parameter.numel() for parameter in module.parameters())

"""The networks of VMD on a candidate graph, and the plain transformer as a baseline.

One block is applied again and again (loops); nothing is tied to a position or to a value's name, so
one set of weights serves every board. Sources: arXiv 2510.23606 (the latent and its objective);
the graph, a latent on each candidate and the conditional prior are ours (docs/METHOD.md).

Letters: B batch, n cells, D values, U units, N nodes, F factors, d hidden, k latent channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vmd_solver.denoiser.latent import LOG_VAR, wave_patterns
from vmd_solver.errors import ModelError
from vmd_training.graph import CLOSED_LOGIT, FACTS, CandidateGraph, Grid

CAP = 30.0
"""Logits stay within this: finite whatever the state, so that no maximum has to be subtracted."""
CELLS, VALUES = 81, 9
"""The one board that the transformer knows."""
RANGE = 4.0
"""What is heard of rules is divided by it: logarithms, and sums over some relations."""
WIDTH, LAYERS, HEADS = 96, 4, 6
"""Of the transformer."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything needed to build the networks again."""

    latent: Literal["none", "global", "candidate"] = "candidate"
    d: int = 32
    """Width of the state of a node."""
    messages: int = 32
    """Width of what travels between nodes and factors."""
    hidden: int = 64
    """Width inside the update."""
    links: int = 0
    """Width of what travels through a relation; 0: neither relations nor automata are heard."""
    k: int = 2
    """Latent channels on each candidate."""
    patterns: int = 64
    """Length of z with `latent="global"`."""
    latent_d: int = 16
    """Width of the state of encoder and prior."""
    latent_loops: int = 3
    """Loops of encoder and prior."""
    prior: Literal["learned", "normal"] = "learned"
    """p(z | x_t), or the papers' N(0, I), whatever x_t."""
    backbone: Literal["candidate-graph", "transformer"] = "candidate-graph"
    """The transformer is a baseline for 9x9 boards, without latent."""

    @property
    def equivariant(self) -> bool:
        """Whether the networks know neither positions nor names, and so need no symmetries."""
        return self.backbone == "candidate-graph" and self.latent != "global"


def hears(name: str) -> bool:
    """Whether a weight of that name serves relations and automata alone."""
    return ".tell." in name or ".rules." in name


class Block(nn.Module):
    """One loop: nodes to factors, factors to nodes, a residual update, and a norm, last so that the
    state stays bounded however many loops are run."""

    def __init__(self, d: int, messages: int, hidden: int, inputs: int, links: int) -> None:
        super().__init__()
        self.send = nn.Linear(d, messages)
        self.factor = nn.Linear(messages + 1 + FACTS, messages)
        self.update = nn.Linear(d + messages + 2, hidden)
        self.inputs = nn.Linear(inputs, hidden, bias=False) if inputs else None
        self.out = nn.Linear(hidden, d)
        self.norm = nn.LayerNorm(d)
        nn.init.zeros_(self.out.bias)
        self.tell = nn.Linear(d, links) if links else None
        self.rules = nn.Linear(links + 2, hidden, bias=False) if links else None
        if self.rules is not None:  # weights that knew no rules go on as they were
            nn.init.zeros_(self.rules.weight)

    def given(self, inputs: Tensor) -> Tensor:
        """What the inputs (N, i), which stay as they are, add in every loop: (N, hidden)."""
        return inputs.new_zeros(1, 1) if self.inputs is None else self.inputs(inputs)

    def forward(self, h: Tensor, p: Tensor, given: Tensor, graph: CandidateGraph) -> Tensor:
        """The next state (N, d). h (N, d), p (N, 1) the current prediction, given (N, hidden).

        The mass that the other candidates of a factor carry is what tells a node that it is taken,
        or (where exactly one is true) still missing.
        """
        sent = graph.to_factors(torch.cat((F.relu(self.send(h)), p), dim=-1))
        message = F.relu(self.factor(torch.cat((sent, graph.facts), dim=-1)))
        mass = sent[:, -1:]
        received = graph.to_nodes(torch.cat((message, mass - 1), dim=-1)) / graph.degree
        inner = self.update(torch.cat((h, received, p), dim=-1)) + given
        if graph.rules is not None and self.tell is not None and self.rules is not None:
            told = graph.rules.told(F.relu(self.tell(h)), p)
            inner = inner + self.rules(torch.cat((told, graph.rules.belief(p)), dim=-1) / RANGE)
        return cast(Tensor, self.norm(h + self.out(F.relu(inner))))


class Denoiser(nn.Module):
    """p(x0 | x_t, z): logits for every masked cell, all at once. `forward` is one call (one NFE) of
    `loops` loops, which continues from the state it is given; zeros start afresh."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.latent = config.latent
        inputs = 0 if config.latent == "none" else config.k
        self.block = Block(config.d, config.messages, config.hidden, inputs, config.links)
        self.head = nn.Linear(config.d, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, grid: Grid, z: Tensor, h: Tensor, loops: int) -> tuple[Tensor, Tensor]:
        """Logits (loops, B, n, D) after each loop, in nats, unnormalised, and the new state.

        z (B, n, D, k) is ignored by a denoiser without latent; h (B, n, D, d). Candidates that are
        not open get CLOSED_LOGIT and keep their state; unmasked cells are carried over.
        """
        graph = CandidateGraph.of(grid)
        latent = graph.gather(h[..., :0] if self.latent == "none" else z)
        every, state = self.think(graph, latent, graph.gather(h), loops)
        return graph.logits(torch.stack(every)), graph.scatter(state, h)

    def think(
        self, graph: CandidateGraph, z: Tensor, h: Tensor, loops: int
    ) -> tuple[list[Tensor], Tensor]:
        """As `forward`, on nodes: z (N, k), h (N, d); logits (N,) after each loop, and h."""
        given = self.block.given(z)
        every = [self.read(h)]
        for _ in range(loops):
            h = self.block(h, graph.softmax(every[-1])[:, None], given, graph)
            every.append(self.read(h))
        return every[1:], h

    def read(self, h: Tensor) -> Tensor:
        """Logits (N,) float32, within CAP."""
        with torch.autocast(h.device.type, enabled=False):
            return CAP * torch.tanh(self.head(h.float()).squeeze(-1) / CAP)


class TransformerDenoiser(nn.Module):
    """p(x0 | x_t) as masked diffusion usually has it (arXiv 2406.07524), behind the interface of
    `Denoiser`: attention over all cells, learned positions, no time input, no latent, no units. It
    fits one board size and has to learn from examples which cells belong together."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if config.latent != "none":
            raise ModelError("the transformer is a baseline without latent; add --latent none")
        self.value = nn.Embedding(VALUES + 1, WIDTH)
        self.position = nn.Parameter(0.02 * torch.randn(CELLS, WIDTH))
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, dropout=0.0, activation="gelu", batch_first=True,
            norm_first=True,
        )  # fmt: skip
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VALUES)

    def forward(self, grid: Grid, z: Tensor, h: Tensor, loops: int) -> tuple[Tensor, Tensor]:
        """Logits (1, B, n, D) and h as it came, whatever `loops`. Raises ModelError for other
        sizes of board."""
        if grid.allowed.shape[1:] != (CELLS, VALUES):
            raise ModelError("the transformer reads 9x9 boards only")
        tokens = self.value(grid.x_t) + self.position
        logits = self.head(self.norm(self.layers(tokens)))
        stands = torch.where(grid.fixed() > 0, 0.0, CLOSED_LOGIT)
        return torch.where(grid.open(), logits, stands)[None], h


class Gaussian(NamedTuple):
    """Diagonal Gaussian over z: mean and log variance of one shape."""

    mean: Tensor
    log_var: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """mean + sigma * noise (the reparametrisation)."""
        return self.mean + (0.5 * self.log_var).exp() * noise

    def minus_log(self, z: Tensor) -> Tensor:
        """Minus log density of every dimension of z, less log(2 pi) / 2, elementwise."""
        away = (z - self.mean) * (-0.5 * self.log_var).exp()
        return 0.5 * (away**2 + self.log_var)

    def replaced(self, where: Tensor, other: Gaussian) -> Gaussian:
        """The other one `where` that says so, which broadcasts; this one elsewhere."""
        return Gaussian(*(torch.where(where, *pair) for pair in zip(other, self, strict=True)))

    @classmethod
    def bounded(cls, mean: Tensor, log_var: Tensor, bound: float) -> Gaussian:
        """With the log variance kept between plus and minus a bound."""
        return cls(mean, bound * torch.tanh(log_var / bound))

    @classmethod
    def standard(cls, *shape: int, device: torch.device) -> Gaussian:
        """N(0, I)."""
        zeros = torch.zeros(shape, device=device)
        return cls(zeros, zeros)


def kl_nats(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q || p) of every dimension, in nats, elementwise."""
    ratio = (q.log_var - p.log_var).exp()
    shift = (q.mean - p.mean) ** 2 * (-p.log_var).exp()
    return 0.5 * (ratio + shift - 1 - (q.log_var - p.log_var))


class LatentNet(nn.Module):
    """A Gaussian over z from the grid, and for the encoder from the solution x0 as well.

    With `latent="candidate"` z is (B, n, D, k), standard normal where a candidate is not open. With
    `latent="global"` z is (B, patterns), `spread` over fixed wave patterns: with one vector for all
    an equivariant network could not tell equal cells apart.
    """

    def __init__(self, config: ModelConfig, sees_solution: bool) -> None:
        super().__init__()
        self.config, self.sees_solution = config, sees_solution
        d = config.latent_d
        self.block = Block(d, d, 2 * d, 1 if sees_solution else 0, config.links)
        self.head = nn.Linear(d, 2 * config.k)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self, grid: Grid, x0: Tensor | None = None, graph: CandidateGraph | None = None
    ) -> Gaussian:
        """q(z | x0, x_t) with x0 (B, n) int64, or p(z | x_t) without; `graph` is the grid's own."""
        graph = graph or CandidateGraph.of(grid)
        answer = torch.zeros(len(graph), 0, device=grid.allowed.device)
        if self.sees_solution:
            assert x0 is not None, "the encoder needs x0"
            answer = graph.gather(grid._replace(x_t=x0).fixed()[..., None])
        both = self.think(graph, answer)
        B, n, D = grid.allowed.shape
        mean, log_var = graph.scatter(both, both.new_zeros(B, n, D, both.shape[-1])).chunk(2, -1)
        if self.config.latent == "global":
            basis = wave_basis(n, D, self.config.patterns, mean.device)
            mean = torch.einsum("bcvk,cvp->bp", mean, basis) / n
            log_var = torch.einsum("bcvk,cvp->bp", log_var, basis**2) / n
        return Gaussian.bounded(mean, log_var, LOG_VAR)

    def think(self, graph: CandidateGraph, answer: Tensor) -> Tensor:
        """Mean and log variance (N, 2 k), the latter not yet bounded. answer (N, 1) or (N, 0)."""
        N, zeros = len(graph), graph.facts.new_zeros
        if not self.sees_solution and self.config.prior == "normal":
            return zeros(N, 2 * self.config.k)
        given = self.block.given(answer)
        p, h = graph.softmax(zeros(N))[:, None], zeros(N, self.config.latent_d)
        for _ in range(self.config.latent_loops):
            h = self.block(h, p, given, graph)
        return cast(Tensor, self.head(h).float())


def wave_basis(n: int, D: int, count: int, device: torch.device) -> Tensor:
    """`wave_patterns` as a tensor (n, D, count)."""
    return torch.from_numpy(wave_patterns(n, D, count)).to(device)


class VMD(nn.Module):
    """The denoiser with its encoder q(z | x0, x_t) and prior p(z | x_t), if it has a latent."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        graph, latent = config.backbone == "candidate-graph", config.latent != "none"
        self.denoiser: nn.Module = Denoiser(config) if graph else TransformerDenoiser(config)
        self.encoder = LatentNet(config, True) if latent else None
        self.prior = LatentNet(config, False) if latent else None
        if self.prior is not None and config.prior == "normal":
            self.prior.requires_grad_(False)  # kept, so that every checkpoint has the same weights

    def spread(self, z: Tensor, grid: Grid) -> Tensor:
        """z as the denoiser reads it: (B, n, D, k)."""
        B, n, D = grid.allowed.shape
        if self.config.latent == "global":
            basis = wave_basis(n, D, self.config.patterns, z.device)
            z = torch.einsum("bp,cvp->bcv", z, basis) / self.config.patterns**0.5
            z = z[..., None].expand(B, n, D, self.config.k)
        return z

    def z_shape(self, B: int, n: int, D: int) -> tuple[int, ...]:
        """Shape of z for a batch."""
        if self.config.latent == "global":
            return (B, self.config.patterns)
        return (B, n, D, 0 if self.config.latent == "none" else self.config.k)

    def start(self, grid: Grid) -> Tensor:
        """The state before the first loop: zeros (B, n, D, d)."""
        width = self.config.d if self.config.backbone == "candidate-graph" else 0
        return grid.allowed.new_zeros(*grid.allowed.shape, width)


def parameter_count(model: Any) -> int:
    """Number of numbers that training moves; those of a normal prior stay as they are."""
    frozen = "prior." if model.config.prior == "normal" else " "
    named = model.named_parameters()
    return sum(weight.numel() for name, weight in named if not name.startswith(frozen))

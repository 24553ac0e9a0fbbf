"""The networks of VMD on text: a block of tokens is denoised given a latent and the blocks before.

Finished blocks are seen through keys and values that they left (block diffusion, arXiv 2503.09573);
one set of weights serves every block length. q(z | x0, x_t) sees the answer, p(z | x_t) does not
(VMD, arXiv 2510.23606). Layers are conditioned (AdaLN) on z, or on being finished. Places are
rotary between tokens, so that text may go on for ever, and learned within a block, whose z needs
them.

Letters: B rows, b blocks, L tokens of a block, n = b L, m finished tokens, V, d hidden, k latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vmd_solver.errors import ModelError
from vmd_training.model import Gaussian, kl_nats
from vmd_training.sequence import LOG_VAR, MASK, AdaNorm, KeysValues, Layer

Kept = list[KeysValues]
"""What finished tokens left, layer by layer."""


@dataclass(frozen=True)
class TextConfig:
    """Everything needed to build the networks again. Raises ModelError where it makes no sense."""

    vocabulary: int
    """V: tokens are 1..V, 0 is the mask."""
    length: int = 128
    """Longest block, and tokens of a training window."""
    latent: Literal["none", "block"] = "block"
    """"none" is plain (block) masked diffusion, "block" a latent for each block."""
    prior: Literal["learned", "normal"] = "learned"
    """p(z | x_t, finished blocks) learned, or p(z) = N(0, I) as in the paper."""
    k: int = 32
    """Latent channels of a block."""
    d: int = 96
    layers: int = 3
    heads: int = 4
    latent_layers: int = 1
    """Layers of the encoder and of a learned prior."""

    def __post_init__(self) -> None:
        if self.d % (2 * self.heads):
            raise ModelError(f"a width of {self.d} cannot be cut into {self.heads} even heads")
        if self.latent_layers > self.layers:
            told = "the latent networks read what the denoiser keeps: give it more layers"
            raise ModelError(told)


class Seen(NamedTuple):
    """What the tokens of a call can see beside their own states: their position (n,) in the text;
    what finished tokens left, none at the start of a text; mask (n, m + n) bool, who sees whom, or
    None where all see all."""

    position: Tensor
    kept: Kept
    mask: Tensor | None


class Trunk(nn.Module):
    """Layers, and a last norm."""

    def __init__(self, config: TextConfig, layers: int, conditioned: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            Layer(config.d, config.heads, conditioned) for _ in range(layers)
        )
        self.last = AdaNorm(config.d, conditioned)

    def forward(self, h: Tensor, c: Tensor | None, seen: Seen) -> tuple[Tensor, Kept]:
        """States (B, b, L, d) and what they leave for later blocks."""
        kept = []
        for layer, earlier in zip(self.layers, seen.kept or repeat(None), strict=False):
            h, left = layer(h, c, seen.mask, seen.position, earlier)
            kept.append(left)
        return self.last(h, c), kept


class TextDenoiser(nn.Module):
    """p(x0 | x_t, z, finished blocks): logits for every token of a block, all at once."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        latent = config.latent != "none"
        self.token = nn.Embedding(config.vocabulary + 1, config.d)
        self.place = nn.Embedding(config.length, config.d)
        self.kind = nn.Parameter(torch.zeros(2, config.d))
        self.z = nn.Linear(config.k, config.d) if latent else None
        self.told = nn.Linear(config.d, config.d) if latent else None
        self.trunk = Trunk(config, config.layers, conditioned=True)
        self.head = nn.Linear(config.d, config.vocabulary)

    def forward(self, x_t: Tensor, z: Tensor, seen: Seen) -> Tensor:
        """Logits (B, b, L, V), nats, unnormalised, of the values 1..V; x_t (B, b, L) int64; z (B,
        b, k), ignored without latent."""
        places, c = self.place.weight[: x_t.shape[-1]], self.kind[0]
        h = self.token(x_t) + places
        if self.z is not None and self.told is not None:
            read = self.z(z)[:, :, None]
            h, c = h + self.told(F.silu(read + places)), c + read
        return cast(Tensor, self.head(self.trunk(h, F.silu(c), seen)[0]))

    def finish(self, x0: Tensor, seen: Seen) -> Kept:
        """What finished blocks (B, b, L) leave for later ones, whatever z they came from."""
        h = self.token(x0) + self.place.weight[: x0.shape[-1]]
        return cast(Kept, self.trunk(h, F.silu(self.kind[1]), seen)[1])


class TextLatent(nn.Module):
    """A Gaussian over z of a block: q(z | x0, x_t), or p(z | x_t); both given finished blocks."""

    def __init__(self, config: TextConfig, sees_answer: bool) -> None:
        super().__init__()
        self.token = nn.Embedding(config.vocabulary + 1, config.d)
        self.answer = nn.Embedding(config.vocabulary + 1, config.d) if sees_answer else None
        self.place = nn.Embedding(config.length, config.d)
        self.trunk = Trunk(config, config.latent_layers, conditioned=False)
        self.gate = nn.Embedding(config.length, 4 * config.d)
        self.pool = nn.Linear(config.d, 4 * config.d)
        self.head = nn.Linear(4 * config.d, 2 * config.k)

    def forward(self, x_t: Tensor, seen: Seen, x0: Tensor | None = None) -> Gaussian:
        """Mean and log variance, (B, b, k) each; x_t (B, b, L), and x0 for the encoder."""
        L = x_t.shape[-1]
        h = self.token(x_t) + self.place.weight[:L]
        if self.answer is not None:
            assert x0 is not None, "the encoder needs x0"
            h = h + self.answer(x0)
        h, _ = self.trunk(h, None, seen)
        # What stands where: a product of the two, summed over the block.
        pooled = (F.silu(self.pool(h)) * self.gate.weight[:L]).sum(dim=-2) / L**0.5
        mean, log_var = self.head(pooled).chunk(2, dim=-1)
        return Gaussian.bounded(mean, log_var, LOG_VAR)


class NormalPrior(nn.Module):
    """N(0, I) where a learned prior might stand: nothing to train, nothing read."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, x_t: Tensor, seen: Seen) -> Gaussian:
        """Mean and log variance, zeros (B, b, k); x_t (B, b, L)."""
        return Gaussian.standard(*x_t.shape[:2], self.k, device=x_t.device)


class Terms(NamedTuple):
    """Both terms of the bound, in nats: the cross-entropy (B, n) of every token, masked or not, and
    KL( q(z | x0, x_t) || p(z | x_t) ) of every block (B, b), 0 where z came from the prior."""

    cross_entropy: Tensor
    kl: Tensor


class TextVMD(nn.Module):
    """The denoiser with its encoder and its prior, if it has a latent."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        latent = config.latent != "none"
        self.denoiser = TextDenoiser(config)
        self.encoder = TextLatent(config, sees_answer=True) if latent else None
        learned = config.prior == "learned"
        prior = TextLatent(config, False) if latent and learned else NormalPrior(config.k)
        self.prior = prior if latent else None

    def seen(self, x0: Tensor) -> Seen:
        """What every block of x0 (B, b, L) sees: itself, and what the blocks before it left."""
        _, b, L = x0.shape
        position = torch.arange(b * L, device=x0.device)
        if b == 1:
            return Seen(position, [], None)
        block = position // L
        own, earlier = block[:, None] == block, block[:, None] > block
        kept = self.denoiser.finish(x0, Seen(position, [], own | earlier))
        return Seen(position, kept, torch.cat((earlier, own), dim=1))

    def forward(
        self, x0: Tensor, x_t: Tensor, noise: Tensor, from_prior: Tensor, shuffle: bool = False
    ) -> Terms:
        """The terms of all blocks, each given the blocks of x0 before it: x0, x_t (B, b, L) int64;
        noise (B, b, k), standard normal; from_prior (B, b) bool, the blocks whose z the prior
        draws. With `shuffle` every row reads the z of the row before it."""
        B, b, L = x0.shape
        seen = self.seen(x0)
        z, kl = noise, noise.new_zeros(B, b)
        if self.encoder is not None and self.prior is not None:
            q, p = self.encoder(x_t, seen, x0), self.prior(x_t, seen)
            q = q.replaced(from_prior[..., None], p)
            z, kl = q.sample(noise), kl_nats(q, p).sum(dim=-1)
            z = z.roll(1, dims=0) if shuffle else z
        logits = self.denoiser(x_t, z, seen)
        nats = F.cross_entropy(logits.flatten(0, 2), (x0 - 1).flatten(), reduction="none")
        return Terms(nats.view(B, b * L), kl)


def masked_blocks(x0: Tensor, whole: float, generator: torch.Generator) -> Tensor:
    """x_t for x0 (B, b, L): in each block a number of tokens masked, any as likely as any other, as
    for t drawn from U(0, 1), but at least one; a share `whole` of the blocks entirely."""
    B, b, L = x0.shape
    count = torch.randint(1, L + 1, (B, b, 1), generator=generator)
    count = torch.where(torch.rand(B, b, 1, generator=generator) < whole, L, count)
    order = torch.rand(B, b, L, generator=generator).argsort(dim=-1).argsort(dim=-1)
    return torch.where((order < count).to(x0.device), MASK, x0)


def loss(terms: Terms, x_t: Tensor, beta: float, free_nats: float) -> Tensor:
    """What is minimised, in nats a masked token, averaged over blocks.

    beta weighs the KL, of which `free_nats` for each masked token cost nothing (free bits, arXiv
    1606.04934), lest the latent is shut before it is of use. A bound only with beta 1 and 0 free.
    """
    masked = x_t == MASK
    count = masked.sum(dim=-1)
    cross_entropy = (terms.cross_entropy.view(x_t.shape) * masked).sum(dim=-1)
    kl = torch.maximum(terms.kl, free_nats * count)
    return ((cross_entropy + beta * kl) / count).mean()

"""The sequence backbone of VMD: a plain transformer that reads a latent, for tokens in a row.

Tokens are 1..V and 0 is the mask. A block is denoised with its own latent, given the blocks before
it; one call trains every block at once. Sources: arXiv 2510.23606 (VMD, a latent a block);
2503.09573 (noisy tokens beside a clean copy, told apart by a mask); AdaLN as in diffusion
transformers.

Letters: B batch, n tokens, V values, b blocks, d hidden, k latent channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vmd_solver.errors import ModelError
from vmd_training.model import Gaussian, kl_nats

MASK = 0
"""The token that stands for "not known yet"."""
LOG_VAR = 5.0
"""Log variances of z stay between plus and minus this: sigma within e^+-2.5."""

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of some tokens in one layer: (B, heads, m, d / heads) each."""


class AdaNorm(nn.Module):
    """LayerNorm whose scale and shift are read off a condition; a plain one if there is none."""

    def __init__(self, d: int, conditioned: bool) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.read = nn.Linear(d, 2 * d) if conditioned else None

    def forward(self, h: Tensor, c: Tensor | None) -> Tensor:
        """h (B, m, d) normed, then moved by c, which broadcasts to it."""
        moved: Tensor = self.norm(h)
        if self.read is not None and c is not None:
            scale, shift = self.read(c).chunk(2, dim=-1)
            moved = moved * (1 + scale) + shift
        return moved


def rotate(x: Tensor, position: Tensor) -> Tensor:
    """x (B, heads, m, c) turned by its position (m,), so that products tell distances (RoFormer,
    arXiv 2104.09864)."""
    half = x.shape[-1] // 2
    turns = torch.arange(half, device=x.device, dtype=torch.float32) / half
    angle = position[:, None].float() * torch.exp(-9.0 * turns)
    cos, sin = angle.cos(), angle.sin()
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


class Layer(nn.Module):
    """A pre-norm transformer layer: attention, then two linear maps, each added to the state."""

    def __init__(self, d: int, heads: int, conditioned: bool) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_update = AdaNorm(d, conditioned), AdaNorm(d, conditioned)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(
        self,
        h: Tensor,
        c: Tensor | None,
        mask: Tensor | None = None,
        position: Tensor | None = None,
        earlier: KeysValues | None = None,
    ) -> tuple[Tensor, KeysValues]:
        """The next state, and the keys and values of these n tokens: h (B, ..., d), n a row.

        c broadcasts to h; position (n,) turns queries and keys; `earlier` are of m tokens seen as
        well; mask (n, m + n) bool says who sees whom, None where all see all.
        """
        B, d = len(h), h.shape[-1]
        qkv = self.qkv(self.before_attention(h, c))
        q, k, v = qkv.view(B, -1, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if position is not None:
            q, k = rotate(q, position), rotate(k, position)
        left = (k, v)
        if earlier is not None:
            k, v = (torch.cat(pair, 2) for pair in zip(earlier, left, strict=True))
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        h = h + self.out(attended.transpose(1, 2).reshape(h.shape))
        after: Tensor = h + self.down(F.silu(self.up(self.before_update(h, c))))
        return after, left


@dataclass(frozen=True)
class SequenceConfig:
    """Everything needed to build the networks again."""

    vocabulary: int
    """V: tokens are 1..V."""
    length: int
    """n: tokens in a sequence."""
    blocks: int = 1
    """b: blocks of n / b tokens each."""
    latent: Literal["none", "block"] = "block"
    """"none" is plain masked diffusion, "block" a latent for each block."""
    prior: Literal["standard", "learned"] = "standard"
    """p(z): N(0, I) as in the paper, or p(z | x_t) learned."""
    k: int = 8
    """Latent channels of a block."""
    d: int = 32
    layers: int = 2
    heads: int = 2
    latent_layers: int = 1
    """Layers of the encoder, and of a learned prior."""

    def __post_init__(self) -> None:
        """Raises ModelError where the sequence cannot be cut so."""
        if self.length % self.blocks:
            cut = f"{self.length} tokens cannot be cut into {self.blocks} equal blocks"
            raise ModelError(f"{cut}; choose a number of blocks that divides the length")
        if self.d % self.heads:
            raise ModelError(f"{self.heads} heads need a width they divide, got d = {self.d}")

    @property
    def block_length(self) -> int:
        """Tokens in a block."""
        return self.length // self.blocks


def block_mask(length: int, blocks: int) -> Tensor:
    """Who sees whom among n noisy tokens and their n clean copies (2n, 2n) bool: a noisy one those
    of its block and clean ones of earlier blocks, a clean one clean ones of its and earlier blocks
    (2503.09573, section 3.1)."""
    block = torch.arange(length) // (length // blocks)
    own, earlier = block[:, None] == block, block[:, None] > block
    noisy, clean = (own, earlier), (torch.zeros_like(own), own | earlier)
    return torch.cat([torch.cat(row, dim=1) for row in (noisy, clean)])


class Trunk(nn.Module):
    """Layers over the tokens of every block, beside a clean copy of the finished blocks."""

    def __init__(self, config: SequenceConfig, layers: int, conditioned: bool) -> None:
        super().__init__()
        self.blocks = config.blocks
        self.place = nn.Parameter(torch.randn(config.length, config.d))
        self.finished = nn.Embedding(config.vocabulary + 1, config.d) if config.blocks > 1 else None
        self.layers = nn.ModuleList(
            Layer(config.d, config.heads, conditioned) for _ in range(layers)
        )
        self.last = AdaNorm(config.d, conditioned)
        self.register_buffer("sees", block_mask(config.length, config.blocks), persistent=False)

    def forward(self, h: Tensor, context: Tensor, c: Tensor | None = None) -> Tensor:
        """Hidden state of the noisy tokens (B, n, d), of h (B, n, d) embedded ones; context (B, n)
        int64, whose earlier blocks are read; c (B, b, d), what conditions each block."""
        n, sees = h.shape[1], None
        h = h + self.place
        if self.finished is not None:
            h, sees = torch.cat((h, self.finished(context) + self.place), dim=1), self.sees
            if c is not None:  # finished tokens are text, whatever z they came from
                c = c.repeat_interleave(n // self.blocks, dim=1)
                c = torch.cat((c, torch.zeros_like(c)), dim=1)
        for layer in self.layers:
            h, _ = layer(h, c, sees)
        return cast(Tensor, self.last(h[:, :n], None if c is None else c[:, :n]))


class SequenceDenoiser(nn.Module):
    """p(x0 | x_t, z): logits for every masked token, all at once, given the latent."""

    def __init__(self, config: SequenceConfig) -> None:
        super().__init__()
        d, conditioned = config.d, config.latent != "none"
        self.token, self.z = nn.Embedding(config.vocabulary + 1, d), None
        if conditioned:
            self.z = nn.Sequential(nn.Linear(config.k, d), nn.SiLU(), nn.Linear(d, d))
        self.trunk = Trunk(config, config.layers, conditioned)
        self.head = nn.Linear(config.d, config.vocabulary)

    def forward(self, x_t: Tensor, context: Tensor, z: Tensor) -> Tensor:
        """Logits (B, n, V), nats, unnormalised, of the values 1..V; x_t (B, n) int64; context (B,
        n), the finished blocks (x0 in training, x_t in sampling); z (B, b, k), if there is any."""
        c = None if self.z is None else F.silu(self.z(z))
        return cast(Tensor, self.head(self.trunk(self.token(x_t), context, c)))


class SequenceLatent(nn.Module):
    """A Gaussian over the latent of each block: q(z | x0, x_t), or p(z | x_t)."""

    def __init__(self, config: SequenceConfig, sees_answer: bool) -> None:
        super().__init__()
        self.blocks = config.blocks
        self.token = nn.Embedding(config.vocabulary + 1, config.d)
        self.answer = nn.Embedding(config.vocabulary + 1, config.d) if sees_answer else None
        self.trunk = Trunk(config, config.latent_layers, conditioned=False)
        self.head = nn.Linear(config.d * config.block_length, 2 * config.k)

    def forward(self, x_t: Tensor, context: Tensor, x0: Tensor | None = None) -> Gaussian:
        """Mean and log variance, (B, b, k) each. The encoder needs x0, and x_t beside it."""
        h = self.token(x_t)
        if self.answer is not None:
            assert x0 is not None, "the encoder needs x0"
            h = h + self.answer(x0)
        h = self.trunk(h, context)
        mean, log_var = self.head(h.reshape(len(h), self.blocks, -1)).chunk(2, dim=-1)
        return Gaussian.bounded(mean, log_var, LOG_VAR)


class Bound(NamedTuple):
    """What a block costs, in nats, for each of K draws of z from the encoder: cross_entropy (K, B,
    b) over its masked tokens; log_ratio (K, B, b), log q(z) - log p(z); kl (B, b), its mean."""

    cross_entropy: Tensor
    log_ratio: Tensor
    kl: Tensor

    def nats(self, beta: float | Tensor = 1.0) -> Tensor:
        """An upper bound on minus log p(x0 of the block | x_t), if beta is 1: (B, b). Several draws
        give the importance-weighted one, which is tighter (arXiv 1509.00519)."""
        draws = len(self.cross_entropy)
        if draws == 1:
            return self.cross_entropy[0] + beta * self.kl
        weights = -self.cross_entropy - beta * self.log_ratio
        return math.log(draws) - weights.logsumexp(dim=0)


class SequenceVMD(nn.Module):
    """The denoiser with its encoder and its prior, if it has a latent."""

    def __init__(self, config: SequenceConfig) -> None:
        super().__init__()
        self.config = config
        latent = config.latent != "none"
        self.denoiser = SequenceDenoiser(config)
        self.encoder = SequenceLatent(config, sees_answer=True) if latent else None
        learned = latent and config.prior == "learned"
        self.learned_prior = SequenceLatent(config, sees_answer=False) if learned else None

    def prior(self, x_t: Tensor, context: Tensor) -> Gaussian:
        """p(z), or p(z | x_t) where it is learned: (B, b, k); k is 0 without latent."""
        if self.learned_prior is not None:
            return cast(Gaussian, self.learned_prior(x_t, context))
        k = 0 if self.encoder is None else self.config.k
        return Gaussian.standard(len(x_t), self.config.blocks, k, device=x_t.device)

    def forward(self, x0: Tensor, x_t: Tensor, noise: Tensor) -> Bound:
        """The terms of the bound for x0, x_t (B, n) int64; noise (K, B, b, k), standard normal.

        A block with one token masked takes z from the prior: there is nothing for tokens to agree
        on, and a denoiser that was told the answer there would miss it in sampling.
        """
        K, (B, n), b = len(noise), x0.shape, self.config.blocks
        masked = x_t == MASK
        z, log_ratio, kl = noise, noise.new_zeros(noise.shape[:-1]), noise.new_zeros(())
        if self.encoder is not None:
            q, p = self.encoder(x_t, x0, x0), self.prior(x_t, x0)
            lone = masked.view(B, b, n // b).sum(dim=-1, keepdim=True) < 2
            q = q.replaced(lone, p)
            z, kl = q.sample(noise), kl_nats(q, p).sum(dim=-1)
            log_ratio = (p.minus_log(z) - q.minus_log(z)).sum(dim=-1)
        logits = self.denoiser(x_t.repeat(K, 1), x0.repeat(K, 1), z.flatten(0, 1))
        target = (x0 - 1).repeat(K, 1).flatten()
        nats = F.cross_entropy(logits.flatten(0, 1), target, reduction="none").view(K, B, n)
        per_block = (nats * masked).view(K, B, b, n // b).sum(dim=-1)
        return Bound(per_block, log_ratio, kl.expand(B, b))

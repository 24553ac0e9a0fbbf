"""Transformer layers of the networks on sequences and text: attention, rotary places, AdaLN."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
        normed: Tensor = self.norm(h)
        if self.read is None or c is None:
            return normed
        scale, shift = self.read(c).chunk(2, dim=-1)
        moved: Tensor = normed * (1 + scale) + shift
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
        """The next state, and the keys and values of these n tokens.

        h (B, ..., d), n tokens a row; c broadcasts to it; position (n,) turns queries and keys;
        `earlier` are keys and values of m tokens seen as well; mask (n, m + n) bool says who sees
        whom, None where all see all.
        """
        B, d = len(h), h.shape[-1]
        qkv = self.qkv(self.before_attention(h, c))
        q, k, v = qkv.view(B, -1, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if position is not None:
            q, k = rotate(q, position), rotate(k, position)
        keys, values = k, v
        if earlier is not None:
            keys, values = (torch.cat(pair, 2) for pair in zip(earlier, (k, v), strict=True))
        attended = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        h = h + self.out(attended.transpose(1, 2).reshape(h.shape))
        after: Tensor = h + self.down(F.silu(self.up(self.before_update(h, c))))
        return after, (k, v)

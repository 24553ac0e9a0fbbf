"""Sampling sequences from a denoiser, one call after another, up to what the last call leaves open.

The last call is not drawn from: what comes back are its probabilities, beside ones and zeros where
a token was settled before. Their outer products, averaged, are an estimate of the joint with far
less noise than counted samples have (Rao-Blackwell), and for one call without latent they are the
joint itself. This module knows nothing of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vmd_training.sequence import MASK, SequenceVMD
from vmd_training.synthetic.data import Joint, Table

Remask = Literal["none", "random", "least confident"]


class Denoiser(Protocol):
    """What a sampler asks of a model: N rows of n tokens of V values, in b blocks."""

    length: int
    values: int
    blocks: int

    def draw(self, x_t: Tensor, generator: Generator) -> Tensor:
        """z (N, b, k) from the prior."""

    def probabilities(self, x_t: Tensor, z: Tensor) -> Tensor:
        """p(x0 | x_t, z) of the masked tokens, ones and zeros at the others: (N, n, V)."""


class Trained:
    """A trained model as a sampler asks for it."""

    def __init__(self, model: SequenceVMD) -> None:
        self.model = model
        self.length, self.values = model.config.length, model.config.vocabulary
        self.blocks = model.config.blocks

    def draw(self, x_t: Tensor, generator: Generator) -> Tensor:
        """z from N(0, I), or from the learned prior."""
        prior = self.model.prior(x_t, x_t)
        return prior.sample(torch.randn(prior.mean.shape, generator=generator))

    def probabilities(self, x_t: Tensor, z: Tensor) -> Tensor:
        """Softmax of the logits, carried over where settled."""
        return settled(x_t, self.model.denoiser(x_t, x_t, z).softmax(dim=-1))


class TrueConditionals:
    """What masked diffusion without latent would predict had it learned all there is to learn:
    the true p(x_i | tokens not masked), token by token."""

    def __init__(self, joint: Joint, blocks: int = 1) -> None:
        self.joint, self.blocks = joint, blocks
        self.length, self.values = joint.length, joint.values

    def draw(self, x_t: Tensor, generator: Generator) -> Tensor:
        """No latent."""
        return torch.zeros(len(x_t), self.blocks, 0)

    def probabilities(self, x_t: Tensor, z: Tensor) -> Tensor:
        """Looked up once for each x_t; even over the values where x_t cannot occur."""
        contexts, row = torch.unique(x_t, dim=0, return_inverse=True)
        table = np.stack([self._given(tuple(context)) for context in contexts.tolist()])
        return settled(x_t, torch.from_numpy(table).float()[row])

    def _given(self, context: tuple[int, ...]) -> Table:
        """(n, V) for one x_t."""
        kept = tuple(slice(None) if token == MASK else slice(token - 1, token) for token in context)
        part = self.joint.table[kept]
        rows = np.full((self.length, self.values), 1 / self.values)
        if part.sum() > 0:
            for token in np.flatnonzero(np.array(context) == MASK):
                others = tuple(axis for axis in range(self.length) if axis != token)
                rows[token] = part.sum(axis=others) / part.sum()
        return rows


def settled(x_t: Tensor, probabilities: Tensor) -> Tensor:
    """Ones and zeros in place of the probabilities of tokens that are not masked."""
    known = F.one_hot(x_t, probabilities.shape[-1] + 1)[..., 1:].to(probabilities.dtype)
    return torch.where((x_t == MASK)[..., None], probabilities, known)


@dataclass(frozen=True)
class Plan:
    """How many calls, and what each is for."""

    nfe: int
    """Denoiser calls in all. Each settles an equal number of tokens, block by block, at random
    places of the block."""
    rounds: int = 0
    """How many of the calls come after a complete sequence, to draw `given_back` tokens anew."""
    remask: Remask = "none"
    """Which tokens are given back: any, or those that were least probable when they were drawn."""
    given_back: int = 0
    anew: bool = False
    """z is redrawn for each call, not once for the block."""

    @property
    def filling(self) -> int:
        """Calls until the sequence is complete for the first time."""
        return self.nfe - self.rounds


def last_call(denoiser: Denoiser, plan: Plan, count: int, generator: Generator) -> Tensor:
    """Sample `count` rows up to the last call of the plan and return its probabilities (N, n, V).

    The calls that fill blocks must be a multiple of their number, and divide their tokens.
    """
    block_length = denoiser.length // denoiser.blocks
    calls_a_block = plan.filling // denoiser.blocks
    block_of = torch.arange(denoiser.length) // block_length
    x_t = torch.full((count, denoiser.length), MASK)
    sure = torch.zeros(count, denoiser.length)
    z = denoiser.draw(x_t, generator)
    for call in range(plan.nfe):
        block = min(call // calls_a_block, denoiser.blocks - 1)
        opens = call < plan.filling and call % calls_a_block == 0
        if call >= plan.filling:
            x_t = give_back(x_t, sure, plan, generator)
        if opens or plan.anew:
            z = _with_block(z, denoiser.draw(x_t, generator), block)
        probabilities = denoiser.probabilities(x_t, z)
        if call == plan.nfe - 1:
            break
        drawn = draw(probabilities, generator)
        commit = x_t == MASK
        if call < plan.filling:
            chance = torch.rand(x_t.shape, generator=generator)
            commit = _lowest(chance, commit & (block_of == block), block_length // calls_a_block)
        x_t = torch.where(commit, drawn, x_t)
        p_drawn = probabilities.gather(-1, (drawn - 1)[..., None]).squeeze(-1)
        sure = torch.where(commit, p_drawn, sure)
    return probabilities


def give_back(x_t: Tensor, sure: Tensor, plan: Plan, generator: Generator) -> Tensor:
    """x_t with `plan.given_back` tokens of each row masked again."""
    score = (
        sure if plan.remask == "least confident" else torch.rand(sure.shape, generator=generator)
    )
    return torch.where(_lowest(score, x_t != MASK, plan.given_back), MASK, x_t)


def _lowest(score: Tensor, eligible: Tensor, count: int) -> Tensor:
    """The `count` eligible places of lowest score in each row: (N, n) bool."""
    order = score.masked_fill(~eligible, torch.inf).argsort(dim=-1).argsort(dim=-1)
    return (order < count) & eligible


def _with_block(z: Tensor, fresh: Tensor, block: int) -> Tensor:
    """z with the latent of one block replaced."""
    return torch.cat((z[:, :block], fresh[:, block : block + 1], z[:, block + 1 :]), dim=1)


def draw(probabilities: Tensor, generator: Generator) -> Tensor:
    """A token for every place: (N, n) int64 in 1..V."""
    rows = probabilities.flatten(0, 1)
    drawn = torch.multinomial(rows, 1, generator=generator) + 1
    return drawn.view(probabilities.shape[:-1])

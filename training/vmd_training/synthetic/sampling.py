"""Sampling sequences from a denoiser by plan, and how far their joint is from the truth.

The last call of a plan is not drawn from: its probabilities, beside ones and zeros where a token
was settled before, are averaged over rows as outer products. So the joint is estimated with far
less noise than counted samples have (Rao-Blackwell), and for one call without latent it is exact.
One row that is even over all sequences is added to the N sampled, so that a sequence never proposed
costs something finite. The logarithm of an average is low on average (Jensen), so the divergence
would come out too high; to first order in 1 / N by an amount that the spread of the rows tells,
which is subtracted, and stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vmd_training.sequence import MASK, SequenceVMD
from vmd_training.synthetic.data import Joint, marginal

ROWS_A_CALL = 5000
"""Rows sampled side by side, to bound memory."""


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

    blocks = 1

    def __init__(self, joint: Joint) -> None:
        self.joint, self.length, self.values = joint, joint.length, joint.values

    def draw(self, x_t: Tensor, generator: Generator) -> Tensor:
        """No latent."""
        return torch.zeros(len(x_t), 1, 0)

    def probabilities(self, x_t: Tensor, z: Tensor) -> Tensor:
        """Looked up once for each x_t; even over the values where x_t cannot occur."""
        contexts, row = torch.unique(x_t, dim=0, return_inverse=True)
        table = np.full((len(contexts), self.length, self.values), 1 / self.values)
        for rows, context in zip(table, contexts.tolist(), strict=True):
            kept = tuple(slice(None) if v == MASK else slice(v - 1, v) for v in context)
            part = self.joint.table[kept]
            if part.sum() > 0:
                for token in (at for at, v in enumerate(context) if v == MASK):
                    rows[token] = marginal(part, token) / part.sum()
        return settled(x_t, torch.from_numpy(table).float()[row])


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
    remask: Literal["none", "random", "least confident"] = "none"
    """Which tokens are given back: any, or those that were least probable when they were drawn."""
    given_back: int = 0
    anew: bool = False
    """z is redrawn for each call, not once for the block."""


def last_call(denoiser: Denoiser, plan: Plan, count: int, generator: Generator) -> Tensor:
    """Sample `count` rows up to the last call of the plan and return its probabilities (N, n, V).

    The calls that fill blocks must be a multiple of their number, and divide their tokens.
    """
    n, b, filling = denoiser.length, denoiser.blocks, plan.nfe - plan.rounds
    calls_a_block = filling // b
    block_of = torch.arange(n) // (n // b)
    x_t = torch.full((count, n), MASK)
    sure = torch.zeros(count, n)
    z = denoiser.draw(x_t, generator)
    for call in range(plan.nfe):
        block = min(call // calls_a_block, b - 1)
        if call >= filling:
            x_t = give_back(x_t, sure, plan, generator)
        if plan.anew or (call < filling and call % calls_a_block == 0):
            fresh = denoiser.draw(x_t, generator)
            z = torch.where((torch.arange(b) == block)[:, None], fresh, z)
        probabilities = denoiser.probabilities(x_t, z)
        if call == plan.nfe - 1:
            break
        drawn = draw(probabilities, generator)
        commit = x_t == MASK
        if call < filling:
            chance = torch.rand(x_t.shape, generator=generator)
            commit = _lowest(chance, commit & (block_of == block), n // b // calls_a_block)
        x_t = torch.where(commit, drawn, x_t)
        p_drawn = probabilities.gather(-1, (drawn - 1)[..., None]).squeeze(-1)
        sure = torch.where(commit, p_drawn, sure)
    return probabilities


def give_back(x_t: Tensor, sure: Tensor, plan: Plan, generator: Generator) -> Tensor:
    """x_t with `plan.given_back` tokens of each row masked again."""
    random = plan.remask != "least confident"
    score = torch.rand(sure.shape, generator=generator) if random else sure
    return torch.where(_lowest(score, x_t != MASK, plan.given_back), MASK, x_t)


def _lowest(score: Tensor, eligible: Tensor, count: int) -> Tensor:
    """The `count` eligible places of lowest score in each row: (N, n) bool."""
    order = score.masked_fill(~eligible, torch.inf).argsort(dim=-1).argsort(dim=-1)
    return (order < count) & eligible


def draw(probabilities: Tensor, generator: Generator) -> Tensor:
    """A token for every place: (N, n) int64 in 1..V."""
    drawn = torch.multinomial(probabilities.flatten(0, 1), 1, generator=generator) + 1
    return drawn.view(probabilities.shape[:-1])


@dataclass(frozen=True)
class Estimate:
    """A model under a plan against the truth."""

    kl_nats: float
    """KL(true || model), less the bias of its estimate: near zero it may come out negative."""
    bias_nats: float
    """What was subtracted. Where it is not small beside differences of interest, take more rows."""
    in_support: float
    """Share of the model's mass on sequences that can occur."""
    likeliest: float
    """Share of rows that can occur if the last call's tokens are not drawn but the likeliest."""
    total_variation: float
    """Half of the summed absolute differences: the share that would have to move."""
    rows: int


@torch.no_grad()
def estimate(
    truth: Joint, denoiser: Denoiser, plan: Plan, rows: int, generator: Generator
) -> Estimate:
    """A denoiser under a plan, measured with this many rows."""
    sums = torch.zeros(3, *truth.table.shape, dtype=torch.float64)
    for done in range(0, rows, ROWS_A_CALL):
        count = min(ROWS_A_CALL, rows - done)
        probabilities = last_call(denoiser, plan, count, generator).double()
        chosen = F.one_hot(probabilities.argmax(dim=-1), denoiser.values).double()
        for total, one in zip(sums, (probabilities, probabilities**2, chosen), strict=True):
            total += _outer(one).view(total.shape)
    mean, square, likeliest = (sums / rows).numpy()
    held = truth.table > 0
    p, q = truth.table[held], ((rows * mean + 1 / mean.size) / (rows + 1))[held]
    spread = np.maximum(square - mean**2, 0)[held] / rows
    bias = float((p * spread / (2 * q**2)).sum())
    return Estimate(
        kl_nats=float((p * np.log(p / q)).sum()) - bias,
        bias_nats=bias,
        in_support=float(mean[truth.support].sum()),
        likeliest=float(likeliest[truth.support].sum()),
        total_variation=float(np.abs(truth.table - mean).sum() / 2),
        rows=rows,
    )


def _outer(probabilities: Tensor) -> Tensor:
    """Outer products over the tokens (N, n, V), summed over the rows: two halves, one product."""
    halves = []
    for half in probabilities.tensor_split(2, dim=1):
        together, *others = half.unbind(1)
        for token in others:
            together = (together[:, :, None] * token[:, None, :]).flatten(1)
        halves.append(together)
    return halves[0].T @ halves[1]

"""Sampling sequences from a denoiser by plan: how far their joint is from the truth, and could be.

The probabilities of the last call are averaged as outer products, not drawn from: the joint has far
less noise than counted samples (Rao-Blackwell). One row even over all sequences is added, so that
none costs infinitely much, and the bias of the divergence (Jensen), to first order, subtracted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vmd_training.sequence import MASK, SequenceVMD
from vmd_training.synthetic.data import VALUES, Joint, marginal

ROWS_A_CALL = 5000
"""Rows sampled side by side, to bound memory."""
DRAWS, BATCHES, PRIOR_DRAWS = 64, 200, 40_000
"""Of the limit: draws of z for each choice at each step, batches of as many behind the bound in the
end, and draws from the prior behind the rest."""


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
        self.model, config = model, model.config
        self.length, self.values, self.blocks = config.length, config.vocabulary, config.blocks

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
            for token, v in enumerate(context):
                if v == MASK and part.sum() > 0:
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
    """Denoiser calls in all. Each settles as many tokens, block by block, at random places."""
    rounds: int = 0
    """How many of the calls come after a complete sequence, to draw `given_back` tokens anew."""
    remask: Literal["none", "random", "least confident"] = "none"
    """Which tokens are given back: any, or those that were least probable when they were drawn."""
    given_back: int = 0
    anew: bool = False
    """z is redrawn for each call, not once for the block."""


def last_call(denoiser: Denoiser, plan: Plan, count: int, generator: Generator) -> Tensor:
    """The probabilities (N, n, V) of the last call of the plan, of `count` rows sampled up to it.
    The calls that fill blocks must be a multiple of their number, and divide their tokens."""
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
    first, second = (
        reduce(lambda one, token: (one[:, :, None] * token[:, None, :]).flatten(1), half.unbind(1))
        for half in probabilities.tensor_split(2, dim=1)
    )
    return first.T @ second


@dataclass(frozen=True)
class Limit:
    """One call with z from N(0, I), tokens drawn."""

    share: float
    """Of sequences that can occur."""
    kl_nats: float
    """KL(true || sampled)."""
    gap_nats: float
    """The bound of one draw (beta 1), less the entropy of the data."""

    def twice(self) -> Limit:
        """Of two such sequences side by side that know nothing of each other."""
        return Limit(self.share**2, 2 * self.kl_nats, 2 * self.gap_nats)


def limit(tokens: int, k: int, beta: float, steps: int, choices: int = VALUES) -> Limit:
    """What the bound of one draw of z can reach at best, for sequences of this many tokens that
    follow from one even choice, with k numbers of latent. The best that gradient descent finds.

    q(z | x0) is a diagonal Gaussian for each choice, and every token is predicted by the posterior
    of the choice given z, which no denoiser can beat. Means and variances alone are optimised,
    against what training minimises: a model that does worse has something left to learn.
    """
    generator = Generator().manual_seed(0)
    mean = torch.randn(choices, k, generator=generator).requires_grad_()
    log_var = torch.full((choices, k), -1.0, requires_grad=True)
    optimizer = torch.optim.Adam([mean, log_var])

    def log_posterior(z: Tensor) -> Tensor:
        """log p(choice | z), (N, C), for z (N, k)."""
        away = (z[:, None] - mean) * (-0.5 * log_var).exp()
        return (-0.5 * (away**2 + log_var).sum(dim=-1)).log_softmax(dim=-1)

    def terms() -> tuple[Tensor, Tensor]:
        noise = torch.randn(DRAWS, choices, k, generator=generator)
        z = mean + (0.5 * log_var).exp() * noise
        right = log_posterior(z.flatten(0, 1)).view(DRAWS, choices, choices)
        kl = 0.5 * (log_var.exp() + mean**2 - 1 - log_var).sum(dim=-1)
        return -tokens * right.diagonal(dim1=1, dim2=2).mean(), kl.mean()

    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.03 * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        cross_entropy, kl = terms()
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy + beta * min(1.0, 2 * step / steps) * kl)
        optimizer.step()
    with torch.no_grad():
        bound = sum(float(sum(terms())) for _ in range(BATCHES)) / BATCHES
        z = torch.randn(PRIOR_DRAWS, k, generator=generator)
        sampled = (tokens * log_posterior(z)).exp().mean(dim=0)  # (C,)
    kl_nats = float(-(sampled * choices).log().mean())
    return Limit(float(sampled.sum()), kl_nats, bound - math.log(choices))

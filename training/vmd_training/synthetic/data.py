"""Data of the synthetic studies: small joint distributions, written out in full.

Sources: arXiv 2510.23606 (pairs k, k + 1 mod 10, even or by weights (k + 1) / 55; the four-token
sets D1 and D2) and 2505.17384 (checkerboard, swiss roll). The dependence p is ours: with
probability p the next token follows the rule, else it is drawn from its marginal, so that marginals
do not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

VALUES = 10
"""V of the two- and four-token sets."""
EVEN: Table = np.full(VALUES, 1 / VALUES)
RISING: Table = np.arange(1.0, VALUES + 1)
"""The papers' weights of k that are not uniform: k + 1."""


@dataclass(frozen=True)
class Joint:
    """A distribution of n tokens of V values each, written out."""

    name: str
    table: Table
    """(V,) * n, sums to 1; token v is index v - 1."""
    p: float | None = None
    """Dependence, from 0 (independent) to 1 (deterministic)."""
    floor: float = 0.0
    """Sequences of no more than this probability count as outside of the support."""

    @property
    def length(self) -> int:
        """n."""
        return self.table.ndim

    @property
    def values(self) -> int:
        """V."""
        return len(self.table)

    @property
    def entropy_nats(self) -> float:
        """Entropy of the whole sequence."""
        return entropy_nats(self.table)

    @property
    def total_correlation_nats(self) -> float:
        """KL from the joint to the product of its marginals: what tokens drawn apart must lose. For
        two tokens it is their mutual information."""
        marginals = (marginal(self.table, token) for token in range(self.length))
        return sum(entropy_nats(one) for one in marginals) - self.entropy_nats

    @property
    def support(self) -> NDArray[np.bool_]:
        """Sequences that count as right."""
        return self.table > self.floor

    def sample(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Tokens (count, n) in 1..V."""
        number = rng.choice(self.table.size, count, p=self.table.ravel())
        return np.stack(np.unravel_index(number, self.table.shape), axis=-1) + 1


def marginal(table: Table, token: int) -> Table:
    """What is left of one token: (V,)."""
    return np.asarray(table.sum(axis=tuple(at for at in range(table.ndim) if at != token)))


def entropy_nats(table: Table) -> float:
    """Entropy of a distribution of any shape."""
    held = table[table > 0]
    return float(-(held * np.log(held)).sum())


def pair(p: float, weights: Table | None = None) -> Joint:
    """Two tokens: k by its weight (uniform by default), then k + 1 mod V, with dependence p."""
    first = EVEN if weights is None else weights / weights.sum()
    name = "pair" if weights is None else "rising pair"
    return Joint(name, first[:, None] * _next(p, np.roll(first, 1)), p)


def chain(p: float) -> Joint:
    """Four tokens, each k + 1 mod V after k with dependence p: D1 where p is 1."""
    step = _next(p, EVEN)
    return Joint("D1", np.einsum("a,ab,bc,cd->abcd", EVEN, step, step, step), p)


def two_pairs(p: float) -> Joint:
    """Four tokens, two pairs that know nothing of each other: D2 where p is 1."""
    one = pair(p).table
    return Joint("D2", np.einsum("ab,cd->abcd", one, one), p)


def _next(p: float, otherwise: Table) -> Table:
    """p(next | k): (V, V), rows sum to 1."""
    return p * np.roll(np.eye(VALUES), 1, axis=1) + (1 - p) * otherwise


def checkerboard(levels: int, squares: int = 4) -> Joint:
    """Even over every other square of a board of squares x squares; levels a multiple of it."""
    side = np.arange(levels) * squares // levels
    dark = (side[:, None] + side) % 2 == 0
    return Joint("checkerboard", dark / dark.sum())


def swiss_roll(levels: int, noise: float = 0.02, core: float = 0.99) -> Joint:
    """A spiral of one and a half turns in the unit square, blurred by a Gaussian of standard
    deviation `noise` and cut into levels x levels cells: each cell's share, by quadrature along the
    spiral. Its support is the fewest cells that hold `core` of it."""
    turn = np.linspace(1.5 * np.pi, 4.5 * np.pi, 4001)
    spiral = 0.5 + 0.42 * turn / turn[-1] * np.stack((np.cos(turn), np.sin(turn)))
    edges = (np.linspace(0, 1, levels + 1) - spiral[..., None]) / noise
    x, y = np.diff(0.5 * (1 + np.vectorize(erf)(edges / sqrt(2))), axis=-1)
    table = x.T @ y
    table[table < 1e-9 * table.max()] = 0  # would never be drawn
    table /= table.sum()
    largest = np.sort(table.ravel())[::-1]
    floor = largest[np.searchsorted(largest.cumsum(), core) + 1]
    return Joint("swiss roll", table, floor=float(floor))

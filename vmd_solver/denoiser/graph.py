"""A batch of puzzles on one board as the candidate graph that the networks read.

A *node* is an open candidate: a (cell, value) that `allowed` does not rule out, in a masked cell,
and that no unmasked cell of a shared unit has. A *factor* is a set of nodes of which exactly one is
true, or at most one: the nodes of a cell, and the nodes of a value in a unit. The rows of a batch
stand side by side in one graph without padding. Must not know of networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.denoiser.protocol import Floats, Ints

CLOSED_LOGIT = np.float32(-1e4)
"""Logit of a candidate that is not open: finite, so that nothing ever makes a NaN of it."""


@dataclass(frozen=True, eq=False)
class CandidateGraph:
    """N nodes in the order of (row, cell, value), and F factors with nodes."""

    shape: tuple[int, int, int]
    """B, n, D"""
    index: Ints
    """(N,) the place of each node among B x n x D"""
    nodes: Ints
    """(F, M) the nodes of each factor, N where it has fewer than the largest one"""
    factors: Ints
    """(N, K) the factors of each node, its cell first, F where it has fewer than the most"""
    kinds: Floats
    """(F, 2) in {0, 1}: whether a factor is a cell, whether exactly one of its nodes is true"""
    values: Ints
    """(B, n): x_t"""

    @classmethod
    def of(cls, board: Board, x_t: Ints, allowed: Floats) -> CandidateGraph:
        """The graph of x_t (B, n), 0 is the mask, and allowed (B, n, D) in {0, 1}."""
        B, n, D = allowed.shape
        index = np.flatnonzero(open_candidates(board, x_t, allowed))
        places, kinds = _factors(board)
        row, place = np.divmod(index, n * D)
        found = places[place]  # (N, K), -1 for none
        node, _ = np.nonzero(found >= 0)
        pairs = found[found >= 0] + row[node] * len(kinds)
        used = np.zeros(B * len(kinds), dtype=bool)
        used[pairs] = True  # factors without nodes are left out
        number = used.cumsum() - 1
        F = int(used.sum())
        factors = np.full(found.shape, F)
        factor = number[pairs]
        factors[found >= 0] = factor
        # The pairs of factor and node as a table: by factor, each node at its place in it.
        size, order = np.bincount(factor, minlength=F), factor.argsort(kind="stable")
        within = np.arange(len(factor)) - np.repeat(size.cumsum() - size, size)
        nodes = np.full((F, int(size.max(initial=0))), len(index))
        nodes[factor[order], within] = node[order]
        kinds = kinds[np.flatnonzero(used) % len(kinds)]
        return cls((B, n, D), index, nodes, factors, kinds, np.asarray(x_t))

    def __len__(self) -> int:
        return len(self.index)

    def gather(self, x: Floats) -> Floats:
        """x (B, n, D, c) at the nodes: (N, c)."""
        found: Floats = x.reshape(-1, x.shape[-1])[self.index]
        return found

    def scatter(self, x: Floats, into: Floats) -> Floats:
        """A copy of `into` (B, n, D, c) with x (N, c) at the nodes."""
        result = into.copy()
        result.reshape(-1, into.shape[-1])[self.index] = x
        return result

    def logits(self, logits: Floats) -> Floats:
        """Logits (B, n, D) from those of nodes (N,): closed elsewhere, 0 at what is unmasked."""
        result = np.full(self.shape, CLOSED_LOGIT)
        rows, cells = self.values.nonzero()
        result[rows, cells, self.values[rows, cells] - 1] = 0
        result.reshape(-1)[self.index] = logits
        return result


def open_candidates(board: Board, x_t: Ints, allowed: Floats) -> npt.NDArray[np.bool_]:
    """The open candidates (B, n, D) of x_t (B, n) and allowed (B, n, D)."""
    fixed = (np.asarray(x_t)[..., None] == np.arange(1, board.D + 1)).astype(np.float32)
    units = board.incidence.astype(np.float32)
    taken = np.matmul(units.T, np.matmul(units, fixed)) > 0
    result: npt.NDArray[np.bool_] = (allowed > 0) & (x_t == 0)[..., None] & ~taken
    return result


@lru_cache(maxsize=64)
def _factors(board: Board) -> tuple[Ints, Floats]:
    """The factors (n x D, K) of every (cell, value) of a board, -1 for none, and their kinds."""
    n, D = board.n, board.D
    units = np.asarray(board.incidence) > 0  # (U, n)
    own = [np.flatnonzero(units[:, cell]) for cell in range(n)]
    table = np.full((n, D, 1 + max(map(len, own), default=0)), -1)
    table[:, :, 0] = np.arange(n)[:, None]  # cells are the first n factors
    for cell, found in enumerate(own):
        table[cell, :, 1 : 1 + len(found)] = n + found * D + np.arange(D)[:, None]
    complete = np.repeat(np.asarray(board.complete, dtype=np.float32), D)
    is_cell = np.append(np.ones(n), np.zeros(len(complete)))
    exactly = np.append(np.ones(n), complete)
    kinds = np.stack((is_cell, exactly), axis=1).astype(np.float32)
    return table.reshape(n * D, -1), kinds

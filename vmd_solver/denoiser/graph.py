"""A batch of puzzles on one board as the candidate graph that the networks read.

A *node* is an open candidate: a (cell, value) that `allowed` does not rule out, in a masked cell,
and that goes with every unmasked cell of a shared unit or relation. A *factor* is a set of nodes of
which exactly one is true, or at most one: the nodes of a cell, and the nodes of a value in a unit.
The rows of a batch stand side by side in one graph without padding. Cells that are hidden variables
of a rule come after those of the board, and are always masked. Must not know of networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import Masks, masks_to_allowed, words_of
from vmd_solver.csp.memory import kept
from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.denoiser.rules import NO_RULES, RuleGraph, padded, rules_of

CLOSED_LOGIT = np.float32(-1e4)
"""Logit of a candidate that is not open: finite, so that nothing ever makes a NaN of it."""


@dataclass(frozen=True, eq=False)
class CandidateGraph:
    """N nodes in the order of (row, cell, value), and F factors with nodes."""

    shape: tuple[int, int, int]
    """B, n, D, where n counts hidden cells"""
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
    rules: RuleGraph | None = None
    """What is heard of relations and automata, where that was asked for."""

    @classmethod
    def of(cls, board: Board, x_t: Ints, allowed: Floats, ruled: bool = False) -> CandidateGraph:
        """The graph of x_t (B, cells), 0 is the mask, and allowed (B, cells, D) in {0, 1}; with
        relations and automata where it is to be `ruled`."""
        x_t = np.asarray(x_t)
        if ruled:
            x_t, allowed = with_hidden(board, x_t, allowed)
        B, n, D = allowed.shape
        open_ = open_candidates(board, x_t, allowed)
        heard = NO_RULES if ruled else None
        if ruled and board.linked:
            rules = rules_of(board, B)
            fixed = (x_t[..., None] == np.arange(1, D + 1)).ravel()
            open_ &= ~rules.excluded(fixed).reshape(open_.shape)
            heard = rules.graph(np.flatnonzero(open_), fixed)
        index = np.flatnonzero(open_)
        places, kinds = _factors(board, n)
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
        order = factor.argsort(kind="stable")
        nodes = padded(factor[order], node[order], F, len(index))
        kinds = kinds[np.flatnonzero(used) % len(kinds)]
        return cls((B, n, D), index, nodes, factors, kinds, x_t, heard)

    def __len__(self) -> int:
        return len(self.index)

    def inputs(self) -> dict[str, Ints | Floats]:
        """What the networks read, by name; of rules only where the graph was to be ruled."""
        found: dict[str, Ints | Floats]
        found = {"nodes": self.nodes, "factors": self.factors, "kinds": self.kinds}
        return found if self.rules is None else found | self.rules.inputs(len(self))

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


def cells_of(board: Board) -> int:
    """How many cells the graph of a board has: its own, and those hidden in its rules."""
    return len(board.constraints.domains) if board.rules else board.n


def with_hidden(board: Board, x_t: Ints, allowed: Floats) -> tuple[Ints, Floats]:
    """x_t and what is allowed, with the hidden cells: masked, and free within their domains."""
    hidden = cells_of(board) - board.n
    if not hidden:
        return x_t, allowed
    domains = np.array(board.constraints.domains[board.n :], dtype=np.int64)
    free = (domains[:, None] >> np.arange(board.D) & 1).astype(np.float32)
    more = np.broadcast_to(free, (len(x_t), *free.shape))
    return np.pad(x_t, ((0, 0), (0, hidden))), np.concatenate((allowed, more), axis=1)


def open_candidates(board: Board, x_t: Ints, allowed: Floats) -> npt.NDArray[np.bool_]:
    """The candidates (B, n, D) that are allowed, whose cell is masked in x_t (B, n), and that no
    unmasked cell of a shared unit has."""
    x_t = np.asarray(x_t)
    result: npt.NDArray[np.bool_] = (allowed > 0) & (x_t == 0)[..., None]
    cells, units = board.members
    order = units.argsort(kind="stable")
    table = [1 << value >> 1 for value in range(board.D + 1)]
    bits = np.array(table, dtype=words_of(board.D))[x_t]
    has = np.zeros((len(x_t), len(board.units)), dtype=bits.dtype)
    where, words = _united(units[order], bits[:, cells[order]])
    has[:, where] = words
    where, taken = _united(cells, has[:, units])
    result[:, where] &= ~masks_to_allowed(taken, board.D)
    return result


def _united(groups: Ints, words: Masks) -> tuple[Ints, Masks]:
    """The groups there are, and the union in each of words (B, M), whose `groups` (M,) rise."""
    first = np.flatnonzero(np.diff(groups, prepend=-1))
    return groups[first], np.bitwise_or.reduceat(words, first, axis=1)


@kept(64)
def _factors(board: Board, n: int) -> tuple[Ints, Floats]:
    """The factors (n x D, K) of every (cell, value) of a board, -1 for none, and their kinds, where
    n counts hidden cells, which have no units."""
    D = board.D
    own = [*map(list, board.homes), *[[]] * (n - board.n)]
    table = np.full((n, D, 1 + max(map(len, own), default=0)), -1)
    table[:, :, 0] = np.arange(n)[:, None]  # cells are the first n factors
    for cell, found in enumerate(own):
        table[cell, :, 1 : 1 + len(found)] = n + np.array(found) * D + np.arange(D)[:, None]
    complete = np.repeat(np.asarray(board.complete, dtype=np.float32), D)
    is_cell = np.append(np.ones(n), np.zeros(len(complete)))
    exactly = np.append(np.ones(n), complete)
    kinds = np.stack((is_cell, exactly), axis=1).astype(np.float32)
    return table.reshape(n * D, -1), kinds

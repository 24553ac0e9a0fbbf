"""Relations and automata as the networks hear them: lists over the places of a batch of boards.

A *place* is a (cell, value), numbered cell x D + value - 1, and those of a batch row after row. A
relation is heard through its *supports*: of each value of one of its cells, the values of the other
that go with it. An automaton is heard through its *arcs*, each from a state by a place to a state.
Must not know of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.constraints import Layers, turned
from vmd_solver.csp.memory import kept
from vmd_solver.denoiser.protocol import Floats, Ints

Flags = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int32]
"""Numbers of what a board has: training keeps those of very many boards."""


def padded(lists: Ints, items: Ints, count: int, filling: int) -> Ints:
    """Lists as a table (count, longest): `items` (m,) of the lists numbered in `lists` (m,), which
    rise, and `filling` where a list has no more.

    >>> padded(np.array([0, 0, 2]), np.array([5, 6, 7]), 3, -1).tolist()
    [[5, 6], [-1, -1], [7, -1]]
    """
    size = np.bincount(lists, minlength=count)
    within = np.arange(len(lists)) - np.repeat(size.cumsum() - size, size)
    table = np.full((count, int(size.max(initial=0))), filling)
    table[lists, within] = items
    return table


class RuleGraph(NamedTuple):
    """What relations and automata say about N nodes, once closed candidates are left out."""

    members: Ints
    """(P, 2) a support and a node in it, by support"""
    hearers: Ints
    """(S,) the node that each support is of"""
    arcs: Ints
    """(A, 4) state before, node or N for a fixed cell, state after, reading or V; by layer"""
    layers: Ints
    """(L + 1,) where the arcs of each layer begin"""
    readings: Ints
    """(V, 2) a node that an automaton reads, and the state in which that automaton accepts"""
    ends: Floats
    """(Q, 2) in {0, 1}: in which states automata begin, and in which they accept"""

    def inputs(self, N: int) -> dict[str, Ints | Floats]:
        """The lists as the networks read them, by name: those of supports as tables."""
        S = len(self.hearers)
        order = self.hearers.argsort(kind="stable")
        return {
            "supports": padded(self.members[:, 0], self.members[:, 1], S, N),
            "heard": padded(self.hearers[order], order, N, S),
            **{name: getattr(self, name) for name in ("arcs", "layers", "readings", "ends")},
        }


_PAIRS = np.zeros((0, 2), dtype=np.int64)
_NONE = _PAIRS[:, 0]
NO_RULES = RuleGraph(
    _PAIRS, _NONE, _PAIRS.reshape(0, 4), np.zeros(1, np.int64), _PAIRS, np.zeros((0, 2), np.float32)
)
"""Of boards with neither relations nor automata."""


@dataclass(frozen=True, eq=False)
class BoardRules:
    """The relations and automata of one board or of a batch of boards, over its places."""

    cells: int
    D: int
    sources: Small
    """(S,) the cell that each support is in"""
    hearers: Small
    """(S,) the place that it is of"""
    members: Small
    """(P, 2) a support and a place in it, by support"""
    arcs: Small
    """(A, 4) state before, place, state after, reading"""
    layer: Small
    """(A,) how many cells are read before"""
    readings: Small
    """(V, 2) a place that an automaton reads, and the state in which that automaton accepts"""
    ends: Floats
    """(Q, 2) as in `RuleGraph`"""

    @classmethod
    def of(cls, board: Board) -> BoardRules:
        """Those of a board; its hidden cells come after its cells."""
        D, (domains, relations, automata) = board.D, board.constraints
        sources, hearers, members = list[int](), list[int](), [_PAIRS]
        for a, b, rows in relations:
            for source, cell, table in ((a, b, turned(rows)), (b, a, rows)):
                support, value = _bits(table, D)
                members.append(np.stack((support + len(hearers), source * D + value), axis=1))
                sources += [source] * D
                hearers += range(cell * D, cell * D + D)
        arcs, readings, layer, ends = [NO_RULES.arcs], [_PAIRS], [_NONE], [NO_RULES.ends]
        states = read = 0
        for cells, layers in automata:
            count, own = _unrolled(layers)
            place = np.array(cells)[own[:, 1]] * D + own[:, 2]
            reading = read + own[:, 1] * D + own[:, 2]
            arcs.append(np.stack((own[:, 0] + states, place, own[:, 3] + states, reading), axis=1))
            layer.append(own[:, 1])
            places = (np.array(cells)[:, None] * D + np.arange(D)).ravel()
            states, read = states + count, read + len(places)
            readings.append(np.stack((places, np.full_like(places, states - 1)), axis=1))
            of_states = np.zeros((count, 2), dtype=np.float32)
            of_states[0, 0] = of_states[-1, 1] = 1
            ends.append(of_states)
        return cls(
            len(domains),
            D,
            np.array(sources, dtype=np.int32),
            np.array(hearers, dtype=np.int32),
            np.concatenate(members, dtype=np.int32),
            np.concatenate(arcs, dtype=np.int32),
            np.concatenate(layer, dtype=np.int32),
            np.concatenate(readings, dtype=np.int32),
            np.concatenate(ends),
        )

    @classmethod
    def joined(cls, boards: Sequence[BoardRules]) -> BoardRules:
        """Those of a batch, one board a row."""
        before = np.array(
            [(one.cells, len(one.hearers), len(one.ends), len(one.readings)) for one in boards],
            dtype=np.int32,
        )
        cells, supports, states, readings = before.cumsum(axis=0, dtype=np.int32).T - before.T
        D = boards[0].D

        def along(name: str, *offsets: Small) -> Small:
            """An array of all boards, its columns moved by what comes before each board."""
            parts = [getattr(one, name) for one in boards]
            whole: Small = np.concatenate(parts)
            sizes = [len(part) for part in parts]
            whole += np.stack(offsets, axis=1).repeat(sizes, axis=0).reshape(whole.shape)
            return whole

        return cls(
            sum(one.cells for one in boards),
            D,
            along("sources", cells),
            along("hearers", cells * D),
            along("members", supports, cells * D),
            along("arcs", states, cells * D, states, readings),
            np.concatenate([one.layer for one in boards]),
            along("readings", cells * D, states),
            np.concatenate([one.ends for one in boards]),
        )

    def excluded(self, fixed: Flags) -> Flags:
        """The places that the `fixed` ones, both (places,), rule out through a relation."""
        found = np.zeros_like(fixed)
        if len(self.hearers):
            decided = _decided(fixed, self.D)
            goes = np.zeros(len(self.hearers), dtype=bool)
            support, place = self.members[:, 0], self.members[:, 1]
            goes[support[fixed[place]]] = True
            found[self.hearers[np.flatnonzero(decided[self.sources] & ~goes)]] = True
        return found

    def graph(self, index: Ints, fixed: Flags) -> RuleGraph:
        """What is heard where the nodes are the places `index` (N,) and `fixed` ones are given."""
        N = len(index)
        node = np.full(len(fixed), -1)
        node[fixed] = N
        node[index] = np.arange(N)
        decided = _decided(fixed, self.D)
        hearers = node[self.hearers]
        kept = np.logical_and((hearers >= 0) & (hearers < N), ~decided[self.sources])
        support, place = self.members[:, 0], self.members[:, 1]
        used = np.flatnonzero(kept[support] & (node[place] >= 0))
        members = np.stack((_numbered(kept)[support[used]], node[place[used]]), axis=1)
        place, accepts = self.readings[:, 0], self.readings[:, 1]
        open_ = np.logical_and(node[place] >= 0, node[place] < N)
        readings = np.stack((node[place[open_]], accepts[open_]), axis=1)
        used = np.flatnonzero(node[self.arcs[:, 1]] >= 0)
        used = used[self.layer[used].argsort(kind="stable")]
        before, place, after, read = self.arcs[used].T
        arcs = np.stack((before, node[place], after, _numbered(open_)[read]), axis=1)
        layers = np.bincount(self.layer[used]).cumsum()
        return RuleGraph(members, hearers[kept], arcs, np.append(0, layers), readings, self.ends)


@kept(64)
def rules_of(board: Board, B: int) -> BoardRules:
    """The relations and automata of B rows of one board."""
    return BoardRules.joined([rules_of(board, 1)] * B) if B > 1 else BoardRules.of(board)


def _decided(fixed: Flags, D: int) -> Flags:
    """Which cells (cells,) have a fixed value."""
    found: Flags = fixed.reshape(-1, D).sum(axis=1) > 0
    return found


def _numbered(kept: Flags) -> Ints:
    """The number of each among what is kept (m,), and for others how many are kept."""
    number: Ints = np.where(kept, kept.cumsum() - 1, kept.sum())
    return number


def _bits(rows: Sequence[int], D: int) -> tuple[Ints, Ints]:
    """The ones of a table given as masks: row and column."""
    row, column = (np.array(rows)[:, None] >> np.arange(D) & 1).nonzero()
    return row, column


@lru_cache(maxsize=4096)
def _unrolled(layers: Layers) -> tuple[int, Ints]:
    """How many states an automaton has, the first of which begins and the last accepts, and its
    arcs (A, 4): state before, position, value - 1, state after."""
    sizes = [*map(len, layers), 1]
    starts = np.cumsum([0, *sizes])
    arcs = [
        (starts[at] + number, at, value, starts[at + 1] + after)
        for at, states in enumerate(layers)
        for number, state in enumerate(states)
        for values, after in state
        for value in range(values.bit_length())
        if values >> value & 1
    ]
    return int(starts[-1]), np.array(arcs, dtype=np.int64).reshape(-1, 4)

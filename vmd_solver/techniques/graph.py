"""The link graph of a state: which candidates force which, and chains of these.

A node is a candidate, or a group of places of one value that other cells can see at once. A *weak*
link joins nodes of which at most one is true, a *strong* one nodes of which at least one is. A set
of candidates is one whole number too: bit (v - 1) n + cell. It must not know of words or names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from vmd_solver.techniques.state import Geometry, Link, Mark, State, members, values_of

Node = tuple[int, int]
"""A value and the set of cells one of which holds it, if the node is true."""


class Forced(NamedTuple):
    """A strong link as it is used: `on` is true because `off` is not, and `unit` needs one of both.

    Where a cell does, `unit` is -1.
    """

    off: Node
    on: Node
    unit: int


Chain = tuple[Forced, ...]
"""Should the first node not be true, each next one is: the last `on`, if nothing else."""


@lru_cache(maxsize=1 << 14)  # most steps leave most places as they were
def _parts(geometry: Geometry, inside: int, number: int, outside: int) -> tuple[int, ...]:
    """The ways to part the places in a unit in two, each of which rules others out."""
    found, homes = list[int](), 0
    for cell in members(inside):
        homes |= geometry.homes[cell]
    for other in members(homes & ~(1 << number)):
        part = inside & geometry.units[other]
        rest = inside & ~part
        if not rest or part in found or rest in found:
            continue
        if all(geometry.see_all(half) & outside for half in (part, rest)):
            found.append(part)
    return tuple(found)


class Graph:
    """Links between candidates: strong ones in `cells` of two candidates, in complete `units` where
    a value has two places, and, if `grouped`, where its places fall in two groups."""

    def __init__(self, state: State, cells: bool, units: bool, grouped: bool) -> None:
        self.state, self.n, self.cells = state, state.puzzle.board.n, cells
        self.open = sum(bits << (value - 1) * self.n for value, bits in state.places.items())
        self.strong: dict[Node, list[Forced]] = {}
        self._weak: dict[Node, int] = {}
        self._next: dict[Node, list[Forced]] = {}
        for cell in state.bivalue if cells else ():
            low, high = ((value, 1 << cell) for value in values_of(state.candidates[cell]))
            self._link(low, high, -1)
        for number, unit in state.geometry.complete.items() if units else ():
            for value, places in state.places.items():
                inside = places & unit
                if inside.bit_count() == 2:
                    self._link((value, inside & -inside), (value, inside & inside - 1), number)
                elif grouped and inside:
                    for part in _parts(state.geometry, inside, number, places & ~unit):
                        self._link((value, part), (value, inside & ~part), number)
        self._places: dict[int, list[Node]] = {}
        self._groups: dict[int, list[Node]] = {}
        for node in self.strong:
            kind = self._groups if node[1] & node[1] - 1 else self._places
            kind.setdefault(node[0], []).append(node)
        self._single = {value: self.union(nodes) for value, nodes in self._places.items()}
        self._all = sum(self._single.values())

    def _link(self, one: Node, other: Node, unit: int) -> None:
        self.strong.setdefault(one, []).append(Forced(one, other, unit))
        self.strong.setdefault(other, []).append(Forced(other, one, unit))

    def bits(self, node: Node) -> int:
        """The candidates of a node, as a set."""
        return node[1] << (node[0] - 1) * self.n

    def union(self, nodes: Iterable[Node]) -> int:
        """The candidates of some nodes, as a set."""
        found = 0
        for node in nodes:
            found |= self.bits(node)
        return found

    def weak(self, node: Node) -> int:
        """The open candidates that are not true if the node is."""
        if node not in self._weak:
            value, cells = node
            seen = self.state.geometry.see_all(cells) & self.state.places[value]
            found = seen << (value - 1) * self.n
            if not cells & cells - 1:
                for other in values_of(self.state.candidates[cells.bit_length() - 1]):
                    if other != value:
                        found |= cells << (other - 1) * self.n
            self._weak[node] = found
        return self._weak[node]

    def next(self, node: Node) -> list[Forced]:
        """What a true node forces: each strong link whose one end it rules out."""
        if node not in self._next:
            value, weak = node[0], self.weak(node)
            # Without links in cells a chain stays with its value.
            known = self._all if self.cells else self._single.get(value, 0)
            out = [self.node(bit) for bit in members(weak & known)]
            out += [other for other in self._groups.get(value, ()) if not self.bits(other) & ~weak]
            self._next[node] = [forced for off in out for forced in self.strong[off]]
        return self._next[node]

    def node(self, bit: int) -> Node:
        """The node of one candidate."""
        value, cell = divmod(bit, self.n)
        return value + 1, 1 << cell

    def marks(self, bits: int) -> list[Mark]:
        """The cells and values of a set of candidates."""
        return [(bit % self.n, bit // self.n + 1) for bit in members(bits)]

    def strikes(self, chain: Chain) -> int:
        """What a chain rules out: what goes with neither of its ends, one of which is true; and
        if the ends do not go together, what goes with neither end of any of its weak links."""
        found = self.weak(chain[0].off) & self.weak(chain[-1].on)
        if closed(self, chain):
            for before, after in pairwise(chain):
                found |= self.weak(before.on) & self.weak(after.off)
        return found

    def reach(self, forced: Iterable[Forced], longest: int) -> Reach:
        """The nodes that are true if these first ones are, each once, nearest first, and the links
        that led to it."""
        parents: Parents = {}
        new: list[tuple[Node | None, Forced]] = [(None, one) for one in forced]
        for _ in range(longest):
            reached: list[tuple[Node | None, Forced]] = []
            for parent, one in new:
                if one.on not in parents:
                    parents[one.on] = parent, one
                    yield one.on, parents
                    reached += [(one.on, further) for further in self.next(one.on)]
            new = reached


Parents = dict[Node, tuple[Node | None, Forced]]
Reach = Iterator[tuple[Node, Parents]]


def traced(parents: Parents, node: Node) -> Chain:
    """The chain that led to a node."""
    chain: list[Forced] = []
    at: Node | None = node
    while at is not None:
        at, forced = parents[at]
        chain.append(forced)
    return tuple(reversed(chain))


def closed(graph: Graph, chain: Chain) -> bool:
    """Whether the ends of a chain go not together, so that it is a loop."""
    return not graph.bits(chain[0].off) & ~graph.weak(chain[-1].on)


@lru_cache(maxsize=8)
def graph(state: State, cells: bool = True, units: bool = True, grouped: bool = False) -> Graph:
    """The link graph of a state, of some kinds of strong links."""
    return Graph(state, cells, units, grouped)


def links_of(graph: Graph, chain: Chain) -> list[Link]:
    """The links of a chain, in order."""
    found = links_between([node for forced in chain for node in (forced.off, forced.on)], True)
    if closed(graph, chain):
        found.append(Link(found[-1].end, found[0].start, False))
    return found


def links_between(nodes: Iterable[Node], strong: bool) -> list[Link]:
    """Strong and weak links in turn, the first of them `strong`, from node to node: between the
    first candidates of these."""
    marks = [((cells & -cells).bit_length() - 1, value) for value, cells in nodes]
    return [
        Link(start, end, (at % 2 == 0) is strong) for at, (start, end) in enumerate(pairwise(marks))
    ]

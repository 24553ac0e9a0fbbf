"""What every rule is made of beside units, as data; knows no rule and no search.

A *relation* is a table of allowed pairs for two cells, and an *automaton* reads the values of a
sequence of cells and accepts some of them. Values are 1..D here, whatever numbers they mean, and a
set of values is a mask: bit v - 1 for value v.

Source: automata as constraints after Pesant, A regular language membership constraint for finite
sequences of variables (2004); unrolled over the cells and reduced as a multi-valued decision
diagram.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from vmd_solver.errors import InvalidPuzzle

MAX_ARCS = 2_000_000
"""Steps of an automaton that are looked at before its rule is refused as too large."""

Layers = tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
"""An automaton over k cells: k layers of states, each state a tuple of (values, next state).

It begins in state 0 of layer 0. `values` is a mask, and the next state a number in the next layer;
after the last layer there is one state, 0, which accepts. Without layers nothing is accepted.
"""


class Domain(NamedTuple):
    """A cell whose value is one of the mask `values`."""

    cell: int
    values: int


class Relation(NamedTuple):
    """Two cells, and for each value of `a` the mask of values that `b` may have: D masks."""

    a: int
    b: int
    rows: tuple[int, ...]


class Automaton(NamedTuple):
    """Cells, in the order in which they are read, and the automaton that reads them."""

    cells: tuple[int, ...]
    layers: Layers


Constraint = Domain | Relation | Automaton
"""What a rule yields beside units. A cell below 0 is *hidden*: a variable of that rule alone, -1,
-2, ..."""


def layered(
    D: int,
    length: int,
    start: Hashable,
    step: Callable[[Any, int, int], Any],
    accept: Callable[[Any], bool],
) -> Layers:
    """The automaton over `length` cells, unrolled, without dead ends, and as small as can be.

    `step(state, index, value)` is the state after the cell at `index`, a set of states that may
    follow, or None to reject. Returns no layers if no sequence of values is accepted. Raises
    InvalidPuzzle above MAX_ARCS.

    >>> layered(3, 2, 0, lambda total, _, value: total + value, lambda total: total == 4)
    ((((1, 0), (2, 1), (4, 2)),), (((4, 0),), ((2, 0),), ((1, 0),)))
    """
    reached: list[list[Any]] = [[start]]
    steps: list[list[dict[Any, int]]] = []
    arcs = 0
    for index in range(length):
        following: list[dict[Any, int]] = []
        for state in reached[-1]:
            to: dict[Any, int] = {}
            for value in range(1, D + 1):
                after = step(state, index, value)
                for one in after if isinstance(after, set) else (after,):
                    if one is not None:
                        to[one] = to.get(one, 0) | 1 << value - 1
            following.append(to)
            arcs += D
        if arcs > MAX_ARCS:
            raise InvalidPuzzle("the rule has too many cases to be solved")
        steps.append(following)
        reached.append(list(dict.fromkeys(after for to in following for after in to)))
    return _reduced(reached, steps, accept)


def _reduced(
    reached: list[list[Any]], steps: list[list[dict[Any, int]]], accept: Callable[[Any], bool]
) -> Layers:
    """From the last layer to the first, states with the same arcs become one."""
    layers: list[tuple[tuple[tuple[int, int], ...], ...]] = []
    number = {state: 0 for state in reached[-1] if accept(state)}
    for states, following in zip(reached[-2::-1], reversed(steps), strict=True):
        known: dict[tuple[tuple[int, int], ...], int] = {}
        here: dict[Any, int] = {}
        for state, to in zip(states, following, strict=True):
            merged: dict[int, int] = {}
            for after, values in to.items():
                if after in number:
                    merged[number[after]] = merged.get(number[after], 0) | values
            if merged:
                arcs = tuple((values, after) for after, values in merged.items())
                here[state] = known.setdefault(arcs, len(known))
        layers.append(tuple(known))
        number = here
    return tuple(reversed(layers)) if number else ()


def table(D: int, allowed: Callable[[int, int], bool]) -> tuple[int, ...]:
    """The rows of a relation: for each value 1..D of the first cell a mask for the second.

    >>> table(3, lambda a, b: a < b)
    (6, 4, 0)
    """
    values = range(1, D + 1)
    return tuple(sum(1 << b - 1 for b in values if allowed(a, b)) for a in values)


@lru_cache(maxsize=1024)
def turned(rows: tuple[int, ...]) -> tuple[int, ...]:
    """The same relation, seen from the other cell.

    >>> turned((0b110, 0b100, 0))
    (0, 1, 3)
    """
    values = range(len(rows))
    return tuple(sum((rows[a] >> b & 1) << a for a in values) for b in values)


def mask_of(values: Iterable[int]) -> int:
    """The mask of values 1..D.

    >>> mask_of((1, 3))
    5
    """
    return sum(1 << value - 1 for value in set(values))

"""A board as sets of cells: what every technique looks things up in. Must not know of candidates.

A set of cells, of units or of values is one whole number, bit i standing for member i: such sets
are cut and joined in one operation whatever the size of the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from vmd_solver.csp import Board


def members(bits: int) -> Iterator[int]:
    """The members of a set, in order.

    >>> list(members(0b10110))
    [1, 2, 4]
    """
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def set_of(members: Iterable[int]) -> int:
    """The set of different members."""
    return sum(1 << member for member in members)


def values_of(mask: int) -> tuple[int, ...]:
    """The values of a mask of candidates, bit v - 1 standing for v."""
    return tuple(bit + 1 for bit in members(mask))


@dataclass(frozen=True)
class Kind:
    """Units that share no cell with one another, such as the rows, or the windows.

    `units` are their numbers; `home[cell]` is the set that holds the position in `units` of the
    one with the cell, empty where none has it.
    """

    units: tuple[int, ...]
    home: tuple[int, ...]


class Geometry:
    """A board's units and peers as sets.

    `units[number]` and `peers[cell]` are sets of cells, `homes[cell]` is the set of the cell's
    units. `complete` has the units that hold every value, by number. `kinds` shares all units of
    two cells and more out, each to the first kind that it fits into.
    """

    def __init__(self, board: Board) -> None:
        self.units = tuple(map(set_of, board.units))
        self.peers = tuple(map(set_of, board.peers))
        self.homes = tuple(map(set_of, board.homes))
        self.complete = {
            number: self.units[number]
            for number, unit in enumerate(board.units)
            if len(unit) == board.D
        }
        self.kinds: list[Kind] = []
        rest = [number for number, unit in enumerate(board.units) if len(unit) > 1]
        while rest:
            taken: list[int] = []
            home = [0] * board.n
            for number in rest:
                if not any(home[cell] for cell in board.units[number]):
                    for cell in board.units[number]:
                        home[cell] = 1 << len(taken)
                    taken.append(number)
            rest = [number for number in rest if number not in taken]
            self.kinds.append(Kind(tuple(taken), tuple(home)))

    def see_all(self, cells: int) -> int:
        """The cells that see each of `cells`; none of these among them."""
        seen = -1
        for cell in members(cells):
            seen &= self.peers[cell]
            if not seen:
                break
        return seen

    def see_any(self, cells: int) -> int:
        """The cells that see one of `cells` at least."""
        seen = 0
        for cell in members(cells):
            seen |= self.peers[cell]
        return seen

    def shared_units(self, cells: int) -> Iterator[int]:
        """The units that hold all of `cells`, of which there are some."""
        shared = -1
        for cell in members(cells):
            shared &= self.homes[cell]
        return members(shared)


@lru_cache(maxsize=64)
def geometry(board: Board) -> Geometry:
    """The geometry of a board."""
    return Geometry(board)

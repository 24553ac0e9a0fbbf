"""What the rules say of a board that is being filled in: candidates, conflicts, how many are left.

Nothing here searches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from vmd_solver.csp.puzzle import Board


class Rules:
    """The rules of one board, asked of any values (n entries, 0 where open)."""

    def __init__(self, board: Board) -> None:
        self.board, self.full_mask = board, (1 << board.D) - 1
        complete = {tuple(sorted(unit)) for unit in board.units if len(unit) == board.D}
        rows = (tuple(range(at, at + board.cols)) for at in range(0, board.n, board.cols))
        self.places = board.rows if complete.issuperset(rows) else None
        """How often each value occurs in a full grid, where complete rows settle it."""

    def candidates(self, values: Sequence[int]) -> list[int]:
        """Masks (n,) of the values that no peer holds; 0 where the cell is filled."""
        held = [1 << value >> 1 for value in values]
        seen = [reduce(or_, (held[cell] for cell in unit), 0) for unit in self.board.units]
        return [
            0 if value else self.full_mask & ~reduce(or_, (seen[unit] for unit in homes), 0)
            for value, homes in zip(values, self.board.homes, strict=True)
        ]

    def conflicts(self, values: Sequence[int]) -> frozenset[int]:
        """The cells whose value occurs again in one of their units."""
        found: set[int] = set()
        for unit in self.board.units:
            places: dict[int, int] = {}
            for cell in unit:
                value = values[cell]
                if value and places.setdefault(value, cell) != cell:
                    found |= {cell, places[value]}
        return frozenset(found)


def mask_values(mask: int) -> Iterator[int]:
    """The values of a mask, in rising order.

    >>> list(mask_values(0b1010))
    [2, 4]
    """
    return (at for at in range(1, mask.bit_length() + 1) if mask >> at - 1 & 1)

"""What the rules say of a board that is being filled in: candidates, conflicts, how many are left.

Plain loops over the units; nothing here searches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmd_solver.csp.puzzle import Board


class Rules:
    """The rules of one board, asked of any values (n entries, 0 where open)."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.full_mask = (1 << board.D) - 1
        self.places = _places(board)

    def candidates(self, values: Sequence[int]) -> list[int]:
        """Masks (n,) of the values that no peer holds; 0 where the cell is filled."""
        seen = [self._seen(unit, values) for unit in self.board.units]
        masks = []
        for cell, value in enumerate(values):
            mask = 0 if value else self.full_mask
            for unit in self.board.homes[cell]:
                mask &= ~seen[unit]
            masks.append(mask)
        return masks

    def _seen(self, unit: Sequence[int], values: Sequence[int]) -> int:
        mask = 0
        for cell in unit:
            if values[cell]:
                mask |= 1 << values[cell] - 1
        return mask

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
    while mask:
        low = mask & -mask
        yield low.bit_length()
        mask ^= low


def _places(board: Board) -> int | None:
    """How often each value occurs in a full grid, where complete rows settle it."""
    complete = {tuple(sorted(unit)) for unit in board.units if len(unit) == board.D}
    rows = (tuple(range(row, row + board.cols)) for row in range(0, board.n, board.cols))
    return board.rows if all(row in complete for row in rows) else None

"""Latin squares: rows and columns only (with holes, quasigroup completion)."""

from __future__ import annotations

from functools import cache

from vmd_solver.csp.puzzle import Board


@cache
def latin(order: int) -> Board:
    """Latin square of the given order.

    >>> len(latin(5).units)
    10
    """
    return Board("latin", order, order, order, lines(order))


def lines(order: int) -> tuple[tuple[int, ...], ...]:
    """Rows, then columns, of a square board."""
    rows = tuple(tuple(range(row * order, (row + 1) * order)) for row in range(order))
    return rows + tuple(zip(*rows, strict=True))

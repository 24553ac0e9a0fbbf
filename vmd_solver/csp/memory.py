"""What one puzzle may take of memory, and about how much it will: nothing else decides that.

Estimates are of what grows with a board, and right within a small factor.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from itertools import chain
from typing import Any, TypeVar

from vmd_solver.csp.puzzle import Board
from vmd_solver.errors import TooLarge

MOST = 2_000_000_000
"""Bytes that one puzzle may take."""

LARGE = 1 << 16
"""Candidates and units from which a board is large: tables are kept of no more than one such."""

HELD = 1 << 22
"""Candidates and units of all the boards that are held at a time, beside one."""

_PAIR, _NODE, _ARC = 50, 768, 512
"""Bytes of two cells that share a unit, in the tables of a search; of a candidate and one of its
factors in a call of a model, and of a value of an arc of an automaton. Measured."""

Made = TypeVar("Made")


def require(size: float, what: str) -> None:
    """Raise TooLarge where `what` takes more than MOST bytes."""
    if size > MOST:
        raise TooLarge(
            f"too large: {what} takes about {size / 1e9:,.1f} GB of memory, "
            f"at most {MOST / 1e9:.1f} are allowed"
        )


def of_search(board: Board) -> int:
    """Bytes of what a search keeps of a board; its stack grows with its depth."""
    return _PAIR * sum(len(unit) ** 2 for unit in board.units)


def of_call(board: Board) -> int:
    """Bytes of one row of a call of a model, where no candidate is closed."""
    layers = (layer for read in board.constraints.automata for layer in read.layers)
    states = chain.from_iterable(layers)
    arcs = sum(values.bit_count() for values, _ in chain.from_iterable(states))
    return board.n * board.D * (2 + board.most_homes) * _NODE + arcs * _ARC


def size(board: Board) -> int:
    """How much there is of a board, in candidates and units."""
    return board.n * board.D + len(board.units)


def kept(many: int) -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    """As `lru_cache`, for functions of a board: of large ones only the last is kept."""

    def decorate(make: Callable[..., Made]) -> Callable[..., Made]:
        usual, large = lru_cache(many)(make), lru_cache(1)(make)

        @wraps(make)
        def found(*asked: Any) -> Made:
            board = next(one for one in asked if isinstance(one, Board))
            return (large if size(board) > LARGE else usual)(*asked)

        return found

    return decorate

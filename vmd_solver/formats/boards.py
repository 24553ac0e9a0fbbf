"""From a board's description, as files give it, to the board, and back.

Knows the families and what each is described by; knows nothing of text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from math import isqrt

from vmd_solver.csp.families import (
    FAMILIES,
    box_regions,
    grid,
    jigsaw,
    latin,
    sudoku,
    sudoku_x,
    windoku,
)
from vmd_solver.csp.puzzle import MAX_VALUES, Board
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.symbols import shown

MAX_CELLS = 65_536
"""Largest board that is read: a header of a few characters must not ask for all the memory."""

BOXED: dict[str, Callable[[int, int], Board]] = {
    "sudoku": sudoku,
    "sudoku-x": sudoku_x,
    "windoku": windoku,
}
"""The families described by a box shape."""

BARE = (*BOXED, "latin")
"""The families described by size alone, so that bare text can hold them."""


@dataclass(frozen=True)
class Description:
    """What files say of a board; None where they say nothing.

    `size` is (rows, cols), `box` (box rows, box cols), `values` D, `regions` the region of each
    cell, `units` the cells of each unit.
    """

    family: str
    size: tuple[int, int] | None = None
    box: tuple[int, int] | None = None
    values: int | None = None
    regions: tuple[int, ...] | None = None
    units: tuple[tuple[int, ...], ...] | None = None


_TAKES = {
    **dict.fromkeys(BOXED, ("size", "box", "values", "regions")),
    "jigsaw": ("size", "values", "regions"),
    "jigsaw-x": ("size", "values", "regions"),
    "latin": ("size", "values"),
    "grid": ("size", "values", "units"),
}


def build(stated: Description, n: int | None = None) -> Board:
    """The board that is described; `n`, its number of cells, stands in for a size not stated.

    Raises PuzzleSyntaxError where the description is incomplete or contradicts itself, and
    InvalidPuzzle where the family refuses it.
    """
    require_family(stated.family)
    _require_taken(stated)
    if stated.family == "grid":
        return _free(stated)
    if stated.family in ("jigsaw", "jigsaw-x"):
        if stated.regions is None:
            raise PuzzleSyntaxError(f"a {stated.family} needs its regions: add regions")
        board = jigsaw(stated.regions, diagonal=stated.family == "jigsaw-x")
    else:
        board = bare_board(stated.family, _order(stated, n), stated.box)
    return _agreed(board, stated)


def describe(board: Board) -> Description:
    """What a file must say so that `build` returns this very board.

    Raises PuzzleError where no description does, because the units are not those of the family.
    """
    stated = Description(
        board.family,
        (board.rows, board.cols),
        board.box,
        board.D,
        None if board.family in BOXED else board.regions,
        board.units if board.family == "grid" else None,
    )
    try:
        same = build(stated) == board
    except PuzzleError:
        same = False
    if not same:
        raise PuzzleError(f"the units are not those of the family {board.family}: use family grid")
    return stated


@cache
def bare_board(family: str, order: int, box: tuple[int, int] | None = None) -> Board:
    """The square board of a family in `BARE`, with the usual boxes unless others are given."""
    require_bare_family(family)
    if order > MAX_VALUES:
        raise PuzzleSyntaxError(f"{order}x{order} is too large: at most {MAX_VALUES} values")
    if family == "latin":
        return latin(order)
    shape = box or default_box(order)
    if shape is None:
        raise PuzzleSyntaxError(
            f"a {order}x{order} board has no usual boxes: state a box shape, or family latin"
        )
    if min(shape) < 1 or shape[0] * shape[1] != order:
        raise PuzzleSyntaxError(
            f"boxes of {shape[0]}x{shape[1]} do not fit {order}x{order}: expected {order} cells"
        )
    return BOXED[family](*shape)


def default_box(order: int) -> tuple[int, int] | None:
    """The usual box (rows, cols): as square as can be, wide rather than tall.

    >>> default_box(6), default_box(9), default_box(12), default_box(7)
    ((2, 3), (3, 3), (3, 4), None)
    """
    rows = next((r for r in range(isqrt(order), 1, -1) if order % r == 0), None)
    return (rows, order // rows) if rows else None


def order_of(n: int) -> int | None:
    """Side of a square board of n cells, or None if it is not square."""
    order = isqrt(n)
    return order if order and order * order == n else None


def require_family(family: str) -> None:
    """Raise PuzzleSyntaxError unless there is such a family."""
    if family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise PuzzleSyntaxError(f"unknown family {shown(family)}: expected one of {known}")


def require_bare_family(family: str) -> None:
    """Raise PuzzleSyntaxError unless cells alone describe a board of this family."""
    require_family(family)
    if family not in BARE:
        raise PuzzleSyntaxError(
            f"cells alone do not describe a {family}: expected one of {', '.join(BARE)}, "
            "or regions and units in the format vmd or jsonl"
        )


def _require_taken(stated: Description) -> None:
    for field in fields(stated)[1:]:
        if getattr(stated, field.name) is not None and field.name not in _TAKES[stated.family]:
            takes = ", ".join(_TAKES[stated.family])
            raise PuzzleSyntaxError(f"family {stated.family} takes no {field.name}, only {takes}")


def _order(stated: Description, n: int | None) -> int:
    if stated.size is not None:
        rows, cols = stated.size
        if rows != cols:
            raise PuzzleSyntaxError(f"a {stated.family} is square: got size {rows}x{cols}")
        return rows
    if stated.box is not None:
        return stated.box[0] * stated.box[1]
    order = order_of(n or 0)
    if order is None:
        raise PuzzleSyntaxError(f"{n or 0} cells are not a square board: state its size")
    return order


def _agreed(board: Board, stated: Description) -> Board:
    """The board, checked against all of its description."""
    if stated.size not in (None, (board.rows, board.cols)):
        rows, cols = stated.size
        raise PuzzleSyntaxError(f"size {rows}x{cols} contradicts a {board.rows}x{board.cols} board")
    if stated.values not in (None, board.D):
        raise PuzzleSyntaxError(f"{stated.values} values contradict a board of {board.D}")
    if board.box and stated.regions is not None and stated.regions != box_regions(*board.box):
        raise PuzzleSyntaxError(
            f"the regions are not boxes of {board.box[0]}x{board.box[1]}: use family jigsaw"
        )
    return board


def _free(stated: Description) -> Board:
    if stated.size is None or stated.values is None or stated.units is None:
        missing = [key for key in ("size", "values", "units") if getattr(stated, key) is None]
        raise PuzzleSyntaxError(f"a grid needs size, values and units: add {', '.join(missing)}")
    rows, cols = stated.size
    if rows * cols > MAX_CELLS:
        raise PuzzleSyntaxError(f"{rows}x{cols} is too large: at most {MAX_CELLS} cells")
    return grid(rows, cols, stated.values, stated.units)

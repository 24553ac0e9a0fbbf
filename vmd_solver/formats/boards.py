"""From a board's description, as files give it, to the board, and back; knows nothing of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from math import isqrt

from vmd_solver.csp import families
from vmd_solver.csp.constraints import Relation, turned
from vmd_solver.csp.puzzle import MAX_VALUES, Board, Puzzle, Rule
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.symbols import shown

MAX_CELLS = 65_536
"""Largest board that is read: a header of a few characters must not ask for all the memory."""

BOXED: dict[str, Callable[[int, int], Board]] = {
    "sudoku": families.sudoku,
    "sudoku-x": families.sudoku_x,
    "windoku": families.windoku,
}
"""The families described by a box shape."""

BARE = (*BOXED, "latin")
"""The families described by size alone, so that bare text can hold them."""

_TAKES = {
    **dict.fromkeys(BOXED, ("size", "box", "values", "regions")),
    "jigsaw": ("size", "values", "regions"),
    "jigsaw-x": ("size", "values", "regions"),
    "latin": ("size", "values"),
    "grid": ("size", "values", "units", "regions", "holes"),
}
_ASPECTS = ("size", "box", "values", "regions", "units", "holes")


@dataclass(frozen=True)
class Description:
    """What files say of a board; None where they say nothing.

    `size` is (rows, cols), `box` (box rows, box cols), `values` D, `regions` the region of each
    cell, `units` the cells of each unit, `low` the number that value 1 means, `holes` the places
    without a cell. `rules` are what the board asks beside its units.
    """

    family: str
    size: tuple[int, int] | None = None
    box: tuple[int, int] | None = None
    values: int | None = None
    regions: tuple[int, ...] | None = None
    units: tuple[tuple[int, ...], ...] | None = None
    low: int | None = None
    holes: tuple[int, ...] | None = None
    rules: tuple[Rule, ...] = ()


def build(stated: Description, n: int | None = None) -> Board:
    """The board that is described; `n`, its number of cells, stands in for a size not stated.

    Raises PuzzleSyntaxError where the description is incomplete or contradicts itself, and
    InvalidPuzzle where the family, or a rule, refuses it.
    """
    if (stated.low or 0) < 0:
        raise PuzzleSyntaxError(f"the least number is {stated.low}: expected 0 or more")
    board = _plain(stated, n)
    if stated.low is not None or stated.holes is not None:
        low = 1 if stated.low is None else stated.low
        board = replace(board, low=low, holes=stated.holes or ())
    return families.with_rules(board, stated.rules) if stated.rules else board


def _plain(stated: Description, n: int | None) -> Board:
    """The board without its rules, holes and numbers."""
    family, size, box, regions = stated.family, stated.size, stated.box, stated.regions
    require_family(family)
    for key in _ASPECTS:
        if getattr(stated, key) is not None and key not in _TAKES[family]:
            takes = ", ".join(_TAKES[family])
            raise PuzzleSyntaxError(f"family {family} takes no {key}, only {takes}")
    if family == "grid":
        return _free(stated)
    if family in BARE:
        board = bare_board(family, _order(stated, n), box)
    elif regions is None:
        raise PuzzleSyntaxError(f"a {family} needs its regions: add regions")
    else:
        board = families.jigsaw(regions, diagonal=family == "jigsaw-x")
    if size is not None and size != (board.rows, board.cols):
        shape = f"{board.rows}x{board.cols}"
        raise PuzzleSyntaxError(f"size {size[0]}x{size[1]} contradicts a {shape} board")
    if stated.values not in (None, board.D):
        raise PuzzleSyntaxError(f"{stated.values} values contradict a board of {board.D}")
    if board.box and regions is not None and regions != board.regions:
        shape = f"{board.box[0]}x{board.box[1]}"
        raise PuzzleSyntaxError(f"the regions are not boxes of {shape}: use family jigsaw")
    return board


def describe(board: Board) -> Description:
    """What a file must say so that `build` returns this very board.

    Raises PuzzleError where no description does, because the units are not those of the family.
    """
    free = board.family == "grid"
    stated = Description(
        board.family,
        (board.rows, board.cols),
        board.box,
        board.D,
        None if board.family in BOXED else board.regions,
        families.without_rules(board).units if free else None,
        None if board.low == 1 else board.low,
        board.holes or None,
        board.rules,
    )
    try:
        same = build(stated) == board
    except PuzzleError:
        same = False
    if not same:
        raise PuzzleError(f"the units are not those of the family {board.family}: use family grid")
    return stated


def alike(one: Board, other: Board) -> bool:
    """Whether two boards ask for the same, in whatever order and by whichever rules."""
    return _asked(one) == _asked(other)


def require_same(puzzle: Puzzle, found: Puzzle, name: str) -> None:
    """Raise PuzzleError unless `found`, read back from the format `name`, is the same puzzle."""
    kept = alike(puzzle.board, found.board) and puzzle.givens == found.givens
    if not kept or puzzle.alphabet != found.alphabet:
        what = "alphabet" if kept else "board and its rules"
        raise PuzzleError(f"the {name} format cannot hold this {what}: use vmd or jsonl")


def _asked(board: Board) -> tuple[object, ...]:
    def forward(one: Relation) -> Relation:
        return one if one.a < one.b else Relation(one.b, one.a, turned(one.rows))

    domains, relations, automata = board.constraints
    shape = board.rows, board.cols, board.D, board.low, board.holes, board.box, board.regions
    units = frozenset(map(frozenset, board.units))
    return *shape, units, domains, frozenset(map(forward, relations)), frozenset(automata)


@cache
def bare_board(family: str, order: int, box: tuple[int, int] | None = None) -> Board:
    """The square board of a family in `BARE`, with the usual boxes unless others are given."""
    require_bare_family(family)
    if order > MAX_VALUES:
        raise PuzzleSyntaxError(f"{order}x{order} is too large: at most {MAX_VALUES} values")
    if family == "latin":
        return families.latin(order)
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
    shapes = ((rows, order // rows) for rows in range(isqrt(order), 1, -1) if order % rows == 0)
    return next(shapes, None)


def order_of(n: int) -> int | None:
    """Side of a square board of n cells, or None if it is not square."""
    order = isqrt(n)
    return order if order and order * order == n else None


def require_family(family: str) -> None:
    """Raise PuzzleSyntaxError unless there is such a family."""
    if family not in families.FAMILIES:
        known = ", ".join(families.FAMILIES)
        raise PuzzleSyntaxError(f"unknown family {shown(family)}: expected one of {known}")


def require_bare_family(family: str) -> None:
    """Raise PuzzleSyntaxError unless cells alone describe a board of this family."""
    require_family(family)
    if family not in BARE:
        raise PuzzleSyntaxError(
            f"cells alone do not describe a {family}: expected one of {', '.join(BARE)}, "
            "or regions and units in the format vmd or jsonl"
        )


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


def _free(stated: Description) -> Board:
    if stated.size is None or stated.values is None or stated.units is None:
        missing = [key for key in ("size", "values", "units") if getattr(stated, key) is None]
        raise PuzzleSyntaxError(f"a grid needs size, values and units: add {', '.join(missing)}")
    rows, cols = stated.size
    if rows * cols > MAX_CELLS:
        raise PuzzleSyntaxError(f"{rows}x{cols} is too large: at most {MAX_CELLS} cells")
    return families.grid(rows, cols, stated.values, stated.units, stated.regions)

"""Puzzle families: each one function that says what the units of a board are."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from math import isqrt

from vmd_solver.csp.puzzle import Board, Rule
from vmd_solver.errors import InvalidPuzzle

FAMILIES = ("sudoku", "sudoku-x", "windoku", "jigsaw", "jigsaw-x", "latin", "grid")
"""Every family's name, as files and reports write it."""


@cache
def latin(order: int) -> Board:
    """Latin square: rows and columns only (with holes, quasigroup completion).

    >>> len(latin(5).units)
    10
    """
    return Board("latin", order, order, order, lines(order))


@cache
def sudoku(box_rows: int = 3, box_cols: int = 3) -> Board:
    """Sudoku with boxes of `box_rows` x `box_cols` cells, on a square board of their product.

    >>> sudoku(2, 3).D, len(sudoku(2, 3).units)
    (6, 18)
    """
    D = box_rows * box_cols
    regions = box_regions(box_rows, box_cols)
    units = lines(D) + units_of_regions(regions)
    return Board("sudoku", D, D, D, units, (box_rows, box_cols), regions)


@cache
def sudoku_x(box_rows: int = 3, box_cols: int = 3) -> Board:
    """Sudoku whose two diagonals are units too."""
    return with_diagonals(sudoku(box_rows, box_cols), "sudoku-x")


@cache
def windoku(box_rows: int = 3, box_cols: int = 3) -> Board:
    """Windoku (hyper Sudoku): windows of box size, one cell in from the edge and one cell apart.

    >>> len(windoku().units)  # 27 and four windows
    31
    """
    board = sudoku(box_rows, box_cols)
    corners = itertools.product(
        range(1, board.rows - box_rows, box_rows + 1),
        range(1, board.cols - box_cols, box_cols + 1),
    )
    inside = [row * board.cols + col for row in range(box_rows) for col in range(box_cols)]
    windows = tuple(tuple(top * board.cols + left + at for at in inside) for top, left in corners)
    return replace(board, family="windoku", units=board.units + windows)


def jigsaw(regions: Sequence[int], diagonal: bool = False) -> Board:
    """Square board whose cell i belongs to region `regions[i]`; with `diagonal`, jigsaw X.

    Regions are renumbered in order of appearance, so that equal drawings are equal boards.
    Raises InvalidPuzzle where the board is not square or a region has not `order` cells.
    """
    order = isqrt(len(regions))
    if order * order != len(regions) or not order:
        raise InvalidPuzzle(f"a jigsaw is square, got {len(regions)} cells")
    labels = numbered(regions)
    for region, size in Counter(labels).items():
        if size != order:
            raise InvalidPuzzle(f"region {region + 1} has {size} cells, expected {order}")
    units = lines(order) + units_of_regions(labels)
    board = Board("jigsaw", order, order, order, units, None, labels)
    return with_diagonals(board, "jigsaw-x") if diagonal else board


def numbered(regions: Sequence[int]) -> tuple[int, ...]:
    """Regions numbered in the order in which they appear.

    >>> numbered((7, 7, 3))
    (0, 0, 1)
    """
    labels = {label: number for number, label in enumerate(dict.fromkeys(regions))}
    return tuple(labels[label] for label in regions)


def grid(
    rows: int,
    cols: int,
    D: int,
    units: Sequence[Sequence[int]],
    regions: Sequence[int] | None = None,
) -> Board:
    """The free form: `rows` x `cols` cells with values 1..D, and any units as cell lists.

    `regions` are drawn, and rules may ask for them, but they are no units. They are renumbered as
    those of a jigsaw.
    """
    drawn = None if regions is None else numbered(regions)
    return Board("grid", rows, cols, D, tuple(map(tuple, units)), None, drawn)


def with_rules(board: Board, rules: Sequence[Rule]) -> Board:
    """The board with these rules instead of its own, and with the units that they bring.

    Raises InvalidPuzzle where a rule makes no sense on the board.
    """
    plain = without_rules(board)
    ruled = replace(plain, rules=tuple(rules))
    units = ruled_units(ruled)
    board = replace(ruled, units=plain.units + units)
    board.constraints  # noqa: B018  # refuse what makes no sense now
    return board


def without_rules(board: Board) -> Board:
    """The board with neither its rules nor the units that they brought."""
    if not board.rules:
        return board
    own = len(board.units) - len(ruled_units(board))
    return replace(board, rules=(), units=board.units[:own])


def ruled_units(board: Board) -> tuple[tuple[int, ...], ...]:
    """The units that the rules of a board bring."""
    return tuple(unit for rule in board.rules for unit in rule.units(board))


def lines(order: int) -> tuple[tuple[int, ...], ...]:
    """Rows, then columns, of a square board."""
    rows = tuple(tuple(range(row * order, (row + 1) * order)) for row in range(order))
    return rows + tuple(zip(*rows, strict=True))


def box_regions(box_rows: int, box_cols: int) -> tuple[int, ...]:
    """Box number of each cell, row by row; there are `box_rows` boxes beside one another."""
    D = box_rows * box_cols
    return tuple(
        row // box_rows * box_rows + col // box_cols for row in range(D) for col in range(D)
    )


def units_of_regions(regions: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The cells of each region, in order of the region's label.

    >>> units_of_regions((0, 1, 1, 0))
    ((0, 3), (1, 2))
    """
    return tuple(
        tuple(cell for cell, region in enumerate(regions) if region == label)
        for label in sorted(set(regions))
    )


def with_diagonals(board: Board, family: str) -> Board:
    """The same square board, under the name `family`, with both diagonals among its units."""
    order = board.rows
    main = tuple(step * (order + 1) for step in range(order))
    other = tuple((step + 1) * (order - 1) for step in range(order))
    return replace(board, family=family, units=(*board.units, main, other))

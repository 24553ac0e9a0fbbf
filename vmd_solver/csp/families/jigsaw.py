"""Jigsaw Sudoku: regions of any shape instead of boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isqrt

from vmd_solver.csp.families.diagonal import with_diagonals
from vmd_solver.csp.families.latin import lines
from vmd_solver.csp.families.regions import units_of_regions
from vmd_solver.csp.puzzle import Board
from vmd_solver.errors import InvalidPuzzle


def jigsaw(regions: Sequence[int], diagonal: bool = False) -> Board:
    """Square board whose cell i belongs to region `regions[i]`; with `diagonal`, jigsaw X.

    Regions are renumbered in order of appearance, so that equal drawings are equal boards.
    Raises InvalidPuzzle where the board is not square or a region has not `order` cells.
    """
    order = isqrt(len(regions))
    if order * order != len(regions) or not order:
        raise InvalidPuzzle(f"a jigsaw is square, got {len(regions)} cells")
    labels = {label: number for number, label in enumerate(dict.fromkeys(regions))}
    numbered = tuple(labels[label] for label in regions)
    for region, size in Counter(numbered).items():
        if size != order:
            raise InvalidPuzzle(f"region {region + 1} has {size} cells, expected {order}")
    board = Board(
        "jigsaw", order, order, order, lines(order) + units_of_regions(numbered), None, numbered
    )
    return with_diagonals(board, "jigsaw-x") if diagonal else board

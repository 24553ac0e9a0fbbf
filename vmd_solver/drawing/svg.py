"""Shapes as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.drawing.shapes import BLACK, CELL, Box, Shape, Strokes, figure

MARGIN = 2
"""Around a board, so that the frame is drawn whole."""


def svg(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """The puzzle as one SVG element; with `values` (n,) its solution, the givens in bold.

    >>> from vmd_solver.csp.families import latin
    >>> svg(Puzzle(latin(2), (1, 0, 0, 2))).count("<text")
    2
    """
    board = puzzle.board
    width, height = (CELL * side + 2 * MARGIN for side in (board.cols, board.rows))
    drawing = moved(MARGIN, MARGIN, group(figure(puzzle, values)))
    return f'{_opening(width, height)} role="img">{drawing}</svg>'


def document(width: int, height: int, body: str) -> str:
    """An SVG file with a white ground."""
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return f"{_opening(width, height)}>\n{ground}\n{body}</svg>\n"


def _opening(width: int, height: int) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}'


def moved(x: int, y: int, body: str) -> str:
    """Elements in a group whose origin is at (x, y)."""
    return f'<g transform="translate({x} {y})">{body}</g>'


def group(shapes: Iterable[Shape]) -> str:
    """Shapes as SVG elements in one group."""
    return f'<g font-family="sans-serif">{"".join(map(_element, shapes))}</g>'


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        place = f'x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}"'
        return f'<rect {place} fill="{shape.colour}"/>'
    if isinstance(shape, Strokes):
        moves = "".join(f"M{x1} {y1}L{x2} {y2}" for x1, y1, x2, y2 in shape.lines)
        width = f'stroke-width="{shape.width}" stroke-linecap="square"'
        return f'<path d="{moves}" stroke="#000" {width}/>'
    style = ' text-anchor="middle"' * shape.middle + ' font-weight="bold"' * shape.bold
    if shape.colour != BLACK:
        style += f' fill="{shape.colour}"'
    place = f'x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}"'
    return f"<text {place}{style}>{escape(shape.text)}</text>"

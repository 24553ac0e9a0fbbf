"""A board for paper as boxes, lines and labels; and these as SVG.

`pages` has them as PDF too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.drawing import ruled
from vmd_solver.drawing.elements import BLACK, CELL, Box, Label, Labels, Path, Shape, Strokes
from vmd_solver.drawing.geometry import border, extra_signs

MARGIN = 2
"""Around a board, so that the frame is drawn whole."""

_SHADE = "#dddddd"


def figure(puzzle: Puzzle, values: Sequence[int] | None = None) -> Iterator[Shape]:
    """The puzzle; with `values` (n,) its solution, the givens in bold.

    >>> from vmd_solver.csp.families import latin
    >>> [shape.text for shape in figure(Puzzle(latin(2), (1, 0, 0, 2))) if type(shape) is Label]
    ['1', '2']
    """
    yield from ground(puzzle.board)
    size = symbol_size(max(map(len, puzzle.alphabet)))
    for cell, given in enumerate(puzzle.givens):
        value = given or (values[cell] if values is not None else 0)
        if value and cell not in puzzle.board.holes:
            bold = given > 0 and values is not None
            yield symbol(puzzle.board, cell, puzzle.alphabet[value - 1], size, bold)


def ground(board: Board, colours: Mapping[int, str] | None = None) -> Iterator[Shape]:
    """Shaded cells, then cells in other `colours`, thin lines, thick ones on top; with rules."""
    yield from tinted(board, colours or {})
    yield from lines(board)


def tinted(board: Board, colours: Mapping[int, str]) -> Iterator[Shape]:
    """Cells in units that no border can show are shaded, and cells in `colours` have these."""
    shaded = dict.fromkeys(sorted(extra_signs(board)), _SHADE)
    for cell, colour in (*shaded.items(), *colours.items()):
        yield Box(*corner(board, cell), colour)


def lines(board: Board) -> Iterator[Shape]:
    """Thin lines between cells, thick ones on top; with rules."""
    yield from ruled.below(board)
    rows, cols = board.rows, board.cols
    thin = [(0, row, cols, row) for row in range(1, rows)]
    thin += [(col, 0, col, rows) for col in range(1, cols)]
    thick = [(0, 0, cols, 0), (0, rows, cols, rows), (0, 0, 0, rows), (cols, 0, cols, rows)]
    for cell in range(board.n):
        row, col = divmod(cell, cols)
        if col + 1 < cols and border(board, row, col + 1, above=False):
            thick.append((col + 1, row, col + 1, row + 1))
        if row + 1 < rows and border(board, row + 1, col, above=True):
            thick.append((col, row + 1, col + 1, row + 1))
    for found, width in ((thin, 1), (thick, 3)):
        scaled = ((CELL * a, CELL * b, CELL * c, CELL * d) for a, b, c, d in found)
        yield Strokes(tuple(scaled), width)
    yield from ruled.above(board)


def corner(board: Board, cell: int) -> tuple[int, int]:
    """x and y of the upper left corner of a cell."""
    row, col = divmod(cell, board.cols)
    return CELL * col, CELL * row


def symbol_size(width: int) -> int:
    """The size of symbols of this many characters: they shrink to stay in their cells."""
    return round(CELL * 0.62 / max(1, 0.6 * width))


def symbol(
    board: Board, cell: int, text: str, size: float, bold: bool = False, colour: str = BLACK
) -> Label:
    """A text in the middle of a cell: capitals and digits rise by 0.72 of their size."""
    x, y = corner(board, cell)
    return Label(x + CELL // 2, y + round(CELL / 2 + 0.36 * size), text, size, bold, colour=colour)


def svg(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """The puzzle as one SVG element; with `values` (n,) its solution, the givens in bold.

    >>> from vmd_solver.csp.families import latin
    >>> svg(Puzzle(latin(2), (1, 0, 0, 2))).count("<text")
    2
    """
    width, height, drawing = _within(MARGIN, puzzle, values)
    return f'{opening(width, height)} role="img">{drawing}</svg>'


def picture(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """The puzzle, or its solution, as an SVG file with a margin.

    >>> from vmd_solver.csp.families import latin
    >>> picture(Puzzle(latin(2), (1, 0, 0, 2))).count("<text")
    2
    """
    return document(*_within(3 * MARGIN, puzzle, values))


def _within(margin: int, puzzle: Puzzle, values: Sequence[int] | None) -> tuple[int, int, str]:
    """Width and height of a drawing with a margin around it, and its elements."""
    left, top, width, height = ruled.extent(puzzle.board)
    drawing = moved(margin + left, margin + top, group(figure(puzzle, values)))
    return width + 2 * margin, height + 2 * margin, drawing


def document(width: int, height: int, body: str, scale: float = 1) -> str:
    """An SVG file with a white ground, shown `scale` times as large as its units."""
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return f"{opening(width, height, scale)}>\n{ground}\n{body}</svg>\n"


def opening(width: int, height: int, scale: float = 1) -> str:
    """The start of an SVG element, to which more attributes may be added."""
    shown = f'width="{scale * width:g}" height="{scale * height:g}"'
    size = f'viewBox="0 0 {width} {height}" {shown}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}'


def moved(x: int, y: int, body: str) -> str:
    """SVG elements in a group whose origin is at (x, y)."""
    return f'<g transform="translate({x} {y})">{body}</g>'


def group(shapes: Iterable[Shape | Labels]) -> str:
    """Shapes as SVG elements in one group."""
    return f'<g font-family="sans-serif">{"".join(map(_element, shapes))}</g>'


def _element(shape: Shape | Labels) -> str:
    if isinstance(shape, Box):
        place = f'x="{shape.x}" y="{shape.y}" width="{CELL}" height="{CELL}"'
        return f'<rect {place} fill="{shape.colour}"/>'
    if isinstance(shape, Strokes):
        moves = "".join(f"M{x1} {y1}L{x2} {y2}" for x1, y1, x2, y2 in shape.lines)
        width = f'stroke-width="{shape.width}" stroke-linecap="square"'
        return f'<path d="{moves}" stroke="#000" {width}/>'
    if isinstance(shape, Path):
        moves = "M" + "L".join(f"{x:g} {y:g}" for x, y in shape.points)
        if shape.filled:
            return f'<path d="{moves}Z" fill="{shape.colour}"/>'
        dashes = " ".join(f"{length:g}" for length in shape.dashes)
        style = f'stroke="{shape.colour}" stroke-width="{shape.width:g}" stroke-linecap="round"'
        style += f' stroke-linejoin="round" stroke-dasharray="{dashes}"'
        return f'<path d="{moves}" fill="none" {style}/>'
    middle = isinstance(shape, Labels) or shape.middle
    style = ' text-anchor="middle"' * middle + ' font-weight="bold"' * shape.bold
    if shape.colour != BLACK:
        style += f' fill="{shape.colour}"'
    if isinstance(shape, Labels):
        texts = (f'<text x="{x:g}" y="{y:g}">{escape(text)}</text>' for x, y, text in shape.texts)
        return f'<g font-size="{shape.size:g}"{style}>{"".join(texts)}</g>'
    place = f'x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}"'
    return f"<text {place}{style}>{escape(shape.text)}</text>"

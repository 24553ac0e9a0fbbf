"""Puzzles on paper: drawings as SVG, and pages to print as HTML. Nothing is fetched from anywhere.

Knows nothing of how puzzles are made, nor where the text goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.generation.figures import CELL, Box, Shape, Strokes, figure

MARGIN = 2
_GAP, _TITLE = 36, 24

_STYLE = """
@page { size: A4; margin: 14mm; }
body { font-family: sans-serif; margin: 0; color: #000; background: #fff; }
.page { display: grid; grid-template-columns: repeat(COLUMNS, 1fr); gap: 8mm; break-after: page; }
.page:last-child { break-after: auto; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-size: 10pt; margin-bottom: 2mm; }
svg { width: 100%; height: auto; max-height: HEIGHTmm; }
@media screen { body { max-width: 190mm; margin: 8mm auto; } .page { margin-bottom: 16mm; } }
"""
"""Black on white, which printers keep; shaded cells have a tone that needs no colour."""


def svg(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """The puzzle as one SVG element; with `values` (n,) its solution, the givens in bold.

    >>> from vmd_solver.csp.families import latin
    >>> svg(Puzzle(latin(2), (1, 0, 0, 2))).count("<text")
    2
    """
    board = puzzle.board
    width, height = (CELL * side + 2 * MARGIN for side in (board.cols, board.rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">'
        f'<g transform="translate({MARGIN} {MARGIN})">{drawn(figure(puzzle, values))}</g></svg>'
    )


def drawn(shapes: Iterable[Shape]) -> str:
    """Shapes as SVG elements in one group."""
    return f'<g font-family="sans-serif">{"".join(map(_element, shapes))}</g>'


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        return (
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" '
            f'height="{shape.height:g}" fill="{shape.colour}"/>'
        )
    if isinstance(shape, Strokes):
        ends = (tuple(CELL * end for end in line) for line in shape.lines)
        moves = "".join(f"M{x1} {y1}L{x2} {y2}" for x1, y1, x2, y2 in ends)
        width = f'stroke-width="{shape.width}" stroke-linecap="square"'
        return f'<path d="{moves}" stroke="#000" {width}/>'
    style = ' text-anchor="middle"' * shape.middle + ' font-weight="bold"' * shape.bold
    if shape.colour != "#000000":
        style += f' fill="{shape.colour}"'
    place = f'x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}"'
    return f"<text {place}{style}>{escape(shape.text)}</text>"


Solved = tuple[Puzzle, Sequence[int]]
"""A puzzle and its solution (n,)."""


def html(items: Sequence[Solved], per_page: int = 4, solutions: bool = False) -> str:
    """A page to print, `per_page` puzzles on each sheet; `solutions` come last."""
    columns = 1 if per_page == 1 else 2 if per_page <= 6 else 3
    rows = -(-per_page // columns)
    style = _STYLE.replace("COLUMNS", str(columns)).replace("HEIGHT", str(250 // rows - 14))
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Puzzles</title>\n<style>{style}</style>\n</head>\n<body>\n"
    ]
    numbered = list(enumerate(items, 1))
    sheets = [numbered[at : at + per_page] for at in range(0, len(numbered), per_page)]
    for sheet in sheets:
        parts.append(
            _sheet(_figure(f"{at}. {puzzle.name}", svg(puzzle)) for at, (puzzle, _) in sheet)
        )
    for sheet in sheets if solutions else ():
        parts.append(_sheet(_figure(f"Solution {at}", svg(*solved)) for at, solved in sheet))
    return "".join([*parts, "</body>\n</html>\n"])


def _sheet(figures: Iterable[str]) -> str:
    return f'<section class="page">\n{"".join(figures)}</section>\n'


def _figure(title: str, drawing: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawing}</figure>\n"


def svg_sheet(items: Sequence[Solved], columns: int = 2, solutions: bool = False) -> str:
    """One drawing of all the puzzles, so many side by side; `solutions` below them."""
    drawings = [(f"{at}. {puzzle.name}", svg(puzzle)) for at, (puzzle, _) in enumerate(items, 1)]
    if solutions:
        drawings += [(f"Solution {at}", svg(*solved)) for at, solved in enumerate(items, 1)]
    boards = [puzzle.board for puzzle, _ in items]
    wide = max((CELL * board.cols for board in boards), default=0) + 2 * MARGIN + _GAP
    tall = max((CELL * board.rows for board in boards), default=0) + 2 * MARGIN + _GAP + _TITLE
    across = min(columns, max(1, len(drawings)))
    width, height = wide * across, tall * -(-len(drawings) // across)
    placed = (
        f'<g transform="translate({_GAP // 2 + wide * (at % across)} '
        f'{_GAP // 2 + tall * (at // across)})"><text y="{_TITLE - 8}" font-family="sans-serif" '
        f'font-size="13">{escape(title)}</text>'
        f'<g transform="translate(0 {_TITLE})">{drawing}</g></g>\n'
        for at, (title, drawing) in enumerate(drawings)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f"{''.join(placed)}</svg>\n"
    )

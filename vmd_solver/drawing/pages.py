"""Puzzles and their solutions to print: sheets as HTML, or all in one SVG drawing.

Nothing is fetched from anywhere. Knows neither how puzzles are made nor where the text goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import chain

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.drawing.shapes import CELL, MARGIN, document, moved, svg

_GAP, _TITLE, _COLUMNS = 36, 24, 2
"""Between drawings and above them, and drawings side by side, where one drawing holds all."""

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

Solved = tuple[Puzzle, Sequence[int]]
"""A puzzle and its solution (n,)."""

Titled = tuple[str, Puzzle, Sequence[int] | None]
"""What stands above a drawing, the puzzle, and the values (n,) of its solution to show, if any."""


def titled(items: Sequence[Solved], solutions: bool) -> tuple[list[Titled], list[Titled]]:
    """The puzzles, numbered and named, and apart from them their solutions where wanted."""
    asked: list[Titled] = [
        (f"{at}. {item[0].name}", item[0], None) for at, item in enumerate(items, 1)
    ]
    return asked, [(f"Solution {at}", *item) for at, item in enumerate(items, 1) if solutions]


def sheets(items: Sequence[Solved], per_page: int, solutions: bool) -> list[list[Titled]]:
    """What stands on each sheet, `per_page` puzzles or solutions at most."""
    parts = titled(items, solutions)
    return [part[at : at + per_page] for part in parts for at in range(0, len(part), per_page)]


def columns_and_rows(per_page: int) -> tuple[int, int]:
    """How this many drawings are placed on a sheet."""
    columns = 1 if per_page == 1 else 2 if per_page <= 6 else 3
    return columns, -(-per_page // columns)


def html(items: Sequence[Solved], per_page: int = 4, solutions: bool = False) -> str:
    """A page to print, `per_page` puzzles on each sheet; `solutions` come last."""
    columns, rows = columns_and_rows(per_page)
    style = _STYLE.replace("COLUMNS", str(columns)).replace("HEIGHT", str(250 // rows - 14))
    body = ""
    for sheet in sheets(items, per_page, solutions):
        body += '<section class="page">\n'
        for title, puzzle, values in sheet:
            caption = f"<figcaption>{escape(title)}</figcaption>"
            body += f"<figure>{caption}{svg(puzzle, values)}</figure>\n"
        body += "</section>\n"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Puzzles</title>\n<style>{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def svg_sheet(items: Sequence[Solved], solutions: bool = False) -> str:
    """One drawing of all the puzzles, two side by side; `solutions` below them."""
    drawings = [*chain(*titled(items, solutions))]
    boards = [puzzle.board for puzzle, _ in items]
    wide = max((CELL * board.cols for board in boards), default=0) + 2 * MARGIN + _GAP
    tall = max((CELL * board.rows for board in boards), default=0) + 2 * MARGIN + _GAP + _TITLE
    across, body = min(_COLUMNS, max(1, len(drawings))), ""
    for at, (title, puzzle, values) in enumerate(drawings):
        font = 'font-family="sans-serif" font-size="13"'
        caption = f'<text y="{_TITLE - 8}" {font}>{escape(title)}</text>'
        x, y = _GAP // 2 + wide * (at % across), _GAP // 2 + tall * (at // across)
        body += moved(x, y, caption + moved(0, _TITLE, svg(puzzle, values))) + "\n"
    return document(wide * across, tall * -(-len(drawings) // across), body)

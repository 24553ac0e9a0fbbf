"""Puzzles and their solutions to print: sheets as HTML or PDF, or all in one SVG drawing.

The PDF is 1.4, with a font that every reader has: the same puzzles give the same bytes, and text
beyond Windows-1252 becomes question marks. Knows not where all this goes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from html import escape
from itertools import chain

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.drawing.elements import BLACK, CELL, Box, Label, Path, Shape, Strokes
from vmd_solver.drawing.ruled import extent
from vmd_solver.drawing.shapes import MARGIN, document, figure, moved, svg

_GAP, _TITLE, _COLUMNS, _LETTER = 36, 24, 2, 7
"""Between drawings and above them, drawings side by side, and the width of a letter of a title,
where one drawing holds all."""

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

_PAGE = (595.0, 842.0)
"""Width and height of A4 in points."""

_PDF_MARGIN, _PDF_GAP, _CAPTION, _CAPTION_SIZE = 40.0, 22.0, 18.0, 11.0

_WIDTHS = {
    **dict.fromkeys("ABEKPSVXY", 667),
    **dict.fromkeys("CDHNRU", 722),
    **dict.fromkeys("FTZ", 611),
    **dict.fromkeys("GOQ", 778),
    **{"I": 278, "J": 500, "L": 556, "M": 833, "W": 944},
}
"""Of Helvetica's capitals, in thousandths of the size; its digits, and bold ones, have 556."""

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


def _sheets(
    items: Sequence[Solved], per_page: int, solutions: bool
) -> tuple[int, int, list[list[Titled]]]:
    """The columns and rows of a sheet, and what stands on each: `per_page` drawings at most."""
    columns = 1 if per_page == 1 else 2 if per_page <= 6 else 3
    parts = titled(items, solutions)
    sheets = [part[at : at + per_page] for part in parts for at in range(0, len(part), per_page)]
    return columns, -(-per_page // columns), sheets


def html(items: Sequence[Solved], per_page: int = 4, solutions: bool = False) -> str:
    """A page to print, `per_page` puzzles on each sheet; `solutions` come last."""
    columns, rows, sheets = _sheets(items, per_page, solutions)
    style = _STYLE.replace("COLUMNS", str(columns)).replace("HEIGHT", str(250 // rows - 14))
    body = ""
    for sheet in sheets:
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
    sizes = [extent(puzzle.board)[2:] for puzzle, _ in items]
    words = max((_LETTER * len(title) for title, *_ in drawings), default=0)
    wide = max(words, *(width for width, _ in sizes), 0) + 2 * MARGIN + _GAP
    tall = max((height for _, height in sizes), default=0) + 2 * MARGIN + _GAP + _TITLE
    across, body = min(_COLUMNS, max(1, len(drawings))), ""
    for at, (title, puzzle, values) in enumerate(drawings):
        font = 'font-family="sans-serif" font-size="13"'
        caption = f'<text y="{_TITLE - 8}" {font}>{escape(title)}</text>'
        x, y = _GAP // 2 + wide * (at % across), _GAP // 2 + tall * (at // across)
        body += moved(x, y, caption + moved(0, _TITLE, svg(puzzle, values))) + "\n"
    return document(wide * across, tall * -(-len(drawings) // across), body)


def pdf(items: Sequence[Solved], per_page: int = 4, solutions: bool = False) -> bytes:
    """A document of pages, `per_page` puzzles on each; `solutions` come last.

    >>> pdf([])[:8], pdf([])[-6:]
    (b'%PDF-1.4', b'%%EOF\\n')
    """
    columns, rows, sheets = _sheets(items, per_page, solutions)
    width = (_PAGE[0] - 2 * _PDF_MARGIN - _PDF_GAP * (columns - 1)) / columns
    height = (_PAGE[1] - 2 * _PDF_MARGIN - _PDF_GAP * (rows - 1)) / rows
    pages = []
    for sheet in sheets:
        drawn = ""
        for at, (title, puzzle, values) in enumerate(sheet):
            row, col = divmod(at, columns)
            x, y = _PDF_MARGIN + col * (width + _PDF_GAP), _PDF_MARGIN + row * (height + _PDF_GAP)
            left, top, wide, tall = extent(puzzle.board)
            scale = min(width / wide, (height - _CAPTION) / tall)
            caption = Label(0, _CAPTION_SIZE, title, _CAPTION_SIZE, middle=False)
            drawn += _group(x, y, 1.0, [caption])
            place = x + scale * left, y + _CAPTION + scale * top
            drawn += _group(*place, scale, figure(puzzle, values))
        pages.append(drawn)
    return _document(pages or [""])


def _group(x: float, y: float, scale: float, shapes: Iterable[Shape]) -> str:
    """Shapes drawn from (x, y) on, counted from the top left corner of the page."""
    place = f"q {scale:.4f} 0 0 {scale:.4f} {x:.2f} {_PAGE[1] - y:.2f} cm\n"
    return place + "".join(map(_drawn, shapes)) + "Q\n"


def _drawn(shape: Shape) -> str:
    """A shape in the operators of a page, whose y goes upwards."""
    if isinstance(shape, Box):
        place = f"{shape.x} {-shape.y - CELL} {CELL} {CELL}"
        return f"{_tone(shape.colour)} rg {place} re f 0 g\n"
    if isinstance(shape, Strokes):
        moves = "".join(f"{x1} {-y1} m {x2} {-y2} l\n" for x1, y1, x2, y2 in shape.lines)
        return f"{shape.width} w 2 J\n{moves}S\n"
    if isinstance(shape, Path):
        points = [f"{x:g} {-y:g}" for x, y in shape.points]
        moves = f"{points[0]} m " + "".join(f"{point} l " for point in points[1:])
        if shape.filled:
            return f"{_tone(shape.colour)} rg {moves}f 0 g\n"
        dashes = " ".join(f"{length:g}" for length in shape.dashes)
        style = f"{_tone(shape.colour)} RG {shape.width:g} w 1 J 1 j [ {dashes} ] 0 d"
        return f"q {style} {moves}S Q\n"
    width = sum(_WIDTHS.get(letter, 556) for letter in shape.text) * shape.size / 1000
    left = shape.x - width / 2 if shape.middle else shape.x
    font = "B" if shape.bold else "R"
    text = shape.text.encode("cp1252", "replace").hex()
    ink = f"{_tone(shape.colour)} rg " if shape.colour != BLACK else ""
    place = f"/{font} {shape.size:g} Tf {left:.2f} {-shape.y:g} Td <{text}> Tj"
    return f"BT {ink}{place}{' 0 g' * bool(ink)} ET\n"


def _tone(colour: str) -> str:
    """Red, green and blue of #rrggbb, each 0 to 1."""
    return " ".join(f"{int(colour[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))


def _document(pages: Sequence[str]) -> bytes:
    """The file: its objects one after the other, and where each begins."""
    kids = " ".join(f"{5 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(),
    ]
    for font in ("Helvetica", "Helvetica-Bold"):
        kind = "/Type/Font/Subtype/Type1/Encoding/WinAnsiEncoding"
        objects.append(f"<<{kind}/BaseFont/{font}>>".encode())
    for page in pages:
        size, fonts = f"{_PAGE[0]:g} {_PAGE[1]:g}", "<</Font<</R 3 0 R/B 4 0 R>>>>"
        about = f"/Parent 2 0 R/MediaBox[0 0 {size}]/Resources{fonts}"
        objects.append(f"<</Type/Page{about}/Contents {len(objects) + 2} 0 R>>".encode())
        packed = zlib.compress(page.encode("ascii"))
        head = b"<</Filter/FlateDecode/Length %d>>" % len(packed)
        objects.append(b"%b\nstream\n%b\nendstream" % (head, packed))
    out, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, body in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    count = len(objects) + 1
    tail = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n" % count + table + tail

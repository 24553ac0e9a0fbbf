"""Puzzles on A4 pages as PDF 1.4: lines, shades and text in a font that every reader has.

The same puzzles give the same bytes. Text beyond Windows-1252 becomes question marks; the usual
alphabets are digits and capitals. Knows neither how puzzles are made nor where the bytes go.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from vmd_solver.drawing.pages import Solved, columns_and_rows, sheets
from vmd_solver.drawing.shapes import CELL, Box, Label, Shape, Strokes, figure

_PAGE = (595.0, 842.0)
"""Width and height of A4 in points."""

_MARGIN, _GAP, _CAPTION = 40.0, 22.0, 18.0
_CAPTION_SIZE = 11.0

_WIDTHS = {
    **dict.fromkeys("ABEKPSVXY", 667),
    **dict.fromkeys("CDHNRU", 722),
    **dict.fromkeys("FTZ", 611),
    **dict.fromkeys("GOQ", 778),
    **{"I": 278, "J": 500, "L": 556, "M": 833, "W": 944},
}
"""Of Helvetica's capitals, in thousandths of the size; its digits, and bold ones, have 556."""


def pdf(items: Sequence[Solved], per_page: int = 4, solutions: bool = False) -> bytes:
    """A document of pages, `per_page` puzzles on each; `solutions` come last.

    >>> pdf([])[:8], pdf([])[-6:]
    (b'%PDF-1.4', b'%%EOF\\n')
    """
    columns, rows = columns_and_rows(per_page)
    width = (_PAGE[0] - 2 * _MARGIN - _GAP * (columns - 1)) / columns
    height = (_PAGE[1] - 2 * _MARGIN - _GAP * (rows - 1)) / rows
    pages = []
    for sheet in sheets(items, per_page, solutions):
        drawn = ""
        for at, (title, puzzle, values) in enumerate(sheet):
            row, col = divmod(at, columns)
            x, y = _MARGIN + col * (width + _GAP), _MARGIN + row * (height + _GAP)
            scale = min(width / puzzle.board.cols, (height - _CAPTION) / puzzle.board.rows) / CELL
            caption = Label(0, _CAPTION_SIZE, title, _CAPTION_SIZE, middle=False)
            drawn += _group(x, y, 1.0, [caption])
            drawn += _group(x, y + _CAPTION, scale, figure(puzzle, values))
        pages.append(drawn)
    return _document(pages or [""])


def _group(x: float, y: float, scale: float, shapes: Iterable[Shape]) -> str:
    """Shapes drawn from (x, y) on, counted from the top left corner of the page."""
    place = f"q {scale:.4f} 0 0 {scale:.4f} {x:.2f} {_PAGE[1] - y:.2f} cm\n"
    return place + "".join(map(_drawn, shapes)) + "Q\n"


def _drawn(shape: Shape) -> str:
    """A shape in the operators of a page, whose y goes upwards."""
    if isinstance(shape, Box):
        red, green, blue = (int(shape.colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        place = f"{shape.x} {-shape.y - CELL} {CELL} {CELL}"
        return f"{red:.3f} {green:.3f} {blue:.3f} rg {place} re f 0 g\n"
    if isinstance(shape, Strokes):
        moves = "".join(f"{x1} {-y1} m {x2} {-y2} l\n" for x1, y1, x2, y2 in shape.lines)
        return f"{shape.width} w 2 J\n{moves}S\n"
    width = sum(_WIDTHS.get(letter, 556) for letter in shape.text) * shape.size / 1000
    left = shape.x - width / 2 if shape.middle else shape.x
    font = "B" if shape.bold else "R"
    text = shape.text.encode("cp1252", "replace").hex()
    return f"BT /{font} {shape.size:g} Tf {left:.2f} {-shape.y:g} Td <{text}> Tj ET\n"


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

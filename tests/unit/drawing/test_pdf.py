"""Puzzles as PDF: pages of the right number and size, their text, everything within the paper.

What a reader of such files sees is read here without one: objects by the table at the end of the
file, and the marks that a page's operators leave.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pytest

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import latin, sudoku, sudoku_x, with_rules
from vmd_solver.csp.rules import Killer, LittleKiller, Odd, Ratio, Thermo, XSum
from vmd_solver.drawing.pages import Solved, pdf

SOLUTION = (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
ITEM: Solved = Puzzle(sudoku(2, 2), (*SOLUTION[:5], *(0,) * 11), name="sudoku 4x4"), SOLUTION


def objects(document: bytes) -> list[bytes]:
    """The objects of a file, each from where the table says that it begins."""
    start = int(document.rpartition(b"startxref\n")[2].split()[0])
    table = document[start:]
    assert table.startswith(b"xref")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n ", table)]
    found = [document[place:].partition(b"endobj")[0] for place in places]
    assert all(one.startswith(b"%d 0 obj" % at) for at, one in enumerate(found, 1))
    return found


def pages(document: bytes) -> list[bytes]:
    """What is drawn on each page, all of them A4."""
    found = objects(document)
    described = [one for one in found if re.search(rb"/Type\s*/Page\b", one)]
    for page in described:
        assert re.search(rb"/MediaBox\s*\[0 0 595 842\]", page)
    numbers = [int(re.search(rb"/Contents (\d+) 0 R", page)[1]) for page in described]  # type: ignore[index]
    return [_stream(found[number - 1]) for number in numbers]


def _stream(found: bytes) -> bytes:
    body = found.partition(b"stream\n")[2].rpartition(b"\nendstream")[0]
    return zlib.decompress(body) if b"/FlateDecode" in found else body


def texts(page: bytes) -> list[str]:
    return [
        bytes.fromhex(text.decode()).decode("cp1252") for text in re.findall(rb"<(.*)> Tj", page)
    ]


def fonts(page: bytes) -> list[bytes]:
    """The font of each text."""
    return re.findall(rb"(/\w+) \S+ Tf", page)


def corners(page: bytes) -> Iterator[tuple[float, float]]:
    """Points on paper, from the lower left corner: ends of lines, corners of rectangles."""
    scale, left, bottom = 1.0, 0.0, 0.0
    operands: list[float] = []
    for token in page.split():
        if re.fullmatch(rb"-?[\d.]+", token):
            operands.append(float(token))
            continue
        if token == b"cm":
            scale, _, _, _, left, bottom = operands
        elif token in (b"m", b"l", b"re"):
            x, y, *size = operands
            for far in (0, 1) if size else (0,):
                width, height = size or (0, 0)
                yield left + scale * (x + far * width), bottom + scale * (y + far * height)
        operands = []


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (4, 1), (5, 2)])
def test_there_are_that_many_pages(count: int, expected: int) -> None:
    document = pdf([ITEM] * count)
    assert len(pages(document)) == expected
    assert document.startswith(b"%PDF-") and document.endswith(b"%%EOF\n")


def test_symbols_are_the_givens_and_then_the_solution() -> None:
    asked, answer = pages(pdf([ITEM], solutions=True))
    assert texts(asked) == ["1. sudoku 4x4", *map(str, SOLUTION[:5])]
    assert texts(answer) == ["Solution 1", *map(str, SOLUTION)]
    caption, *symbols = fonts(answer)
    assert len(set(symbols[:5])) == 1 and {*symbols[5:]} == {caption} != {symbols[0]}
    assert set(fonts(asked)) == {caption}


@pytest.mark.parametrize("per_page", [1, 2, 6, 30])
def test_drawings_stay_within_the_margins_and_diagonals_are_shaded(per_page: int) -> None:
    (page,) = pages(pdf([(sudoku_x().empty(), ())] * per_page, per_page))
    assert page.count(b" re f") == 17 * per_page
    assert all(39 <= x <= 595 - 39 and 39 <= y <= 842 - 39 for x, y in corners(page))


@pytest.mark.parametrize("per_page", [1, 6])
def test_rules_stay_within_the_margins(per_page: int) -> None:
    lines = tuple(range(9)), tuple(range(72, -1, -9))
    clues = [XSum(40, lines[0]), XSum(30, lines[1]), LittleKiller(21, (80, 70, 60))]
    inner = [Killer(20, (0, 1, 9)), Thermo((40, 41, 51)), Ratio(2, (79, 80)), Odd((8,))]
    board = with_rules(sudoku(), [*clues, *inner])
    (page,) = pages(pdf([(board.empty(), ())] * per_page, per_page))
    assert texts(page).count("20") == texts(page).count("x40") == per_page
    assert texts(page).count("40  x-sum") == 0
    assert texts(page).count("x40  x-sum") == per_page
    found = list(corners(page))
    assert all(39 <= x <= 595 - 39 and 39 <= y <= 842 - 39 for x, y in found)


def test_names_may_hold_anything() -> None:
    named = Puzzle(latin(2), (1, 0, 0, 0), name="(\\) \N{GREEK SMALL LETTER PI} \N{EURO SIGN}")
    assert texts(pages(pdf([(named, (1, 2, 2, 1))]))[0])[0] == "1. (\\) ? \N{EURO SIGN}"


def test_the_same_puzzles_give_the_same_bytes() -> None:
    assert pdf([ITEM] * 3, 2, True) == pdf([ITEM] * 3, 2, True)

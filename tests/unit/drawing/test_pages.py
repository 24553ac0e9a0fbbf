"""Puzzles on paper: drawings that are XML, a text for each symbol, pages that hold so many."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from vmd_solver.csp.families import jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.drawing.pages import Solved, html, svg_sheet
from vmd_solver.drawing.shapes import Box, ground, svg

SVG = "{http://www.w3.org/2000/svg}"
SOLUTION = (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
ITEM: Solved = Puzzle(sudoku(2, 2), (*SOLUTION[:5], *(0,) * 11), name="sudoku 4x4"), SOLUTION


@pytest.mark.parametrize(("values", "count"), [(None, 5), (SOLUTION, 16)])
def test_drawings_are_xml_with_a_text_for_each_symbol(
    values: tuple[int, ...] | None, count: int
) -> None:
    texts = [*ElementTree.fromstring(svg(ITEM[0], values)).iter(f"{SVG}text")]
    assert [text.text for text in texts] == list(map(str, SOLUTION[:count]))
    assert sum(text.get("font-weight") == "bold" for text in texts) == (5 if values else 0)


@pytest.mark.parametrize(
    ("board", "count"),
    [(sudoku_x(), 17), (windoku(), 36), (sudoku(), 0), (latin(4), 0), (jigsaw((0, 0, 1, 1)), 0)],
)
def test_diagonals_and_windows_are_shaded(board: Board, count: int) -> None:
    assert sum(isinstance(shape, Box) for shape in ground(board)) == count


def test_pages_hold_that_many_puzzles_and_the_solutions_come_last() -> None:
    page = html([ITEM] * 3, per_page=2, solutions=True)
    assert page.count('<section class="page">') == 4
    assert page.count("<svg") == 6
    assert page.index("3. sudoku 4x4") < page.index("Solution 1")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    sheet = ElementTree.fromstring(svg_sheet([ITEM] * 3, solutions=True))
    assert len(list(sheet.iter(f"{SVG}svg"))) == 7


def test_names_are_escaped() -> None:
    named = Puzzle(latin(2), (1, 0, 0, 0), name="<b>&")
    assert "&lt;b&gt;&amp;" in html([(named, (1, 2, 2, 1))])

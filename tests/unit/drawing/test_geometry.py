"""Where cells and borders are drawn in a terminal: every family and size."""

from __future__ import annotations

import pytest

from vmd_solver.csp import Board
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_regions
from vmd_solver.drawing.geometry import (
    ASCII,
    LIGHT,
    CellSize,
    TextLayout,
    cell_sizes,
    extra_signs,
    fitted,
)

BOARDS = {
    "4x4": sudoku(2, 2),
    "6x6": sudoku(2, 3),
    "9x9": sudoku(),
    "12x12": sudoku(3, 4),
    "16x16": sudoku(4, 4),
    "25x25": sudoku(5, 5),
    "x": sudoku_x(),
    "windoku": windoku(),
    "latin": latin(7),
    "jigsaw": jigsaw(jigsaw_regions(9, 1)),
    "jigsaw-x": jigsaw(jigsaw_regions(6, 1), diagonal=True),
    "grid": grid(3, 5, 6, [(0, 1, 2), (4, 9, 14)]),
}


def drawn(layout: TextLayout) -> list[str]:
    """The lines of an empty board, with @ in all cells."""
    cell = [("@" * layout.cell_width, "")]
    return [
        "".join(text for text, _ in layout.runs(y, lambda at, line: cell, ""))
        for y in range(layout.height)
    ]


@pytest.mark.parametrize("board", [b for b in BOARDS.values() if b.n < 200])
def test_drawings_are_rectangles_and_cells_are_found_where_they_are(board: Board) -> None:
    for size in cell_sizes(board):
        layout = TextLayout(board, size)
        lines = drawn(layout)
        assert len(lines) == layout.height
        assert {len(line) for line in lines} == {layout.width}
        for y in range(layout.height):
            for x in range(layout.width):
                cell = layout.cell_at(x, y)
                assert (cell is not None) == (lines[y][x] == "@")
                if cell is not None:
                    row, col = divmod(cell, board.cols)
                    assert 0 <= x - layout.lefts[col] < layout.cell_width
                    assert 0 <= y - layout.tops[row] < layout.cell_height


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_sizes_shrink(board: Board) -> None:
    layouts = [TextLayout(board, size) for size in cell_sizes(board)]
    heights = [layout.height for layout in layouts]
    assert heights[-1] == min(heights)
    assert layouts[-1].width == min(layout.width for layout in layouts)


def test_boxes_are_drawn_in_heavy_lines_and_cells_in_light_ones() -> None:
    assert drawn(TextLayout(sudoku(2, 2), CellSize(1, 1))) == [
        "┏━━━━┳━━━━┓",
        "┃@@@@┃@@@@┃",
        "┃@@@@┃@@@@┃",
        "┣━━━━╋━━━━┫",
        "┃@@@@┃@@@@┃",
        "┃@@@@┃@@@@┃",
        "┗━━━━┻━━━━┛",
    ]
    assert drawn(TextLayout(sudoku(1, 2), CellSize(1, 1, ruled=True))) == [
        "┏━━┯━━┓",
        "┃@@│@@┃",
        "┣━━┿━━┫",
        "┃@@│@@┃",
        "┗━━┷━━┛",
    ]


def test_jigsaw_pieces_are_outlined() -> None:
    board = jigsaw((0, 0, 0, 1, 0, 1, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3))
    assert drawn(TextLayout(board, CellSize(1, 1))) == [
        "┏━━━━━━━━┳━━┓",
        "┃@@ @@ @@┃@@┃",
        "┃  ┏━━━━━┛  ┃",
        "┃@@┃@@ @@ @@┃",
        "┣━━┻━━┳━━━━━┫",
        "┃@@ @@┃@@ @@┃",
        "┃@@ @@┃@@ @@┃",
        "┗━━━━━┻━━━━━┛",
    ]


def test_the_largest_size_that_fits_is_taken() -> None:
    nine = sudoku()
    assert fitted(nine, 1, 98, 38).size == CellSize(3, 3, spaced=True, ruled=True)
    assert fitted(nine, 1, 58, 22).size == CellSize(2, 5)
    assert fitted(nine, 1, 20, 10).size == CellSize(1, 1)
    assert fitted(sudoku(5, 5), 1, 56, 31).size == CellSize(1, 1)


def test_lines_may_be_light_or_ascii() -> None:
    board = jigsaw((0, 0, 1, 0, 1, 1, 2, 2, 2))
    assert drawn(TextLayout(board, CellSize(1, 1), lines=LIGHT)) == [
        "┌─────┬──┐",
        "│@@ @@│@@│",
        "│  ┌──┘  │",
        "│@@│@@ @@│",
        "├──┴─────┤",
        "│@@ @@ @@│",
        "└────────┘",
    ]
    assert drawn(TextLayout(sudoku(1, 2), CellSize(1, 1), lines=ASCII)) == [
        "+----+",
        "|@@@@|",
        "+----+",
        "|@@@@|",
        "+----+",
    ]


def test_signs_of_diagonals_and_windows() -> None:
    signs = extra_signs(sudoku_x())
    assert (signs[0], signs[8], signs[40], signs.get(1)) == ("\\", "/", "X", None)
    assert sorted(set(extra_signs(windoku()).values())) == ["░"]
    assert len(extra_signs(windoku())) == 36

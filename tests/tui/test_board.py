"""How boards are drawn: every family, size and shape; and how they move under the cursor."""

from __future__ import annotations

from typing import Any

import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_regions
from vmd_solver.csp.puzzle import extra_signs
from vmd_solver.tui.widgets.geometry import Drawing, Shape, fitting, shapes, stepped
from vmd_solver.tui.widgets.keyboard import Keyboard
from vmd_solver.tui.widgets.paint import Look, cell_text

Start = Any

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


def drawn(drawing: Drawing) -> list[str]:
    """The lines of an empty board, with @ in all cells."""
    lines = []
    for place in drawing.places:
        if place.line < 0:
            lines.append(drawing.rule(place.row))
            continue
        line = ""
        for col in range(drawing.board.cols + 1):
            line += drawing.bar(place.row, col) if col in drawing.bars else ""
            line += "@" * drawing.cell_width if col < drawing.board.cols else ""
        lines.append(line)
    return lines


@pytest.mark.parametrize("board", [b for b in BOARDS.values() if b.n < 200])
def test_drawings_are_rectangles_and_cells_are_found_where_they_are(board: Board) -> None:
    for shape in shapes(board):
        drawing = Drawing(board, shape)
        lines = drawn(drawing)
        assert len(lines) == drawing.height
        assert {len(line) for line in lines} == {drawing.width}
        for y in range(drawing.height):
            for x in range(drawing.width):
                cell = drawing.cell_at(x, y)
                assert (cell is not None) == (lines[y][x] == "@")
                if cell is not None:
                    row, col = divmod(cell, board.cols)
                    assert 0 <= x - drawing.lefts[col] < drawing.cell_width
                    assert 0 <= y - drawing.tops[row] < drawing.cell_height


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_shapes_shrink(board: Board) -> None:
    sizes = [Drawing(board, shape) for shape in shapes(board)]
    heights = [drawing.height for drawing in sizes]
    assert heights[-1] == min(heights)
    assert sizes[-1].width == min(drawing.width for drawing in sizes)


def test_boxes_are_drawn_in_heavy_lines_and_cells_in_light_ones() -> None:
    assert drawn(Drawing(sudoku(2, 2), Shape(1, 1))) == [
        "┏━━━━┳━━━━┓",
        "┃@@@@┃@@@@┃",
        "┃@@@@┃@@@@┃",
        "┣━━━━╋━━━━┫",
        "┃@@@@┃@@@@┃",
        "┃@@@@┃@@@@┃",
        "┗━━━━┻━━━━┛",
    ]
    assert drawn(Drawing(sudoku(1, 2), Shape(1, 1, ruled=True))) == [
        "┏━━┯━━┓",
        "┃@@│@@┃",
        "┣━━┿━━┫",
        "┃@@│@@┃",
        "┗━━┷━━┛",
    ]


def test_jigsaw_pieces_are_outlined() -> None:
    board = jigsaw((0, 0, 0, 1, 0, 1, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3))
    assert drawn(Drawing(board, Shape(1, 1))) == [
        "┏━━━━━━━━┳━━┓",
        "┃@@ @@ @@┃@@┃",
        "┃  ┏━━━━━┛  ┃",
        "┃@@┃@@ @@ @@┃",
        "┣━━┻━━┳━━━━━┫",
        "┃@@ @@┃@@ @@┃",
        "┃@@ @@┃@@ @@┃",
        "┗━━━━━┻━━━━━┛",
    ]


def test_the_largest_shape_that_fits_is_taken() -> None:
    nine = sudoku()
    assert fitting(nine, 1, 98, 38) == Shape(3, 3, spaced=True, ruled=True)
    assert fitting(nine, 1, 58, 22) == Shape(2, 5)
    assert fitting(nine, 1, 20, 10) == Shape(1, 1)
    assert fitting(sudoku(5, 5), 1, 56, 31) == Shape(1, 1)


def test_steps_stop_or_wrap_at_edges() -> None:
    board = grid(2, 3, 3, [])
    assert stepped(board, 2, 0, 1, wrap=True) == 0
    assert stepped(board, 2, 0, 1, wrap=False) == 2
    assert stepped(board, 1, -1, 0, wrap=True) == 4
    assert stepped(board, 1, -1, 0, wrap=False) == 1


DIGITS = tuple("123456789")


@pytest.mark.parametrize(
    ("shape", "value", "marks", "look", "extra", "lines"),
    [
        ((2, 5, False), 5, 0, Look.GIVEN, "", ("  5'  ", "      ")),
        ((2, 5, False), 5, 0, Look.PLAIN, "", ("  5   ", "      ")),
        ((2, 5, False), 5, 0, Look.GIVEN | Look.CONFLICT, "/", (" !5'  ", "      ")),
        ((2, 5, False), 0, 0b101010001, Look.PLAIN, "░", ("░1   5", "  7 9 ")),
        ((2, 5, False), 0, 0, Look.DEAD, "", ("  ∅   ", "      ")),
        ((3, 3, True), 0, 0b111, Look.PLAIN, "", (" 1 2 3 ", "       ", "       ")),
        ((3, 3, True), 7, 0, Look.WRONG, "X", ("X      ", "  x7   ", "       ")),
        ((1, 2, False), 0, 0b11, Look.PLAIN, "", (" 12",)),
        ((1, 2, False), 0, 0b111, Look.PLAIN, "\\", ("\\1…",)),
        ((1, 2, False), 7, 0, Look.GIVEN, "\\", ("\\7'",)),
        ((1, 1, False), 7, 0, Look.GIVEN, "\\", ("7'",)),
        ((2, 3, False), 0, 0b11111, Look.PLAIN, "", (" 123", " 45 ")),
        ((2, 3, False), 0, 0b1111111, Look.PLAIN, "X", ("X123", " 45…")),
        ((1, 1, False), 7, 0, Look.GIVEN | Look.CONFLICT, "", ("7!",)),
        ((1, 1, False), 0, 0, Look.PLAIN, "\\", ("·\\",)),
        ((1, 1, False), 0, 0b11, Look.PLAIN, "", ("12",)),
        ((1, 1, False), 0, 0b111, Look.PLAIN, "", ("1…",)),
    ],
)
def test_cells_tell_everything_without_colour(
    shape: tuple[int, int, bool],
    value: int,
    marks: int,
    look: Look,
    extra: str,
    lines: tuple[str, ...],
) -> None:
    width = len(lines[0])
    assert cell_text(width, shape, DIGITS, value, marks, look, extra).lines == lines


def test_signs_of_diagonals_and_windows() -> None:
    signs = extra_signs(sudoku_x())
    assert (signs[0], signs[8], signs[40], signs.get(1)) == ("\\", "/", "X", None)
    assert sorted(set(extra_signs(windoku()).values())) == ["░"]
    assert len(extra_signs(windoku())) == 36


def test_keys_of_alphabets() -> None:
    letters = Keyboard(tuple("ABCDEFGHI"))
    assert letters.typed("A", "A") == (1, False)
    assert letters.typed("1", "1") == (1, False)
    assert letters.typed("a", "a") is None
    assert letters.typed("alt+shift+b", None) == (2, True)
    numbers = Keyboard(tuple(map(str, range(1, 13))))
    assert numbers.typed("C", "C") == (12, False)
    assert numbers.typed("D", "D") is None
    assert numbers.typed("down", None) is None


@pytest.mark.parametrize("name", ["12x12", "x", "windoku", "latin", "jigsaw", "grid"])
async def test_every_family_is_shown_and_played(start: Start, name: str) -> None:
    board = BOARDS[name]
    async with start(board.empty()) as at:
        await at.press("1 down 2 right c")
        assert (at.game.values[0], at.game.values[board.cols]) == (1, 2)
        assert f"{board.family} {board.rows}x{board.cols}" in at.text()
        assert "┏━" in at.text()


async def test_wide_symbols_are_shown_as_usual_ones(start: Start) -> None:
    async with start(Puzzle(sudoku(2, 2), (1,) + (0,) * 15, tuple("一二三四"))) as at:
        await at.press("2")
        assert at.game.values[1] == 2
        assert "1'" in at.text()


async def test_a_large_board_scrolls_with_the_cursor(start: Start) -> None:
    async with start(sudoku(5, 5).empty()) as at:
        assert at.board.scroll_offset == (0, 0)
        await at.press("up left P")
        assert at.game.values[624] == 25
        assert at.board.max_scroll_y > 0
        assert at.board.scroll_y == at.board.max_scroll_y
        assert "P" in at.text()
        await at.press("down")
        assert at.board.scroll_y == 0


async def test_cells_grow_and_shrink(start: Start, four: Puzzle) -> None:
    async with start(sudoku().empty()) as at:
        fit = at.board.drawing.shape
        await at.press("plus")
        assert at.board.drawing.height > Drawing(sudoku(), fit).height
        await at.press("minus minus")
        assert at.board.drawing.height < Drawing(sudoku(), fit).height
        await at.press("minus minus minus minus minus minus minus minus equals_sign")
        assert at.board.drawing.shape == fit
        await at.pilot.resize_terminal(120, 40)
        await at.pilot.pause()
        assert at.board.drawing.shape.ruled


@pytest.mark.parametrize("size", [(60, 30), (30, 12)])
async def test_small_terminals_show_the_board(
    start: Start, four: Puzzle, size: tuple[int, int]
) -> None:
    async with start(four, size=size) as at:
        await at.press("2")
        assert "┏━" in at.text()
        assert "2" in at.text()


async def test_a_tiny_terminal_says_what_it_needs(start: Start, four: Puzzle) -> None:
    async with start(four, size=(20, 6)) as at:
        assert "20x6" in at.text()
        assert "30x12" in at.text()
        await at.press("2")
        await at.pilot.resize_terminal(80, 24)
        await at.pilot.pause()
        assert "vmd-play needs" not in at.text()
        assert at.game.values[1] == 2

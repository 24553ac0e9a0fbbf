"""The board on the screen: every family is shown and played, in any window; keys and steps."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.geometry import Region
from textual.strip import Strip

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_regions
from vmd_solver.drawing.geometry import TextLayout
from vmd_solver.formats import parse
from vmd_solver.tui.changes import cut
from vmd_solver.tui.widgets.board import stepped
from vmd_solver.tui.widgets.keyboard import Keyboard

Start = Any

BOARDS = {
    "12x12": sudoku(3, 4),
    "x": sudoku_x(),
    "windoku": windoku(),
    "latin": latin(7),
    "jigsaw": jigsaw(jigsaw_regions(9, 1)),
    "grid": grid(3, 5, 6, [(0, 1, 2), (4, 9, 14)]),
}


def test_steps_stop_or_wrap_at_edges() -> None:
    board = grid(2, 3, 3, [])
    assert stepped(board, 2, 0, 1, wrap=True) == 0
    assert stepped(board, 2, 0, 1, wrap=False) == 2
    assert stepped(board, 1, -1, 0, wrap=True) == 4
    assert stepped(board, 1, -1, 0, wrap=False) == 1


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


@pytest.mark.parametrize("name", BOARDS)
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
    async with start(sudoku().empty(), size=(80, 24)) as at:
        fit = at.board.drawing.size
        await at.press("plus")
        assert at.board.drawing.height > TextLayout(sudoku(), fit).height
        await at.press("minus minus")
        assert at.board.drawing.height < TextLayout(sudoku(), fit).height
        await at.press("minus minus minus minus minus minus minus minus equals_sign")
        assert at.board.drawing.size == fit
        await at.pilot.resize_terminal(120, 40)
        await at.settle()
        assert at.board.drawing.size.ruled


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
        await at.settle()
        assert "vmd-play needs" not in at.text()
        assert at.game.values[1] == 2


def test_an_update_is_cut_at_both_ends() -> None:
    strip = Strip([Segment("abc"), Segment("def", Style(bold=True)), Segment("ghi")])
    update = ChopsUpdate([{0: strip}], [(0, 2, 4), (0, 7, 8)], [[9]])
    shown = cut(update).render_segments(Console(force_terminal=True))
    assert shown == "\x1b[1;3Hc\x1b[1md\x1b[0m\x1b[1;8Hh"


async def test_only_cells_that_look_different_are_drawn_anew(
    start: Start, four: Puzzle, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(four) as at:
        at.app.change(highlight_lines=False, highlight_regions=False)
        await at.go(1)
        drawn: list[Region] = []
        monkeypatch.setattr(at.board, "refresh", lambda *regions: drawn.extend(regions))
        await at.press("right")
        left, top = at.board.origin
        places = {
            (at.board.drawing.lefts[col] + left, at.board.drawing.tops[0] + top) for col in (1, 2)
        }
        # The cursor left one cell for the next, a 3, and the other 3 of the board shows that too.
        others = [region for region in drawn if region.offset not in places]
        assert places < {tuple(region.offset) for region in drawn}
        assert len(others) == at.game.values.count(3) - 1


async def test_large_digits_where_there_is_room(start: Start) -> None:
    async with start(parse("1" + "." * 80), size=(200, 60)) as at:
        assert "▀█ '" in at.text()
        drawing = at.board.drawing
        assert (drawing.cell_width, drawing.cell_height) == (11, 5)
        await at.pilot.resize_terminal(80, 24)
        await at.settle()
        assert "▀█" not in at.text() and "1'" in at.text()


@pytest.mark.parametrize("size", [16, 25])
async def test_large_boards_keep_lines_between_cells_where_they_fit(
    start: Start, size: int
) -> None:
    side = int(size**0.5)
    async with start(sudoku(side, side).empty(), size=(200, 60)) as at:
        assert at.board.drawing.size.ruled
        assert at.board.max_scroll_x == at.board.max_scroll_y == 0


async def test_rows_and_columns_are_numbered(start: Start) -> None:
    async with start(sudoku().empty(), size=(80, 24)) as at:
        lines = at.text().splitlines()
        assert [int(sign) for sign in re.findall(r"\d", lines[1])[:9]] == [*range(1, 10)]
        assert [int(line.split()[0]) for line in lines if re.match(r" *\d ┃", line)] == [
            *range(1, 10)
        ]

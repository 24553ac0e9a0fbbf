"""What keys and clicks do to a game."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from fakes import oracle
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import Denoiser
from vmd_solver.errors import ModelError
from vmd_solver.play.game import Content
from vmd_solver.play.statistics import Statistics
from vmd_solver.play.storage import Folders
from vmd_solver.techniques import grade
from vmd_solver.tui.screens.watch import WatchScreen
from vmd_solver.tui.widgets.bars import Digits
from vmd_solver.tui.widgets.board import PLACED, BoardView

Start = Any


async def test_arrows_and_letters_move(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.go(5)
        for keys, cell in (("l", 6), ("j", 10), ("h", 9), ("k", 5), ("right down left up", 5)):
            await at.press(keys)
            assert at.board.cursor == cell
        await at.go(0)
        await at.press("up")
        assert at.board.cursor == 12
        at.app.change(wrap=False)
        await at.press("down")
        assert at.board.cursor == 12


async def test_a_move_shows_the_board_first_and_the_facts_after(
    start: Start, four: Puzzle, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(four) as at:
        facts = at.screen.query_one("#facts", Static)
        before, seen = str(facts.content), list[str]()
        render = BoardView.render_lines

        def rendered(board: BoardView, crop: Region) -> list[Strip]:
            seen.append(str(facts.content))
            return render(board, crop)

        monkeypatch.setattr(BoardView, "render_lines", rendered)
        await at.press("right")
        await at.until(lambda: str(facts.content) != before)
        assert seen[0] == before


async def test_tab_goes_through_open_cells(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        assert at.board.cursor == 1
        await at.press("tab")
        assert at.board.cursor == 3
        await at.press("shift+tab shift+tab")
        assert at.board.cursor == 14


async def test_digits_fill_in_and_are_taken_away(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("2")
        assert at.game.values[1] == 2
        await at.press("4")
        assert at.game.values[1] == 4
        await at.press("delete")
        assert at.game.values[1] == 0
        await at.press("9")
        assert at.game.values[1] == 0
        await at.go(0)
        await at.press("2 delete")
        assert at.game.values[0] == 1
        assert "Givens stay" in at.message


async def test_letters_are_values_on_larger_boards(start: Start) -> None:
    async with start(sudoku(4, 4).empty()) as at:
        await at.press("A right a H")
        assert list(at.game.values[:2]) == [10, 0]
        await at.press("G")
        assert at.game.values[1] == 16


async def test_symbols_of_the_puzzle_are_typed(start: Start) -> None:
    hexadecimal = Puzzle(sudoku(4, 4), (0,) * 256, tuple("0123456789ABCDEF"))
    async with start(hexadecimal) as at:
        await at.press("0 right F")
        assert list(at.game.values[:2]) == [1, 16]


async def test_marks_by_mode_by_prefix_and_by_modifier(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("m 2 4 m")
        assert at.game.marks[1] == 0b1010
        await at.press("full_stop 4")
        assert at.game.marks[1] == 0b0010
        await at.press("alt+3")
        assert at.game.marks[1] == 0b0110
        await at.press("2")
        assert at.game.values[1] == 2
        await at.press("m 3")
        assert "Marks go into open cells" in at.message


async def test_candidates_and_clean_marks(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("e")
        assert [cell for cell, mask in enumerate(at.game.marks) if mask] == [1]
        await at.press("c")
        assert at.game.marks[3] == 0b1000
        at.app.change(auto_clean=False)
        await at.go(3)
        await at.press("3")
        assert at.game.marks[11] == 0b0100
        await at.press("u")
        at.app.change(auto_clean=True)
        await at.press("3")
        assert at.game.marks[11] == 0
        await at.press("x")
        assert not any(at.game.marks)


async def test_new_games_may_start_with_candidates(start: Start, four: Puzzle) -> None:
    async with start() as at:
        at.app.change(auto_candidates=True)
        at.app.play_puzzle(four, "four")
        await at.settle()
        assert at.game.marks[3] == 0b1000


async def test_undo_redo_and_restart(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("u")
        assert "Nothing to undo" in at.message
        await at.press("2 tab 4 u u")
        assert at.game.open_cells == 8
        await at.press("ctrl+y r")
        assert at.game.open_cells == 6
        await at.press("ctrl+r")
        assert at.game.open_cells == 8
        await at.press("ctrl+z")
        assert at.game.open_cells == 6


async def test_undo_to_before_the_first_mistake(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.analysed()
        await at.press("b")
        assert "No mistake" in at.message
        await at.press("2 tab 3 tab 3 b")
        assert (at.game.values[1], at.game.values[3]) == (2, 0)
        assert "Took back 2 moves" in at.message


async def test_savepoints(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("g")
        assert "None yet" in at.text()
        await at.press("escape 2 s tab 4 s tab 3 g")
        assert "Position 1: 7 cells open" in at.text()
        await at.press("down enter")
        assert at.game.open_cells == 7
        await at.press("g d escape")
        assert [point.name for point in at.game.savepoints] == ["1"]


async def test_the_mouse_chooses_cells_and_values(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        drawing, origin = at.board.drawing, at.board.origin
        await at.pilot.click(
            at.board, offset=(origin.x + drawing.lefts[3] + 1, origin.y + drawing.tops[0])
        )
        assert at.board.cursor == 3
        await at.pilot.click(Digits, offset=(7, 1))  # the fourth of two lines of two
        assert at.game.values[3] == 4
        await at.pilot.click(Digits, offset=(0, 0), button=3)
        assert at.board.chosen == 1
        await at.pilot.click(Digits, offset=(18, 0))
        assert at.game.values[3] == 4


async def test_the_filter(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.go(0)
        await at.press("f")
        assert at.board.chosen == 1
        assert "Filter  1" in at.text()
        await at.press("f")
        assert at.board.chosen == 0
        await at.press("right_square_bracket right_square_bracket")
        assert at.board.chosen == 2
        await at.press("left_square_bracket left_square_bracket left_square_bracket")
        assert at.board.chosen == 4


async def test_counts_and_their_toggle(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        assert "2 2" in at.text()
        await at.press("2 tab 2")
        assert "2 ✓" in at.text()
        await at.press("tab 2")
        assert "2 -1" in at.text()
        at.app.change(show_counts=False)
        await at.settle()
        assert "2 -1" not in at.text()


async def test_conflicts_are_marked_unless_that_is_off(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("1")
        assert "!1'" in at.text()
        assert at.text().count("!") == 2
        at.app.change(show_conflicts=False)
        await at.settle()
        assert "!" not in at.text()


async def test_wrong_entries_are_marked_when_wanted(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.analysed()
        at.app.change(show_conflicts=False)
        await at.press("4")
        assert "x4 " not in at.text().replace("4x4", "")
        await at.press("w")
        assert "x4 " in at.text().replace("4x4", "")
        assert "1 wrong" in at.message
        assert at.game.helped
        await at.press("2")
        assert "x" not in at.text().replace("sudoku 4x4", "")
        await at.press("w")
        assert not at.app.settings.show_wrong


async def test_cells_that_no_value_fits(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        at.app.change(show_dead=True)
        await at.go(1)
        await at.press("4")
        assert "∅" in at.text()


async def test_pause_hides_the_board_and_stops_the_time(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        assert at.game.watch.running
        await at.press("p")
        assert not at.game.watch.running
        assert "1'" not in at.text()
        assert "Paused" in at.message
        await at.press("2 c u s ctrl+r b g")
        assert at.game.open_cells == 8
        assert not at.game.savepoints
        await at.press("p")
        assert at.game.watch.running
        assert "1'" in at.text()


async def test_leaving_the_window_pauses_when_wanted(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        at.screen.post_message(events.AppBlur())
        await at.settle()
        assert not at.board.covered
        at.app.change(pause_on_blur=True)
        at.screen.post_message(events.AppBlur())
        await at.settle()
        assert at.board.covered


async def test_a_solved_game_stays_in_view(
    start: Start, four: Puzzle, solution: tuple[int, ...], folders: Folders
) -> None:
    async with start(four) as at:
        for cell in (1, 3, 4, 6, 9, 11, 12, 14):
            await at.go(cell)
            await at.press(str(solution[cell]))
        assert re.search(r"Solved in \d\d:\d\d", at.message)
        assert "best time" in at.said()
        assert "16/16" in at.text()
        assert not at.game.watch.running
        await at.press("u r p")  # once is enough, and there is nothing to pause
        assert not at.board.covered
    (kept,) = Statistics(folders.statistics).games()
    assert (kept.kind, kept.helped) == ("sudoku 4x4", False)


@pytest.mark.parametrize(
    ("givens", "words"),
    [
        ((0,) * 16, "several solutions"),
        ((1, 2, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0) + (0,) * 4, "no solution (proved)"),
        ((1, 1) + (0,) * 14, "no solution (proved)"),
    ],
)
async def test_other_puzzles_are_reported_and_can_be_played(
    start: Start, givens: tuple[int, ...], words: str
) -> None:
    async with start(Puzzle(sudoku(2, 2), givens)) as at:
        await at.analysed()
        await at.until(lambda: words in at.said())
        await at.go(15)
        await at.press("3 w")
        assert at.game.values[15] == 3
        assert "Nothing to compare with" in at.message


async def test_hints_come_in_stages(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.analysed()
        await at.press("i")
        await at.until(lambda: "(1/3)" in at.message)
        assert at.board.hint is not None and not at.board.hint.looks
        said = [at.message]
        for _ in range(2):
            await at.press("i")
            said.append(at.message)
        assert len(set(said)) == 3
        assert PLACED in at.board.hint.looks.values()
        assert at.game.open_cells == 8
        await at.press("i")
        assert at.game.open_cells == 7
        assert not at.game.mistakes()
        assert at.board.hint is None
        assert at.game.helped
        await at.press("u 4 i")
        assert "mistake" in at.message


async def test_where_no_technique_helps_the_model_is_asked(
    start: Start, solution: tuple[int, ...]
) -> None:
    empty = sudoku(2, 2).empty()
    async with start(empty, denoiser=lambda: oracle(np.array(solution))) as at:
        await at.press("i")
        await at.until(lambda: "i asks the model" in at.message)
        assert not at.game.helped
        await at.press("i")
        await at.until(lambda: "an opinion, not a proof" in at.message)
        assert "r1c1 is 1, with probability 1.00" in at.message
        assert at.board.hint.area == {0} and at.game.helped
        await at.press("1 i")
        await at.until(lambda: "i asks the model" in at.message)


async def test_without_a_model_to_ask_that_is_reported(start: Start) -> None:
    def missing() -> Denoiser:
        raise ModelError("none installed")

    async with start(sudoku(2, 2).empty(), denoiser=missing) as at:
        await at.press("i")
        await at.until(lambda: "i asks the model" in at.message)
        await at.press("i")
        await at.until(lambda: "There is no model to ask: none installed" in at.said())


async def test_the_grade_is_reported_on_opening_beside_the_board_and_in_the_end(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    async with start(four) as at:
        await at.until(lambda: at.game.grade is not None)
        assert at.game.grade == grade(four, unique=True)
        assert at.message.startswith("Easy: the hardest step is by")
        assert "Level   easy" in at.text()
        await at.go(1)
        await at.press("2")
        assert at.message == ""
        for cell, value in enumerate(solution):
            if cell != 3:
                at.game.enter([cell], value)
        await at.go(3)
        await at.press("4")
        assert "Solved in" in at.message and "Easy: the hardest step" in at.message


async def test_several_cells_are_selected_and_edited_at_once(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.go(3)
        await at.press("shift+down shift+left")
        assert at.board.selected == {3, 7, 6}
        await at.press("semicolon 3")
        assert [at.game.cells[cell].corners for cell in (3, 6, 7)] == [4, 4, 0], "r2c4 is filled"
        await at.press("4")
        assert [at.game.values[cell] for cell in (3, 7, 6)] == [4, 2, 4]
        await at.press("u")
        assert at.game.open_cells == 8
        await at.press("escape")
        assert at.board.selected == frozenset() and at.board.cursor == 6
        await at.press("ctrl+a")
        assert len(at.board.selected) == 16
        await at.press("delete left")
        assert at.board.selected == frozenset()


async def test_marks_corner_marks_and_colours_have_modes(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("z 2 3 m 4 o 9 o 2")
        assert at.game.cells[1] == Content(2, 0b1000, 0b110, 9)
        assert at.game.typing == "values"
        await at.press("o 9 delete")
        assert at.game.cells[1] == Content(0, 0b1000, 0b110, 0)
        await at.press("delete u u u o")
        assert at.game.cells[1] == Content(2, 0b1000, 0b110, 9)
        at.app.change(show_conflicts=False)
        await at.go(6)
        await at.press("z 2 m 3")
        assert "Marks   3 / 2" in at.text()


async def test_the_mouse_selects_cells(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        drawing, origin = at.board.drawing, at.board.origin

        def spot(cell: int) -> tuple[int, int]:
            return origin.x + drawing.lefts[cell % 4] + 1, origin.y + drawing.tops[cell // 4]

        await at.pilot.mouse_down(at.board, offset=spot(0))
        for cell in (1, 5):
            at.board.on_mouse_move(_moved(at.board, spot(cell)))
        await at.pilot.mouse_up(at.board, offset=spot(5))
        assert (at.board.selected, at.board.cursor) == ({0, 1, 5}, 5)
        await at.pilot.click(at.board, offset=spot(10), control=True)
        assert at.board.selected == {0, 1, 5, 10}
        await at.pilot.click(at.board, offset=spot(5), control=True)
        assert at.board.selected == {0, 1, 10}
        await at.pilot.click(at.board, offset=spot(0), times=2)
        assert at.board.selected == {0, 15}, "both cells with a 1"


def _moved(board: BoardView, spot: tuple[int, int]) -> events.MouseMove:
    """The mouse drawn to a place with its button held."""
    x, y = spot
    return events.MouseMove(board, x, y, 0, 0, 1, False, False, False, x, y)


async def test_watching_asks_before_it_counts_as_help(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.analysed()
        game = at.game
        await at.press("v")
        assert "counts as helped" in at.message
        assert not game.helped and not at.board.covered
        await at.press("right v")
        assert isinstance(at.app.screen, WatchScreen) and game.helped
        await at.press("escape")
        assert not at.board.covered and at.game.watch.running
        await at.press("p v escape")
        assert at.board.covered, "it was paused before"


async def test_a_full_grid_that_is_wrong_is_said_to_be(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    async with start(four) as at:
        at.app.change(show_conflicts=False)
        for cell in (1, 3, 4, 6, 9, 11, 12):
            at.game.enter([cell], solution[cell])
        await at.go(14)
        await at.press("3")
        assert "Every cell is filled, but not rightly" in at.message
        await at.press("2")
        assert "Solved" in at.message


async def test_cursor_and_mode_are_kept(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("2")
        await at.go(11)
        await at.press("z escape")
    async with start(four) as at:
        assert at.board.cursor == 11
        assert "Typing  corners" in at.text()


async def test_a_long_text_scrolls(start: Start, four: Puzzle) -> None:
    async with start(four, size=(60, 24)) as at:
        at.screen._tell("\n".join(f"line {number}" for number in range(9)))
        await at.settle()
        assert "line 0" in at.text() and "line 8" not in at.text()
        for _ in range(9):
            await at.press("pagedown")
        assert "line 8" in at.text()

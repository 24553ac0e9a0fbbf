"""The first screen: what it lists and shows, the daily puzzle, puzzles of one's own."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input, OptionList, Select, Static

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.formats import write
from vmd_solver.generation import PuzzleSpec, make
from vmd_solver.play import Game, Library, opening
from vmd_solver.play.library import key_of
from vmd_solver.play.statistics import Finished
from vmd_solver.play.storage import Folders
from vmd_solver.tui.commands import COMMANDS, LISTING
from vmd_solver.tui.screens.dialogs import RulesScreen, rules_of
from vmd_solver.tui.screens.enter import EnterScreen
from vmd_solver.tui.screens.files import CopyScreen, OpenScreen, PickScreen
from vmd_solver.tui.screens.home import HomeScreen
from vmd_solver.tui.screens.play import PlayScreen
from vmd_solver.tui.widgets.board import BoardView
from vmd_solver.tui.widgets.preview import Preview

Start = Any

GRID = "1.3.\n3.1.\n2.4.\n4.2."
WIDE = (120, 40)


def lines(at: Any, part: str) -> list[str]:
    """The lines of the screen that hold this."""
    return [line for line in at.text().splitlines() if part in line]


def preview(at: Any) -> str:
    return "\n".join(str(one.content) for one in at.app.screen.query_one(Preview).query(Static))


def said(at: Any, name: str = "message") -> str:
    return str(at.app.screen.query_one(f"#{name}", Static).content)


async def choose(at: Any, option: str) -> None:
    options = at.app.screen.query_one(OptionList)
    options.highlighted = options.get_option_index(option)
    await at.press("enter")


async def paste(at: Any, text: str) -> None:
    at.app.post_message(events.Paste(text))
    await at.settle()


# What is listed


@pytest.mark.parametrize("size", [(60, 30), (80, 24), WIDE, (200, 60)])
async def test_what_a_player_wants_next_comes_first(
    start: Start, four: Puzzle, size: tuple[int, int]
) -> None:
    async with start(four, size=size) as at:
        at.game.fill_candidates()
        await at.press("escape")
        found = [line.split()[1] for line in at.text().splitlines() if line.startswith(" │")]
        assert [word for word in found if word in ("Continue", "New")] == ["Continue", "New"]
        (game,) = lines(at, "8/16")
        assert "four" in game and "just now" in game
        (daily,) = lines(at, "Daily puzzle  ")
        assert (opening.daily(date.today()).level or "") in daily


async def test_only_the_last_games_are_listed_at_first(start: Start, folders: Folders) -> None:
    library = Library(folders.games)
    for cell in range(7):
        givens = tuple(int(at == cell) for at in range(16))
        opened = library.open(Puzzle(sudoku(2, 2), givens), f"game {cell}")
        opened.game.fill_candidates()
        opened.close()
    async with start() as at:
        assert len(lines(at, "game ")) == 5
        await choose(at, "more")
        assert len(lines(at, "game ")) == 7


async def test_the_collection_tells_level_and_progress(
    start: Start, folders: Folders, four: Puzzle
) -> None:
    hundred = opening.included("hard-100.sdm")
    async with start(size=(120, 70)) as at:
        keys = [key_of(entry.puzzle) for entry in hundred[:3]]
        for key in keys:
            at.app.statistics.add(Finished("sudoku 9x9", key, 9, False, "2026"))
        await choose(at, "file 4x4.txt")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        at.game.fill_candidates()
        await at.press("escape")
        (line,) = lines(at, "A hundred hard ones")
        assert "sudoku 9x9" in line and "3 of 100 solved" in line
        assert len([line for line in lines(at, "4/16") if "Tiny sudoku" in line]) == 2
        assert "easy" in lines(at, "Gentle sudoku ")[0]
        assert not lines(at, ".txt") and not lines(at, "hard-100.sdm")
        await choose(at, "file hard-100.sdm")
        screen = at.app.screen
        assert isinstance(screen, PickScreen)
        await at.settle()
        assert screen.query_one(OptionList).highlighted == 3  # the first that is not solved
        assert len([line for line in lines(at, "givens") if "solved" in line]) == 3
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        assert at.game.puzzle == hundred[3].puzzle
        at.app.action_next_puzzle()
        await at.until(lambda: at.game.puzzle == hundred[4].puzzle)
        assert at.game.title == "A hundred hard ones 5"


async def test_the_highlighted_puzzle_is_shown_where_there_is_room(
    start: Start, four: Puzzle
) -> None:
    async with start(four, size=WIDE) as at:
        at.game.fill_candidates()
        await at.press("escape")
        await at.until(lambda: len(at.app.screen.query(BoardView)) == 1)
        assert "8 of 16 cells filled" in preview(at)
        assert (
            at.app.screen.query_one(BoardView).game.marks == at.app.library.look(key_of(four)).marks
        )
        await at.press("down")
        await at.until(lambda: "The same for everybody" in preview(at))
        await at.until(lambda: len(at.app.screen.query(BoardView)) == 1)
        assert at.app.screen.query_one(BoardView).game.board.D == 9
        await at.press("end")
        await at.until(lambda: "watch it fill" in preview(at))
        assert not at.app.screen.query(BoardView)
        assert isinstance(at.app.screen.focused, OptionList)
    async with start(size=(80, 24)) as at:
        assert not at.app.screen.query(BoardView)


async def test_four_lines_tell_how_to_begin_until_they_are_hidden(
    start: Start, folders: Folders, four: Puzzle
) -> None:
    async with start(size=(60, 30)) as at:
        assert "Welcome" in at.text() and len(said(at, "tour").splitlines()) == 4
        await at.press("escape")
        assert "Welcome" not in at.text()
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)
    async with start() as at:
        assert "Welcome" not in at.text()
    folders.settings.unlink()
    async with start(four) as at:
        await at.press("escape")
        assert "Welcome" not in at.text()


# Deleting


async def test_a_deleted_game_comes_back(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        at.game.fill_candidates()
        await at.press("escape d")
        assert at.app.library.saved() == []
        assert "Deleted: four. u ^z brings it back." in at.said()
        assert not lines(at, "8/16")
        await at.press("u")
        assert len(at.app.library.saved()) == 1 and lines(at, "8/16")
        await at.press("u")
        assert "No game was deleted" in at.said()
        await at.press("home enter")
        assert at.game.marks[1]


async def test_a_deleted_game_that_was_begun_anew_stays(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        at.game.fill_candidates()
        await at.press("escape d")
        opened = at.app.library.open(four)
        opened.game.fill_candidates()
        opened.close()
        await at.press("u")
        assert "begun anew" in at.said()


# The daily puzzle


async def test_the_daily_puzzle_is_that_of_the_date(start: Start) -> None:
    today = date.today()
    async with start(daily=True) as at:
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        made = make(opening.daily(today))
        assert made is not None and at.game.puzzle == made.puzzle
        assert at.game.title == opening.daily_title(today)
        at.app.action_next_puzzle()
        before = opening.daily_title(today - timedelta(1))
        await at.until(lambda: isinstance(at.app.screen, PlayScreen) and at.game.title == before)


async def test_days_in_a_row_are_counted(start: Start) -> None:
    today = date.today()
    async with start(size=WIDE) as at:
        for back in (1, 2, 5):
            day = (today - timedelta(back)).isoformat()
            at.app.statistics.add(Finished("sudoku 9x9", "key", 60, False, "2026", "easy", day))
        await at.press("y")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        await at.press("escape")
        (line,) = lines(at, "Daily puzzle  ")
        assert "2 days in a row" in line
        await at.press("t")
        assert "Daily puzzles: 3 solved, 2 in a row, 2 at best." in at.text()


async def test_the_next_puzzle_of_a_spec_has_the_next_seed(start: Start) -> None:
    async with start() as at:
        await choose(at, f"spec {opening.READY.index(PuzzleSpec(size=4))}")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        seed = int(at.game.title.rpartition(" ")[2])
        at.app.action_next_puzzle()
        await at.until(
            lambda: (
                isinstance(at.app.screen, PlayScreen) and at.game.title.endswith(f"seed {seed + 1}")
            )
        )
        assert at.game.board.D == 4


async def test_after_a_resumed_game_comes_one_of_its_kind(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        at.game.fill_candidates()
    async with start(resume=True) as at:
        at.app.action_next_puzzle()
        await at.until(lambda: isinstance(at.app.screen, PlayScreen) and at.game.puzzle != four)
        assert at.game.board == four.board


async def test_after_the_last_of_a_file_comes_the_list(start: Start, four: Puzzle) -> None:
    async with start(sudoku(2, 2).empty(), four) as at:
        await at.until(lambda: isinstance(at.app.screen, PickScreen))
        await at.press("end enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        at.app.action_next_puzzle()
        await at.settle()
        assert isinstance(at.app.screen, HomeScreen)
        assert "the last of these" in at.said()


# Puzzles of one's own


@pytest.mark.parametrize(
    "text",
    [
        GRID,
        GRID + "\n",
        GRID.replace("\n", "\r\n"),
        GRID.replace("\n", "\r"),
        GRID.replace("\n", ""),
    ],
)
async def test_a_pasted_puzzle_is_played(start: Start, text: str) -> None:
    async with start() as at:
        await paste(at, text)
        assert isinstance(at.app.screen, OpenScreen)
        assert said(at) == "sudoku 4x4, 8 givens. Enter plays."
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        assert at.game.puzzle.givens[:4] == (1, 0, 3, 0) and at.game.title == "Pasted puzzle"


async def test_a_puzzle_is_pasted_during_a_game(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        at.game.fill_candidates()
        await paste(at, GRID)
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen) and at.game.puzzle != four)
        assert at.game.title == "Pasted puzzle"
        assert key_of(four) in [game.key for game in at.app.library.saved()]


async def test_a_link_and_several_puzzles_are_pasted(start: Start, four: Puzzle) -> None:
    async with start() as at:
        await at.press("o")
        await paste(at, write(four, "sudokupad"))
        assert "sudoku 4x4, 8 givens" in said(at)
        at.app.screen.query_one(Input).value = ""
        await paste(at, f"{write(four, 'line')}{write(four, 'line')}oops..........oops")
        assert (
            said(at).splitlines()[0] == "2 puzzles, the first: sudoku 4x4, 8 givens. Enter plays."
        )
        assert said(at).splitlines()[1].startswith("pasted:3:")
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PickScreen))


async def test_what_is_wrong_with_a_pasted_text_is_told_with_its_place(start: Start) -> None:
    async with start() as at:
        await paste(at, GRID[:-1])
        assert said(at) == "pasted:3:1: expected 4 rows of 4 cells, got 3"
        await at.press("enter")
        assert isinstance(at.app.screen, OpenScreen)
        await at.press("home ctrl+k 1 2")  # typed instead of it
        assert said(at) == ""
        await at.press("enter")
        assert said(at) == "12: no such file"


async def test_a_puzzle_is_entered_by_hand(start: Start, folders: Folders, four: Puzzle) -> None:
    async with start() as at:
        await at.press("e")
        screen = at.app.screen
        assert isinstance(screen, EnterScreen)
        await at.until(lambda: "Several solutions" in said(at, "count"))
        await at.press("p")
        assert said(at) == "Type givens first."
        screen.query_one("#size", Select).value = 4
        await at.until(lambda: screen.game.board.D == 4 and screen.view.is_attached)
        await at.settle()
        await at.press("1 right 1")
        assert "Break a rule: r1c1, r1c2." in said(at)
        await at.press("p")
        assert isinstance(at.app.screen, EnterScreen)
        await at.press("u right 3 down right 2 left left 4 down left 2 right right 4")
        await at.press("down left 3 right right 1")
        assert screen.puzzle.givens == four.givens
        await at.until(lambda: "One solution" in said(at, "count"))
        await at.press("escape e")  # nothing is lost, and nothing saved
        assert not list(folders.games.glob("*.json"))
        assert sum(map(bool, at.app.screen.puzzle.givens)) == 8
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        assert at.game.puzzle == four and at.game.title == "Entered by hand"


async def test_keys_without_pause_reach_the_cells_in_order(start: Start) -> None:
    async with start() as at:
        await at.press("e")
        for value in range(1, 10):
            at.app.simulate_key(str(value))
            at.app.simulate_key("right")
        await at.settle()
        assert list(at.app.screen.puzzle.givens[:9]) == list(range(1, 10))


@pytest.mark.parametrize("form", ["line", "grid", "vmd", "sudokupad", "link"])
async def test_a_puzzle_is_copied_out(start: Start, four: Puzzle, form: str) -> None:
    async with start(four) as at:
        at.app.push_screen(CopyScreen(at.game))
        await at.settle()
        await choose(at, form)
        assert opening.typed(at.app.clipboard)[0].puzzle == four
        assert "Copied" in said(at)


async def test_a_copy_has_what_is_filled_in_where_that_is_wanted(
    start: Start, four: Puzzle, solution: tuple[int, ...], tmp_path: Path
) -> None:
    async with start(four, root=tmp_path) as at:
        at.game.play({cell: at.game.cells[cell]._replace(value=solution[cell]) for cell in (1, 3)})
        at.app.push_screen(CopyScreen(at.game))
        await at.settle()
        at.app.screen.query_one("Toggle").toggle()
        await choose(at, "line")
        assert at.app.clipboard.startswith("1234")
        for name, message in (("../out.svg", "cannot be written"), ("sub/x.svg", "No such file")):
            at.app.screen.query_one(Input).value = name
            await choose(at, "svg")
            assert message in said(at)
        at.app.screen.query_one(Input).value = "out.svg"
        await at.press("enter")
        assert "Written: out.svg" in at.said()
        picture = (tmp_path / "out.svg").read_text()
        assert picture.count("<text") == 10 + 8 and picture.startswith("<svg")
        at.app.push_screen(CopyScreen(at.game))
        await at.settle()
        at.app.screen.query_one(Input).value = "out.svg"
        await choose(at, "svg")
        assert "is there already" in said(at)


async def test_the_picture_of_a_hint_is_copied_out(
    start: Start, four: Puzzle, tmp_path: Path
) -> None:
    async with start(four, root=tmp_path) as at:
        await at.analysed()
        await at.press("i")
        await at.until(lambda: "(1/3)" in at.message)
        await at.press("i i y")
        await choose(at, "hint")
        picture = (tmp_path / "puzzle.svg").read_text()
        words = " ".join(re.findall(">([^<>]+)</text>", picture))
        assert "So r" in words, words


async def test_a_form_that_cannot_hold_a_puzzle_says_so(start: Start) -> None:
    async with start(opening.included("windoku.txt")[0].puzzle) as at:
        at.app.push_screen(CopyScreen(at.game))
        await at.settle()
        await choose(at, "sudokupad")
        assert "cannot hold a windoku puzzle" in said(at)


# Help


async def test_help_is_of_the_screen_one_is_on(start: Start, four: Puzzle) -> None:
    async with start(four, size=(100, 90)) as at:
        await at.press("question_mark")
        page = at.text()
        assert all(one.text in page for one in COMMANDS)
        assert "Bring back a deleted game" not in page
        await at.press("a end")
        assert "Redo a given" in at.text()
        await at.press("escape escape question_mark")
        page = at.text()
        assert all(one.text in page for one in LISTING)
        assert "Pencil" not in page


@pytest.mark.parametrize("size", [(60, 30), (80, 24), WIDE])
async def test_rules_are_told_in_words_with_what_they_look_like(
    start: Start, size: tuple[int, int]
) -> None:
    puzzle = opening.included("mixed.txt")[0].puzzle
    assert puzzle is not None
    told = rules_of(puzzle)
    assert [name for name, _, _ in told] == [
        "sudoku",
        *dict.fromkeys(rule.name for rule in puzzle.board.rules),
    ]
    assert all(says.endswith(".") and "`" not in says for _, _, says in told)
    async with start(size=size) as at:
        at.app.push_screen(RulesScreen(puzzle))
        await at.settle()
        box = at.app.screen.query_one(".dialog--box").content_region
        page = [line[box.x : box.right] for line in at.text().splitlines()[box.y : box.bottom]]
        words = " ".join(" ".join(page).split())
        assert all(says in words and look in words for _, look, says in told)


def test_every_rule_can_be_told() -> None:
    for file in opening.COLLECTION:
        for entry in opening.included(file):
            assert entry.puzzle is not None
            for name, look, says in rules_of(entry.puzzle):
                assert name and says and "`" not in look + says


async def test_keys_stand_close_to_their_words(start: Start) -> None:
    async with start(size=WIDE) as at:
        foot = at.text().splitlines()[-1]
        assert foot.startswith(" n New  y Daily  o Open  ? Help  ")
        assert foot.endswith("  ^p More")


async def test_statistics_are_kept_by_level(start: Start) -> None:
    async with start(size=(60, 30)) as at:
        for level, seconds in (("easy", 60), ("hard", 600)):
            at.app.statistics.add(Finished("sudoku 9x9", level, seconds, False, "2026", level))
        await at.press("t")
        assert lines(at, "easy")[0].split()[2:8] == ["9x9", "easy", "1", "0", "01:00", "01:00"]
        assert "10:00" in lines(at, "hard")[-1]


async def test_what_is_shown_beside_the_list_may_change_at_any_time(
    start: Start, four: Puzzle
) -> None:
    """A preview that is replaced while the one before is taken away ends nothing."""
    async with start(size=(120, 40)) as at:
        preview = at.app.screen.query_one(Preview)
        for rounds in range(12):
            preview.show("one", (), Game(four))
            await at.settle()
            preview.show("two")
            for _ in range(rounds):
                await asyncio.sleep(0)
            preview.show("three", (), Game(four))
            await at.settle()
        assert len(preview.query(BoardView)) == 1
        await at.press("y")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))

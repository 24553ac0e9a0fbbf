"""From screen to screen: choosing puzzles, resuming, settings, keys, help, statistics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Checkbox, Input, OptionList, Static

from vmd_solver import tui
from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.formats import write
from vmd_solver.play import Library, opening
from vmd_solver.play.library import ELSEWHERE
from vmd_solver.play.player import Player
from vmd_solver.play.replay import Replay
from vmd_solver.play.settings import TOGGLES, load
from vmd_solver.play.storage import Folders
from vmd_solver.tui.commands import COMMANDS
from vmd_solver.tui.screens.dialogs import ExportScreen
from vmd_solver.tui.screens.files import OpenScreen, PickScreen
from vmd_solver.tui.screens.home import HomeScreen
from vmd_solver.tui.screens.play import PlayScreen
from vmd_solver.tui.themes import FIRST
from vmd_solver.tui.widgets.bars import KeyBar

Start = Any


def choices(at: Any) -> OptionList:
    found = at.app.screen.query_one(OptionList)
    assert isinstance(found, OptionList)
    return found


async def choose(at: Any, option: str) -> None:
    options = choices(at)
    options.highlighted = options.get_option_index(option)
    await at.press("enter")


async def test_a_puzzle_that_ships_is_played(start: Start) -> None:
    async with start() as at:
        await at.press("j k down")
        shipped = [option.id for option in choices(at).options if option.id]
        await choose(at, next(name for name in shipped if name.endswith("jigsaw-6.txt")))
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        assert at.game.board.family == "jigsaw"


async def test_a_game_is_left_and_gone_on_with(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("2 m tab 4 escape")
        assert "7/16" not in at.text()
        assert "9/16" in at.text()
        await at.press("enter")
        assert at.game.values[1] == 2
        assert at.game.marks[3] == 0b1000
        await at.press("u u")
        assert at.game.open_cells == 8
        await at.press("escape escape")
        assert isinstance(at.app.screen, PlayScreen)


async def test_a_game_survives_the_application(
    start: Start, four: Puzzle, folders: Folders
) -> None:
    async with start(four) as at:
        await at.press("2 s tab 4")
        await at.until(lambda: len(at.app.library.saved()) == 1)  # without being asked
        await at.press("u")
    async with start(resume=True) as at:
        assert at.game.values[1] == 2
        assert len(at.game.savepoints) == 1
        await at.press("r")
        assert at.game.values[3] == 4
    async with start(four) as at:
        assert at.game.values[3] == 4


async def test_a_game_is_deleted(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("2 escape d")
        assert at.app.library.saved() == []
        await at.press("d")
        assert "Choose an unfinished game" in at.said()


async def test_a_forgotten_position_is_gone_once_the_list_is_left(
    start: Start, four: Puzzle
) -> None:
    async with start(four) as at:
        await at.press("s 2 s g d down d d")
        assert "Position 2: 7 cells open, forgotten" in at.text()
        assert "Position 1: 8 cells open" in at.text() and at.text().count("forgotten") == 1
        await at.press("escape")
        assert [point.name for point in at.game.savepoints] == ["1"]


async def test_a_broken_game_is_kept_aside_and_reported(
    start: Start, four: Puzzle, folders: Folders
) -> None:
    async with start(four) as at:
        await at.press("2")
    (path,) = folders.games.glob("*.json")
    path.write_text("{")
    async with start(four) as at:
        assert "could not be read" in at.said()
        assert at.game.open_cells == 8
        await at.press("2")
    assert [kept.read_text() for kept in folders.games.glob("*unreadable*")] == ["{"]
    assert len(json.loads(path.read_text())["moves"]) == 1


async def test_two_players_of_one_game(start: Start, four: Puzzle, folders: Folders) -> None:
    other = Library(folders.games).open(four)
    other.game.enter([1], 2)
    other.save()
    async with start(four) as at:
        assert ELSEWHERE in at.said()
        assert "NOT SAVED: open in another vmd-play" in at.text()
        await at.press("tab 4")
        await at.press("escape d")
        assert "open in another" in at.said()
    assert len(json.loads(other.path.read_text())["moves"]) == 1
    other.close()


async def test_a_disk_that_refuses_is_reported(
    start: Start, four: Puzzle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, value: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vmd_solver.play.library.write_json", refuse)
    async with start(four) as at:
        path = at.screen.opened.path
        await at.press("2")
        await at.until(lambda: f"{path} could not be saved: no space left" in at.said())
        for key in ("q", "escape", "ctrl+q"):
            at.screen._warned = False
            await at.press(key)
            assert "again leaves it unsaved" in at.message and at.game.values[1] == 2
        await at.press("escape")
    assert "no space left" in at.app.unsaved[path]


async def test_a_disk_that_has_room_again_loses_nothing(
    start: Start, four: Puzzle, folders: Folders
) -> None:
    folders.games.parent.mkdir()
    folders.games.write_text("")  # neither the game nor its lock can be made
    async with start(four) as at:
        assert "not saved" in at.said()
        await at.press("2 q")
        assert at.app.unsaved
        folders.games.unlink()
        await at.press("q")
    assert not at.app.unsaved
    (path,) = folders.games.glob("*.json")
    assert len(json.loads(path.read_text())["moves"]) == 1


async def test_settings_that_cannot_be_kept_are_told_at_the_end(
    start: Start, folders: Folders
) -> None:
    async with start() as at:
        folders.settings.mkdir(parents=True)
        at.app.change(wrap=False)
        assert f"{folders.settings} could not be saved" in at.said()
    assert folders.settings in at.app.unsaved


async def test_a_page_reaches_its_folder_alone(start: Start, four: Puzzle, tmp_path: Path) -> None:
    """What is elsewhere looks as what is nowhere: by a path, a link, and when it is completed."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "own.txt").write_text(write(four))
    secret = tmp_path / "secret.txt"
    secret.write_text(write(four))
    (root / "link.txt").symlink_to(secret)
    (root / "out").symlink_to(tmp_path)
    elsewhere = (str(secret), "../secret.txt", "link.txt", "out/secret.txt", "out", "..", "/", "~")
    async with start(root=root) as at:
        await at.press("o")
        box = at.app.screen.query_one(Input)
        assert box.suggester is not None
        for name in (*elsewhere, "nowhere", "~nobody/x", "a\0b", "x" * 300):
            box.value = name
            await at.press("enter")
            assert isinstance(at.app.screen, OpenScreen), name
            said = at.app.screen.query_one("#message", Static).content
            assert said == f"{name}: no such file"
        for begun in (str(secret)[:-4], "../se", "li", "out/se", "/"):
            assert await box.suggester.get_suggestion(begun) is None
        assert await box.suggester.get_suggestion("ow") == "own.txt"
        box.value = "own.txt"
        await at.press("enter")
        assert at.game.puzzle.givens == four.givens


async def test_a_page_writes_into_its_folder_alone(
    start: Start, four: Puzzle, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    (root / "nowhere.svg").symlink_to(tmp_path / "made.svg")
    player = Player(Replay(four))
    async with start(root=root) as at:
        at.app.push_screen(ExportScreen(player.replays, player.frames, player.speed))
        await at.settle()
        box = at.app.screen.query_one(Input)
        outside = (tmp_path / "made.svg", "../made.svg", "out/made.svg", "nowhere.svg")
        for name in map(str, outside):
            box.value = name
            await at.press("enter")
            said = at.app.screen.query_one("#message", Static).content
            assert said == f"{name}: cannot be written"
        box.value = "made.svg"
        await at.press("enter")
        assert at.notes[-1] == "Written: made.svg"
    assert (root / "made.svg").is_file() and not (tmp_path / "made.svg").exists()


async def test_names_that_no_file_can_have_are_no_files(start: Start) -> None:
    async with start() as at:
        await at.press("o")
        for name in ("~nobody/x", "a\0b", "x" * 300):
            box = at.app.screen.query_one(Input)
            box.value = name
            await at.press("enter")
            assert "no such file" in str(at.app.screen.query_one("#message", Static).content)


async def test_files_are_opened_by_name(start: Start, four: Puzzle, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(write(four))
    async with start() as at:
        await at.press("o")
        await at.settle()
        box = at.app.screen.query_one(Input)
        box.value = str(tmp_path / "nowhere.txt")
        await at.press("enter")
        assert "no such file" in at.text()
        box.value = str(tmp_path / "mi")
        await at.until(lambda: box._suggestion == str(path))
        await at.press("right enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        assert at.game.puzzle == four


async def test_a_file_without_puzzles_is_reported(start: Start, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("hello")
    async with start() as at:
        at.app.open_entries(opening.entries(tmp_path / "bad.txt"))
        await at.until(lambda: "bad.txt:1:1" in at.said())


async def test_names_that_look_like_markup_do_no_harm(start: Start, tmp_path: Path) -> None:
    (tmp_path / "[bold]x[y].txt").write_text("hello")
    async with start() as at:
        at.app.open_entries(opening.entries(tmp_path / "[bold]x[y].txt"))
        await at.until(lambda: "[bold]x[y].txt:1:1" in at.said())
        await at.settle()
        assert at.app.is_running


async def test_a_last_game_that_breaks_is_reported(
    start: Start, four: Puzzle, folders: Folders
) -> None:
    async with start(four) as at:
        await at.press("2")
    (path,) = folders.games.glob("*.json")
    path.write_text(path.read_text().replace('"done":1', '"done":9'))
    async with start(resume=True) as at:
        assert "kept as" in at.said()
        assert isinstance(at.app.screen, HomeScreen)


async def test_one_of_several_is_picked(start: Start, four: Puzzle) -> None:
    async with start(four, sudoku(2, 2).empty()) as at:
        await at.until(lambda: isinstance(at.app.screen, PickScreen))
        assert "2 puzzles" in at.text()
        await at.press("down enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        assert at.game.open_cells == 16
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_every_toggle_is_set_on_its_own(start: Start, folders: Folders) -> None:
    async with start() as at:
        await at.press("comma")
        usual = at.app.settings
        for one in TOGGLES:
            at.app.screen.query_one(f"#{one.name}", Checkbox).toggle()
            await at.settle()
            assert getattr(at.app.settings, one.name) != getattr(usual, one.name)
        assert load(folders.settings)[0] == at.app.settings
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_themes_show_the_board(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("1 f c")
        for theme in FIRST:
            at.app.theme = theme
            await at.settle()
            assert "!1" in at.text()
            assert at.app.settings.theme == theme


async def test_a_theme_is_chosen_and_kept(start: Start, folders: Folders) -> None:
    async with start() as at:
        await at.press("comma")
        choices(at).focus()
        await choose(at, "contrast-dark")
        assert at.app.theme == "contrast-dark"
    async with start() as at:
        assert at.app.theme == "contrast-dark"


async def test_a_theme_that_is_gone_is_no_trouble(start: Start, folders: Folders) -> None:
    folders.settings.parent.mkdir(parents=True)
    folders.settings.write_text('{"theme": "gone"}')
    async with start() as at:
        assert at.app.theme == "paper-dark"


async def test_broken_settings_are_reported(start: Start, folders: Folders) -> None:
    folders.settings.parent.mkdir(parents=True)
    folders.settings.write_text("{")
    async with start() as at:
        assert "settings could not be read" in at.said()


async def test_without_colour_attributes_tell(
    start: Start, four: Puzzle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with start(four) as at:
        await at.press("c tab f")
        board = at.board
        segments = [s for y in range(board.size.height) for s in board.render_line(y)]
        filtered = [
            segment
            for strip in at.app.screen._compositor.render_strips()
            for segment in strip.apply_filter(at.app._filters[-1], board.background_colors[1])
        ]
        assert all(
            colour is None or colour.is_default
            for segment in filtered
            if segment.style
            for colour in (segment.style.color, segment.style.bgcolor)
        )
        assert any(segment.style and segment.style.reverse for segment in segments)
        assert any(segment.style and segment.style.dim for segment in segments)
        assert any(segment.style and segment.style.bold for segment in segments)


async def test_keys_are_changed_and_kept(start: Start, four: Puzzle, folders: Folders) -> None:
    async with start(four) as at:
        await at.press("comma")
        at.app.screen.query_one("#keys").focus()
        await at.press("enter")
        await choose(at, "undo")
        await at.press("ctrl+u")
        assert at.app.settings.keys == {"undo": "ctrl+u"}
        assert "^u" in at.text()
        await choose(at, "redo")
        await at.press("m")
        assert "That is the key of" in at.text()
        await choose(at, "redo")
        await at.press("A")
        assert "are values" in at.text()
        await choose(at, "text-fill")
        await at.press("x")
        assert "are typed into the text" in at.text()
        await choose(at, "redo")
        await at.press("escape")
        assert at.app.settings.keys == {"undo": "ctrl+u"}
        await at.press("escape escape 2 u")
        assert at.game.values[1] == 2
        await at.press("ctrl+u")
        assert at.game.values[1] == 0
    async with start(four) as at:
        await at.press("2 ctrl+u")
        assert at.game.values[1] == 0
        await at.press("comma")
        at.app.screen.query_one("#keys").focus()
        await at.press("enter")
        choices(at).highlighted = choices(at).get_option_index("undo")
        await at.press("backspace escape escape 2 u")
        assert at.game.values[1] == 0


async def test_help_names_every_command_with_its_keys(start: Start, four: Puzzle) -> None:
    async with start(four, size=(100, 70)) as at:
        at.app.change(keys={"undo": "ctrl+u"})
        await at.press("question_mark")
        page = at.text()
        assert all(command.text in page for command in COMMANDS)
        assert "^u" in page
        await at.press("escape")
        assert isinstance(at.app.screen, PlayScreen)


async def test_the_palette_finds_commands(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("ctrl+p")
        await at.press("p e n c i l space i n")
        await at.until(lambda: "Pencil in all candidates" in at.text())
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        await at.until(lambda: at.game.marks[3] == 0b1000)


async def test_the_line_of_keys_can_be_clicked(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        last = at.text().splitlines()[-1]
        await at.press("2")
        await at.pilot.click(KeyBar, offset=(last.index("Undo"), 0))
        await at.until(lambda: at.game.open_cells == 8)
        await at.pilot.click(KeyBar, offset=(len(last) - 1, 0))
        await at.until(lambda: not isinstance(at.app.screen, PlayScreen))


async def test_statistics(start: Start, four: Puzzle, solution: tuple[int, ...]) -> None:
    async with start(four) as at:
        at.app.action_dialog("statistics")
        await at.settle()
        assert "No game finished yet" in at.text()
        await at.press("escape")
        for cell, value in enumerate(solution):
            at.game.enter([cell], value)
        at.game.clear([1])
        await at.press("2 escape t")
        (line,) = [line for line in at.text().splitlines() if "sudoku 4x4" in line]
        assert line.split()[3:6] == [at.app.statistics.games()[0].level, "1", "0"]
        await at.press("escape")
        assert "Continue" not in at.text()


async def test_quitting_while_solutions_are_counted_does_not_wait(start: Start) -> None:
    async with start(sudoku(5, 5).empty()) as at:
        await at.press("1 q")
    assert not at.app.is_running


async def test_the_list_of_puzzles_has_its_stylesheet(start: Start) -> None:
    async with start(size=(120, 40)) as at:
        assert choices(at).size.width < 80


async def test_dialogs_open_and_close_over_the_list_of_puzzles(start: Start) -> None:
    titles = {"t": "Statistics", "n": "A new puzzle", "o": "Open or paste a puzzle"}
    titles |= {"comma": "Settings", "question_mark": "Help"}
    async with start() as at:
        for key, title in titles.items():
            at.app.set_focus(None)
            at.app.screen.query_one(KeyBar).refresh()
            await at.press(f"j {key}")
            await at.until(lambda title=title: f"─ {title} ─" in at.text())  # type: ignore[misc]
            await at.press("escape")
            assert isinstance(at.app.screen, HomeScreen)


def test_the_stylesheet_lies_beside_the_application() -> None:
    folder = Path(tui.__file__).parent
    assert (folder / "app.py").is_file() and (folder / "app.tcss").is_file()


async def test_the_palette_has_no_pages_while_nothing_is_found(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("ctrl+p z z z z")
        await at.until(lambda: "No matches" in at.text())
        await at.press("pageup pagedown escape")
        assert at.app.is_running

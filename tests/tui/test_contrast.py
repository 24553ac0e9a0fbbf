"""Every text can be read in every theme: its contrast with its ground is 4.5 at least."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.color import Color
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES

from vmd_solver.formats import parse
from vmd_solver.generation import PuzzleSpec
from vmd_solver.play import Game, opening
from vmd_solver.play.statistics import Finished
from vmd_solver.tui.screens.dialogs import (
    HelpScreen,
    KeysScreen,
    RulesScreen,
    SettingsScreen,
    StatisticsScreen,
)
from vmd_solver.tui.screens.enter import EnterScreen
from vmd_solver.tui.screens.files import CopyScreen, OpenScreen, PickScreen
from vmd_solver.tui.screens.new import NewScreen
from vmd_solver.tui.themes import LEAST_CONTRAST, THEMES, contrast
from vmd_solver.tui.widgets.board import GROUPS, PLACED, STRUCK, BoardView, HintPicture

Start = Any
At = Any

ALL = sorted({theme.name for theme in THEMES} | {*BUILTIN_THEMES})
"""Those of sixteen colours are the terminal's own, of which nothing is known."""
EXAMPLE = parse("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")


def faint(at: At) -> Iterator[str]:
    """Pieces of text on the screen that can hardly be read."""
    for strip in at.app.screen._compositor.render_strips():
        for text, style, _ in strip:
            ink, ground = (style.color, style.bgcolor) if style else (None, None)
            words = "".join(sign for sign in text if sign.isalnum())
            if not words or ink is None or ground is None:
                continue
            assert ink.triplet and ground.triplet, "a colour that is not known"
            ratio = contrast(Color(*ink.triplet), Color(*ground.triplet))
            if ratio < LEAST_CONTRAST - 0.01:
                yield f"{text.strip()!r} {ink.triplet.hex} on {ground.triplet.hex}: {ratio:.2f}"


async def show_everything(at: At) -> None:
    """Marks of all kinds, colours, a hint, a filter, warnings: each in some cell."""
    game, board = at.game, at.board
    game.fill_candidates()
    for cell in range(9):
        game.paint([72 + cell], cell + 1)
    game.mark([2, 3, 74, 76], 4, corner=True)
    game.enter([5], 5)
    game.enter([7], 9)
    board.chosen = 1
    looks = {(40, value): look for value, look in enumerate((*GROUPS, STRUCK), 1)}
    masks = tuple(0b11111 if cell == 40 else mask for cell, mask in enumerate(game.marks))
    board.hint = HintPicture(frozenset(range(27, 54)), masks, looks | {(38, 2): PLACED})
    board.selected = frozenset({60, 61, 62})
    board.refresh_game()
    await at.settle()


COLOURED = [name for name in ALL if not name.startswith("ansi")]


@pytest.mark.parametrize("theme", COLOURED)
async def test_a_run_can_be_read(start: Start, theme: str) -> None:
    async with start(EXAMPLE, replays=[None], size=(120, 40)) as at:
        at.app.theme = theme
        await at.until(lambda: at.app.screen.replay.ended)
        for keys in ("home", "full_stop", "right right right", "full_stop", "h", "h full_stop"):
            await at.press(keys)
            assert [*faint(at)] == []


@pytest.mark.parametrize("theme", COLOURED)
async def test_the_page_of_text_can_be_read(start: Start, theme: str) -> None:
    async with start() as at:
        at.app.theme = theme
        await at.press("w")
        assert [*faint(at)] == []
        await at.press("a space b ctrl+g c ctrl+f")
        await at.until(lambda: at.app.screen.filling is None)
        await at.press("left left ctrl+l")
        assert [*faint(at)] == []


@pytest.mark.parametrize("theme", COLOURED)
async def test_the_board_can_be_read(start: Start, theme: str) -> None:
    async with start(EXAMPLE, size=(120, 40)) as at:
        await at.analysed()
        at.app.theme = theme
        at.app.change(show_wrong=True, show_dead=True)
        await show_everything(at)
        assert [*faint(at)] == []


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_the_first_screen_and_dialogs_can_be_read(start: Start, theme: str) -> None:
    async with start(size=(120, 40)) as at:
        at.app.theme = theme
        statistics = at.app.statistics
        statistics.add(Finished("sudoku 9x9", "key", 60, False, "2026", "easy", "2026-01-01"))
        hundred = opening.included("hard-100.sdm")
        await at.press("down up")
        await at.until(lambda: len(at.app.screen.query(BoardView)) == 1)
        assert [*faint(at)] == []
        game = Game(EXAMPLE)
        screens = (
            *(NewScreen(PuzzleSpec()), OpenScreen("1..4............"), OpenScreen("1\n2")),
            *(PickScreen(hundred), CopyScreen(game), RulesScreen(EXAMPLE), EnterScreen()),
            *(HelpScreen(), StatisticsScreen(), SettingsScreen(), KeysScreen()),
        )
        at.app.push_screen(Screen())  # what lies beneath a dialog is darkened
        for screen in screens:
            at.app.push_screen(screen)
            await at.settle()
            assert [*faint(at)] == [], screen
            at.app.pop_screen()

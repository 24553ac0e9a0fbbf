"""The application: what the screens share, and the way from one to the next."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from textual import events, work
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.screen import Screen

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import Denoiser, load
from vmd_solver.errors import SaveError
from vmd_solver.formats import Entry
from vmd_solver.generation import FAMILIES, PuzzleSpec
from vmd_solver.play import Game, Library, opening, settings
from vmd_solver.play.draft import Draft
from vmd_solver.play.replay import Replay
from vmd_solver.play.statistics import Statistics
from vmd_solver.play.storage import Folders
from vmd_solver.text import denoiser as text
from vmd_solver.tui.changes import cut
from vmd_solver.tui.commands import BY_NAME
from vmd_solver.tui.page import PageDriver
from vmd_solver.tui.screens.base import AppScreen
from vmd_solver.tui.screens.dialogs import HelpScreen, SettingsScreen, StatisticsScreen
from vmd_solver.tui.screens.enter import EnterScreen
from vmd_solver.tui.screens.files import OpenScreen, PickScreen
from vmd_solver.tui.screens.home import HomeScreen
from vmd_solver.tui.screens.new import NewScreen
from vmd_solver.tui.screens.play import PlayScreen
from vmd_solver.tui.screens.text import TextScreen
from vmd_solver.tui.screens.watch import WatchScreen
from vmd_solver.tui.themes import THEMES, with_inks

_FROM_ANYWHERE: dict[str, type[Screen[None]]] = {
    "help": HelpScreen,
    "settings": SettingsScreen,
    "statistics": StatisticsScreen,
    "text": TextScreen,
}


_STDIN = 0


class _Palette(CommandPalette):
    """Textual's, which a page up or down ends with an error while its list is not to be seen."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).size:
            super()._action_command_list(action)


class PlayApp(App[None]):
    """Begins with the puzzles of `entries`, or else with the list of what can be played.

    With `resume` it begins with the last game, with `daily` with the puzzle of the day. With
    `replays` it shows one of these, which belong to the entries, instead of a game. With `root` it
    is a page in a browser, and no name that is typed leads out of that folder. Models run on one
    thread, so that sums are rounded alike on any machine.
    """

    CSS_PATH = "app.tcss"
    TITLE = "vmd-play"
    BINDINGS = [Binding("ctrl+q", "quit", "Quit", show=False)]  # noqa: RUF012

    def __init__(
        self,
        folders: Folders,
        entries: list[Entry] | None = None,
        resume: bool = False,
        replays: list[Replay | None] | None = None,
        denoiser: Callable[[str], Denoiser] = lambda name: load(name, "cpu", 1),
        text_model: Callable[[], text.TextDenoiser] = lambda: text.load(None, "cpu", 1),
        root: Path | None = None,
        daily: bool = False,
    ) -> None:
        # Without colour attributes show everything; greys would show less.
        plain = True if "NO_COLOR" in os.environ else None
        super().__init__(PageDriver if root is not None else None, ansi_color=plain)
        self.folders, self.root = folders, root
        self.library = Library(folders.games)
        self.statistics = Statistics(folders.statistics)
        self.settings, self._note = settings.load(folders.settings)
        for theme in THEMES:
            self.register_theme(theme)
        known = self.settings.theme in self.available_themes
        self.theme = self.settings.theme if known else settings.DEFAULT_THEME
        self._entries, self._replays = entries or [], replays
        self._resume, self._daily = resume, daily
        self.denoiser, self.text_model = cache(denoiser), cache(text_model)
        """The model of a name, and that of text, opened when it is first wanted."""
        self.draft = Draft()
        """The text that is written."""
        self.spec = PuzzleSpec(level="easy", symmetry="half-turn")
        """What a new puzzle was asked to be like last."""
        self.entered = Game(sudoku().empty())
        """The puzzle that is entered by hand."""
        self._onward: Callable[[], object] | None = None
        """Plays the puzzle after the one that is played, where it came from several."""
        self.unsaved: dict[Path, str] = {}
        """Files that could not be written, and why: what to say once the screen is gone."""

    @cached_property
    def about_text(self) -> str:
        """What the included model of text was trained on, and what to expect of it."""
        return text.about()

    def on_load(self) -> None:
        """End as `q` does on a signal, however early or often it comes: the game is saved.

        An alarm is an interrupt that was lost before this, and comes again (`console.install`).
        """
        loop = asyncio.get_running_loop()
        codes = {"SIGINT": 130, "SIGALRM": 130, "SIGTERM": 143, "SIGHUP": 129}
        for name, code in codes.items() if os.name == "posix" else ():
            loop.add_signal_handler(signal.Signals[name], partial(self.exit, return_code=code))
        if os.name == "posix" and os.isatty(_STDIN):
            self.set_interval(2.0, self._end_without_terminal)

    def _end_without_terminal(self) -> None:
        """End as on a hangup where the terminal is gone and no signal came."""
        import termios

        try:
            termios.tcgetattr(_STDIN)
        except termios.error:
            self.exit(return_code=129)

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda theme: self.change(theme=theme.name))
        self.set_keymap(self._keys)
        if self._note:
            self.notify(self._note, severity="warning", timeout=10)
        if self._entries:
            self.open_entries(self._entries, self._replays)
        elif self._daily:
            self.action_daily()
        elif self._resume:
            self.action_last_game()

    def on_key(self, event: events.Key) -> None:
        """Write what is typed: here, where bindings run, so that no key overtakes another."""
        if isinstance(self.screen, AppScreen) and self.screen.typed(event):
            event.prevent_default()

    def get_default_screen(self) -> Screen[Any]:
        """The list of what can be played lies beneath everything else."""
        return HomeScreen()

    @work(group="dialog")
    async def open_entries(
        self,
        entries: list[Entry],
        replays: list[Replay | None] | None = None,
        title: str = "",
    ) -> None:
        """Play one of these, or watch its replay, after asking which where there are several.

        `title` is what all of them are called, if they are.
        """
        if all(entry.puzzle is None for entry in entries):
            self.notify(str(entries[0].error), severity="error", timeout=10)
            return
        at: int | None = 0
        if len(entries) > 1:
            begun = [one.key for one in self.library.saved() if not one.finished]
            pick = PickScreen(entries, title, self.statistics.keys(), begun)
            at = await self.push_screen_wait(pick)
        if at is None:
            return
        if replays is None:
            self.play_entry(entries, at, title)
        elif (puzzle := entries[at].puzzle) is not None:
            name = opening.title_of(entries[at], at + 1, len(entries))
            self.push_screen(WatchScreen(replays[at] or Replay(puzzle), name))

    def play_entry(self, entries: list[Entry], at: int, title: str = "") -> None:
        """Play the first puzzle from a place of these on; after the last show the list."""
        found = (one for one in range(at, len(entries)) if entries[one].puzzle is not None)
        place = next(found, None)
        if place is None or (puzzle := entries[place].puzzle) is None:
            self.notify("That was the last of these puzzles.")
            self.action_leave_game()
            return
        name = puzzle.name or title
        if len(entries) > 1:
            name = f"{title} {place + 1}" if title else name
        name = name or opening.title_of(entries[place], place + 1, len(entries))
        onward = partial(self.play_entry, entries, place + 1, title) if len(entries) > 1 else None
        self.play_puzzle(puzzle, name, onward)

    def play_puzzle(
        self, puzzle: Puzzle, title: str, onward: Callable[[], object] | None = None
    ) -> None:
        """Play this puzzle, from where it was left; `onward` plays the one after it."""
        self.action_leave_game()
        self.change(toured=True)
        self.push_screen(PlayScreen(self.library.open(puzzle, title)))
        self._onward = onward

    @work(group="dialog")
    async def make(
        self,
        spec: PuzzleSpec,
        begin: bool = True,
        title: str = "",
        onward: Callable[[], object] | None = None,
    ) -> None:
        """Have a puzzle made by this spec, or without `begin` by what it is changed to; play it."""
        screen = NewScreen(
            spec, begin, title or (opening.words(spec).capitalize() if begin else "")
        )
        made = await self.push_screen_wait(screen)
        if made is None:
            return
        spec = screen.first
        if not begin:
            self.spec = spec
        name = title or f"{made.level.capitalize()}, seed {spec.seed}"
        after = onward or partial(self.make, replace(spec, seed=spec.seed + 1))
        self.play_puzzle(made.puzzle, name, after)
        if note := opening.origin(made):
            self.notify(note, timeout=8)

    def action_daily(self, day: date | None = None) -> None:
        """Play the puzzle of a day, by default of today; after it the last that is not solved."""
        day = day or date.today()
        solved = self.statistics.days()
        before = day - timedelta(1)
        while before.isoformat() in solved:
            before -= timedelta(1)
        title, onward = opening.daily_title(day), partial(self.action_daily, before)
        self.make(opening.daily(day), title=title, onward=onward)

    def action_next_puzzle(self) -> None:
        """From a game to the one after it: of the same file, or made alike."""
        if self._onward is not None:
            self._onward()
        elif isinstance(screen := self.screen, PlayScreen):
            self.make(self._alike(screen.game))

    def _alike(self, game: Game) -> PuzzleSpec:
        """A spec for another puzzle of a game's kind, or what was asked for last."""
        board, level = game.board, game.grade.level if game.grade else None
        names = dict.fromkeys(rule.name for rule in board.rules) or [board.family]
        family = next(iter(names))
        spec = self.spec
        if family in FAMILIES and board.rows in opening.sizes(family) and board.rows == board.cols:
            clues = opening.usual_clues(board.rows)
            level = None if clues or board.rules else level
            spec = PuzzleSpec(family, board.rows, level=level, clues=clues)
        return replace(spec, seed=opening.any_seed())

    @work(group="dialog")
    async def action_open(self, text: str = "") -> None:
        """Open a file, or a text that was pasted."""
        entries = await self.push_screen_wait(OpenScreen(text))
        if entries is not None:
            pasted = entries[0].source == opening.PASTED
            self.open_entries(entries, title="Pasted puzzle" if pasted else "")

    def action_enter(self) -> None:
        """Enter a puzzle by hand."""
        self.push_screen(EnterScreen())

    def resume(self, key: str) -> None:
        """Continue a saved game, or say why that cannot be."""
        self.action_leave_game()
        try:
            self.push_screen(PlayScreen(self.library.resume(key)))
        except SaveError as error:
            self.notify(str(error), severity="error", timeout=10)
        else:
            self._onward = None
            self.change(toured=True)

    def action_leave_game(self) -> None:
        """Save the game, and show the list of puzzles."""
        while isinstance(self.screen, PlayScreen) and self.screen.may_leave():
            self.screen.leave()
            self.pop_screen()

    async def action_quit(self) -> None:
        """Quit, unless a game cannot be saved and the player has not heard of that."""
        games = [screen for screen in self.screen_stack if isinstance(screen, PlayScreen)]
        if all(game.may_leave() for game in games):
            self.exit()

    @contextmanager
    def keeping(self, path: Path) -> Iterator[None]:
        """Around the writing of a file: why it fails is said now, and once the screen is gone."""
        try:
            yield
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            if self.unsaved.get(path) != why:
                text = f"{path} could not be saved: {why}"
                self.notify(text, severity="error", timeout=10)
            self.unsaved[path] = why
        else:
            self.unsaved.pop(path, None)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(_Palette(id="--command-palette"))

    def action_last_game(self) -> None:
        """From the list to the game played last, if it is unfinished."""
        if (last := self.library.last()) is not None:
            self.resume(last.key)

    def action_dialog(self, name: str) -> None:
        self.push_screen(_FROM_ANYWHERE[name]())

    def change(self, **changes: Any) -> None:
        """Change settings, keep them, and let them take effect."""
        before, self.settings = self.settings, replace(self.settings, **changes)
        if self.settings == before:
            return
        self.set_keymap(self._keys)
        for screen in self.screen_stack:
            if isinstance(screen, AppScreen):
                screen.settings_changed()
        with self.keeping(self.folders.settings):
            settings.save(self.folders.settings, self.settings)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, cut(renderable))

    def get_css_variables(self) -> dict[str, str]:
        """Those of the theme, and inks that can be read."""
        return with_inks(super().get_css_variables())

    @property
    def _keys(self) -> dict[str, str]:
        """The keys that the settings hold, of commands that exist."""
        return {name: key for name, key in self.settings.keys.items() if name in BY_NAME and key}

    def key_of(self, name: str) -> str:
        """The keys of a command, as people read them."""
        binding = BY_NAME[name].binding
        keys = (self._keys.get(name) or binding.key).split(",")
        return " ".join(self.get_key_display(binding.with_key(key.strip())) for key in keys)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The commands that the palette finds: those of Textual, and ours where there is a game."""
        yield from super().get_system_commands(screen)
        for title, about in (
            ("Settings", "Toggles, theme, keys"),
            ("Statistics", "Finished games"),
        ):
            yield SystemCommand(title, about, partial(self.action_dialog, title.lower()))
        for binding in screen.BINDINGS:
            one = BY_NAME.get(binding.id or "") if isinstance(binding, Binding) else None
            if one is not None and not one.area.startswith("Moving"):
                run = partial(self.run_action, one.action, screen)
                yield SystemCommand(one.text, self.key_of(one.name), run)

    def notify(self, message: str, *, markup: bool = False, **options: Any) -> None:
        """Say something for a while, as plain text: names of files may look like markup."""
        super().notify(message, markup=markup, **options)

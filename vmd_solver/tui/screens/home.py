"""The first screen: what can be played, in the order in which a player is likely to want it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from rich.table import Table
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from vmd_solver.csp import Puzzle
from vmd_solver.errors import SaveError
from vmd_solver.generation import GeneratedPuzzle, PuzzleSpec, make
from vmd_solver.play import Game, Summary, opening
from vmd_solver.play.game import shown
from vmd_solver.play.library import key_of, kind_of
from vmd_solver.techniques import LEVELS
from vmd_solver.tui.commands import LISTING, bindings
from vmd_solver.tui.screens.base import AppScreen, heading, message, row
from vmd_solver.tui.widgets.bars import KeyBar
from vmd_solver.tui.widgets.preview import Preview

MOST_GAMES = 5
"""Unfinished games that are listed at first: what else there is should be seen too."""

_SHARES, _NARROW = (10, 8, 4, 9), (10, 0, 4, 8)
"""How the columns of the list share its width: title, kind, level, how far; without the kind where
the screen is narrow."""
_TEXTS = {
    "more": ("More unfinished games…", ""),
    "new": ("Choose family, size, level…", "Asks what the puzzle should be like, and makes it."),
    "open": (
        "Open or paste a puzzle…",
        "A file, a line, a grid, an id of sgt-puzzles, a link of SudokuPad or f-puzzles, JSON: "
        "any form that vmd-solve reads. Pasting on this screen does as well.",
    ),
    "enter": (
        "Enter a puzzle by hand…",
        "From a newspaper, say. How many solutions it has is shown as you type.",
    ),
    "text": (
        "Write text with the model…",
        "Type, mask any part, watch it fill, lock what you like.",
    ),
}
"""What is in the list beside puzzles: its name there, and what it does."""


class HomeScreen(AppScreen[None]):
    """The list of what can be played, and beside it what is highlighted."""

    BINDINGS = bindings(LISTING)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self._games: dict[str, Summary] = {}
        """All saved games by key."""
        self._solved: set[str] = set()
        """The keys of puzzles that were solved."""
        self._removed: list[tuple[str, str]] = []
        """The keys and titles of the games that were deleted, to be brought back."""
        self._days: set[str] = set()
        """The days whose puzzle was solved."""
        self._all = False
        """Whether all unfinished games are listed."""
        self._due = False
        """Whether the list is to be made again once the screen is drawn."""

    def compose(self) -> ComposeResult:
        yield message("tour")
        choices = OptionList(id="choices", markup=False)
        choices.border_title, choices.border_subtitle = "vmd-play", "enter plays"
        yield Horizontal(choices, Preview(self.app.settings), id="home")
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """List again: what was played meanwhile comes first."""
        self._show_tour()
        options = self.query_one(OptionList)
        options.focus()
        options.highlighted = None
        self._list_soon()

    def on_resize(self, event: events.Resize) -> None:
        """List again, in columns that fit, and show or hide what is beside the list."""
        self._list_soon()

    def _list_soon(self) -> None:
        """List what there is, once for all that asks for it, and if it is seen then."""
        if not self._due:
            self._due = True
            self.call_after_refresh(self._list_if_seen)

    def _list_if_seen(self) -> None:
        """Unless a game is before the list already: to make it all included files are read."""
        self._due = False
        if self.is_current:
            self._list(self.query_one(OptionList).highlighted)

    def _show_tour(self) -> None:
        """How to begin, in four lines, until a puzzle was played or Escape was pressed."""

        def key(name: str) -> str:
            return self.app.key_of(name).split()[0]

        tour = self.query_one("#tour")
        tour.border_title = "Welcome to vmd-play"
        tour.border_subtitle = f"{key('list-back')} hides this"
        tour.display = not self.app.settings.toured
        self.say(
            "↑ ↓ and enter choose what to play. The daily puzzle is a good start.\n"
            f"On the board arrows move and digits fill in; {key('marks')} is for pencil marks.\n"
            f"{key('hint')} gives a hint, one step at a time; {key('undo')} undoes anything.\n"
            f"{key('help')} shows the keys of every screen. Games save themselves.",
            "tour",
        )

    # What there is

    def _list(self, highlighted: int | None = None) -> None:
        saved = self.app.library.saved()
        self._games = {game.key: game for game in saved}
        self._solved = self.app.statistics.keys() | {one.key for one in saved if one.finished}
        self._days = self.app.statistics.days()
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([*self._options()])
        if highlighted is None:
            options.action_first()
        else:
            options.highlighted = min(highlighted, options.option_count - 1)
        self._preview()

    def _options(self) -> Iterator[Option]:
        games = [game for game in self._games.values() if not game.finished]
        if games:
            yield heading("Continue")
        for game in games if self._all else games[:MOST_GAMES]:
            done = f"{game.cells - game.open_cells}/{game.cells}"
            kind = game.kind if game.title else ""
            level = level_words(game.level)
            line = self._row(game.title or game.kind, kind, level, f"{done}  {ago(game.saved)}")
            yield Option(line, f"game {game.key}")
        if len(games) > MOST_GAMES and not self._all:
            yield Option(_TEXTS["more"][0], "more")
        yield heading("New", "\n" * bool(games))
        yield self._daily()
        for at, spec in enumerate(opening.READY):
            yield Option(opening.words(spec).capitalize(), f"spec {at}")
        yield Option(_TEXTS["new"][0], "new")
        yield heading("Your own puzzle", "\n")
        for name in ("open", "enter"):
            yield Option(_TEXTS[name][0], name)
        yield heading("Collection", "\n")
        for file in opening.COLLECTION:
            if opening.included(file):
                yield Option(self._file(file), f"file {file}")
        yield heading("Text", "\n")
        yield Option(_TEXTS["text"][0], "text")

    def _daily(self) -> Option:
        day = date.today()
        streak = opening.streak(self._days, day)
        solved = "solved" if day.isoformat() in self._days else ""
        run = run_words(streak) if streak else ""
        spec = opening.daily(day)
        line = self._row("Daily puzzle", kind(spec), spec.level or "", solved or run)
        return Option(line, "daily")

    def _row(self, *parts: str) -> Table:
        """A line of the list: what it is called, kind, level and how far."""
        shares = _NARROW if self.size.width < 72 else _SHARES
        shown = [(part, share) for part, share in zip(parts, shares, strict=True) if share]
        return row(*(part for part, _ in shown), shares=[share for _, share in shown])

    def _file(self, file: str) -> Table:
        """The line of an included file."""
        one, entries = opening.COLLECTION[file], opening.included(file)
        kinds = {kind_of(one.puzzle).partition(" ")[0] for one in entries if one.puzzle}
        sizes = {
            f"{one.puzzle.board.rows}x{one.puzzle.board.cols}" for one in entries if one.puzzle
        }
        about = f"{kinds.pop()} {sizes.pop()}" if len(kinds) == len(sizes) == 1 else "of all kinds"
        return self._row(one.title, about, one.level, self._progress(file))

    def _progress(self, file: str) -> str:
        """How far an included file is solved."""
        keys = _keys(file)
        solved = len(self._solved & {*keys})
        if len(keys) > 1:
            return f"{solved} of {len(keys)} solved" if solved else f"{len(keys)} puzzles"
        game = self._games.get(keys[0])
        begun = f"{game.cells - game.open_cells}/{game.cells}" if game else ""
        return "solved" if solved else begun

    # What is highlighted

    @property
    def _highlighted(self) -> tuple[str, str]:
        """What is highlighted, and which of its kind."""
        option = self.query_one(OptionList).highlighted_option
        what, _, which = ((option.id if option else "") or "").partition(" ")
        return what, which

    @on(OptionList.OptionHighlighted)
    def _preview(self) -> None:
        """Show beside the list what is highlighted in it."""
        preview = self.query_one(Preview)
        what, which = self._highlighted
        if not preview.display or not self.is_current:
            return
        if what == "game":
            self._preview_game(self._games[which])
        elif what == "daily":
            self._preview_daily()
        elif what == "spec":
            spec = opening.READY[int(which)]
            facts = (opening.words(spec).capitalize(), "Made when you press enter.")
            preview.show("New puzzle", facts, Game(_example(spec)))
        elif what == "file":
            self._preview_file(which)
        elif what in _TEXTS:
            preview.show(*(_TEXTS[what][0].rstrip("…"), [_TEXTS[what][1]]))

    def _preview_game(self, summary: Summary) -> None:
        filled = f"{summary.cells - summary.open_cells} of {summary.cells} cells filled"
        facts = [
            f"{summary.kind}, {summary.level}" if summary.level else summary.kind,
            f"{filled}, {shown(summary.elapsed_s)} played",
            f"Last played {ago(summary.saved)}",
        ]
        self.query_one(Preview).show(summary.title or summary.kind, facts, self._saved(summary.key))

    def _saved(self, key: str, puzzle: Puzzle | None = None) -> Game | None:
        """The saved game of this key, or else a new one of the puzzle."""
        if key in self._games:
            with suppress(SaveError, OSError):
                return self.app.library.look(key)
        return Game(puzzle) if puzzle else None

    def _preview_daily(self) -> None:
        """The puzzle of the day, which takes a moment to make the first time."""
        day = date.today()
        spec, days = opening.daily(day), self._days
        title = f"Daily puzzle of {day:%A}, {day.isoformat()}"
        streak = opening.streak(days, day)
        facts = [
            f"{kind(spec)}, {spec.level}",
            "The same for everybody today.",
            f"{run_words(streak)}, {len(days)} solved in all."
            if days
            else "Solve it to begin a streak.",
        ]

        def show(made: GeneratedPuzzle | None) -> None:
            if self._highlighted[0] == "daily" and made is not None:
                game = self._saved(key_of(made.puzzle), made.puzzle)
                self.query_one(Preview).show(title, facts, game)

        self.query_one(Preview).show(title, facts)
        self.in_thread(lambda: self.report(show, _made(spec)), self.notify, "daily")

    def _preview_file(self, file: str) -> None:
        """The first puzzle of an included file that is not solved yet."""
        entries, keys = opening.included(file), _keys(file)
        at = first_open(keys, self._solved)
        puzzle = entries[at].puzzle
        assert puzzle is not None, file
        number = f", number {at + 1} of {len(entries)}" if len(entries) > 1 else ""
        facts = [f"{kind_of(puzzle)}{number}", opening.COLLECTION[file].level, self._progress(file)]
        game = self._saved(keys[at], puzzle)
        self.query_one(Preview).show(opening.COLLECTION[file].title, facts, game)

    # What is done with it

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        what, which = self._highlighted
        if what == "game":
            self.app.resume(which)
            if self.is_current:  # it could not be resumed
                self._list()
        elif what == "more":
            self._all = True
            self._list(self.query_one(OptionList).highlighted)
        elif what == "spec":
            self.app.make(replace(opening.READY[int(which)], seed=opening.any_seed()))
        elif what == "file":
            self.app.open_entries(opening.included(which), title=opening.COLLECTION[which].title)
        elif what == "text":
            self.app.action_dialog("text")
        elif what:
            actions: dict[str, Callable[[], object]] = {
                "new": self.action_new,
                "daily": self.app.action_daily,
                "open": self.app.action_open,
                "enter": self.app.action_enter,
            }
            actions[what]()

    def action_new(self) -> None:
        """Ask what the puzzle should be like, beginning with what was asked for last."""
        self.app.make(replace(self.app.spec, seed=opening.any_seed()), begin=False)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted here is to be played."""
        event.stop()
        self.app.action_open(event.text)

    def action_back(self) -> None:
        """Hide the tour, or go back to the last game."""
        if not self.app.settings.toured:
            self.app.change(toured=True)
            self._show_tour()
        else:
            self.app.action_last_game()

    def action_remove(self) -> None:
        what, key = self._highlighted
        if what != "game":
            self.notify("Choose an unfinished game to delete.")
        elif not self.app.library.remove(key):
            self.notify("That game is open in another vmd-play.", severity="warning")
        else:
            name = self._games[key].title or self._games[key].kind
            self._removed.append((key, name))
            self.notify(f"Deleted: {name}. {self.app.key_of('list-restore')} brings it back.")
            self._list(self.query_one(OptionList).highlighted)

    def action_restore(self) -> None:
        """Bring back the game that was deleted last."""
        if not self._removed:
            self.notify("No game was deleted since the start.")
            return
        key, name = self._removed.pop()
        if self.app.library.restore(key):
            self.notify(f"Brought back: {name}.")
        else:
            self.notify(f"{name} was begun anew meanwhile.", severity="warning")
        self._list()

    def action_move(self, way: str) -> None:
        # Not `focused.cursor_...`: Textual fails to list such keys while nothing has the focus.
        getattr(self.query_one(OptionList), f"action_cursor_{way}")()


def run_words(streak: int) -> str:
    return f"{streak} day{'s' * (streak != 1)} in a row"


def kind(spec: PuzzleSpec) -> str:
    return f"{spec.family} {spec.size}x{spec.size}"


def level_words(level: str) -> str:
    """A level in a word."""
    return "hardest" if level == LEVELS[-1] else level


def first_open(keys: list[str], solved: set[str]) -> int:
    """The place of the first puzzle that is not solved; the first where all are."""
    return next((at for at, key in enumerate(keys) if key not in solved), 0)


@cache
def _keys(file: str) -> list[str]:
    """The keys of the puzzles of an included file."""
    return [key_of(entry.puzzle) for entry in opening.included(file) if entry.puzzle]


_example = cache(PuzzleSpec.example)
_made = cache(make)


def ago(when: float, now: float | None = None) -> str:
    """How long ago a POSIX time is, in words.

    >>> ago(0, 59), ago(0, 7200), ago(0, 86400 * 3)
    ('just now', '2 h ago', '3 d ago')
    """
    passed = (time.time() if now is None else now) - when
    for unit_s, most, name in ((60, 60, "min"), (3600, 24, "h"), (86400, 14, "d")):
        count = int(passed // unit_s)
        if count < 1 and unit_s == 60:
            return "just now"
        if count < most:
            return f"{count} {name} ago"
    return f"{datetime.fromtimestamp(when):%d %b %Y}"

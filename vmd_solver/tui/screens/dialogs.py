"""The dialogs: help, statistics, settings, kept positions, a file and its puzzles, export."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.suggester import Suggester
from textual.widgets import Button, Checkbox, DataTable, Input, Label, OptionList, Select, Static
from textual.widgets.option_list import Option

from vmd_solver.errors import SaveError
from vmd_solver.formats import Entry
from vmd_solver.play import Game, Savepoint, opening
from vmd_solver.play.game import shown
from vmd_solver.play.library import kind_of
from vmd_solver.play.opening import MOST_ENTRIES, title_of
from vmd_solver.play.replay import Frame, Replay
from vmd_solver.play.settings import TOGGLES
from vmd_solver.tui.commands import BY_NAME, COMMANDS, TABLES, WRITING, Command
from vmd_solver.tui.export import export
from vmd_solver.tui.screens.base import Dialog, Toggle, heading, message
from vmd_solver.tui.themes import FIRST

_VALUES = (
    ("1-9, A-Z", "Enter a value; letters as capitals"),
    ("Alt and a value", "Pencil mark, where the terminal sends Alt"),
    ("mouse", "Click a cell, then a value; right click: filter"),
)
_SIGNS = (
    ("5'", "a given"),
    ("!5", "breaks a rule"),
    ("x5", "differs from the solution (where that is shown)"),
    ("∅", "an open cell that no value fits (where that is shown)"),
    ("\\ / X ░", "on a diagonal, on both, in a window"),
    ("12…", "more marks than there is room for: + makes cells larger"),
)


class HelpScreen(Dialog[None]):
    """What the keys do and what the signs mean: a page to read."""

    TITLE = "Help"
    SUB_TITLE = "↑ ↓, esc"
    SCROLLED_BY_KEYS = True

    def contents(self) -> ComposeResult:
        page = Text()

        def section(title: str, rows: Iterable[tuple[str, str]]) -> None:
            page.append(f"{title}\n", "bold underline")
            for left, right in rows:
                page.append(f"  {left:<22}", "bold").append(f"{right}\n")
            page.append("\n")

        section("Values", _VALUES)
        for area, commands in groupby(chain(*TABLES), key=lambda one: one.area):
            section(area, ((self.app.key_of(one.name), one.text) for one in commands))
            if area == COMMANDS[-1].area:
                section("Signs on the board", _SIGNS)
        page.append("\nCtrl+P finds every command by its name. Games save themselves.")
        yield Static(page)


class StatisticsScreen(Dialog[None]):
    """Finished games and best times, by kind; or that there are none yet."""

    TITLE = "Statistics"

    def contents(self) -> ComposeResult:
        tallies = self.app.statistics.tallies()
        if not tallies:
            yield Static("No game finished yet.")
            return
        table = DataTable[str](cursor_type="row")
        table.add_columns("kind", "solved", "with help", "best", "mean", "last")
        for one in tallies:
            times = ("-" if s is None else shown(s) for s in (one.best_s, one.mean_s, one.last_s))
            table.add_row(one.kind, str(one.games), str(one.helped), *times)
        yield table
        yield Static("Times are of games solved without help.")


class SettingsScreen(Dialog[None]):
    """Everything that can be set."""

    TITLE = "Settings"
    SUB_TITLE = "tab, space, esc"

    def contents(self) -> ComposeResult:
        for area, toggles in groupby(TOGGLES, key=lambda one: one.metadata["area"]):
            yield Label(area, classes="area")
            for one in toggles:
                value = getattr(self.app.settings, one.name)
                yield Toggle(one.metadata["text"], value, id=one.name, compact=True)
        yield Label("Theme", classes="area")
        themes = [*FIRST, *sorted(self.app.available_themes.keys() - {*FIRST})]
        yield OptionList(*(Option(name, name) for name in themes), id="themes")
        yield Button("Keys…", id="keys", compact=True)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = options.get_option_index(self.app.theme)

    @on(Checkbox.Changed)
    def _toggled(self, event: Checkbox.Changed) -> None:
        self.app.change(**{str(event.checkbox.id): event.value})

    @on(OptionList.OptionSelected)
    def _themed(self, event: OptionList.OptionSelected) -> None:
        self.app.theme = str(event.option_id)

    @on(Button.Pressed)
    def _keys(self) -> None:
        self.app.push_screen(KeysScreen())


_ASK = "Enter chooses a command; backspace gives it its usual keys again."


class KeysScreen(Dialog[None]):
    """A list of commands; the next key after Enter becomes the command's only key."""

    TITLE = "Keys"
    SUB_TITLE = "enter, backspace, esc"
    BINDINGS = [Binding("backspace", "usual", "Usual keys")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self._awaiting: Command | None = None

    def contents(self) -> ComposeResult:
        yield OptionList(*self._options(), markup=False)
        yield message(text=_ASK)

    def _options(self) -> Iterator[Option]:
        for area, commands in groupby(chain(*TABLES), key=lambda one: one.area):
            yield heading(area)
            yield from (Option(self._line(command), command.name) for command in commands)

    def _line(self, command: Command) -> str:
        return f"{command.text[:40].ljust(41)}{self.app.key_of(command.name)}"

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._awaiting = BY_NAME[str(event.option_id)]
        self.say(f"Press the key for: {self._awaiting.text}. Escape keeps it as it is.")

    async def on_event(self, event: events.Event) -> None:
        """Take the next key before anything else does, where one is awaited."""
        if not isinstance(event, events.Key) or self._awaiting is None:
            await super().on_event(event)
            return
        event.stop()
        event.prevent_default()
        command, self._awaiting = self._awaiting, None
        if event.key == "escape":
            self.say(_ASK)
        elif refusal := self._refusal(command, event.key, event.character or ""):
            self.say(refusal)
        else:
            self._set(command, {**self.app.settings.keys, command.name: event.key})

    def _refusal(self, command: Command, key: str, character: str) -> str:
        """Why a key cannot be that of a command, if so."""
        if command in COMMANDS and (character.isdigit() or character.isupper()):
            return "Digits and capital letters are values: choose another key."
        if command in WRITING and character.isprintable() and character:
            return "Characters are typed into the text: choose another key."
        keys = self.app.settings.keys
        rivals = next(table for table in TABLES if command in table)
        held = (one for one in rivals if key in keys.get(one.name, one.keys).split(","))
        other = next(held, command)
        if other is not command:
            return f"That is the key of: {other.text}. Choose another, or change that first."
        return ""

    def _set(self, command: Command, keys: dict[str, str]) -> None:
        self.app.change(keys=keys)
        self.query_one(OptionList).replace_option_prompt(command.name, self._line(command))
        self.say(_ASK)

    def action_usual(self) -> None:
        """The highlighted command gets its usual keys again."""
        option = self.query_one(OptionList).highlighted_option
        if option is not None and option.id is not None:
            keys = {name: key for name, key in self.app.settings.keys.items() if name != option.id}
            self._set(BY_NAME[option.id], keys)


class SavepointsScreen(Dialog[Savepoint]):
    """Gives the kept position that was chosen, the newest first; one can be forgotten."""

    TITLE = "Kept positions"
    SUB_TITLE = "enter, d forget, esc"
    BINDINGS = [("delete,d", "forget", "Forget")]  # noqa: RUF012

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game

    def contents(self) -> ComposeResult:
        points = self.game.savepoints[::-1]
        texts = [f"Position {one.name}: {one.open_cells} cells open" for one in points]
        yield (
            OptionList(*texts) if texts else Static("None yet: s keeps the position on the board.")
        )

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.game.savepoints[-1 - event.option_index])

    def action_forget(self) -> None:
        for options in self.query(OptionList):
            if (at := options.highlighted) is not None:
                self.game.forget_point(self.game.savepoints[-1 - at])
                options.remove_option_at_index(at)


class FindScreen(Dialog[Path]):
    """Gives the path of a file that exists; whether it holds puzzles is checked later."""

    TITLE = "Open a puzzle file"
    SUB_TITLE = "enter, → complete, esc"

    def contents(self) -> ComposeResult:
        yield Input(placeholder="path of a file", suggester=_Paths(self.app.root))
        yield message()

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        path = opening.within(event.value.strip(), self.app.root) or ""
        # Not the methods of Path: they raise where a name is too long, or a folder closed.
        if os.path.isfile(path):  # noqa: PTH113
            self.dismiss(Path(path))
        else:
            kind = "is a folder" if os.path.isdir(path) else "no such file"  # noqa: PTH112
            self.say(f"{event.value.strip() or 'nothing'}: {kind}")


class _Paths(Suggester):
    """Completes a path with the first file or folder, by name, that begins so."""

    def __init__(self, root: Path | None) -> None:
        super().__init__(use_cache=False)
        self._root = root

    async def get_suggestion(self, value: str) -> str | None:
        folder, begun = os.path.split(value)
        place = opening.within(folder or ".", self._root)
        if place is None:
            return None
        try:
            with os.scandir(place) as found:
                names = [
                    entry.name + (os.sep if entry.is_dir() else "")
                    for entry in found
                    if entry.name.startswith(begun)
                    and (begun or not entry.name.startswith("."))
                    and opening.within(entry.path, self._root)
                ]
        except (OSError, ValueError):
            return None
        return os.path.join(folder, min(names)) if names else None  # noqa: PTH118


class PickScreen(Dialog[int]):
    """Gives the place of the chosen puzzle among the entries of a file."""

    SUB_TITLE = "enter, esc"

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = entries
        count = len(entries)
        self.title = f"{count} puzzles" if count < MOST_ENTRIES else f"The first {count} puzzles"

    def contents(self) -> ComposeResult:
        options = []
        for number, entry in enumerate(self.entries, 1):
            about = str(entry.error)
            if (puzzle := entry.puzzle) is not None:
                clues = sum(value > 0 for value in puzzle.givens) - len(puzzle.board.holes)
                title = title_of(entry, number, len(self.entries))
                about = f"{kind_of(puzzle)}, {clues} givens  {title}"
            options.append(Option(f"{number:>4}  {about}", disabled=puzzle is None))
        yield OptionList(*options, markup=False)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


_FRAME = "this frame, as SVG"
_NAMES = {
    _FRAME: "frame.svg",
    "all frames, as one SVG": "replay.svg",
    "the replay, as asciicast": "replay.cast",
}


class ExportScreen(Dialog[None]):
    """Asks what is to be written of a replay, and writes it over no other file."""

    TITLE = "Export"
    SUB_TITLE = "tab, enter, esc"
    AUTO_FOCUS = "Input"

    def __init__(self, replays: Sequence[Replay], frames: Sequence[Frame], speed: float) -> None:
        super().__init__()
        self._replays, self._frames, self._speed = replays, frames, speed

    def contents(self) -> ComposeResult:
        options = [(text, text) for text in _NAMES]
        yield Select(options, value=_FRAME, allow_blank=False, compact=True)
        yield Input(_NAMES[_FRAME], placeholder="path of a file", compact=True)
        yield message()

    @on(Select.Changed)
    def _what(self, event: Select.Changed) -> None:
        box = self.query_one(Input)
        if box.value in _NAMES.values():  # what was typed stays
            box.value = _NAMES[str(event.value)]

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        name, root = event.value.strip(), self.app.root
        path = opening.within(name, root)
        frames = self._frames if self.query_one(Select).value == _FRAME else None
        try:
            if path is None:
                raise SaveError(f"{name}: cannot be written")
            export(path, self._replays, frames, self._speed, replace=False)
        except SaveError as error:
            self.say(str(error))
            return
        self.notify(f"Written: {name if root else path.absolute()}", markup=False)
        self.dismiss(None)

"""The dialogs: help, rules, statistics, settings and keys, kept positions, export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, groupby

from rich.table import Table
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Checkbox, Input, Label, OptionList, Select, Static
from textual.widgets.option_list import Option

from vmd_solver.csp import Puzzle
from vmd_solver.csp.puzzle import Rule
from vmd_solver.drawing import marks
from vmd_solver.errors import SaveError
from vmd_solver.play import Game, Savepoint, opening
from vmd_solver.play.game import shown
from vmd_solver.play.replay import Frame, Replay
from vmd_solver.play.settings import TOGGLES
from vmd_solver.tui.commands import BY_NAME, COMMANDS, ENTERING, TABLES, WRITING, Command
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
    """What the keys of the screen beneath do, and what the signs on it mean; or of all screens."""

    TITLE = "Help"
    SUB_TITLE = "↑ ↓, a all screens, esc"
    SCROLLED_BY_KEYS = True
    BINDINGS = [("a", "all", "All screens")]  # noqa: RUF012

    def contents(self) -> ComposeResult:
        yield Static(id="page")

    def on_mount(self) -> None:
        names = {
            binding.id
            for binding in self.app.screen_stack[-2].BINDINGS
            if isinstance(binding, Binding)
        }
        beneath = [table for table in TABLES if table[0].name in names]
        self._show(beneath or TABLES)

    def action_all(self) -> None:
        self._show(TABLES)

    def _show(self, tables: Sequence[tuple[Command, ...]]) -> None:
        page = Table.grid(padding=(0, 2, 0, 0))
        page.add_column(no_wrap=True, style="bold", min_width=16)
        page.add_column()

        def section(title: str, rows: Iterable[tuple[str, str]]) -> None:
            page.add_row(Text(title, "underline"), "")
            for left, right in rows:
                page.add_row(Text(left), Text(right))
            page.add_row("", "")

        if COMMANDS in tables or ENTERING in tables:
            section("Values", _VALUES)
        for area, commands in groupby(chain(*tables), key=lambda one: one.area):
            section(area, ((self.app.key_of(one.name), one.text) for one in commands))
            if area == COMMANDS[-1].area:
                section("Signs on the board", _SIGNS)
        page.add_row("^p", "Any command by its name")
        if len(tables) < len(TABLES):
            page.add_row("a", "The keys of all screens")
        self.query_one("#page", Static).update(page)


_FAMILIES = {
    "sudoku": "Each row, each column and each box holds every value once.",
    "sudoku-x": "A sudoku whose two diagonals hold every value once too.",
    "windoku": "A sudoku with four more boxes, the shaded windows, that hold every value once.",
    "jigsaw": "Each row, each column and each piece with a heavy border holds every value once.",
    "jigsaw-x": "A jigsaw whose two diagonals hold every value once too.",
    "latin": "Each row and each column holds every value once.",
    "grid": "A free-form board: in each of its units all values differ. The units of the cell "
    "under the cursor are highlighted.",
}
_SEEN = {
    marks.Outline: "a cage",
    marks.Note: "a text in a corner",
    marks.Track: "a line",
    marks.Spot: "a sign between cells",
    marks.Fill: "a sign in cells",
    marks.Clue: "a clue outside the board",
}
_MOST_SIGNS = 4
"""Of those that tell rules of one kind apart."""


def rules_of(puzzle: Puzzle) -> list[tuple[str, str, str]]:
    """For the board, and each kind of rule it has: its name, what it looks like, what it means.

    >>> from vmd_solver.csp.families import sudoku, with_rules
    >>> from vmd_solver.csp.rules import Thermo
    >>> board = with_rules(sudoku(2, 2), [Thermo((0, 1)), Thermo((5, 4))])
    >>> rules_of(board.empty())[1]
    ('thermo', 'a line', 'Numbers rise from the first cell, the bulb, to the last.')
    """
    board = puzzle.board
    found = {"": (board.family, "", _FAMILIES[board.family])}
    legend = {name: sign for sign, name in marks.legend(board)}
    for rule, _, drawn in marks.pictures(board):
        alike = [one for one in board.rules if one.name == rule.name]
        look = next((_seen(mark) for mark in drawn), "")
        signs = (legend.get(rule.name) or legend.get(marks.title(rule), "")).split()
        sign = " ".join(signs[:_MOST_SIGNS]) + " …" * (len(signs) > _MOST_SIGNS)
        shown_as = f"{look}: {sign}" if sign else look
        found.setdefault(rule.name, (rule.name, shown_as, _meaning(rule, alike)))
    return [*found.values()]


def _seen(mark: marks.Mark) -> str:
    """What a mark of a rule is called."""
    in_hole = isinstance(mark, marks.Clue) and mark.inside
    return "a number in a hole" if in_hole else _SEEN[type(mark)]


def _meaning(rule: Rule, alike: Sequence[Rule]) -> str:
    """What rules of a kind say: with their number, where it is the same in all of them."""
    says = " ".join((rule.__doc__ or "").split())
    for name, value in marks.parameters(rule).items():
        flag = isinstance(getattr(rule, name), bool)
        same = all(getattr(one, name) == getattr(rule, name) for one in alike)
        says = says.replace(f"`{name}`", name if flag else value if same else f"the {name}")
    return says.replace("`", "")


class RulesScreen(Dialog[None]):
    """The rules of a puzzle, in words, and what each looks like on the board."""

    TITLE = "Rules"
    SUB_TITLE = "↑ ↓, esc"
    SCROLLED_BY_KEYS = True

    def __init__(self, puzzle: Puzzle) -> None:
        super().__init__()
        self._puzzle = puzzle

    def contents(self) -> ComposeResult:
        page = Text()
        for name, look, says in rules_of(self._puzzle):
            page.append(name.capitalize(), "bold").append(f"  {look}\n{says}\n\n")
        page.rstrip()
        yield Static(page)


class StatisticsScreen(Dialog[None]):
    """Finished games and times, by kind and level; the daily puzzles; or that there are none."""

    TITLE = "Statistics"
    SUB_TITLE = "↑ ↓, esc"
    SCROLLED_BY_KEYS = True

    def contents(self) -> ComposeResult:
        statistics = self.app.statistics
        tallies, days = statistics.tallies(), statistics.days()
        if not tallies:
            yield Static("No game finished yet.")
            return
        now, longest = opening.streak(days, date.today()), opening.longest(days)
        if days:
            yield Static(f"Daily puzzles: {len(days)} solved, {now} in a row, {longest} at best.\n")
        table = Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("kind", ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column("level", no_wrap=True)
        for name in ("games", "helped", "best", "mean", "last"):
            table.add_column(name, justify="right", no_wrap=True)
        for kind, group in groupby(tallies, key=lambda one: one.kind):
            name = kind
            for one in group:
                times = (
                    "-" if s is None else shown(s) for s in (one.best_s, one.mean_s, one.last_s)
                )
                table.add_row(name, one.level or "-", str(one.games), str(one.helped), *times)
                name = ""
        yield Static(table)
        yield Static("\nTimes are of games solved without help.")


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
    """Gives the kept position that was chosen, the newest first. Those that were forgotten are gone
    once it is left, and till then can be kept after all."""

    TITLE = "Kept positions"
    SUB_TITLE = "enter, d forget or keep, esc"
    BINDINGS = [("delete,d", "forget", "Forget")]  # noqa: RUF012

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game, self._points = game, game.savepoints[::-1]
        self._forgotten: list[Savepoint] = []

    def contents(self) -> ComposeResult:
        if self._points:
            yield OptionList(*map(self._line, self._points), markup=False)
        else:
            yield Static("None yet: s keeps the position on the board.")

    def _line(self, point: Savepoint) -> str:
        gone = ", forgotten" if point in self._forgotten else ""
        return f"Position {point.name}: {point.open_cells} cells open{gone}"

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._points[event.option_index])

    def action_forget(self) -> None:
        for options in self.query(OptionList):
            if (at := options.highlighted) is not None:
                point = self._points[at]
                known = point in self._forgotten
                (self._forgotten.remove if known else self._forgotten.append)(point)
                options.replace_option_prompt_at_index(at, self._line(point))

    def on_unmount(self) -> None:
        for point in self._forgotten:
            self.game.forget_point(point)


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

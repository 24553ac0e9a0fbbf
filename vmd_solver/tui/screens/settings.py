"""Settings: each toggle on its own, the theme, and the keys. Everything takes effect at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Checkbox, Label, OptionList
from textual.widgets.option_list import Option

from vmd_solver.play.settings import TOGGLES
from vmd_solver.tui.commands import BY_NAME, COMMANDS, TABLES, WRITING, Command
from vmd_solver.tui.screens.base import Dialog, Toggle, heading, message
from vmd_solver.tui.themes import FIRST

_ASK = "Enter chooses a command; backspace gives it its usual keys again."


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

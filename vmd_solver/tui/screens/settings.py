"""Settings: each toggle on its own, the theme, and the keys. Everything takes effect at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Checkbox, Label, OptionList, Static
from textual.widgets.option_list import Option

from vmd_solver.play.settings import TOGGLES
from vmd_solver.tui.commands import BY_NAME, COMMANDS, TABLES, WRITING, Command, rivals
from vmd_solver.tui.screens.dialog import Dialog, Toggle
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
        if event.checkbox.id is not None:
            self.app.change(**{event.checkbox.id: event.value})

    @on(OptionList.OptionSelected)
    def _themed(self, event: OptionList.OptionSelected) -> None:
        if event.option_id is not None:
            self.app.theme = event.option_id

    @on(Button.Pressed)
    def _keys(self) -> None:
        self.app.push_screen(KeysScreen())


class KeysScreen(Dialog[None]):
    """A list of commands; the next key after Enter becomes the command's only key."""

    TITLE = "Keys"
    SUB_TITLE = "enter, backspace, esc"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("backspace", "usual", "Usual keys")]

    def __init__(self) -> None:
        super().__init__()
        self._awaiting: Command | None = None

    def contents(self) -> ComposeResult:
        yield OptionList(*self._options(), markup=False)
        yield Static(_ASK, id="message", markup=False)

    def _options(self) -> Iterator[Option]:
        for area, commands in groupby(chain(*TABLES), key=lambda one: one.area):
            yield Option(Text(area, "bold underline"), disabled=True)
            yield from (Option(self._line(command), command.name) for command in commands)

    def _line(self, command: Command) -> str:
        return f"{command.text[:40].ljust(41)}{self.app.key_of(command.name)}"

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._awaiting = BY_NAME[event.option_id or ""]
        self._say(f"Press the key for: {self._awaiting.text}. Escape keeps it as it is.")

    async def on_event(self, event: events.Event) -> None:
        """Take the next key before anything else does, where one is awaited."""
        if isinstance(event, events.Key) and self._awaiting is not None:
            event.stop()
            event.prevent_default()
            command, self._awaiting = self._awaiting, None
            self._take(command, event)
            return
        await super().on_event(event)

    def _take(self, command: Command, event: events.Key) -> None:
        if event.key == "escape":
            self._say(_ASK)
            return
        character = event.character or ""
        if command in COMMANDS and (character.isdigit() or character.isupper()):
            self._say("Digits and capital letters are values: choose another key.")
            return
        if command in WRITING and character.isprintable() and character:
            self._say("Characters are typed into the text: choose another key.")
            return
        other = self._holder(event.key, command)
        if other is not None and other is not command:
            self._say(f"That is the key of: {other.text}. Choose another, or change that first.")
            return
        self._set({**self.app.settings.keys, command.name: event.key}, command)

    def _holder(self, key: str, command: Command) -> Command | None:
        """The command of the same screen that has the key."""
        keys = self.app.settings.keys
        held = ((one, keys.get(one.name, one.keys).split(",")) for one in rivals(command))
        return next((one for one, keys in held if key in keys), None)

    def _set(self, keys: dict[str, str], command: Command) -> None:
        self.app.change(keys=keys)
        self.query_one(OptionList).replace_option_prompt(command.name, self._line(command))
        self._say(_ASK)

    def action_usual(self) -> None:
        """The highlighted command gets its usual keys again."""
        option = self.query_one(OptionList).highlighted_option
        if option is not None and option.id is not None:
            keys = {name: key for name, key in self.app.settings.keys.items() if name != option.id}
            self._set(keys, BY_NAME[option.id])

    def _say(self, text: str) -> None:
        self.query_one("#message", Static).update(text)

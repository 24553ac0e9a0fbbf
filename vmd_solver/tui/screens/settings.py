"""Settings: each toggle on its own, the theme, and the way to the keys. Takes effect at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Label, OptionList
from textual.widgets.option_list import Option

from vmd_solver.play.settings import TOGGLES
from vmd_solver.tui.screens.keys import KeysScreen
from vmd_solver.tui.themes import FIRST
from vmd_solver.tui.widgets.dialog import Dialog, titled
from vmd_solver.tui.widgets.toggle import Toggle

if TYPE_CHECKING:
    from vmd_solver.tui.app import PlayApp


class SettingsScreen(Dialog[None]):
    """Everything that can be set."""

    CSS_PATH = "settings.tcss"
    app: PlayApp

    def compose(self) -> ComposeResult:
        """Toggles by area, themes, keys."""
        box = VerticalScroll(classes="dialog--box", can_focus=False)
        with titled(box, "Settings", "tab, space, esc"):
            yield from self._toggles()
            yield Label("Theme", classes="area")
            yield OptionList(*(Option(name, name) for name in self._themes()), id="themes")
            yield Button("Keys…", id="keys", compact=True)

    def _toggles(self) -> Iterator[Widget]:
        for area, toggles in groupby(TOGGLES, key=lambda one: one.metadata["area"]):
            yield Label(area, classes="area")
            for one in toggles:
                value = getattr(self.app.settings, one.name)
                yield Toggle(one.metadata["text"], value, id=one.name, compact=True)

    def _themes(self) -> list[str]:
        others = sorted(self.app.available_themes.keys() - {*FIRST})
        return [*FIRST, *others]

    def on_mount(self) -> None:
        """Show which theme it is."""
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

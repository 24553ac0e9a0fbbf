"""The line at the bottom: what the keys do here. One widget, where Textual's footer has one a key.

As many as there is room for, and the command palette always; a click presses the key.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text
from textual import events
from textual.widget import Widget


class Field(NamedTuple):
    """One key: `press` is its name, `shown` how people read it, `word` what it does."""

    press: str
    shown: str
    word: str

    @property
    def width(self) -> int:
        """Characters that it takes, with the space around."""
        return len(self.shown) + len(self.word) + 3


class KeyBar(Widget):
    """The bindings of the screen that are to be shown."""

    COMPONENT_CLASSES = {"keybar--key"}  # noqa: RUF012

    def on_mount(self) -> None:
        """Follow changes of the keys."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def _fields(self) -> list[Field]:
        found: dict[str, Field] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.description:
                shown = self.app.get_key_display(binding)
                found.setdefault(binding.action, Field(binding.key, shown, binding.description))
        palette = Field(self.app.COMMAND_PALETTE_BINDING, "^p", "More")
        room = self.content_size.width - palette.width
        fitting = []
        for field in found.values():
            room -= field.width
            if room >= 0:
                fitting.append(field)
        return [*fitting, palette]

    def render(self) -> Text:
        key = self.get_component_rich_style("keybar--key")
        *fields, palette = self._fields()
        text = Text(no_wrap=True, end="")
        for field in fields:
            text.append(f" {field.shown} ", key).append(f"{field.word} ")
        text.append(" " * (self.content_size.width - len(text) - palette.width))
        return text.append(f" {palette.shown} ", key).append(f"{palette.word} ")

    def on_click(self, event: events.Click) -> None:
        *fields, palette = self._fields()
        left = 0
        for field in fields:
            left += field.width
            if event.x < left:
                self.app.simulate_key(field.press)
                return
        if event.x >= self.content_size.width - palette.width:
            self.app.simulate_key(palette.press)

"""The lines at the top and at the bottom: what is going on, and what the keys do here."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.widget import Widget


class Bar(Widget):
    """What is played on the left, which is cut where there is no room; how it goes on the right."""

    _ends = ("", "")

    def show(self, left: str, right: str) -> None:
        if (left, right) != self._ends:
            self._ends = (left, right)
            self.refresh()

    def render(self) -> Text:
        left, right = self._ends
        room = self.content_size.width - len(right) - 1
        kept = left if len(left) <= room else left[: max(0, room - 1)] + "…"
        return Text(kept.ljust(max(0, room)) + " " + right, no_wrap=True, end="")


class KeyBar(Widget):
    """As many of the screen's keys as there is room for, and the command palette; a click presses.

    One widget, where Textual's footer has one a key.
    """

    COMPONENT_CLASSES = {"keybar--key"}  # noqa: RUF012

    def on_mount(self) -> None:
        """Follow changes of the keys."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def _fields(self) -> list[tuple[str, Text]]:
        """The name of each key, and how it is shown; the blank before the palette has none."""
        style = self.get_component_rich_style("keybar--key")
        palette = self.app.COMMAND_PALETTE_BINDING, Text.assemble((" ^p ", style), "More ")
        found: dict[str, tuple[str, Text]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.description:
                shown = (f" {self.app.get_key_display(binding)} ", style)
                text = Text.assemble(shown, f"{binding.description} ")
                found.setdefault(binding.action, (binding.key, text))
        fields, room = [], self.content_size.width - len(palette[1])
        for key, text in found.values():
            if len(text) > room:
                break
            fields.append((key, text))
            room -= len(text)
        return [*fields, ("", Text(" " * room)), palette]

    def render(self) -> Text:
        line = Text(no_wrap=True, end="")
        for _, text in self._fields():
            line.append_text(text)
        return line

    def on_click(self, event: events.Click) -> None:
        end = 0
        for key, text in self._fields():
            end += len(text)
            if event.x < end:
                if key:
                    self.app.simulate_key(key)
                return

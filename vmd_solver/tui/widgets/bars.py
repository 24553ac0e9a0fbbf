"""What stands around a board: the line at the top, the keys at the bottom, the values beside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from vmd_solver.tui.themes import readable


class Bar(Widget):
    """What is played on the left, which is cut where there is no room; how it goes on the right."""

    ends: reactive[tuple[str, str]] = reactive(("", ""))

    def render(self) -> Text:
        left, right = self.ends
        room = self.content_size.width - len(right) - 1
        kept = left if len(left) <= room else left[: max(0, room - 1)] + "…"
        return Text(kept.ljust(max(0, room)) + " " + right, no_wrap=True, end="")


class KeyBar(Widget):
    """As many of the screen's keys as there is room for, and the command palette; a click presses.

    A key and its word stand closer to one another than to the next pair. One widget, where
    Textual's footer has one a key.
    """

    COMPONENT_CLASSES = {"keybar--key"}  # noqa: RUF012

    def on_mount(self) -> None:
        """Follow changes of the keys."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Text:
        style = self.get_component_rich_style("keybar--key")

        def field(key: str, shown: str, word: str) -> Text:
            press = Style(meta={"key": key})
            return Text.assemble((shown, style + press), (f" {word}", press))

        palette = field(self.app.COMMAND_PALETTE_BINDING, "^p", "More")
        room = self.content_size.width - len(palette)
        line, actions = Text(no_wrap=True, end=""), set()
        gap = Text("  ")
        for active in self.screen.active_bindings.values():
            key = active.binding
            if key.show and key.description and key.action not in actions:
                actions.add(key.action)
                text = field(key.key, self.app.get_key_display(key), key.description)
                if len(line) + len(text) + len(gap) > room:
                    break
                line.append_text(text + gap)
        return line.append(" " * (room - len(line))).append_text(palette)

    def on_click(self, event: events.Click) -> None:
        if key := event.style.meta.get("key"):
            self.app.simulate_key(key)


class Digits(Widget):
    """One field a value, in as many lines as the width asks for; a field's meta tells its value."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        f"digits--{name}" for name in ("chosen", "done", "count", "wrong")
    }

    def __init__(self, alphabet: Sequence[str]) -> None:
        super().__init__()
        self._alphabet = alphabet
        self._symbol_width = max(map(len, alphabet))
        self._shown: tuple[Sequence[int | None], int, bool] = ([None] * len(alphabet), 0, True)

    def show(self, left: Sequence[int | None], chosen: int, counted: bool) -> None:
        """Show how many of each value are left, if `counted`, and which is filtered for."""
        before, self._shown = self._shown, (left, chosen, counted)
        if self._shown != before:
            self.refresh(layout=counted != before[2])

    def _fields(self, width: int) -> tuple[int, int]:
        """Fields in a line and characters across each: a square in a column, else few lines."""
        count, least = len(self._alphabet), self._symbol_width + (4 if self._shown[2] else 1)
        most = max(1, width // least)
        square = isqrt(count - 1) + 1
        lines = -(-count // most)
        per_line = square if width < 40 and square <= most else -(-count // lines)
        return per_line, min(max(least, width // per_line), 7)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return -(-len(self._alphabet) // self._fields(width)[0])

    def render(self) -> Text:
        per_line, room = self._fields(self.content_size.width)
        counts, chosen, counted = self._shown
        text = Text(no_wrap=True, end="")

        def style(name: str) -> Style:
            return readable(self.get_component_rich_style(name))

        for at, symbol in enumerate(self._alphabet):
            if at and at % per_line == 0:
                text.append("\n")
            left, press = counts[at] if counted else None, Style(meta={"value": at + 1})
            name, count = symbol.rjust(self._symbol_width), "" if left is None else str(left or "✓")
            state = "count" if left is None or left > 0 else "wrong" if left else "done"
            held = "chosen" if at + 1 == chosen else state if left == 0 else ""
            text.append(name, (style(f"digits--{held}") if held else Style(bold=True)) + press)
            text.append(f" {count}".ljust(room - len(name)), style(f"digits--{state}") + press)
        return text

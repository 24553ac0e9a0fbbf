"""The values of a board and how many of each are left; a click chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

_COLUMN = 40
"""Narrower than this the fields stand in a square, as on a keypad."""

_WIDEST = 7
"""Characters of a field at most."""


class Digits(Widget):
    """One field a value, in as many lines as the width asks for."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"digits--{name}" for name in ("chosen", "done", "count", "wrong")
    }

    @dataclass
    class Chosen(Message):
        """A value was clicked; `filter` where with another button than the first."""

        value: int
        filter: bool

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
        per_line = square if width < _COLUMN and square <= most else -(-count // lines)
        return per_line, min(max(least, width // per_line), _WIDEST)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return -(-len(self._alphabet) // self._fields(width)[0])

    def render(self) -> Text:
        per_line, room = self._fields(self.content_size.width)
        counts, chosen, counted = self._shown
        style, text = self.get_component_rich_style, Text(no_wrap=True, end="")
        for at, symbol in enumerate(self._alphabet):
            if at and at % per_line == 0:
                text.append("\n")
            left = counts[at] if counted else None
            name, count = symbol.rjust(self._symbol_width), "" if left is None else str(left or "✓")
            state = "count" if left is None or left > 0 else "wrong" if left else "done"
            held = "chosen" if at + 1 == chosen else state if left == 0 else ""
            text.append(name, style(f"digits--{held}") if held else "bold")
            text.append(f" {count}".ljust(room - len(name)), style(f"digits--{state}"))
        return text

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is not None:
            per_line, room = self._fields(self.content_size.width)
            col = at.x // room
            value = at.y * per_line + col + 1
            if col < per_line and value <= len(self._alphabet):
                self.post_message(self.Chosen(value, event.button != 1))

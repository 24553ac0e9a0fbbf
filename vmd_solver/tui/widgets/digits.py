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

_DONE = "✓"
_SHADES = ("digits--wrong", "digits--done")

_COLUMN = 40
"""Narrower than this the fields stand in a square, as on a keypad."""

_WIDEST = 7
"""Characters of a field at most."""


class Digits(Widget):
    """One field a value, in as many lines as the width asks for."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "digits--chosen",
        "digits--done",
        "digits--count",
        "digits--wrong",
    }

    @dataclass
    class Chosen(Message):
        """A value was clicked; `filter` where with another button than the first."""

        value: int
        filter: bool

    def __init__(self, alphabet: Sequence[str]) -> None:
        super().__init__()
        self._alphabet = tuple(alphabet)
        self._symbol_width = max(map(len, alphabet))
        self._left: tuple[int | None, ...] = (None,) * len(self._alphabet)
        self._chosen = 0
        self._counted = True

    def show(self, left: Sequence[int | None], chosen: int, counted: bool) -> None:
        """Show how many of each value are left, if `counted`, and which is filtered for."""
        now = (tuple(left), chosen, counted)
        if now != (self._left, self._chosen, self._counted):
            again = counted != self._counted
            self._left, self._chosen, self._counted = now
            self.refresh(layout=again)

    def _fields(self, width: int) -> tuple[int, int]:
        """Fields in a line and characters across each: a square in a column, else few lines."""
        count, least = len(self._alphabet), self._symbol_width + (4 if self._counted else 1)
        most = max(1, width // least)
        square = isqrt(count - 1) + 1
        lines = -(-count // most)
        per_line = square if width < _COLUMN and square <= most else -(-count // lines)
        return per_line, min(max(least, width // per_line), _WIDEST)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return -(-len(self._alphabet) // self._fields(width)[0])

    def render(self) -> Text:
        per_line, room = self._fields(self.content_size.width)
        text = Text(no_wrap=True, end="")
        for at, symbol in enumerate(self._alphabet):
            if at and at % per_line == 0:
                text.append("\n")
            text.append_text(self._field(at + 1, symbol, room))
        return text

    def _field(self, value: int, symbol: str, room: int) -> Text:
        left = self._left[value - 1] if self._counted else None
        name = symbol.rjust(self._symbol_width)
        shade = "digits--count" if left is None or left > 0 else _SHADES[left == 0]
        held = "digits--chosen" if value == self._chosen else shade if left == 0 else ""
        count = "" if left is None else str(left) if left else _DONE
        style = self.get_component_rich_style
        return Text.assemble(
            (name, style(held) if held else "bold"),
            (f" {count}".ljust(room - len(name)), style(shade)),
        )

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is not None:
            per_line, room = self._fields(self.content_size.width)
            col = at.x // room
            value = at.y * per_line + col + 1
            if col < per_line and value <= len(self._alphabet):
                self.post_message(self.Chosen(value, event.button != 1))

"""The page of a draft: draws it, and sends what was typed and where the mouse is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.widget import Widget

from vmd_solver.play.draft import Draft, Kind
from vmd_solver.tui.widgets.lines import (
    MASK_SIGN,
    Way,
    column_of,
    glyph,
    line_of,
    place_at,
    starts,
    target,
)

EMPTY = (
    "Type some text. Mask a word of it, or put masked tokens where words are missing. "
    "Fill them, lock what you like, and sample the rest again."
)
_WORDS = {
    Kind.GIVEN: ("Aa", "given"),
    Kind.LOCKED: ("Aa", "locked"),
    Kind.SAMPLED: ("Aa", "sampled"),
    Kind.MASKED: (MASK_SIGN * 2, "masked"),
}


class TextPart(Widget):
    """What shows kinds of cells: one style for each."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text--chosen",
        "text--empty",
        *(f"text--{kind.value}" for kind in Kind),
    }

    def style_of(self, kind: Kind) -> Style:
        """How cells of this kind look."""
        return self.get_component_rich_style(f"text--{kind.value}")


class TextLegend(TextPart):
    """What the looks mean, and how many cells have each."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft

    def render(self) -> Text:
        """A line for each kind."""
        text = Text(end="")
        for kind, (sign, word) in _WORDS.items():
            text.append("\n" if text else "").append(sign, self.style_of(kind))
            text.append(f" {word:<10}{self._draft.count(kind):>6}")
        return text


class Page(TextPart, can_focus=True, inherit_bindings=False):
    """A draft in lines, with a cursor."""

    ALLOW_SELECT = False

    @dataclass
    class Typed(Message):
        """Text was typed or pasted."""

        text: str

    @dataclass
    class Went(Message):
        """The mouse chose a place; `select` where it selects what is on the way."""

        place: int
        select: bool

    class Grown(Message):
        """The page has another size: the cursor may be out of sight."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft

    @property
    def _starts(self) -> list[int]:
        """The lines; a column is left for a cursor at the end of one."""
        return starts(self.draft.cells, max(1, self.content_size.width - 1))

    def towards(self, way: Way) -> int:
        """Where the cursor comes to when it moves in this direction."""
        return target(self.draft.cells, self._starts, self.draft.cursor, way)

    def region_of_cursor(self) -> Region:
        """Where the cursor is."""
        begins, cursor = self._starts, self.draft.cursor
        column = column_of(self.draft.cells, begins, cursor)
        return Region(column, line_of(begins, cursor), 1, 1)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the text, or the words that stand for an empty one."""
        if not self.draft.cells:
            return 2 + len(EMPTY) // max(1, width // 2)
        return len(starts(self.draft.cells, max(1, width - 1)))

    def render(self) -> Text:
        """The text, the selection or the cursor reversed."""
        draft, begins = self.draft, self._starts
        if not draft.cells:
            cursor, empty = map(self.get_component_rich_style, ("text--chosen", "text--empty"))
            return Text(" ", cursor, end="").append(EMPTY, empty)
        styles = {kind: self.style_of(kind) for kind in Kind}
        chosen, reverse = draft.chosen, Style(reverse=True)
        selects = chosen.start < chosen.stop
        ends = {*begins[1:]}
        text = Text(no_wrap=True, end="")
        for at, cell in enumerate(draft.cells):
            if at in ends:
                text.append("\n")
            lit = chosen.start <= at < chosen.stop if selects else at == draft.cursor
            style = styles[cell.kind]
            text.append(glyph(cell), style + reverse if lit else style)
        if len(draft.cells) in ends:
            text.append("\n")
        if draft.cursor == len(draft.cells) and not selects:
            text.append(" ", self.rich_style + reverse)
        return text

    def on_resize(self) -> None:
        """Let the screen scroll to the cursor."""
        self.post_message(self.Grown())

    # What is done to it

    def on_key(self, event: events.Key) -> None:
        """Turn a key that stands for a character into a message; leave others alone."""
        typed = "\n" if event.key == "enter" else event.character
        if typed == "\n" or (typed and event.is_printable):
            event.stop()
            event.prevent_default()
            self.post_message(self.Typed(typed))

    def on_paste(self, event: events.Paste) -> None:
        """Text comes from the clipboard."""
        event.stop()
        self.post_message(self.Typed(event.text))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A place is chosen."""
        self.capture_mouse()
        self._went(event, event.shift)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """With the button down, what is on the way is selected."""
        if self.app.mouse_captured is self:
            self._went(event, True)

    def on_mouse_up(self) -> None:
        """The button was released."""
        self.release_mouse()

    def _went(self, event: events.MouseEvent, select: bool) -> None:
        at = event.get_content_offset_capture(self)
        place = place_at(self.draft.cells, self._starts, at.x, at.y)
        self.post_message(self.Went(place, select))

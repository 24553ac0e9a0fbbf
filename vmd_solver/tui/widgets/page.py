"""The page of a draft: its lines, and a cursor that the mouse moves too."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.widget import Widget

from vmd_solver.play.draft import Cell, Draft, Kind

EMPTY = (
    "Type some text. Mask a word of it, or put masked tokens where words are missing. "
    "Fill them, lock what you like, and sample the rest again."
)
MASK_SIGN = "·"
Way = Literal["left", "right", "up", "down", "word-left", "word-right", "home", "end"]


def glyph(cell: Cell) -> str:
    """What is seen of a cell; a line end is a blank, which only the cursor shows."""
    if not cell.text:
        return MASK_SIGN
    if len(cell.text) == 1:
        return cell.text if cell.text.isprintable() else " "
    return "".join(a if a.isprintable() else "⏎" if a == "\n" else " " for a in cell.text)


class Lines:
    """Where the cells of a text stand: lines of a width, broken between words.

    `begins` is the number of the first cell of each line; a last line may be empty. A place is
    before the cell of its number, or at the end.
    """

    def __init__(self, cells: Sequence[Cell], width: int) -> None:
        self._cells = cells
        self._widths = [cell_len(glyph(cell)) for cell in cells]
        self.begins = [0]
        used = after_space = 0
        for at, cell in enumerate(cells):
            wide = self._widths[at]
            if used + wide > width and used:
                start = after_space if after_space > self.begins[-1] else at
                self.begins.append(start)
                used = sum(self._widths[start:at])
            used += wide
            if cell.text.isspace():
                after_space = at + 1
            if cell.text == "\n":
                self.begins.append(at + 1)
                used = 0

    def where(self, place: int) -> tuple[int, int]:
        """The column and line of a place."""
        line = bisect_right(self.begins, place) - 1
        return sum(self._widths[self.begins[line] : place]), line

    def place_at(self, column: int, line: int) -> int:
        """The place closest to a column of a line, or to the first or last line there is."""
        if line < 0:
            return 0
        if line >= len(self.begins):
            return len(self._cells)
        at, last = self.begins[line], self._last(line)
        while at < last and column >= self._widths[at]:
            column -= self._widths[at]
            at += 1
        return at

    def _last(self, line: int) -> int:
        return self.begins[line + 1] - 1 if line + 1 < len(self.begins) else len(self._cells)

    def target(self, place: int, way: Way) -> int:
        """Where one comes to from a place; by words to the end of the next or the last's begin."""
        column, line = self.where(place)
        step = 1 if way in ("right", "down", "word-right") else -1
        if way in ("left", "right"):
            return place + step
        if way in ("up", "down"):
            return self.place_at(column, line + step)
        if way in ("home", "end"):
            return self.begins[line] if way == "home" else self._last(line)
        look = min(step, 0)
        for wordy in (False, True):
            while 0 <= place + look < len(self._cells) and self._cells[place + look].wordy is wordy:
                place += step
        return place


class TextPart(Widget):
    """What shows kinds of cells: one style for each."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        f"text--{name}" for name in ("chosen", "empty", *(kind.value for kind in Kind))
    }

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft

    def style_of(self, kind: Kind) -> Style:
        return self.get_component_rich_style(f"text--{kind.value}")


class TextLegend(TextPart):
    """What the looks mean, and how many cells have each: a line for each kind."""

    def render(self) -> Text:
        text = Text(end="")
        for kind in Kind:
            sign = MASK_SIGN * 2 if kind is Kind.MASKED else "Aa"
            text.append("\n" if text else "").append(sign, self.style_of(kind))
            text.append(f" {kind.value:<10}{self.draft.count(kind):>6}")
        return text


class Page(TextPart, can_focus=True, inherit_bindings=False):
    """A draft in lines, with a cursor, which it keeps in sight."""

    ALLOW_SELECT = False

    @property
    def lines(self) -> Lines:
        """The text in lines; a column is left for a cursor at the end of one."""
        return Lines(self.draft.cells, max(1, self.content_size.width - 1))

    def go(self, place: int, select: bool = False) -> None:
        """Put the cursor there, with `select` selecting what is on the way."""
        self.draft.go(place, select)
        self.show()

    def show(self) -> None:
        self.refresh(layout=True)
        self.scroll_to_cursor()

    def region_of_cursor(self) -> Region:
        return Region(*self.lines.where(self.draft.cursor), 1, 1)

    def scroll_to_cursor(self) -> None:
        """Have what it lies in scroll to the cursor."""
        if isinstance(self.parent, Widget):
            at = self.region_of_cursor().translate(self.virtual_region.offset)
            self.parent.scroll_to_region(at, animate=False)

    on_resize = scroll_to_cursor

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the text, or the words that stand for an empty one."""
        if not self.draft.cells:
            return 2 + len(EMPTY) // max(1, width // 2)
        return len(Lines(self.draft.cells, max(1, width - 1)).begins)

    def render(self) -> Text:
        """The text, the selection or the cursor reversed."""
        draft = self.draft
        if not draft.cells:
            first, rest = map(self.get_component_rich_style, ("text--chosen", "text--empty"))
            return Text(" ", first, end="").append(EMPTY, rest)
        styles = {kind: self.style_of(kind) for kind in Kind}
        pieces = [(glyph(cell), styles[cell.kind]) for cell in draft.cells]
        selected, cursor = range(draft.chosen.start, draft.chosen.stop), draft.cursor
        lit = selected or range(cursor, cursor + 1)
        if cursor == len(pieces) and cursor in lit:
            pieces.append((" ", self.rich_style))
        ends = {*self.lines.begins[1:]}
        text = Text(no_wrap=True, end="")
        for at, (sign, style) in enumerate(pieces):
            if at in ends:
                text.append("\n")
            text.append(sign, style + Style(reverse=True) if at in lit else style)
        return text

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self._follow_mouse(event, event.shift)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """With the button down, what is on the way is selected."""
        if self.app.mouse_captured is self:
            self._follow_mouse(event, True)

    def on_mouse_up(self) -> None:
        self.release_mouse()

    def _follow_mouse(self, event: events.MouseEvent, select: bool) -> None:
        at = event.get_content_offset_capture(self)
        self.go(self.lines.place_at(at.x, at.y), select)

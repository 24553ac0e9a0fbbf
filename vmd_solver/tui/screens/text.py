"""A text written with the model: typed, masked anywhere, filled, sampled again, locked.

The page comes first, its lines and its cursor; then the screen.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.geometry import Region, Size
from textual.widget import Widget
from textual.widgets import Input, Label
from textual.worker import Worker

from vmd_solver.errors import VmdError
from vmd_solver.play.draft import MASK, MOST, Cell, Cells, Draft, Kind, fill_in
from vmd_solver.text.sampler import TextSettings
from vmd_solver.tui.commands import WRITING, bindings
from vmd_solver.tui.screens.base import AppScreen, message
from vmd_solver.tui.widgets.bars import Bar, KeyBar

FRAME_S = 0.05
"""Shortest time a change is looked at: a small model is faster than any eye."""
_SETTINGS: tuple[tuple[str, str, Literal["integer", "number"], int], ...] = (
    ("nfe", "Calls (NFE)", "integer", 3),
    ("temperature", "Temperature", "number", 4),
    ("latents", "Latents", "integer", 2),
    ("seed", "Seed", "integer", 6),
)
"""Name, words, and how many characters there may be of what kind."""
_FULL = f"A text has room for {MOST} characters; the rest was left out."
_REFUSED = {
    "insert": _FULL,
    "mask": _FULL,
    "write_on": _FULL,
    "lock": "Nothing was sampled here: there is nothing to lock.",
    "undo": "Nothing to undo.",
    "redo": "Nothing to redo.",
}
"""What is said where the draft's method of this name changes nothing, or not all."""
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
        """Where one comes to from a place; by words to the end of the next or the last's start."""
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


class Setting(Input, inherit_bindings=False):
    """A number; of the keys only those that a number needs, so that the screen's stay its own."""

    BINDINGS = [  # noqa: RUF012
        Binding("left", "cursor_left", show=False),
        Binding("right", "cursor_right", show=False),
        Binding("home", "home", show=False),
        Binding("end", "end", show=False),
        Binding("backspace", "delete_left", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("enter", "submit", show=False),
    ]


class TextScreen(AppScreen[None]):
    """The page, the settings of sampling, and a line that says what came of it."""

    BINDINGS = bindings(WRITING)

    def __init__(self) -> None:
        super().__init__()
        self.draft = self.app.draft
        self.page = Page(self.draft)
        self.filling: Worker[None] | None = None
        """What fills the page; None while nothing does."""
        self._seen = False
        """Whether anything of the run is on the page."""

    def compose(self) -> ComposeResult:
        yield Bar()
        yield message("about", self.app.about_text)
        with Horizontal(id="table"):
            yield Vertical(self.page, id="paper")  # which scrolls, but by no keys of its own
            with Vertical(id="side"):
                yield TextLegend(self.draft)
                for name, words, kind, most in _SETTINGS:
                    first = str(getattr(TextSettings(), name))
                    box = Setting(first, type=kind, max_length=most, id=name, compact=True)
                    box.select_on_focus = False
                    yield Horizontal(Label(words), box, classes="row")
                yield Label("Tab goes to these numbers.", id="hint")
        yield message()
        yield KeyBar()

    def on_mount(self) -> None:
        self._show()

    def typed(self, event: events.Key) -> bool:
        """Write a key that stands for a character; leave others alone."""
        typed = "\n" if event.key == "enter" else event.character
        if self.focused is not self.page or not (typed == "\n" or event.is_printable):
            return False
        self.action_edit("insert", typed)
        return True

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.action_edit("insert", event.text)

    def action_edit(self, name: str, *args: object) -> None:
        """Edit the draft by its method of this name, unless it is being filled."""
        if self._may_edit():
            done = getattr(self.draft, name)(*args)
            self._show(_REFUSED[name] if done is False else "")

    def action_move(self, way: Way, select: bool = False) -> None:
        self.page.go(self.page.lines.target(self.draft.cursor, way), select)

    def action_select_all(self) -> None:
        self.page.go(0)
        self.page.go(len(self.draft.cells), select=True)

    def action_copy(self) -> None:
        chosen = self.draft.cells[self.draft.chosen] or self.draft.cells
        self.app.copy_to_clipboard("".join(cell.text or "_" for cell in chosen))
        self._show("Copied.")

    def _may_edit(self) -> bool:
        if self.filling:
            self._show(f"The text is being filled: {self.app.key_of('text-leave')} stops that.")
        return self.filling is None

    def _number(self, name: str, none: float = 0.0) -> float:
        """A setting; `none` for what is no number, or a negative one."""
        try:
            found = float(self.query_one(f"#{name}", Input).value)
        except ValueError:
            return none
        return found if found >= 0 else none

    def action_fill(self, again: bool = False) -> None:
        """Fill what is masked in a thread, by the settings as they are entered.

        With `again` what was sampled and not locked is masked before, and the next seed taken.
        """
        if not self._may_edit():
            return
        cells = self.draft.again() if again else self.draft.cells
        if MASK not in cells:
            key = self.app.key_of("text-mask")
            self._show(f"Nothing is masked: {key} masks the word at the cursor.")
            return
        if again:
            seed = str((int(self._number("seed")) + 1) % 10**6)
            self.query_one("#seed", Input).value = seed
        try:
            settings = TextSettings(
                nfe=int(self._number("nfe")),
                temperature=self._number("temperature", none=-1.0),
                latents=int(self._number("latents")),
                seed=int(self._number("seed")),
            )
        except VmdError as error:
            self._show(f"{error}.")
            return

        def fill() -> None:
            def changed(now: Cells) -> None:
                self.report(self._show_filled, now)
                time.sleep(FRAME_S)

            sample = fill_in(cells, self.app.text_model(), settings, changed)
            bound = "" if sample.nats is None else f", the best bound {sample.nats:.1f} nats"
            self.report(self._end, f"Filled in {sample.nfe} calls{bound}.", True)

        self._seen = False
        self.filling = self.in_thread(fill, self._end, "fill")
        self._show("")

    def _show_filled(self, cells: Cells) -> None:
        (self.draft.amend if self._seen else self.draft.put)(cells)
        self._seen = True
        self._show()

    def _end(self, text: str, whole: bool = False) -> None:
        """Nothing is being filled any more; what was is taken back unless it is `whole`."""
        self.filling = None
        if self._seen and not whole:
            self.draft.undo()
        self._show(text)

    def action_leave(self) -> None:
        """Stop what is being filled; else back to the page, and from there to the list."""
        if self.filling is not None:
            self.filling.cancel()
            self.filling = None
            self._show("Stopped. What was filled is kept, and can be undone.")
        elif self.focused is not self.page:
            self.page.focus()
        else:
            self.app.pop_screen()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.page.focus()

    def _show(self, text: str | None = None) -> None:
        """Show the draft as it is; `text` below it, where that changes."""
        self.page.show()
        self.query_one(TextLegend).refresh()
        if text is not None:
            self.say(text)
        self.query_one(Bar).ends = ("Text", "filling…" if self.filling else "")

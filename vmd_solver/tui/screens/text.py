"""A text written with the model: typed, masked anywhere, filled, sampled again, locked."""

from __future__ import annotations

import time
from typing import Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label
from textual.worker import Worker

from vmd_solver.errors import VmdError
from vmd_solver.play.draft import MASK, MOST, Cells, fill_in
from vmd_solver.text.sampler import TextSettings
from vmd_solver.tui.commands import WRITING, bindings
from vmd_solver.tui.screens.base import AppScreen, message
from vmd_solver.tui.widgets.bars import Bar, KeyBar
from vmd_solver.tui.widgets.page import Page, TextLegend, Way

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
        with Horizontal(id="table"):
            yield Vertical(self.page, id="paper")  # which scrolls, but by no keys of its own
            with Vertical(id="side"):
                yield TextLegend(self.draft)
                for name, words, kind, most in _SETTINGS:
                    first = str(getattr(TextSettings(), name))
                    box = Setting(first, type=kind, max_length=most, id=name, compact=True)
                    box.select_on_focus = False
                    yield Horizontal(Label(words), box, classes="row")
                yield Label("tab: change them", id="hint")
        yield message()
        yield KeyBar()

    def on_mount(self) -> None:
        self._show()

    def on_key(self, event: events.Key) -> None:
        """Write a key that stands for a character; leave others alone."""
        typed = "\n" if event.key == "enter" else event.character
        if self.focused is self.page and typed and (typed == "\n" or event.is_printable):
            event.stop()
            event.prevent_default()
            self.action_edit("insert", typed)

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

"""A text written with the model: typed, masked anywhere, filled, sampled again, locked."""

from __future__ import annotations

import time
from functools import partial
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ScrollableContainer, Vertical
from textual.widgets import Input, Label, Static
from textual.worker import Worker

from vmd_solver.errors import VmdError
from vmd_solver.play.draft import MASK, MOST, Cells, Draft, fill_in
from vmd_solver.text.sampler import TextSettings
from vmd_solver.tui.commands import WRITING, bindings
from vmd_solver.tui.screens.base import AppScreen, Run
from vmd_solver.tui.widgets.bar import Bar
from vmd_solver.tui.widgets.keybar import KeyBar
from vmd_solver.tui.widgets.lines import Way
from vmd_solver.tui.widgets.page import Page, TextLegend

WRITE_ON = 64
"""Masked tokens that are put at the end at once."""
FRAME_S = 0.05
"""Shortest time a change is looked at: a small model is faster than any eye."""
_FIRST = TextSettings()
_SETTINGS: tuple[tuple[str, str, float, Literal["integer", "number"], int], ...] = (
    ("nfe", "Calls (NFE)", _FIRST.nfe, "integer", 3),
    ("temperature", "Temperature", _FIRST.temperature, "number", 4),
    ("latents", "Latents", _FIRST.latents, "integer", 2),
    ("seed", "Seed", _FIRST.seed, "integer", 6),
)
"""Name, words, value at first, and how many characters there may be of what kind."""


class Setting(Input, inherit_bindings=False):
    """A number; of the keys only those that a number needs, so that the screen's stay its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "cursor_left", show=False),
        Binding("right", "cursor_right", show=False),
        Binding("home", "home", show=False),
        Binding("end", "end", show=False),
        Binding("backspace", "delete_left", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("enter", "submit", show=False),
    ]


class Paper(ScrollableContainer, can_focus=False, inherit_bindings=False):
    """What the page lies in; it scrolls with the cursor, and by no keys of its own."""


class TextScreen(AppScreen[None]):
    """The page, the settings of sampling, and a line that says what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(WRITING)

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self.page = Page(draft)
        self._filler: Worker[None] | None = None
        """What fills the page; None while nothing does."""
        self._seen = False
        """Whether anything of the run is on the page."""

    @property
    def filling(self) -> bool:
        return self._filler is not None

    def compose(self) -> ComposeResult:
        yield Bar()
        with Horizontal(id="table"):
            with Paper():
                yield self.page
            with Vertical(id="side"):
                yield TextLegend(self.draft)
                for name, words, value, kind, most in _SETTINGS:
                    box = Setting(
                        str(value), type=kind, max_length=most, id=name, compact=True,
                        select_on_focus=False,
                    )  # fmt: skip
                    yield Horizontal(Label(words), box, classes="row")
                yield Label("tab: change them", id="hint")
        yield Static(id="message", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.page.focus()
        self._show()

    # Writing

    @on(Page.Typed)
    def _typed(self, typed: Page.Typed) -> None:
        if self._may_edit():
            self._fitted(self.draft.insert(typed.text))

    @on(Page.Went)
    def _went(self, went: Page.Went) -> None:
        self.draft.go(went.place, went.select)
        self._show()

    def action_move(self, way: Way, select: bool = False) -> None:
        self.draft.go(self.page.towards(way), select)
        self._show()

    def action_select_all(self) -> None:
        self.draft.go(0)
        self.draft.go(len(self.draft.cells), select=True)
        self._show()

    def action_delete(self, step: int) -> None:
        if self._may_edit():
            self.draft.delete(step)
            self._show("")

    def action_mask(self) -> None:
        if self._may_edit():
            self._fitted(self.draft.mask())

    def action_write_on(self) -> None:
        if self._may_edit():
            self._fitted(self.draft.write_on(WRITE_ON))

    def action_lock(self) -> None:
        if self._may_edit():
            locked = self.draft.lock()
            self._show("" if locked else "Nothing was sampled here: there is nothing to lock.")

    def action_undo(self) -> None:
        if self._may_edit():
            self._show("" if self.draft.undo() else "Nothing to undo.")

    def action_redo(self) -> None:
        if self._may_edit():
            self._show("" if self.draft.redo() else "Nothing to redo.")

    def action_copy(self) -> None:
        draft = self.draft
        chosen = draft.cells[draft.chosen] or draft.cells
        self.app.copy_to_clipboard("".join(cell.text or "_" for cell in chosen))
        self._show("Copied.")

    def _may_edit(self) -> bool:
        if self.filling:
            self._show(f"The text is being filled: {self._key('text-leave')} stops that.")
        return not self.filling

    def _fitted(self, fits: bool) -> None:
        self._show("" if fits else f"A text has room for {MOST} characters; the rest was left out.")

    # Sampling

    def action_fill(self) -> None:
        if self._may_edit():
            self._begin(self.draft.cells)

    def action_again(self) -> None:
        """Mask again what was sampled and not locked, and fill it by the next seed."""
        if not self._may_edit():
            return
        seed = self.query_one("#seed", Input)
        cells = self.draft.again()
        if MASK in cells:
            seed.value = str((int(self._number("seed")) + 1) % 10**6)
        self._begin(cells)

    def _begin(self, cells: Cells) -> None:
        if MASK not in cells:
            self._show(f"Nothing is masked: {self._key('text-mask')} masks the word at the cursor.")
            return
        try:
            settings = self._settings()
        except VmdError as error:
            self._show(f"{error}.")
            return
        self._seen = False
        self._filler = self.in_thread(partial(self._fill, cells, settings), self._end, "fill")
        self._show("")

    def _settings(self) -> TextSettings:
        """The settings as they are entered. Raises SearchError."""
        return TextSettings(
            nfe=int(self._number("nfe")),
            temperature=self._number("temperature", none=-1.0),
            latents=int(self._number("latents")),
            seed=int(self._number("seed")),
        )

    def _number(self, name: str, none: float = 0.0) -> float:
        """A setting; `none` for what is no number, or a negative one."""
        try:
            found = float(self.query_one(f"#{name}", Input).value)
        except ValueError:
            return none
        return found if found >= 0 else none

    def _fill(self, cells: Cells, settings: TextSettings, run: Run) -> None:
        """Fill the cells, in a thread."""

        def changed(now: Cells) -> None:
            run.report(self._show_filled, now)
            time.sleep(FRAME_S)

        sample = fill_in(cells, self.app.text_model(), settings, changed)
        bound = "" if sample.nats is None else f", the best bound {sample.nats:.1f} nats"
        run.report(self._end, f"Filled in {sample.nfe} calls{bound}.", True)

    def _show_filled(self, cells: Cells) -> None:
        (self.draft.amend if self._seen else self.draft.put)(cells)
        self._seen = True
        self._show()

    def _end(self, message: str, whole: bool = False) -> None:
        """Nothing is being filled any more; what was is taken back unless it is `whole`."""
        self._filler = None
        if self._seen and not whole:
            self.draft.undo()
        self._show(message)

    def action_leave(self) -> None:
        """Stop what is being filled; else back to the page, and from there to the list."""
        if self._filler is not None:
            self._filler.cancel()
            self._filler = None
            self._show("Stopped. What was filled is kept, and can be undone.")
        elif self.focused is not self.page:
            self.page.focus()
        else:
            self.app.pop_screen()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.page.focus()

    # Showing

    def _show(self, message: str | None = None) -> None:
        """Show the draft as it is; `message` below it, where that changes."""
        self.page.refresh(layout=True)
        self.query_one(TextLegend).refresh()
        if message is not None:
            self.query_one("#message", Static).update(message)
        self.query_one(Bar).show("Text", "filling…" if self.filling else "")
        self._scroll()

    @on(Page.Grown)
    def _scroll(self) -> None:
        """Keep the cursor in sight."""
        at = self.page.region_of_cursor().translate(self.page.virtual_region.offset)
        self.query_one(Paper).scroll_to_region(at, animate=False)

    def _key(self, name: str) -> str:
        return self.app.key_of(name)

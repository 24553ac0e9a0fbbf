"""A text written with the model: typed, masked anywhere, filled, sampled again, locked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ScrollableContainer, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Label, Static
from textual.worker import get_current_worker

from vmd_solver.errors import VmdError
from vmd_solver.play.draft import MASK, MOST, Cells, Draft
from vmd_solver.play.filling import fill_in
from vmd_solver.text.sampler import Sample
from vmd_solver.text.settings import TextSettings
from vmd_solver.tui.commands import WRITING, bindings
from vmd_solver.tui.widgets.bar import Bar
from vmd_solver.tui.widgets.keybar import KeyBar
from vmd_solver.tui.widgets.lines import Way
from vmd_solver.tui.widgets.page import Page, TextLegend

if TYPE_CHECKING:
    from vmd_solver.tui.app import PlayApp

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


class TextScreen(Screen[None]):
    """The page, the settings of sampling, and a line that says what came of it."""

    CSS_PATH = "text.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(WRITING)
    app: PlayApp

    @dataclass
    class Told(Message):
        """The run with this number went on."""

        run: int
        cells: Cells

    @dataclass
    class Ended(Message):
        """The run is over; `why` says why nothing was filled."""

        run: int
        sample: Sample | None
        why: str = ""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self.page = Page(draft)
        self._run = 0
        """The number of the run that goes on; 0 for none."""
        self._runs = 0
        self._seen = False
        """Whether anything of the run is on the page."""

    @property
    def filling(self) -> bool:
        """Whether the page is being filled."""
        return self._run > 0

    def compose(self) -> ComposeResult:
        """The bar, the page with what is beside it, a line to say things, and the keys."""
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
        yield Static(id="said", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin to type."""
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

    def action_move(self, way: Way) -> None:
        """Move the cursor."""
        self.draft.go(self.page.towards(way))
        self._show()

    def action_select(self, way: Way) -> None:
        """Move the cursor, and select what it goes over."""
        self.draft.go(self.page.towards(way), select=True)
        self._show()

    def action_select_all(self) -> None:
        """Select all there is."""
        self.draft.go(0)
        self.draft.go(len(self.draft.cells), select=True)
        self._show()

    def action_delete(self, step: int) -> None:
        """Delete what is selected, or a character."""
        if self._may_edit():
            self.draft.delete(step)
            self._show("")

    def action_mask(self) -> None:
        """Mask what is selected, the word under the cursor, or put a masked token there."""
        if self._may_edit():
            self._fitted(self.draft.mask())

    def action_write_on(self) -> None:
        """Put masked tokens at the end."""
        if self._may_edit():
            self._fitted(self.draft.write_on(WRITE_ON))

    def action_lock(self) -> None:
        """Lock what was sampled, or no longer."""
        if self._may_edit():
            locked = self.draft.lock()
            self._show("" if locked else "Nothing was sampled here: there is nothing to lock.")

    def action_undo(self) -> None:
        """Take the last edit back."""
        if self._may_edit():
            self._show("" if self.draft.undo() else "Nothing to undo.")

    def action_redo(self) -> None:
        """Do again what was undone."""
        if self._may_edit():
            self._show("" if self.draft.redo() else "Nothing to redo.")

    def action_copy(self) -> None:
        """Copy what is selected, or all, to the clipboard of the terminal."""
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
        """Fill what is masked."""
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
        self._runs += 1
        self._run, self._seen = self._runs, False
        self._show("")
        self._fill(self._run, cells, settings)

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

    @work(thread=True, group="fill")
    def _fill(self, run: int, cells: Cells, settings: TextSettings) -> None:
        worker = get_current_worker()

        def told(now: Cells) -> None:
            self.post_message(self.Told(run, now))
            time.sleep(FRAME_S)

        try:
            model = self.app.text_model()
            sample = fill_in(cells, model, settings, told, lambda: worker.is_cancelled)
        except VmdError as error:
            ended = self.Ended(run, None, str(error))
        else:
            ended = self.Ended(run, sample)
        self.post_message(ended)

    @on(Told)
    def _heard(self, told: Told) -> None:
        if told.run != self._run:  # a run no longer wanted
            return
        (self.draft.amend if self._seen else self.draft.put)(told.cells)
        self._seen = True
        self._show()

    @on(Ended)
    def _ended(self, ended: Ended) -> None:
        if ended.run != self._run:
            return
        self._run = 0
        if ended.sample is None:
            if self._seen:
                self.draft.undo()
            self._show(ended.why)
            return
        nats = ended.sample.nats
        bound = "" if nats is None else f", the best bound {nats:.1f} nats"
        self._show(f"Filled in {ended.sample.nfe} calls{bound}.")

    def action_leave(self) -> None:
        """Stop what is being filled; else back to the page, and from there to the list."""
        if self.filling:
            self.workers.cancel_group(self, "fill")
            self._run = 0
            self._show("Stopped. What was filled is kept, and can be undone.")
        elif self.focused is not self.page:
            self.page.focus()
        else:
            self.app.pop_screen()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.page.focus()

    # Showing

    def _show(self, said: str | None = None) -> None:
        """Show the draft as it is; `said` below it, where that changes."""
        self.page.refresh(layout=True)
        self.query_one(TextLegend).refresh()
        if said is not None:
            self.query_one("#said", Static).update(said)
        self.query_one(Bar).show("Text", "filling…" if self.filling else "")
        self._scroll()

    @on(Page.Grown)
    def _scroll(self) -> None:
        """Keep the cursor in sight."""
        at = self.page.region_of_cursor().translate(self.page.virtual_region.offset)
        self.query_one(Paper).scroll_to_region(at, animate=False)

    def _key(self, name: str) -> str:
        return self.app.key_of(name)

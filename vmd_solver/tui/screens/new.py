"""A new puzzle: what it should be like, and its making, which can be watched and given up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, Select, Static

from vmd_solver.assets import DEFAULT_MODEL
from vmd_solver.errors import VmdError
from vmd_solver.generation import (
    FAMILIES,
    SYMMETRIES,
    Draw,
    GeneratedPuzzle,
    Grid,
    ModelGrids,
    PuzzleSpec,
    exact_grid,
)
from vmd_solver.play.opening import any_seed, command, generate, progress, sizes, usual_clues
from vmd_solver.techniques import LEVELS
from vmd_solver.tui.screens.base import Run
from vmd_solver.tui.screens.dialog import Dialog, Toggle

_ANY = "any"
_SEARCH, _MODEL = "search", "the model"
_MOST_DIGITS = 9


class NewScreen(Dialog[GeneratedPuzzle]):
    """Gives the puzzle that was made. With `begin` it sets to work at once."""

    TITLE = "A new puzzle"
    SUB_TITLE = "tab, enter, esc"

    def __init__(self, spec: PuzzleSpec, begin: bool = False) -> None:
        super().__init__()
        self._first, self._begin = spec, begin
        self._spec: PuzzleSpec | None = None
        """What is being made; None while nothing is."""
        self._drawn: list[bool | None] = []

    def contents(self) -> ComposeResult:
        """A line for each question, the command that makes the same, and how far it is."""
        yield from self._questions()
        yield Static(id="command", markup=False)
        yield Static(id="message", markup=False)
        button = Button("Make", id="make", compact=True)
        button.active_effect_duration = 0  # while it lasts another press would be lost
        yield button

    def _questions(self) -> Iterator[Widget]:
        first = self._first
        known = {"clues": str(first.clues), "seed": str(any_seed())}
        yield _row("Family", _select("family", FAMILIES, first.family))
        yield _row("Size", _select("size", sizes(first.family), first.size))
        yield _row("Difficulty", _select("level", (_ANY, *LEVELS), first.level or _ANY))
        yield _row("Symmetry", _select("symmetry", SYMMETRIES, first.symmetry))
        yield _row("Grids by", _select("grids", (_SEARCH, _MODEL), _SEARCH))
        for name, text in (("clues", "Givens at least"), ("seed", "Seed")):
            box = Input(known[name], type="integer", max_length=_MOST_DIGITS, id=name, compact=True)
            yield _row(text, box)
        yield _row("", Toggle("No given to spare", first.minimal, id="minimal", compact=True))

    def on_mount(self) -> None:
        """Enter makes what is asked for, without a look at anything else."""
        self.query_one(Button).focus()
        if self._begin:
            self.action_make()

    # What is asked for

    def _chosen(self, name: str) -> Any:
        return self.query_one(f"#{name}", Select).value

    def _number(self, name: str) -> int:
        text = self.query_one(f"#{name}", Input).value
        return int(text) if text.isdecimal() else 0

    def spec(self) -> PuzzleSpec:
        """The spec as it is entered. Raises SearchError where there can be no such puzzle."""
        level = self._chosen("level")
        return PuzzleSpec(
            self._chosen("family"),
            self._chosen("size"),
            level=None if level == _ANY else level,
            symmetry=self._chosen("symmetry"),
            minimal=self.query_one("#minimal", Checkbox).value,
            clues=self._number("clues"),
            seed=self._number("seed"),
        )

    @on(Select.Changed, "#family")
    def _family_chosen(self) -> None:
        """Offer the sizes of the family; keep the size where there is one of it."""
        size, offered = self.query_one("#size", Select), sizes(self._chosen("family"))
        kept = size.value if size.value in offered else 9
        if [value for _, value in size._options] != [*offered]:
            size.set_options([(str(one), one) for one in offered])
            size.value = kept

    @on(Select.Changed, "#size")
    def _size_chosen(self, event: Select.Changed) -> None:
        if event.value != self._first.size and isinstance(event.value, int):
            self._first = replace(self._first, size=event.value)
            self.query_one("#clues", Input).value = str(usual_clues(event.value))

    @on(Select.Changed)
    @on(Input.Changed)
    @on(Checkbox.Changed)
    def _changed(self) -> None:
        try:
            text = command(self.spec(), self._chosen("grids") == _MODEL)
        except VmdError as error:
            text = str(error)
        self.query_one("#command", Static).update(text)

    # The making

    @on(Button.Pressed)
    @on(Input.Submitted)
    def action_make(self) -> None:
        """Begin, or give up what was begun."""
        if self._spec is not None:
            self.action_leave()
            return
        try:
            self._spec = self.app.spec = self.spec()
        except VmdError as error:
            self._say(str(error))
            return
        self._drawn = []
        self._tell()
        self._make(self._spec, self._chosen("grids") == _MODEL)

    def _make(self, spec: PuzzleSpec, neural: bool) -> None:
        def work(run: Run) -> None:
            draw: Draw = ModelGrids(self.app.denoiser(DEFAULT_MODEL)) if neural else exact_grid
            made = generate(
                spec, draw, lambda grid: run.report(self._grid_drawn, grid), run.cancelled
            )
            run.report(self._made, made, spec)

        self.in_thread(work, self._end, group="make")

    def _grid_drawn(self, grid: Grid) -> None:
        self._drawn.append(grid.by_model)
        self._tell()

    def _made(self, made: GeneratedPuzzle | None, spec: PuzzleSpec) -> None:
        if made is not None:
            self.dismiss(made)
        else:
            self._end(f"Not found in {spec.tries} grids: ask for less")

    def action_leave(self) -> None:
        """Give up what is being made; where nothing is, close."""
        if self._spec is None:
            self.dismiss(None)
            return
        self.workers.cancel_group(self, "make")
        self._end("Given up.")

    def _end(self, message: str) -> None:
        self._spec = None
        self._tell()
        self._say(message)

    def _tell(self) -> None:
        """Show how far the making has come."""
        making = self._spec is not None
        self.query_one(Button).label = "Cancel" if making else "Make"
        for widget in self.query("Select, Input, Toggle"):
            widget.disabled = making
        if self._spec is not None:
            self._say(f"Making: {progress(self._drawn, self._spec.tries)}")

    def _say(self, text: str) -> None:
        self.query_one("#message", Static).update(text)


def _row(text: str, widget: Widget) -> Horizontal:
    return Horizontal(Label(text), widget, classes="row")


def _select(name: str, offered: Sequence[Any], value: Any) -> Select[Any]:
    options = [(str(one), one) for one in offered]
    return Select(options, value=value, allow_blank=False, compact=True, id=name)

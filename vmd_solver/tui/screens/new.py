"""A new puzzle: what it should be like, and its making."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, Select

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
    usual_size,
)
from vmd_solver.play import opening
from vmd_solver.play.opening import generate
from vmd_solver.techniques import LEVELS
from vmd_solver.tui.screens.base import Dialog, Toggle, cancelled, message

_ANY = "any"
_SEARCH, _MODEL = "search", "the model"


def choice(name: str, offered: Iterable[Any], value: Any) -> Select[Any]:
    """A box to choose one of some values."""
    options = [(str(one), one) for one in offered]
    return Select(options, value=value, allow_blank=False, compact=True, id=name)


def offer_sizes(box: Select[Any], family: str) -> None:
    """Offer the sizes of a family; keep the size where there is one of it."""
    offered = opening.sizes(family)
    kept = box.value if box.value in offered else usual_size(family)
    if [value for _, value in box._options] != [*offered]:
        box.set_options([(str(one), one) for one in offered])
        box.value = kept


class NewScreen(Dialog[GeneratedPuzzle]):
    """Gives the puzzle that was made. With `begin` it sets to work at once, and asks nothing."""

    TITLE = "A new puzzle"
    SUB_TITLE = "tab, enter, esc"
    AUTO_FOCUS = "Button"  # Enter makes what is asked for, without a look at anything else

    def __init__(self, spec: PuzzleSpec, begin: bool = False, title: str = "") -> None:
        super().__init__()
        self.title = title or self.TITLE
        self.first, self._begun = spec, begin
        """What is asked for at first; in the end, what was made."""
        self.set_class(begin, "-begun")
        self._spec: PuzzleSpec | None = None
        """What is being made; None while nothing is."""
        self._drawn: list[bool | None] = []

    def contents(self) -> ComposeResult:
        """A line for each question, the command that makes the same, and how far it is."""
        first, rows = self.first, dict[str, Widget]()
        choices: dict[str, tuple[str, Sequence[Any], Any]] = {
            "family": ("Family", FAMILIES, first.family),
            "size": ("Size", opening.sizes(first.family), first.size),
            "level": ("Difficulty", (_ANY, *LEVELS), first.level or _ANY),
            "symmetry": ("Symmetry", SYMMETRIES, first.symmetry),
            "grids": ("Full grid from", (_SEARCH, _MODEL), _SEARCH),
        }
        for name, (text, offered, value) in choices.items():
            rows[text] = choice(name, offered, value)
        for name, text in (("clues", "Givens, at least"), ("seed", "Seed")):
            number = str(getattr(first, name))
            rows[text] = Input(number, type="integer", max_length=9, id=name, compact=True)
        minimal = "Minimal: no given can be removed"
        rows[""] = Toggle(minimal, first.minimal, id="minimal", compact=True)
        yield from (Horizontal(Label(text), box, classes="row") for text, box in rows.items())
        yield message("command")
        yield message()
        button = Button("Make", id="make", compact=True)
        button.active_effect_duration = 0  # while it lasts another press would be lost
        yield button

    def on_mount(self) -> None:
        if self._begun:
            self.action_make()

    def _asked(self) -> dict[str, Any]:
        """What is entered, by the name of its question."""
        boxes: Any = self.query("Select, Input, Toggle")
        return {box.id: box.value for box in boxes}

    def spec(self) -> PuzzleSpec:
        """The spec as it is entered. Raises SearchError where there can be no such puzzle."""
        asked = self._asked()
        given: dict[str, Any] = {name: asked[name] for name in ("size", "symmetry", "minimal")}
        for name in ("clues", "seed"):
            given[name] = int(asked[name]) if asked[name].isdecimal() else 0
        level = None if asked["level"] == _ANY else asked["level"]
        return PuzzleSpec(asked["family"], level=level, **given)

    @on(Select.Changed, "#family")
    def _family_chosen(self, event: Select.Changed) -> None:
        offer_sizes(self.query_one("#size", Select), str(event.value))

    @on(Select.Changed, "#size")
    def _size_chosen(self, event: Select.Changed) -> None:
        if event.value != self.first.size and isinstance(event.value, int):
            self.first = replace(self.first, size=event.value)
            self.query_one("#clues", Input).value = str(opening.usual_clues(event.value))

    @on(Select.Changed)
    @on(Input.Changed)
    @on(Checkbox.Changed)
    def _changed(self) -> None:
        try:
            self.say(opening.command(self.spec(), self._asked()["grids"] == _MODEL), "command")
        except VmdError as error:
            self.say(str(error), "command")

    @on(Button.Pressed)
    @on(Input.Submitted)
    def action_make(self) -> None:
        """Begin, or give up what was begun."""
        if self._spec is not None:
            self.action_leave()
            return
        try:
            # What is to be made at once is not read back from the widgets, which are not ready yet.
            spec = self._spec = self.first if self._begun else self.spec()
        except VmdError as error:
            self.say(str(error))
            return
        neural = self._asked()["grids"] == _MODEL

        def make() -> None:
            draw: Draw = ModelGrids(self.app.denoiser(DEFAULT_MODEL)) if neural else exact_grid
            made = generate(spec, draw, partial(self.report, self._tell), cancelled)
            self.report(finish, made)

        def finish(made: GeneratedPuzzle | None) -> None:
            if made is not None:
                self.first = spec
                self.dismiss(made)
            else:
                self._end(f"Not found in {spec.tries} grids: ask for less")

        self._drawn = []
        self._tell()
        self.in_thread(make, self._end, group="make")

    def action_leave(self) -> None:
        """Give up what is being made; where nothing is, or nothing was asked, close."""
        if self._spec is not None:
            self.workers.cancel_group(self, "make")
        if self._spec is None or self._begun:
            self.dismiss(None)
        else:
            self._end("Given up.")

    def _end(self, text: str) -> None:
        """Nothing is made any longer: say why, and ask for what is wanted."""
        self._spec, self._begun = None, False
        self.remove_class("-begun")
        self._tell()
        self.say(text)

    def _tell(self, grid: Grid | None = None) -> None:
        """Show how far the making has come, with this grid now."""
        if grid is not None:
            self._drawn.append(grid.by_model)
        self.query_one(Button).label = "Cancel" if self._spec else "Make"
        for widget in self.query("Select, Input, Toggle"):
            widget.disabled = self._spec is not None
        if self._spec is not None:
            self.say(f"Making: {opening.progress(self._drawn, self._spec.tries)}")

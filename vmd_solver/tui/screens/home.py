"""Where a puzzle is chosen: an unfinished game, one from a file, a new one; and its making."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, OptionList, Select, Static
from textual.widgets.option_list import Option

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
from vmd_solver.play.game import shown
from vmd_solver.play.opening import generate
from vmd_solver.techniques import LEVELS
from vmd_solver.tui.commands import LISTING, bindings
from vmd_solver.tui.screens.base import AppScreen, Dialog, Toggle, cancelled, heading, message
from vmd_solver.tui.screens.dialogs import FindScreen
from vmd_solver.tui.widgets.bars import KeyBar

_ANY = "any"
_SEARCH, _MODEL = "search", "the model"


class NewScreen(Dialog[GeneratedPuzzle]):
    """Gives the puzzle that was made. With `begin` it sets to work at once."""

    TITLE = "A new puzzle"
    SUB_TITLE = "tab, enter, esc"
    AUTO_FOCUS = "Button"  # Enter makes what is asked for, without a look at anything else

    def __init__(self, spec: PuzzleSpec, begin: bool = False) -> None:
        super().__init__()
        self._first, self._begin = spec, begin
        self._spec: PuzzleSpec | None = None
        """What is being made; None while nothing is."""
        self._drawn: list[bool | None] = []

    def contents(self) -> ComposeResult:
        """A line for each question, the command that makes the same, and how far it is."""
        first, rows = self._first, dict[str, Widget]()
        choices: dict[str, tuple[str, Sequence[Any], Any]] = {
            "family": ("Family", FAMILIES, first.family),
            "size": ("Size", opening.sizes(first.family), first.size),
            "level": ("Difficulty", (_ANY, *LEVELS), first.level or _ANY),
            "symmetry": ("Symmetry", SYMMETRIES, first.symmetry),
            "grids": ("Grids by", (_SEARCH, _MODEL), _SEARCH),
        }
        for name, (text, offered, value) in choices.items():
            options = [(str(one), one) for one in offered]
            rows[text] = Select(options, value=value, allow_blank=False, compact=True, id=name)
        numbers = {"clues": ("Givens at least", first.clues), "seed": ("Seed", opening.any_seed())}
        for name, (text, number) in numbers.items():
            rows[text] = Input(str(number), type="integer", max_length=9, id=name, compact=True)
        rows[""] = Toggle("No given to spare", first.minimal, id="minimal", compact=True)
        yield from (Horizontal(Label(text), box, classes="row") for text, box in rows.items())
        yield message("command")
        yield message()
        button = Button("Make", id="make", compact=True)
        button.active_effect_duration = 0  # while it lasts another press would be lost
        yield button

    def on_mount(self) -> None:
        if self._begin:
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
        """Offer the sizes of the family; keep the size where there is one of it."""
        size, offered = self.query_one("#size", Select), opening.sizes(str(event.value))
        kept = size.value if size.value in offered else usual_size(str(event.value))
        if [value for _, value in size._options] != [*offered]:
            size.set_options([(str(one), one) for one in offered])
            size.value = kept

    @on(Select.Changed, "#size")
    def _size_chosen(self, event: Select.Changed) -> None:
        if event.value != self._first.size and isinstance(event.value, int):
            self._first = replace(self._first, size=event.value)
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
            spec = self._spec = self.app.spec = self.spec()
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
                self.dismiss(made)
            else:
                self._end(f"Not found in {spec.tries} grids: ask for less")

        self._drawn = []
        self._tell()
        self.in_thread(make, self._end, group="make")

    def action_leave(self) -> None:
        """Give up what is being made; where nothing is, close."""
        if self._spec is None:
            self.dismiss(None)
        else:
            self.workers.cancel_group(self, "make")
            self._end("Given up.")

    def _end(self, text: str) -> None:
        self._spec = None
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


class HomeScreen(AppScreen[None]):
    """The list of what can be played."""

    BINDINGS = bindings(LISTING)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        head = Static("v m d - p l a y", id="head")
        yield Vertical(head, OptionList(id="choices", markup=False), id="home")
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """List again: what was played meanwhile comes first."""
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([*self._options()])
        options.focus()
        options.action_first()

    def _options(self) -> Iterator[Option]:
        games = [game for game in self.app.library.saved() if not game.finished]
        if games:
            yield heading("Continue")
        for game in games[:20]:
            title = f"  {game.kind}, {game.title}" if game.title else f"  {game.kind}"
            done = f"{game.cells - game.open_cells:>3}/{game.cells} {shown(game.elapsed_s):>8}"
            yield Option(f"{title[:42].ljust(42)} {done}", f"game {game.key}")
        yield heading("A new puzzle")
        yield Option("  Choose family, size, difficulty…", "new")
        for at, spec in enumerate(opening.READY):
            yield Option(f"  {opening.words(spec)}", f"spec {at}")
        yield heading("Text")
        yield Option("  Type, mask, fill, lock what you like…", "text")
        yield heading("Included puzzles")
        for path in opening.shipped_files():
            yield Option(f"  {path.name}", f"file {path}")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        what, _, which = (event.option_id or "").partition(" ")
        if what == "game":
            self.app.resume(which)
            self.on_screen_resume()
        elif what == "new":
            self.action_new()
        elif what == "spec":
            self._make(opening.READY[int(which)], begin=True)
        elif what == "text":
            self.app.action_dialog("text")
        elif what == "file":
            self.app.open_entries(opening.entries(which))

    def action_new(self) -> None:
        """Ask what the puzzle should be like, beginning with what was asked for last."""
        self._make(self.app.spec, begin=False)

    @work(group="dialog")
    async def _make(self, spec: PuzzleSpec, begin: bool) -> None:
        """Have a puzzle made, by this spec or by what it is changed to, and play it."""
        made = await self.app.push_screen_wait(NewScreen(spec, begin))
        if made is not None:
            self.app.play_puzzle(made.puzzle, made.puzzle.name)
            if note := opening.origin(made):
                self.notify(note, timeout=8)

    @work(group="dialog")
    async def action_find(self) -> None:
        path = await self.app.push_screen_wait(FindScreen())
        if path is not None:
            self.app.open_entries(opening.entries(path))

    def action_remove(self) -> None:
        option = self.query_one(OptionList).highlighted_option
        what, _, which = ((option.id if option else "") or "").partition(" ")
        if what != "game":
            self.notify("Choose a game to delete.")
        elif not self.app.library.remove(which):
            self.notify("That game is open in another vmd-play.", severity="warning")
        self.on_screen_resume()

    def action_move(self, way: str) -> None:
        # Not `focused.cursor_...`: Textual fails to list such keys while nothing has the focus.
        getattr(self.query_one(OptionList), f"action_cursor_{way}")()

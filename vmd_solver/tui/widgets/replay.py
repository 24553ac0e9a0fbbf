"""One latent's board in a frame of a replay, at any size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.widget import Widget

from vmd_solver.csp import Puzzle
from vmd_solver.drawing.geometry import Run, fitted
from vmd_solver.play.replay import Layer, State
from vmd_solver.tui.widgets.board import own_style
from vmd_solver.tui.widgets.keyboard import legible
from vmd_solver.tui.widgets.replaytext import BROKEN, ROLES, Key, slide_cell


class ReplayPart(Widget):
    """What shows states: one style for each."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "replay--conflict",
        "replay--cursor",
        "replay--rule",
        *(f"replay--{state.name.lower()}" for state in State),
    }

    def _style(self, state: State, conflict: bool, cursor: bool) -> Style:
        names = [f"replay--{state.name.lower()}"]
        names += ["replay--conflict"] * conflict + ["replay--cursor"] * cursor
        style = self.rich_style
        for name in names:
            style += own_style(self, name)
        return style


class Legend(ReplayPart):
    """What the signs mean."""

    def render(self) -> Text:
        """A line for each sign."""
        text = Text(end="")
        for state, role in ROLES.items():
            style = self._style(state, False, False)
            text.append(f"5{role.sign}", style).append(f" {role.words}\n")
        conflict = self._style(State.PROPOSED, True, False)
        return text.append(f"{BROKEN.sign}5", conflict).append(f" {BROKEN.words}")


class ReplayView(ReplayPart):
    """A board of a replay; a click on a cell is posted."""

    @dataclass
    class Chosen(Message):
        """A cell of a board was clicked."""

        key: Key
        cell: int

    def __init__(self, puzzle: Puzzle, key: Key, title: str) -> None:
        super().__init__()
        self.puzzle, self.key, self._title = puzzle, key, title
        self.symbols = legible(puzzle.alphabet)
        self._symbol_width = max(map(len, self.symbols))
        self._layer: Layer | None = None
        self._cursor = 0
        self.drawing = fitted(puzzle.board, self._symbol_width, 0, 0)

    def show(self, layer: Layer, cursor: int) -> None:
        """Show this board, the cursor on this cell."""
        if (layer, cursor) != (self._layer, self._cursor):
            self._layer, self._cursor = layer, cursor
            self.refresh()

    def fit(self, room: Size) -> None:
        """Draw cells as large as there is room for."""
        drawing = fitted(self.puzzle.board, self._symbol_width, room.width, room.height - 1)
        if drawing.size != self.drawing.size:
            self.drawing = drawing
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as the drawing."""
        return self.drawing.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the drawing, with a line for its title."""
        return self.drawing.height + 1

    def region_of(self, cell: int) -> Region:
        """Where a cell is drawn, with a line around it."""
        row, col = divmod(cell, self.puzzle.board.cols)
        drawing = self.drawing
        at = drawing.lefts[col] - 1, drawing.tops[row]
        return Region(*at, drawing.cell_width + 2, drawing.cell_height + 2)

    def render(self) -> Text:
        """The title, and the board line by line."""
        layer = self._layer
        text = Text(no_wrap=True, end="")
        if layer is None:
            return text
        broken = len(layer.conflicts)
        title = self._title + (f", {broken} broken" if broken else "")
        text.append(title[: self.drawing.width], "bold")
        rule = self.get_component_rich_style("replay--rule")
        for y in range(self.drawing.height):
            text.append("\n")
            for run in self.drawing.runs(y, self._cell, rule):
                text.append(*run)
        return text

    def _cell(self, at: int, line: int) -> Iterator[Run[Style]]:
        layer = self._layer
        assert layer is not None
        cell, conflict = layer.cells[at], at in layer.conflicts
        shown = slide_cell(cell, conflict, self.symbols).lines(self.drawing)
        yield shown[line], self._style(cell.state, conflict, at == self._cursor)

    def on_click(self, event: events.Click) -> None:
        """Tell which cell was clicked."""
        at = event.get_content_offset(self)
        cell = None if at is None else self.drawing.cell_at(at.x, at.y - 1)
        if cell is not None:
            self.post_message(self.Chosen(self.key, cell))

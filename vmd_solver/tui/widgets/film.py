"""One latent's board in a frame of a film, as small or as large as it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.widget import Widget

from vmd_solver.csp import Puzzle
from vmd_solver.play.film import Layer, State
from vmd_solver.tui.widgets.filmtext import CONFLICT_SIGN, SIGNS, Key, cell_line
from vmd_solver.tui.widgets.geometry import Drawing, Shape, fitting, shapes
from vmd_solver.tui.widgets.keyboard import legible


class FilmPart(Widget):
    """What shows states: one style for each."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "film--conflict",
        "film--cursor",
        "film--rule",
        *(f"film--{state.name.lower()}" for state in State),
    }

    def _style(self, state: State, conflict: bool, cursor: bool) -> Style:
        names = [f"film--{state.name.lower()}"]
        names += ["film--conflict"] * conflict + ["film--cursor"] * cursor
        style = self.rich_style
        for name in names:
            own = self.get_component_rich_style(name, partial=True)
            whole = self.get_component_rich_style(name)
            style += own.without_color + Style(
                color=whole.color if own.color else None,
                bgcolor=whole.bgcolor if own.bgcolor else None,
            )
        return style


class Legend(FilmPart):
    """What the signs mean."""

    def render(self) -> Text:
        """A line for each sign."""
        text = Text(end="")
        for state, (sign, words) in SIGNS.items():
            text.append(f"5{sign}", self._style(state, False, False)).append(f" {words}\n")
        conflict = self._style(State.PROPOSED, True, False)
        return text.append(f"{CONFLICT_SIGN}5", conflict).append(" breaks a rule")


class FilmBoard(FilmPart):
    """A board of a film; a click on a cell is told of."""

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
        self._draw(shapes(puzzle.board)[-1])

    def _draw(self, shape: Shape) -> None:
        self.drawing = Drawing(self.puzzle.board, shape, self._symbol_width)

    def show(self, layer: Layer, cursor: int) -> None:
        """Show this board, the cursor on this cell."""
        if (layer, cursor) != (self._layer, self._cursor):
            self._layer, self._cursor = layer, cursor
            self.refresh()

    def fit(self, room: Size) -> None:
        """Draw cells as large as there is room for."""
        shape = fitting(self.puzzle.board, self._symbol_width, room.width, room.height - 1)
        if shape != self.drawing.shape:
            self._draw(shape)
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
        for place in self.drawing.places:
            text.append("\n")
            self._append(text, layer, place.row, place.line)
        return text

    def _append(self, text: Text, layer: Layer, row: int, line: int) -> None:
        drawing, cols = self.drawing, self.puzzle.board.cols
        rule = self.get_component_rich_style("film--rule")
        if line < 0:
            text.append(drawing.rule(row), rule)
            return
        for col in range(cols):
            if col in drawing.bars:
                text.append(drawing.bar(row, col), rule)
            cell = row * cols + col
            conflict = cell in layer.conflicts
            shown = cell_line(layer.cells[cell], conflict, drawing, self.symbols, line)
            text.append(shown, self._style(layer.cells[cell].state, conflict, cell == self._cursor))
        text.append(drawing.bar(row, cols), rule)

    def on_click(self, event: events.Click) -> None:
        """Tell which cell was clicked."""
        at = event.get_content_offset(self)
        cell = None if at is None else self.drawing.cell_at(at.x, at.y - 1)
        if cell is not None:
            self.post_message(self.Chosen(self.key, cell))

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
from vmd_solver.tui.export import BROKEN, ROLES, Key, slide_cell, title_of
from vmd_solver.tui.widgets.board import layered, region_of
from vmd_solver.tui.widgets.keyboard import legible


class ReplayPart(Widget):
    """What shows states: one style for each."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"replay--{name}"
        for name in ("conflict", "cursor", "rule", *(state.name.lower() for state in State))
    }

    def style_of(self, state: State, conflict: bool = False, cursor: bool = False) -> Style:
        """How a cell looks."""
        names = [state.name.lower()] + ["conflict"] * conflict + ["cursor"] * cursor
        return layered(self, *(f"replay--{name}" for name in names))


class Legend(ReplayPart):
    """What the signs mean, a line for each."""

    def render(self) -> Text:
        text = Text(end="")
        for state, role in ROLES.items():
            text.append(f"5{role.sign}", self.style_of(state)).append(f" {role.words}\n")
        text.append(f"{BROKEN.sign}5", self.style_of(State.PROPOSED, conflict=True))
        return text.append(f" {BROKEN.words}")


class ReplayView(ReplayPart):
    """A board of a replay, with its title above; a click on a cell is posted."""

    @dataclass
    class Chosen(Message):
        """A cell of a board was clicked."""

        key: Key
        cell: int

    def __init__(self, puzzle: Puzzle, key: Key) -> None:
        super().__init__()
        self.puzzle, self.key = puzzle, key
        self.symbols = legible(puzzle.alphabet)
        self._shown: tuple[Layer | None, int] = (None, 0)
        self.fit(Size(0, 1))

    def show(self, layer: Layer, cursor: int) -> None:
        """Show this board, the cursor on this cell."""
        if (layer, cursor) != self._shown:
            self._shown = (layer, cursor)
            self.refresh()

    def fit(self, room: Size) -> None:
        """Draw cells as large as there is room for; to be called before this is mounted."""
        wide = max(map(len, self.symbols))
        self.drawing = fitted(self.puzzle.board, wide, room.width, room.height - 1)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return self.drawing.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self.drawing.height + 1

    def region_of(self, cell: int) -> Region:
        """Where a cell is drawn, with a line around it."""
        return region_of(self.drawing, cell).translate((0, 1))

    def render(self) -> Text:
        layer, cursor = self._shown
        text = Text(no_wrap=True, end="")
        if layer is None:
            return text
        broken = f", {len(layer.conflicts)} broken" if layer.conflicts else ""
        text.append((title_of(self.key) + broken)[: self.drawing.width], "bold")

        def drawn(at: int, line: int) -> Iterator[Run[Style]]:
            cell, conflict = layer.cells[at], at in layer.conflicts
            lines = slide_cell(cell, conflict, self.symbols).lines(self.drawing)
            yield lines[line], self.style_of(cell.state, conflict, at == cursor)

        rule = self.get_component_rich_style("replay--rule")
        for y in range(self.drawing.height):
            text.append("\n")
            for run in self.drawing.runs(y, drawn, rule):
                text.append(*run)
        return text

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        cell = None if at is None else self.drawing.cell_at(at.x, at.y - 1)
        if cell is not None:
            self.post_message(self.Chosen(self.key, cell))

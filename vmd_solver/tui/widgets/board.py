"""The board: draws a game, keeps a cursor, and says what was clicked and typed.

It changes nothing of the game; the screen does, and calls `refresh_game`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from vmd_solver.csp import Board
from vmd_solver.drawing.geometry import (
    CellSize,
    Run,
    TextLayout,
    cell_sizes,
    extra_signs,
    fitted,
)
from vmd_solver.drawing.text import (
    CONFLICT_SIGN,
    DEAD_SIGN,
    GIVEN_SIGN,
    WRONG_SIGN,
    play_lines,
)
from vmd_solver.play import Game, Settings
from vmd_solver.tui.widgets.keyboard import Keyboard, legible


class Look:
    """What is to be seen of a cell, beside its content: bits of an int (an enum is slower)."""

    PLAIN = 0
    GIVEN = 1
    CONFLICT = 2
    WRONG = 4
    DEAD = 8
    CURSOR = 16
    PEER = 32
    SAME = 64
    POSSIBLE = 128
    EXTRA = 256
    SPOT = 512


_GROUNDS = (
    (Look.SPOT, "board--spot"),
    (Look.SAME, "board--same"),
    (Look.POSSIBLE, "board--possible"),
    (Look.PEER, "board--peer"),
    (Look.EXTRA, "board--extra"),
)
"""What colours the ground of a cell, the strongest first."""

_WARNINGS = {Look.CONFLICT: CONFLICT_SIGN, Look.WRONG: WRONG_SIGN, Look.DEAD: DEAD_SIGN}
"""The sign of each warning, the gravest first."""


def own_style(widget: Widget, name: str) -> Style:
    """What a component class itself sets, and only that; colours as they look on the widget."""
    own = widget.get_component_rich_style(name, partial=True)
    whole = widget.get_component_rich_style(name)
    return own.without_color + Style(
        color=whole.color if own.color else None,
        bgcolor=whole.bgcolor if own.bgcolor else None,
    )


class BoardView(ScrollView, can_focus=True, inherit_bindings=False):
    """A game as it is drawn on paper, as large as there is room for."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "board--cursor",
        "board--entry",
        "board--extra",
        "board--given",
        "board--mark",
        "board--peer",
        "board--possible",
        "board--rule",
        "board--same",
        "board--spot",
        "board--warning",
    }

    cursor: reactive[int] = reactive(0)
    """The chosen cell."""

    chosen: reactive[int] = reactive(0)
    """The value that is filtered for; 0 for none."""

    covered: reactive[bool] = reactive(False)
    """Whether the cells are hidden, as they are while the game is paused."""

    spotlight: reactive[frozenset[int]] = reactive(frozenset())
    """Cells to point at, as a hint does."""

    class Moved(Message):
        """The cursor went to another cell."""

    @dataclass
    class Typed(Message):
        """A value was typed; `pencil` where the key asks for a mark."""

        value: int
        pencil: bool

    def __init__(self, game: Game, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self._cell_size: CellSize | None = None
        self._styles: dict[tuple[int, bool], Style] = {}
        self._looks: list[int] = []
        self._cells: dict[int, tuple[tuple[str, ...], Style]] = {}
        """The cells that were drawn since anything changed: their lines and style."""
        self._frame: tuple[Offset, Offset, Style] | None = None
        self.show_game(game)

    # What is shown

    def show_game(self, game: Game) -> None:
        """Show this game, the cursor on its first open cell."""
        self.game = game
        self.symbols = legible(game.puzzle.alphabet)
        self.keyboard = Keyboard(self.symbols)
        self._extras = extra_signs(game.board)
        self._symbol_width = max(map(len, self.symbols))
        self._cell_size = None
        self._lay_out()
        first = game.values.index(0) if 0 in game.values else 0
        self.set_reactive(BoardView.cursor, first)
        self.refresh_game()

    def refresh_game(self) -> None:
        """Draw the game as it is now."""
        self._looks = self._looked()
        self._redraw()

    def _redraw(self) -> None:
        self._cells.clear()
        self.refresh()

    def _looked(self) -> list[int]:
        game, settings = self.game, self.settings
        looks = [Look.GIVEN if given else Look.PLAIN for given in game.puzzle.givens]

        def add(look: int, cells: frozenset[int] | set[int] | dict[int, str]) -> None:
            for cell in cells:
                looks[cell] |= look

        add(Look.EXTRA, self._extras)
        add(Look.PEER, self._peers())
        if settings.show_conflicts:
            add(Look.CONFLICT, game.conflicts())
        if settings.show_wrong:
            add(Look.WRONG, game.reveal_wrong())
        if settings.show_dead:
            add(Look.DEAD, game.dead())
        value = self.chosen or (game.values[self.cursor] if settings.highlight_same else 0)
        if value:
            add(Look.SAME, {cell for cell, held in enumerate(game.values) if held == value})
        if self.chosen:
            add(Look.POSSIBLE, game.possible(self.chosen))
        add(Look.SPOT, self.spotlight)
        looks[self.cursor] |= Look.CURSOR
        return looks

    def _peers(self) -> set[int]:
        """The cells to highlight for where the cursor is: its row and column, its other units."""
        board, settings = self.game.board, self.settings
        row, col = divmod(self.cursor, board.cols)
        found: set[int] = set()
        for number in self.game.board.homes[self.cursor]:
            unit = board.units[number]
            straight = all(cell // board.cols == row for cell in unit) or all(
                cell % board.cols == col for cell in unit
            )
            if settings.highlight_lines if straight else settings.highlight_regions:
                found.update(unit)
        return found - {self.cursor}

    # Where it is shown

    @property
    def drawing(self) -> TextLayout:
        """How the board is drawn at present."""
        return self._drawing

    def zoom(self, step: int) -> None:
        """Draw cells larger or smaller by a step; 0 fits them to the room there is."""
        known = cell_sizes(self.game.board)
        at = known.index(self._drawing.size) - step
        self._cell_size = known[min(max(at, 0), len(known) - 1)] if step else None
        self.on_resize()

    def _lay_out(self) -> None:
        board, room = self.game.board, self._room()
        self._drawing = (
            TextLayout(board, self._cell_size, self._symbol_width)
            if self._cell_size
            else fitted(board, self._symbol_width, room.width, room.height)
        )
        self.virtual_size = Size(self._drawing.width, self._drawing.height)

    def _room(self) -> Size:
        """The room there is without scroll bars."""
        return self.container_size if self.is_attached else Size(0, 0)

    def on_resize(self) -> None:
        """Fit the drawing to the room there is."""
        self._lay_out()
        self._redraw()
        self._follow()

    @property
    def _origin(self) -> Offset:
        """Where the drawing begins: in the middle where there is room to spare."""
        room = self.scrollable_content_region
        spare_x, spare_y = room.width - self._drawing.width, room.height - self._drawing.height
        return Offset(max(0, spare_x // 2), max(0, spare_y // 2))

    def _follow(self) -> None:
        """Scroll to the cursor, with a line around it where there is one."""
        row, col = divmod(self.cursor, self.game.board.cols)
        drawing = self._drawing
        region = Region(
            drawing.lefts[col] - 1,
            drawing.tops[row] - 1,
            drawing.cell_width + 2,
            drawing.cell_height + 2,
        )
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    # How it is drawn

    def notify_style_update(self) -> None:
        """Forget the styles of the theme that was."""
        super().notify_style_update()
        self._styles.clear()
        self._cells.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part; what they share is computed once."""
        self._frame = self._framed()
        return super().render_lines(crop)

    def _framed(self) -> tuple[Offset, Offset, Style]:
        return self._origin, self.scroll_offset, self.rich_style

    def render_line(self, y: int) -> Strip:
        """One line of the part that is to be seen."""
        origin, scroll, ground = self._frame or self._framed()
        line = y - origin.y + scroll.y
        if not 0 <= line < self._drawing.height:
            return Strip.blank(self.size.width, ground)
        segments = [Segment(" " * origin.x, ground), *self._segments(line)]
        strip = Strip(segments, origin.x + self._drawing.width)
        return strip.crop_extend(scroll.x, scroll.x + self.size.width, ground)

    def _segments(self, line: int) -> Iterator[Segment]:
        rule = self.get_component_rich_style("board--rule")
        return (Segment(*run) for run in self._drawing.runs(line, self._cell, rule))

    def _cell(self, cell: int, line: int) -> tuple[Run[Style]]:
        lines, style = self._cells.get(cell) or self._drawn(cell)
        return ((lines[line], style),)

    def _drawn(self, cell: int) -> tuple[tuple[str, ...], Style]:
        look, game, drawing = self._looks[cell], self.game, self._drawing
        if self.covered:
            blank = (" " * drawing.cell_width,) * drawing.cell_height
            drawn = blank, self._style(Look.PLAIN, False)
        else:
            value, marks = game.values[cell], game.marks[cell]
            after = GIVEN_SIGN if look & Look.GIVEN else " "
            warning = next((sign for bit, sign in _WARNINGS.items() if look & bit), "")
            extra = self._extras.get(cell, "")
            lines = play_lines(drawing, self.symbols, value, marks, after, warning, extra)
            drawn = lines, self._style(look, value > 0)
        self._cells[cell] = drawn
        return drawn

    def _style(self, look: int, is_value: bool) -> Style:
        style = self._styles.get((look, is_value))
        if style is None:
            style = self._styles[look, is_value] = self._styled(look, is_value)
        return style

    def _styled(self, look: int, is_value: bool) -> Style:
        """The ground by what the cell is to the cursor, the ink by what it holds."""
        ink = "board--given" if look & Look.GIVEN else "board--entry"
        names = [ink if is_value else "board--mark"]
        names += [name for bit, name in _GROUNDS if look & bit][:1]
        if look & (Look.CONFLICT | Look.WRONG | Look.DEAD):
            names.append("board--warning")
        if look & Look.CURSOR:
            names.append("board--cursor")
        style = self.rich_style
        for name in names:
            style += own_style(self, name)
        return style

    # What is done to it

    def watch_cursor(self) -> None:
        """Show where the cursor is, and say so."""
        self._follow()
        self.refresh_game()
        self.post_message(self.Moved())

    watch_covered = watch_chosen = watch_spotlight = refresh_game
    """What they change is seen at once."""

    def move(self, down: int, right: int) -> None:
        """Move the cursor by cells."""
        self.cursor = stepped(self.game.board, self.cursor, down, right, self.settings.wrap)

    def move_open(self, step: int) -> None:
        """Move the cursor to the next open cell, or with -1 to the one before."""
        values, n = self.game.values, self.game.board.n
        ahead = ((self.cursor + step * far) % n for far in range(1, n + 1))
        self.cursor = next((cell for cell in ahead if not values[cell]), self.cursor)

    def on_click(self, event: events.Click) -> None:
        """Choose the cell that was clicked."""
        at = event.get_content_offset(self)
        if at is not None and not self.covered:
            spot = at - self._origin + self.scroll_offset
            cell = self._drawing.cell_at(spot.x, spot.y)
            if cell is not None:
                self.cursor = cell

    def on_key(self, event: events.Key) -> None:
        """Turn a key that stands for a value into a message; leave others alone."""
        typed = self.keyboard.typed(event.key, event.character)
        if typed is not None:
            event.stop()
            event.prevent_default()
            self.post_message(self.Typed(*typed))


def stepped(board: Board, cell: int, down: int, right: int, wrap: bool) -> int:
    """The cell this many rows down and columns right; at an edge round it, or no further."""
    row, col = cell // board.cols + down, cell % board.cols + right
    if wrap:
        row, col = row % board.rows, col % board.cols
    row, col = min(max(row, 0), board.rows - 1), min(max(col, 0), board.cols - 1)
    return row * board.cols + col

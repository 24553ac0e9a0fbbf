"""The board: draws a game, keeps a cursor, and turns clicks into cells.

It changes nothing of the game; the screen does, and calls `refresh_game`.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from vmd_solver.csp import Board
from vmd_solver.drawing.geometry import CellSize, Run, TextLayout, cell_sizes, extra_signs, fitted
from vmd_solver.drawing.signs import signs_of
from vmd_solver.drawing.text import (
    CONFLICT_SIGN,
    DEAD_SIGN,
    GIVEN_SIGN,
    WRONG_SIGN,
    play_lines,
)
from vmd_solver.play import Game, Settings
from vmd_solver.tui.widgets.keyboard import legible

(
    _GIVEN,
    _CONFLICT,
    _WRONG,
    _DEAD,
    _CURSOR,
    _PEER,
    _SAME,
    _POSSIBLE,
    _EXTRA,
    _SPOT,
    _COVERED,
    _HOLE,
) = (1 << bit for bit in range(12))
"""What is to be seen of a cell, beside its content: bits of an int (an enum is slower)."""

_GROUNDS = {
    _SPOT: "board--spot",
    _SAME: "board--same",
    _POSSIBLE: "board--possible",
    _PEER: "board--peer",
    _EXTRA: "board--extra",
}
"""What colours the ground of a cell, the strongest first."""

_WARNINGS = {_CONFLICT: CONFLICT_SIGN, _WRONG: WRONG_SIGN, _DEAD: DEAD_SIGN}
"""The sign of each warning, the gravest first."""


def layered(widget: Widget, *names: str) -> Style:
    """The style of a widget, and over it what each of these component classes itself sets."""
    style = widget.rich_style
    for name in names:
        own = widget.get_component_rich_style(name, partial=True)
        whole = widget.get_component_rich_style(name)  # with colours as they look on the widget
        style += own.without_color + Style(
            color=whole.color if own.color else None,
            bgcolor=whole.bgcolor if own.bgcolor else None,
        )
    return style


def region_of(drawing: TextLayout, cell: int) -> Region:
    """Where a cell is drawn, with a line around it."""
    row, col = divmod(cell, drawing.board.cols)
    at = drawing.lefts[col] - 1, drawing.tops[row] - 1
    return Region(*at, drawing.cell_width + 2, drawing.cell_height + 2)


def stepped(board: Board, cell: int, down: int, right: int, wrap: bool) -> int:
    """The cell this many rows down and columns right; at an edge round it, or no further.

    Beyond a hole the next cell in that direction is taken, if there is one.
    """
    row, col = cell // board.cols + down, cell % board.cols + right
    if wrap:
        row, col = row % board.rows, col % board.cols
    row, col = min(max(row, 0), board.rows - 1), min(max(col, 0), board.cols - 1)
    at = row * board.cols + col
    if at not in board.holes or at == cell:
        return at
    after = stepped(board, at, down, right, wrap)
    return cell if after == at or after in board.holes else after


class BoardView(ScrollView, can_focus=True, inherit_bindings=False):
    """A game as it is drawn on paper, as large as there is room for."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        *_GROUNDS.values(),
        *(f"board--{name}" for name in ("cursor", "entry", "given", "mark", "rule", "warning")),
    }

    cursor: reactive[int] = reactive(0)
    """The chosen cell."""

    chosen: reactive[int] = reactive(0)
    """The value that is filtered for; 0 for none."""

    covered: reactive[bool] = reactive(False)
    """Whether the cells are hidden, as they are while the game is paused."""

    spotlight: reactive[frozenset[int]] = reactive(frozenset())
    """Cells to point at, as a hint does."""

    def __init__(self, game: Game, settings: Settings) -> None:
        super().__init__()
        self.game, self.settings = game, settings
        self.symbols = legible(game.puzzle.alphabet)
        self._symbol_width = max(map(len, self.symbols))
        self._extras = signs_of(game.board).cells | extra_signs(game.board)
        self._cell_size: CellSize | None = None
        """What the player chose; None for what fits."""
        self.drawing = fitted(game.board, self._symbol_width, 0, 0)
        self._styles: dict[tuple[int, bool], Style] = {}
        self._states: list[tuple[int, int, int]] = []
        """What there is to be seen of each cell: how it looks, its value and its marks."""
        self._cells: dict[int, tuple[tuple[str, ...], Style]] = {}
        """The cells that were drawn in this state: their lines and style."""
        first = game.values.index(0) if 0 in game.values else 0
        self.set_reactive(BoardView.cursor, first)
        self.refresh_game()

    def refresh_game(self) -> None:
        """Draw the game as it is now; cells that look as they did are not drawn anew."""
        game, settings, chosen = self.game, self.settings, self.chosen
        value = chosen or (game.values[self.cursor] if settings.highlight_same else 0)
        looks = [_GIVEN if given else 0 for given in game.puzzle.givens]
        seen: tuple[tuple[int, Iterable[int]], ...] = (
            (_EXTRA, self._extras),
            (_PEER, self._peers()),
            (_CONFLICT, game.conflicts() if settings.show_conflicts else ()),
            (_WRONG, game.reveal_wrong() if settings.show_wrong else ()),
            (_DEAD, game.dead() if settings.show_dead else ()),
            (_SAME, (at for at, held in enumerate(game.values) if held == value) if value else ()),
            (_POSSIBLE, game.possible(chosen) if chosen else ()),
            (_SPOT, self.spotlight),
            (_CURSOR, (self.cursor,)),
        )
        for look, cells in seen:
            for cell in cells:
                looks[cell] |= look
        if self.covered:
            looks = [_COVERED] * len(looks)
        before, self._states = self._states, [*zip(looks, game.values, game.marks, strict=True)]
        for cell, (then, now) in enumerate(zip(before, self._states, strict=False)):
            if then != now:
                self._cells.pop(cell, None)
        self.refresh()

    watch_covered = watch_chosen = watch_spotlight = refresh_game
    """What they change is seen at once."""

    def watch_cursor(self) -> None:
        """Scroll to the cursor, and draw the game as it looks from there."""
        region = region_of(self.drawing, self.cursor)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)
        self.refresh_game()

    def _peers(self) -> set[int]:
        """The cells to highlight for where the cursor is: its row and column, its other units."""
        board, settings = self.game.board, self.settings
        found: set[int] = set()
        for unit in (board.units[number] for number in board.homes[self.cursor]):
            places = [divmod(cell, board.cols) for cell in unit]
            straight = any(len({*axis}) == 1 for axis in zip(*places, strict=True))
            if settings.highlight_lines if straight else settings.highlight_regions:
                found.update(unit)
        return found - {self.cursor}

    # Where it is shown

    def zoom(self, step: int) -> None:
        """Draw cells larger or smaller by a step; 0 fits them to the room there is."""
        known = cell_sizes(self.game.board)
        at = known.index(self.drawing.size) - step
        self._cell_size = known[min(max(at, 0), len(known) - 1)] if step else None
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the drawing to the room there is without scroll bars."""
        board, room = self.game.board, self.container_size
        self.drawing = (
            TextLayout(board, self._cell_size, self._symbol_width)
            if self._cell_size
            else fitted(board, self._symbol_width, room.width, room.height)
        )
        self.virtual_size = Size(self.drawing.width, self.drawing.height)
        self._cells.clear()
        self.watch_cursor()

    @property
    def origin(self) -> Offset:
        """Where the drawing begins: in the middle where there is room to spare."""
        room = self.scrollable_content_region
        spare_x, spare_y = room.width - self.drawing.width, room.height - self.drawing.height
        return Offset(max(0, spare_x // 2), max(0, spare_y // 2))

    # How it is drawn

    def notify_style_update(self) -> None:
        """Forget the styles of the theme that was."""
        super().notify_style_update()
        self._styles.clear()
        self._cells.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part; what they share is computed once."""
        self._frame = self.origin, self.scroll_offset, self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        origin, scroll, ground = self._frame
        line = y - origin.y + scroll.y
        if not 0 <= line < self.drawing.height:
            return Strip.blank(self.size.width, ground)
        rule = self.get_component_rich_style("board--rule")
        runs = self.drawing.runs(line, self._cell, rule, self._frame[2])
        segments = [Segment(" " * origin.x, ground), *(Segment(*run) for run in runs)]
        strip = Strip(segments, origin.x + self.drawing.width)
        return strip.crop_extend(scroll.x, scroll.x + self.size.width, ground)

    def _cell(self, cell: int, line: int) -> tuple[Run[Style]]:
        if cell not in self._cells:
            self._cells[cell] = self._drawn(cell)
        lines, style = self._cells[cell]
        return ((lines[line], style),)

    def _drawn(self, cell: int) -> tuple[tuple[str, ...], Style]:
        drawing, (look, value, marks) = self.drawing, self._states[cell]
        if look == _COVERED:
            return (" " * drawing.cell_width,) * drawing.cell_height, self._style(0, False)
        after = GIVEN_SIGN if look & _GIVEN else " "
        warning = next((sign for bit, sign in _WARNINGS.items() if look & bit), "")
        extra = self._extras.get(cell, "")
        lines = play_lines(drawing, self.symbols, value, marks, after, warning, extra)
        return lines, self._style(look, value > 0)

    def _style(self, look: int, is_value: bool) -> Style:
        """The ground by what the cell is to the cursor, the ink by what it holds."""
        if (look, is_value) not in self._styles:
            ink = "board--given" if look & _GIVEN else "board--entry"
            names = [ink if is_value else "board--mark"]
            names += [name for bit, name in _GROUNDS.items() if look & bit][:1]
            if look & (_CONFLICT | _WRONG | _DEAD):
                names.append("board--warning")
            if look & _CURSOR:
                names.append("board--cursor")
            self._styles[look, is_value] = layered(self, *names)
        return self._styles[look, is_value]

    def move_open(self, step: int) -> None:
        """Move the cursor to the next open cell, or with -1 to the one before."""
        values, n = self.game.values, self.game.board.n
        ahead = ((self.cursor + step * far) % n for far in range(1, n + 1))
        self.cursor = next((cell for cell in ahead if not values[cell]), self.cursor)

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is not None and not self.covered:
            spot = at - self.origin + self.scroll_offset
            cell = self.drawing.cell_at(spot.x, spot.y)
            if cell is not None:
                self.cursor = cell

"""The board: draws a game, keeps a cursor, and turns clicks into cells.

It changes nothing of the game; the screen does, and calls `refresh_game`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Region, Size
from textual.reactive import var
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
    Spot,
    play_lines,
    spots,
)
from vmd_solver.play import Game, Settings
from vmd_solver.play.game import COLOURS, Content
from vmd_solver.techniques import State, Step
from vmd_solver.tui.themes import readable
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
    _AREA,
    _COVERED,
    _SELECTED,
    _ODD,
) = (1 << bit for bit in range(13))
"""What is to be seen of a cell, beside its content: bits of an int (an enum is slower)."""

_GROUNDS = {
    _SELECTED: "board--selected",
    _AREA: "board--area",
    _SAME: "board--same",
    _POSSIBLE: "board--possible",
    _PEER: "board--peer",
    _EXTRA: "board--extra",
    _ODD: "board--odd",
}
"""What colours the ground of a cell, the strongest first."""

PLACED, STRUCK = "placed", "struck"
GROUPS = ("first", "second", "third", "fourth")
"""How candidates of a hint look: those of its pattern by group, in turn, and what follows."""

_PLACED_SIGN = "+"
_COLOUR_SIGNS = " abcdefghi"
"""What stands for the colour of a cell where there are no colours."""


@dataclass(frozen=True)
class HintPicture:
    """What a hint shows on the board: an area to look at, and candidates (cell, value) with looks.

    `candidates` are the masks (n,) that are shown in the cells of these.
    """

    area: frozenset[int]
    candidates: tuple[int, ...] = ()
    looks: Mapping[tuple[int, int], str] = field(default_factory=dict)


_WARNINGS = {_CONFLICT: CONFLICT_SIGN, _WRONG: WRONG_SIGN, _DEAD: DEAD_SIGN}
"""The sign of each warning, the gravest first."""


def layered(widget: Widget, *names: str) -> Style:
    """The style of a widget, and over it what each of these component classes itself sets; with an
    ink that can be read on its ground.
    """
    style = widget.rich_style
    for name in names:
        own = widget.get_component_rich_style(name, partial=True)
        whole = widget.get_component_rich_style(name)  # with colours as they look on the widget
        style += own.without_color + Style(
            color=whole.color if own.color else None,
            bgcolor=whole.bgcolor if own.bgcolor else None,
        )
    return readable(style)


def picture_of(step: Step, state: State) -> HintPicture:
    """As much of a step as is told, on the board."""
    looks: dict[tuple[int, int], str] = {}
    for at, group in enumerate(step.groups):
        looks |= dict.fromkeys(group, GROUPS[at % len(GROUPS)])
    looks |= dict.fromkeys(step.eliminations, STRUCK) | dict.fromkeys(step.placements, PLACED)
    return HintPicture(step.area(state.puzzle.board), state.candidates, looks)


_State = tuple[int, Content, tuple[tuple[int, str], ...]]


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
        *(f"board--colour-{colour}" for colour in range(1, COLOURS + 1)),
        *(f"board--{look}" for look in (*GROUPS, PLACED, STRUCK)),
        *(f"board--{name}" for name in ("cursor", "entry", "given", "mark", "corner", "rule")),
        "board--warning",
        "board--peer-odd",
    }

    cursor: var[int] = var(0)
    """The chosen cell."""

    selected: var[frozenset[int]] = var(frozenset())
    """Cells that are chosen together, if there are several; the cursor is among them."""

    chosen: var[int] = var(0)
    """The value that is filtered for; 0 for none."""

    covered: var[bool] = var(False)
    """Whether the cells are hidden, as they are while the game is paused."""

    hint: var[HintPicture | None] = var(None)
    """What is shown of a hint."""

    def __init__(self, game: Game, settings: Settings) -> None:
        super().__init__()
        self.game, self.settings = game, settings
        self.symbols = legible(game.puzzle.alphabet)
        self._symbol_width = max(map(len, self.symbols))
        self._extras = signs_of(game.board).cells | extra_signs(game.board)
        self._cell_size: CellSize | None = None
        """What the player chose; None for what fits."""
        self.drawing = fitted(game.board, self._symbol_width, 0, 0)
        self._styles: dict[tuple[object, ...], Style] = {}
        self._states: list[_State] = []
        """What there is to be seen of each cell: how it looks, its content, its part in a hint."""
        self._cells: dict[int, tuple[tuple[Run[Style], ...], ...]] = {}
        """The cells that were drawn in this state, by line."""
        self._dragged = False
        self.set_reactive(BoardView.cursor, game.cursor)
        self.refresh_game()

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells that an edit is for: those selected, or that of the cursor."""
        return tuple(sorted(self.selected)) or (self.cursor,)

    def refresh_game(self) -> None:
        """Draw the game as it is now; cells that look as they did are not drawn anew."""
        game, settings, chosen, hint = self.game, self.settings, self.chosen, self.hint
        values, cols = game.values, game.board.cols
        value = chosen or (values[self.cursor] if settings.highlight_same else 0)
        looks = [_GIVEN if given else 0 for given in game.puzzle.givens]
        odd = () if self.drawing.size.ruled else range(game.board.n)
        seen: tuple[tuple[int, Iterable[int]], ...] = (
            (_ODD, (at for at in odd if (at // cols + at % cols) % 2)),
            (_EXTRA, self._extras),
            (_PEER, () if hint else self._peers()),
            (_CONFLICT, game.conflicts() if settings.show_conflicts else ()),
            (_WRONG, game.reveal_wrong() if settings.show_wrong else ()),
            (_DEAD, game.dead() if settings.show_dead else ()),
            (_SAME, (at for at, held in enumerate(values) if held == value) if value else ()),
            (_POSSIBLE, game.possible(chosen) if chosen else ()),
            (_AREA, hint.area if hint else ()),
            (_SELECTED, self.selected),
            (_CURSOR, (self.cursor,)),
        )
        for look, cells in seen:
            for cell in cells:
                looks[cell] |= look
        if self.covered:
            looks = [_COVERED] * len(looks)
        parts: dict[int, tuple[tuple[int, str], ...]] = {}
        for (cell, held), name in hint.looks.items() if hint else ():
            parts[cell] = (*parts.get(cell, ()), (held, name))
        before = self._states
        self._states = [
            (look, content, parts.get(cell, ()))
            for cell, (look, content) in enumerate(zip(looks, game.cells, strict=True))
        ]
        both = enumerate(zip(before, self._states, strict=False))
        self._redraw([cell for cell, (then, now) in both if then != now])

    def _redraw(self, cells: Iterable[int]) -> None:
        """Draw these cells anew, and nothing else: a terminal may be far away."""
        for cell in cells:
            self._cells.pop(cell, None)
        drawing, at = self.drawing, self.origin - self.scroll_offset
        regions = [
            Region(drawing.lefts[col], drawing.tops[row], drawing.cell_width, drawing.cell_height)
            for row, col in (divmod(cell, drawing.board.cols) for cell in cells)
        ]
        if regions:
            self.refresh(*(region.translate(at) for region in regions))

    watch_covered = watch_chosen = watch_hint = watch_selected = refresh_game
    """What they change is seen at once."""

    def watch_cursor(self) -> None:
        """Scroll to the cursor, and draw the game as it looks from there."""
        self.game.cursor = self.cursor
        region = region_of(self.drawing, self.cursor)
        seen = Region.from_offset(self.scroll_offset, self.size)
        if not seen.contains_region(region):  # else all would be drawn anew
            self.scroll_to_region(region, animate=False, force=True, immediate=True)
        self.refresh_game()

    def move(self, down: int, right: int, extend: bool = False) -> None:
        """Move the cursor by a step; with `extend` the cells it comes from and to are selected."""
        before = {self.cursor, *self.selected}
        self.cursor = stepped(self.game.board, self.cursor, down, right, self.settings.wrap)
        self.selected = frozenset({*before, self.cursor}) if extend else frozenset()

    def select(self, cells: Iterable[int]) -> None:
        """Select these cells; the cursor is among them."""
        self.selected = frozenset({*cells} - {*self.game.board.holes})

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
            TextLayout(board, self._cell_size, self._symbol_width, labels=True)
            if self._cell_size
            else fitted(board, self._symbol_width, room.width, room.height, labels=True)
        )
        self.virtual_size = Size(self.drawing.width, self.drawing.height)
        self._cells.clear()
        self.refresh()
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
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part; what they share is computed once."""
        self._frame = self.origin, self.scroll_offset, self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        origin, scroll, ground = self._frame
        line = y - origin.y + scroll.y
        if not 0 <= line < self.drawing.height:
            return Strip.blank(self.size.width, ground)
        rule = self._style("rule")
        runs = self.drawing.runs(line, self._cell, rule, self._frame[2])
        segments = [Segment(" " * origin.x, ground), *(Segment(*run) for run in runs)]
        strip = Strip(segments, origin.x + self.drawing.width)
        return strip.crop_extend(scroll.x, scroll.x + self.size.width, ground)

    def _cell(self, cell: int, line: int) -> tuple[Run[Style], ...]:
        if cell not in self._cells:
            self._cells[cell] = self._drawn(cell)
        return self._cells[cell][line]

    def _drawn(self, cell: int) -> tuple[tuple[Run[Style], ...], ...]:
        """The lines of a cell, each in runs of one style."""
        drawing, (look, content, part) = self.drawing, self._states[cell]
        if look == _COVERED:
            blank = (" " * drawing.cell_width, self._style("mark"))
            return ((blank,),) * drawing.cell_height
        value, marks, corners, colour = content
        after = GIVEN_SIGN if look & _GIVEN else " "
        warning = next((sign for bit, sign in _WARNINGS.items() if look & bit), "")
        extra = self._extras.get(cell, "") or _COLOUR_SIGNS[colour * self._plain].strip()
        grounds = self._grounds(look, colour)
        placed = next((held for held, name in part if name == PLACED), 0)
        if value or placed:
            ink = PLACED if placed else "given" if look & _GIVEN else "entry"
            sign = _PLACED_SIGN if placed else after
            style = self._style("entry", *grounds, ink) if placed else self._style(ink, *grounds)
            shown = value or placed
            lines = play_lines(drawing, self.symbols, shown, 0, sign, warning, extra)
            return tuple(((line, style),) for line in lines)
        if part and self.hint:
            marks, corners = self.hint.candidates[cell], 0
        lines, places = self._marked(marks, corners, warning, extra)
        if part and not {held for held, _ in part} <= {spot.value for spot in places}:
            marks = sum(1 << held - 1 for held, _ in part)  # what matters, where room is short
            lines, places = self._marked(marks, 0, warning, extra)
        if not places:
            style = self._style("mark", *grounds)
            return tuple(((line, style),) for line in lines)
        looks = dict(part)
        return tuple(
            self._runs(line, [spot for spot in places if spot.line == y], looks, grounds)
            for y, line in enumerate(lines)
        )

    def _marked(
        self, marks: int, corners: int, warning: str, extra: str
    ) -> tuple[tuple[str, ...], tuple[Spot, ...]]:
        """The lines of a cell with marks, and where these stand."""
        drawing, symbols = self.drawing, self.symbols
        lines = play_lines(drawing, symbols, 0, marks, " ", warning, extra, corners)
        if not marks | corners:
            return lines, ()
        return lines, spots(drawing.cell_width, drawing.size, symbols, marks, corners)

    def _runs(
        self,
        line: str,
        places: list[Spot],
        looks: Mapping[int, str],
        grounds: tuple[str, ...],
    ) -> tuple[Run[Style], ...]:
        """A line of marks, cut where the style changes."""
        styles = [self._style("mark", *grounds)] * len(line)
        for spot in places:
            own = [looks[spot.value]] if spot.value in looks else []
            style = self._style("corner" if spot.corner else "mark", *grounds, *own)
            styles[spot.column : spot.column + len(spot.text)] = [style] * len(spot.text)
        pairs = groupby(zip(line, styles, strict=True), key=lambda pair: pair[1])
        return tuple(("".join(sign for sign, _ in run), style) for style, run in pairs)

    @property
    def _plain(self) -> bool:
        """Whether there are no colours."""
        return self.app.no_color

    def _grounds(self, look: int, colour: int) -> tuple[str, ...]:
        """The ground by what the cell is to the cursor, and what else there is to tell of it."""
        names = [name for bit, name in _GROUNDS.items() if look & bit]
        if look & _ODD and names[0] == _GROUNDS[_PEER]:
            names.insert(0, "board--peer-odd")
        if colour and not look & (_SELECTED | _AREA):
            names.insert(0, f"board--colour-{colour}")
        warned = look & (_CONFLICT | _WRONG | _DEAD)
        return (
            *names[:1],
            *["board--warning"] * bool(warned),
            *["board--cursor"] * bool(look & _CURSOR),
        )

    def _style(self, ink: str, *names: str) -> Style:
        """An ink, and over it other styles, each by its name."""
        key = ink, *names
        if key not in self._styles:
            whole = (name if name.startswith("board--") else f"board--{name}" for name in key)
            self._styles[key] = layered(self, *whole)
        return self._styles[key]

    def move_open(self, step: int) -> None:
        """Move the cursor to the next open cell, or with -1 to the one before."""
        values, n = self.game.values, self.game.board.n
        ahead = ((self.cursor + step * far) % n for far in range(1, n + 1))
        self.cursor = next((cell for cell in ahead if not values[cell]), self.cursor)

    # The mouse

    def _under(self, event: events.MouseEvent) -> int | None:
        """The cell under the mouse, if there is one to be seen."""
        at = event.get_content_offset(self)
        if at is None or self.covered:
            return None
        spot = at - self.origin + self.scroll_offset
        return self.drawing.cell_at(spot.x, spot.y)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor there; with Ctrl select the cell too, or no longer."""
        if (cell := self._under(event)) is None:
            return
        before = frozenset(self.cells)
        self.cursor = cell
        self.selected = (before ^ {cell} or frozenset({cell})) if event.ctrl else frozenset()
        self._dragged = True
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select the cells that are drawn over while the button is held."""
        cell = self._under(event) if self._dragged and event.button else None
        if cell is not None and cell != self.cursor:
            self.selected = frozenset({*self.cells, cell})
            self.cursor = cell

    def on_mouse_up(self) -> None:
        self._dragged = False
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """A double click selects all cells with the same value, or else the same marks."""
        cell = self._under(event)
        if event.chain == 2 and cell is not None:
            value, marks = self.game.cells[cell][:2]
            self.select(
                at
                for at, content in enumerate(self.game.cells)
                if (content.value == value if value else content[:2] == (0, marks))
            )

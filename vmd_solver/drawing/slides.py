"""A run of the solver as slides of boards, and all of them as one SVG drawing with a legend.

How cells look comes in as roles. Knows neither the run nor any screen, nor where the text goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from vmd_solver.csp.puzzle import Board
from vmd_solver.drawing.geometry import TextLayout
from vmd_solver.drawing.shapes import (
    BLACK,
    CELL,
    Label,
    Shape,
    corner,
    document,
    ground,
    group,
    moved,
    symbol,
    symbol_size,
)
from vmd_solver.drawing.text import CONFLICT_SIGN, OPEN_SIGN, value_lines

_GAP, _TITLE, _LINE = 24, 24, 20
_TITLE_SIZE = 14
_PERCENT_SIZE = 8


@dataclass(frozen=True)
class Role:
    """How cells of one kind look: in a terminal as `sgr` says, on paper in `ink` on `ground`.

    The sign after the value says without colour what colour repeats; `words` explain it.
    """

    sign: str
    words: str
    sgr: str
    ink: str = BLACK
    ground: str = ""
    bold: bool = False


@dataclass(frozen=True)
class SlideCell:
    """What a cell shows: a symbol, or none where it is open, and how sure the model is of it."""

    symbol: str
    role: Role
    broken: bool = False
    """Whether the value breaks a rule."""
    percent: str = ""

    def lines(self, layout: TextLayout) -> tuple[str, ...]:
        """The cell as text; where there is no room for both signs, that of its role stays."""
        width, symbol = layout.cell_width, self.symbol or OPEN_SIGN
        warning = CONFLICT_SIGN if self.broken and width > len(symbol) + 1 else ""
        height, after = layout.cell_height, self.role.sign
        return value_lines(width, height, symbol, after, warning, below=self.percent)


@dataclass(frozen=True)
class SlideBoard:
    """One of the boards that are watched side by side, after a step of its run; cells (n,)."""

    title: str
    step: str
    cells: tuple[SlideCell, ...]


@dataclass(frozen=True)
class Slide:
    """What is shown at one frame: a line of figures, and boards side by side."""

    head: str
    boards: tuple[SlideBoard, ...]


@dataclass(frozen=True)
class Slideshow:
    """Slides of a board in order; `roles` are the legend, `broken` replaces the role of a cell."""

    board: Board
    symbol_width: int
    slides: Sequence[Slide]
    roles: Sequence[Role]
    broken: Role


def storyboard(show: Slideshow) -> str:
    """All slides as one SVG file: each a row where it has several boards."""
    most, count = max(len(slide.boards) for slide in show.slides), len(show.slides)
    columns = most if most > 1 and count > 1 else ceil(sqrt(most * count))
    width, height = CELL * show.board.cols + _GAP, CELL * show.board.rows + _TITLE + _GAP
    body = ""
    for number, slide in enumerate(show.slides):
        for at, board in enumerate(slide.boards, number * most):
            row, col = divmod(at, columns)
            title = f"{board.step}, {board.title}" if len(slide.boards) > 1 else board.step
            head = group([Label(0, _TITLE - 8, title, _TITLE_SIZE, middle=False)])
            tile = head + moved(0, _TITLE, group(_shapes(show, board.cells)))
            body += moved(col * width + _GAP, row * height + _GAP, tile) + "\n"
    below = -(-(most * count) // columns) * height + _GAP
    body += moved(_GAP, below, group(_legend(show))) + "\n"
    size = max(columns * width, 220) + _GAP, below + _LINE * (len(show.roles) + 2)
    return document(*size, body)


def _shapes(show: Slideshow, cells: Sequence[SlideCell]) -> Iterator[Shape]:
    board, size = show.board, 0.8 * symbol_size(show.symbol_width)
    yield from ground(board, {at: c.role.ground for at, c in enumerate(cells) if c.role.ground})
    for at, cell in enumerate(cells):
        if not cell.symbol:
            continue
        ink = show.broken.ink if cell.broken else cell.role.ink
        text = CONFLICT_SIGN * cell.broken + cell.symbol + cell.role.sign.strip()
        yield symbol(board, at, text, size, cell.role.bold, ink)
        if cell.percent:
            x, y = corner(board, at)
            yield Label(x + CELL / 2, y + CELL - 3, cell.percent, _PERCENT_SIZE, colour=ink)


def _legend(show: Slideshow) -> Iterator[Shape]:
    signs = [(f"5{role.sign}", role) for role in show.roles]
    signs.append((f"{show.broken.sign}5", show.broken))
    for line, (sign, role) in enumerate(signs, 1):
        yield Label(0, _LINE * line, sign, _TITLE_SIZE, True, middle=False, colour=role.ink)
        yield Label(28, _LINE * line, role.words, _TITLE_SIZE, middle=False)

"""A run of the solver as slides of boards: all in one SVG drawing with a legend, or an asciicast.

How cells look comes in as roles. An asciicast, version 2, is what a terminal shows, for any player
of it: docs.asciinema.org/manual/asciicast/v2. Knows neither the run nor where the text goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from vmd_solver.csp.puzzle import Board
from vmd_solver.drawing.elements import BLACK, CELL, Label, Shape
from vmd_solver.drawing.geometry import Run, TextLayout, fitted
from vmd_solver.drawing.ruled import extent
from vmd_solver.drawing.shapes import (
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

_WIDTH, _HEIGHT = 80, 24
"""The terminal that two boards are fitted to; more of them are drawn small, and take more."""


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
    """What a cell shows: a symbol, or none where it is open, whether its value breaks a rule, and
    how sure the model is of it."""

    symbol: str
    role: Role
    broken: bool = False
    percent: str = ""

    def lines(self, layout: TextLayout) -> tuple[str, ...]:
        """The cell as text; where there is no room for both signs, that of its role stays."""
        size, symbol = (layout.cell_width, layout.cell_height), self.symbol or OPEN_SIGN
        warning = CONFLICT_SIGN if self.broken and size[0] > len(symbol) + 1 else ""
        return value_lines(*size, symbol, self.role.sign, warning, below=self.percent)


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
    left, top, wide, tall = extent(show.board)
    width, height = wide + _GAP, tall + _TITLE + _GAP
    body = ""
    for number, slide in enumerate(show.slides):
        for at, board in enumerate(slide.boards, number * most):
            row, col = divmod(at, columns)
            title = f"{board.step}, {board.title}" if len(slide.boards) > 1 else board.step
            head = group([Label(0, _TITLE - 8, title, _TITLE_SIZE, middle=False)])
            tile = head + moved(left, _TITLE + top, group(_shapes(show, board.cells)))
            body += moved(col * width + _GAP, row * height + _GAP, tile) + "\n"
    below = -(-(most * count) // columns) * height + _GAP
    body += moved(_GAP, below, group(_legend(show))) + "\n"
    size = max(columns * width, 220) + _GAP, below + _LINE * (len(show.roles) + 2)
    return document(*size, body)


def _shapes(show: Slideshow, cells: Sequence[SlideCell]) -> Iterator[Shape]:
    board, size = show.board, 0.8 * symbol_size(show.symbol_width)
    yield from ground(board, {at: c.role.ground for at, c in enumerate(cells) if c.role.ground})
    for at, cell in enumerate(cells):
        if not cell.symbol or at in board.holes:
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


def cast(show: Slideshow, delay_s: float, title: str) -> str:
    """The lines of the file: a head, and what is written to the terminal, and when."""
    screens = [[*_screen(show, slide)] for slide in show.slides]
    seen = (re.sub(r"\x1b\[[0-9;]*m", "", line) for screen in screens for line in screen)
    width, height = max(_WIDTH, *map(len, seen)), max(_HEIGHT, *map(len, screens))
    lines: list[object] = [{"version": 2, "width": width, "height": height, "title": title}]
    for at, screen in enumerate(screens):
        # In place of the screen before, the cursor out of sight.
        written = "\x1b[?25l\x1b[H" + "\x1b[K\r\n".join(screen) + "\x1b[J"
        lines.append([round(at * delay_s, 3), "o", written])
    lines.append([round((len(screens) - 1) * delay_s + 3.0, 3), "o", ""])  # the end stays
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _screen(show: Slideshow, slide: Slide) -> Iterator[str]:
    """The lines of one slide: its head, the boards side by side, the signs."""
    count = len(slide.boards)
    width, height = (_WIDTH // count - 1, _HEIGHT - 4) if count <= 2 else (0, 0)
    layout = fitted(show.board, show.symbol_width, width, height)
    yield slide.head
    per_row = max(1, _WIDTH // (layout.width + 1))
    for at in range(0, count, per_row):
        boards = [_board(show, layout, board) for board in slide.boards[at : at + per_row]]
        yield from (" ".join(lines) for lines in zip(*boards, strict=True))
    yield "  ".join(f"{role.sign} {role.words}" for role in show.roles if role.sign.strip())
    yield f"{show.broken.sign} {show.broken.words}"


def _board(show: Slideshow, layout: TextLayout, board: SlideBoard) -> Iterator[str]:
    def cell(at: int, line: int) -> Iterator[Run[str]]:
        shown = board.cells[at]
        yield shown.lines(layout)[line], (show.broken if shown.broken else shown.role).sgr

    yield board.title[: layout.width].ljust(layout.width)
    for y in range(layout.height):
        runs = layout.runs(y, cell, "")
        yield "".join(f"\x1b[{sgr}m{text}\x1b[0m" if sgr else text for text, sgr in runs)

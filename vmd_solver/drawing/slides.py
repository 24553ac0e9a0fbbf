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

DIFFERENT_SIGN = "≠"
"""Beside a value where boards that are watched side by side differ."""

_GAP, _TITLE, _LINE = 24, 24, 20
_TITLE_SIZE = 14
_PERCENT_SIZE = 8

_WIDTH, _HEIGHT = 80, 24
"""The terminal that two boards are fitted to; more of them take more."""

_SMALL, _MOST_WIDTH = (40, 18), 124
"""What each of more boards is fitted to, and across how many columns they stand side by side."""


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
    """What a cell shows: a symbol, or none where it is open, whether its value breaks a rule, a
    number below it, and whether boards differ here."""

    symbol: str
    role: Role
    broken: bool = False
    below: str = ""
    differs: bool = False

    def lines(self, layout: TextLayout) -> tuple[str, ...]:
        """The cell as text; where there is no room for every sign, that of its role stays."""
        size, symbol = (layout.cell_width, layout.cell_height), self.symbol or OPEN_SIGN
        signs = CONFLICT_SIGN * self.broken + DIFFERENT_SIGN * self.differs
        before, after = signs[:1] if size[0] > len(symbol) + 1 else "", self.role.sign
        if signs[1:] and (size[0] + len(symbol)) // 2 + len(after) < size[0]:
            after += signs[1:]
        return value_lines(*size, symbol, after, before, below=self.below)


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
    """Slides of a board in order; `roles` are the legend, `broken` replaces the role of a cell, and
    `differs` adds its ground."""

    board: Board
    symbol_width: int
    slides: Sequence[Slide]
    roles: Sequence[Role]
    broken: Role
    differs: Role

    @property
    def marks(self) -> Iterator[Role]:
        """The roles whose signs stand before a value, as far as they occur."""
        cells = [cell for slide in self.slides for board in slide.boards for cell in board.cells]
        yield self.broken
        if any(cell.differs for cell in cells):
            yield self.differs


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
    size = max(columns * width, 220) + _GAP, below + _LINE * (len(show.roles) + 3)
    return document(*size, body)


def _shapes(show: Slideshow, cells: Sequence[SlideCell]) -> Iterator[Shape]:
    board, size = show.board, 0.8 * symbol_size(show.symbol_width)
    roles = {at: show.differs if c.differs else c.role for at, c in enumerate(cells)}
    yield from ground(board, {at: role.ground for at, role in roles.items() if role.ground})
    for at, cell in enumerate(cells):
        if not cell.symbol or at in board.holes:
            continue
        ink = show.broken.ink if cell.broken else cell.role.ink
        text = CONFLICT_SIGN * cell.broken + cell.symbol + cell.role.sign.strip()
        yield symbol(board, at, text, size, cell.role.bold, ink)
        x, y = corner(board, at)
        if cell.below:
            yield Label(x + CELL / 2, y + CELL - 3, cell.below, _PERCENT_SIZE, colour=ink)
        if cell.differs:
            yield Label(x + 5, y + 9, DIFFERENT_SIGN, _PERCENT_SIZE, colour=show.differs.ink)


def _legend(show: Slideshow) -> Iterator[Shape]:
    signs = [(f"5{role.sign}", role) for role in show.roles]
    signs += [(f"{mark.sign}5", mark) for mark in show.marks]
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
    width, height = (_WIDTH // count - 1, _HEIGHT - 4) if count <= 2 else _SMALL
    layout = fitted(show.board, show.symbol_width, width, height)
    yield slide.head
    per_row = min(ceil(sqrt(count)), max(1, _MOST_WIDTH // (layout.width + 1)))
    for at in range(0, count, per_row):
        boards = [_board(show, layout, board) for board in slide.boards[at : at + per_row]]
        yield from (" ".join(lines) for lines in zip(*boards, strict=True))
    yield "  ".join(f"{role.sign} {role.words}" for role in show.roles if role.sign.strip())
    yield "  ".join(f"{mark.sign} {mark.words}" for mark in show.marks)


def _board(show: Slideshow, layout: TextLayout, board: SlideBoard) -> Iterator[str]:
    def cell(at: int, line: int) -> Iterator[Run[str]]:
        shown = board.cells[at]
        sgr = (show.broken if shown.broken else shown.role).sgr
        yield shown.lines(layout)[line], f"{sgr};{show.differs.sgr}" if shown.differs else sgr

    yield board.title[: layout.width].ljust(layout.width)
    for y in range(layout.height):
        runs = layout.runs(y, cell, "")
        yield "".join(f"\x1b[{sgr}m{text}\x1b[0m" if sgr else text for text, sgr in runs)

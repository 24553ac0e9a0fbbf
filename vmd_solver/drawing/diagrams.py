"""A board in the middle of being solved, as books about solving draw it: candidates in their cells,
those of a pattern marked and linked, what follows struck out or filled in. It takes plain data.

Nothing is said by colour alone: each group of candidates has a shape of its own, strong links are
solid and weak ones dashed, what goes is struck through, and a value filled in has a frame.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, pairwise
from math import hypot, isqrt
from textwrap import wrap
from typing import NamedTuple

from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.drawing import ruled
from vmd_solver.drawing.elements import BLACK, CELL, WHITE, Label, Labels, Path, Shape
from vmd_solver.drawing.marks import Note, Outline, pictures
from vmd_solver.drawing.shapes import (
    MARGIN,
    corner,
    document,
    group,
    lines,
    moved,
    opening,
    symbol,
    symbol_size,
    tinted,
)

Mark = tuple[int, int]
"""A cell and a value."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Diagram:
    """What is shown: `values` (n,), 0 where open, `candidates` (n,) as masks, bit v - 1 for v, and
    of a step as much as is to be seen of it.

    `area` are the cells to look at, `groups` the candidates of its pattern, each group in a look of
    its own, `links` their (start, end, strong), `struck` and `placed` what follows.
    """

    puzzle: Puzzle
    values: Sequence[int]
    candidates: Sequence[int] = ()
    area: Collection[int] = ()
    groups: Sequence[Collection[Mark]] = ()
    links: Sequence[tuple[Mark, Mark, bool]] = ()
    struck: Collection[Mark] = ()
    placed: Collection[Mark] = ()


class _Look(NamedTuple):
    """The ground of a candidate, and its ink; `edge` is an outline of another colour."""

    shape: str
    fill: str
    ink: str
    edge: str = ""


_LOOKS = (
    _Look("disc", "#1d5fa6", WHITE),
    _Look("square", "#ffc247", BLACK, "#7a5200"),
    _Look("diamond", "#1f7a4d", WHITE),
    _Look("disc", WHITE, "#7b2d8e", "#7b2d8e"),
    _Look("square", "#5a3e2b", WHITE),
    _Look("diamond", "#bfe3f2", BLACK, "#1d5a75"),
)
"""Of the groups in order, and again from the first where there are more."""

_SIZES = {"disc": 0.5, "square": 0.43, "diamond": 0.6}
"""Of a ground, from its middle, in steps of the raster."""

_AREA, _AREA_EDGE = "#fff0c2", "#b07a00"
_PLACED, _PLACED_INK = "#d3efd8", "#12602c"
_PLACED_LOOK = _Look("square", _PLACED, _PLACED_INK, _PLACED_INK)
_ENTERED, _CANDIDATE, _STRUCK, _LINK = "#1b4f9c", "#4d4d4d", "#9c1c15", "#6b2a75"

DARK = {
    **{BLACK: "#ece9e2", WHITE: "#1c1e22"},
    **{"#e4e4e4": "#2b2e34", "#dddddd": "#31343b", "#cccccc": "#3d414a"},
    **{"#999999": "#7d828d", "#555555": "#b4b8c1"},
    **{_AREA: "#3a3420", _AREA_EDGE: "#d9a441", _PLACED: "#1f3d28", _PLACED_INK: "#8ee0a2"},
    **{_ENTERED: "#8fbdf5", _CANDIDATE: "#b9bdc6", _STRUCK: "#ff9088", _LINK: "#d79be3"},
    **{"#1d5fa6": "#7db7f5", "#ffc247": "#6b4a00", "#7a5200": "#ffc247", "#1f7a4d": "#79d6a4"},
    **{"#7b2d8e": "#e0a3ee", "#5a3e2b": "#d9b79f", "#bfe3f2": "#1d4456", "#1d5a75": "#8fd0ea"},
}
"""For each colour of a drawing the one to take its place on a dark page."""

_GUTTER, _NAME_SIZE = 16, 9
"""Left of the board and above it, for the names of rows and columns; and their size."""

_TITLE_SIZE, _WORDS_SIZE, _LINE = 15, 12, 17
_SCALE = 1.25
"""Of a picture, so that a cell of nine candidates is large enough to be read."""


def shapes(diagram: Diagram) -> Iterator[Shape | Labels]:
    """All of it, the board's upper left corner at (0, 0)."""
    yield from _ground(diagram)
    yield from _board(diagram.puzzle.board)
    yield from _contents(diagram)


def extent(board: Board) -> tuple[int, int, int, int]:
    """How far it goes left of the board and above it, and its whole width and height."""
    left, top, width, height = ruled.extent(board)
    lead, both = MARGIN + _GUTTER, 2 * MARGIN + _GUTTER
    return left + lead, top + lead, width + both, height + both


def svg(diagram: Diagram, name: str, shared: str = "", first: bool = False) -> str:
    """An SVG element, with a `name` for those who cannot see it.

    Several of one board in a page may share its lines and rules: the `first` has them under the id
    `shared`, the others refer to it.
    """
    left, top, width, height = extent(diagram.puzzle.board)
    board = f'<use href="#{shared}"/>'
    if first or not shared:
        board = group(_board(diagram.puzzle.board))
        board = f'<g id="{shared}">{board}</g>' if shared else board
    body = moved(left, top, group(_ground(diagram)) + board + group(_contents(diagram)))
    about = f'role="img" aria-label="{escape(name)}"'
    return f"{opening(width, height, _SCALE)} {about}>{body}</svg>"


def document_of(diagram: Diagram, title: str = "", words: Iterable[str] = ()) -> str:
    """An SVG file, with a title above the drawing and paragraphs of `words` below it."""
    left, top, width, height = extent(diagram.puzzle.board)
    above = _LINE + 7 if title else 0
    texts = [Label(left, _LINE, title, _TITLE_SIZE, bold=True, middle=False)] if title else []
    across, y = max(24, round((width - left - MARGIN) / (0.55 * _WORDS_SIZE))), above + height
    for text in chain.from_iterable(wrap(text, across) for text in words):
        y += _LINE
        texts.append(Label(left, y, text, _WORDS_SIZE, middle=False))
    body = group(texts) + moved(left, above + top, group(shapes(diagram)))
    return document(width, y + 8, body, _SCALE)


def _ground(diagram: Diagram) -> Iterator[Shape]:
    """Cells in the colour of the area, or of a value that is filled in."""
    placed = dict.fromkeys(_filled(diagram), _PLACED)
    yield from tinted(diagram.puzzle.board, dict.fromkeys(sorted(diagram.area), _AREA) | placed)


def _board(board: Board) -> Iterator[Shape | Labels]:
    """What is the same in all diagrams of a board: its lines, its rules, the names of its lines."""
    yield from lines(board)
    left, top, _, _ = ruled.extent(board)
    x, drop = -left - 2 - _GUTTER // 2, round(0.36 * _NAME_SIZE, 1)
    rows = ((x, CELL * row + CELL // 2 + drop, f"r{row + 1}") for row in range(board.rows))
    cols = ((CELL * col + CELL // 2, -top - 5.0, f"c{col + 1}") for col in range(board.cols))
    yield Labels((*rows, *cols), _NAME_SIZE, colour=_CANDIDATE)


class _Raster:
    """Where the candidates of a cell stand: in rows, clear of cages and notes where there are."""

    def __init__(self, puzzle: Puzzle) -> None:
        board = self._board = puzzle.board
        self._cols = isqrt(board.D - 1) + 1
        marks = [mark for picture in pictures(board) for mark in picture.marks]
        tops = {mark.top for mark in marks if isinstance(mark, Note)}
        self._side = 4.5 if any(isinstance(mark, Outline) for mark in marks) else 1.5
        self._top = 10.5 if True in tops else self._side
        self._across = (CELL - 2 * self._side) / self._cols
        height = CELL - self._top - (8.0 if False in tops else self._side)
        self._down = height / -(-board.D // self._cols)
        self.step = min(self._across, self._down)
        wide = max(map(len, puzzle.alphabet))
        self.size = round(min(0.82 * self.step, self._across / (0.6 * wide)), 1)
        self._alphabet = puzzle.alphabet

    def at(self, mark: Mark) -> Point:
        """The middle of a candidate's place."""
        (x, y), (row, col) = corner(self._board, mark[0]), divmod(mark[1] - 1, self._cols)
        down, across = self._down * (row + 0.5), self._across * (col + 0.5)
        return round(x + self._side + across, 1), round(y + self._top + down, 1)

    def texts(self, marks: Iterable[Mark], colour: str, bold: bool = False) -> Labels:
        """Candidates as texts."""
        places = ((*self.at(mark), self._alphabet[mark[1] - 1]) for mark in marks)
        drop = 0.36 * self.size
        texts = tuple((x, round(y + drop, 1), text) for x, y, text in places)
        return Labels(texts, self.size, bold, colour)


def _contents(diagram: Diagram) -> Iterator[Shape | Labels]:
    """Values and candidates, and what is said of them."""
    puzzle, raster, filled = diagram.puzzle, _Raster(diagram.puzzle), _filled(diagram)
    board = puzzle.board
    yield from _outline(board, diagram.area)
    values = {cell: value for cell, value in enumerate(diagram.values) if value}
    given = {cell: value for cell, value in values.items() if puzzle.givens[cell]}
    entered = {cell: value for cell, value in values.items() if cell not in given}
    for shown, ink in ((given, BLACK), (entered, _ENTERED), (filled, _PLACED_INK)):
        yield _symbols(puzzle, shown, ink, bold=shown is not entered)
    for cell in filled:
        left, top = corner(board, cell)
        frame = _around((left + CELL / 2, top + CELL / 2), CELL / 2 - 3, "square")
        yield Path((*frame, frame[0]), 1.5, _PLACED_INK)
    looks = {
        mark: _LOOKS[at % len(_LOOKS)]
        for at, marks in reversed([*enumerate(diagram.groups)])
        for mark in marks
        if mark[0] not in filled
    }  # of a mark in several groups that of the first
    looks |= {mark: _PLACED_LOOK for mark in diagram.placed if mark[0] not in filled}
    plain = [
        (cell, value)
        for cell, mask in enumerate(diagram.candidates)
        for value in range(1, board.D + 1)
        if mask >> value - 1 & 1 and cell not in filled and (cell, value) not in looks
    ]
    yield raster.texts((mark for mark in plain if mark not in diagram.struck), _CANDIDATE)
    yield raster.texts((mark for mark in plain if mark in diagram.struck), _STRUCK)
    for start, end, strong in diagram.links:
        yield from _arrow(raster.at(start), raster.at(end), 0.55 * raster.step, strong)
    for mark, look in looks.items():
        yield from _chip(look, raster.at(mark), raster.step)
        yield raster.texts([mark], look.ink, bold=True)
    reach = 0.45 * raster.step
    for mark in sorted(mark for mark in diagram.struck if mark[0] not in filled):
        x, y = raster.at(mark)
        line = (x - reach, y + reach), (x + reach, y - reach)
        yield from [Path(line, 2.4, WHITE)] * (mark in looks)
        yield Path(line, 0.9, _STRUCK)


def _symbols(puzzle: Puzzle, values: Mapping[int, int], ink: str, bold: bool) -> Labels:
    """Values written large, in the middle of their cells."""
    size = 0.9 * symbol_size(max(map(len, puzzle.alphabet)))
    found = {cell: value for cell, value in values.items() if cell not in puzzle.board.holes}
    labels = (symbol(puzzle.board, at, puzzle.alphabet[v - 1], size) for at, v in found.items())
    return Labels(tuple((label.x, label.y, label.text) for label in labels), size, bold, ink)


def _filled(diagram: Diagram) -> dict[int, int]:
    """The values to be written large: all that are placed but those that links lead to."""
    linked = {mark for start, end, _ in diagram.links for mark in (start, end)}
    return dict(mark for mark in diagram.placed if mark not in linked)


def _around(at: Point, reach: float, shape: str) -> tuple[Point, ...]:
    """The corners of a square or diamond."""
    square = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    turns = square if shape == "square" else ((0, -1), (1, 0), (0, 1), (-1, 0))
    return tuple((round(at[0] + reach * x, 1), round(at[1] + reach * y, 1)) for x, y in turns)


def _chip(look: _Look, at: Point, step: float) -> Iterator[Shape]:
    """The ground of a candidate: an outline is a larger shape below a smaller one."""
    reach = _SIZES[look.shape] * step
    for colour, size in ((look.edge, reach), (look.fill, reach - 0.9 * bool(look.edge))):
        if colour and look.shape == "disc":
            yield Path((at, at), round(2 * size, 1), colour)
        elif colour:
            yield Path(_around(at, size, look.shape), 0, colour, filled=True)


def _arrow(start: Point, end: Point, gap: float, strong: bool) -> Iterator[Shape]:
    """A link with a slight bend, so that it runs beside the candidates between its ends.

    Between neighbours there is no room but for a bar.
    """
    (x1, y1), (x2, y2) = start, end
    dx, dy = x2 - x1, y2 - y1
    length = hypot(dx, dy) or 1.0
    if length < 2.5 * gap:
        yield Path((start, end), 1.1, _LINK, () if strong else (2.5, 2.5))
        return
    bend = min(0.3, 18 / length) if length > CELL / 2 else 0.0
    x, y = (x1 + x2) / 2 + bend * dy, (y1 + y2) / 2 - bend * dx
    points = []
    for part in range(9):
        at = gap / length + (1 - 2 * gap / length) * part / 8
        a, b, c = (1 - at) ** 2, 2 * at * (1 - at), at**2
        points.append((round(a * x1 + b * x + c * x2, 1), round(a * y1 + b * y + c * y2, 1)))
    before, (x, y) = points[-2:]
    dx, dy = x - before[0], y - before[1]
    back = 4 / (hypot(dx, dy) or 1.0)
    dx, dy = back * dx, back * dy
    head = (x, y), (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2)
    yield Path(tuple(points), 1.1, _LINK, () if strong else (2.5, 2.5))
    yield Path(tuple((round(a, 1), round(b, 1)) for a, b in head), 0, _LINK, filled=True)


def _outline(board: Board, cells: Collection[int]) -> Iterator[Shape]:
    """A line around the cells, along their sides that have another cell beyond them."""
    inside = {divmod(cell, board.cols) for cell in cells}
    sides: dict[Point, list[Point]] = {}
    for row, col in sorted(inside):
        corners = ((col, row), (col + 1, row), (col + 1, row + 1), (col, row + 1), (col, row))
        beyond = ((row - 1, col), (row, col + 1), (row + 1, col), (row, col - 1))
        for (one, other), neighbour in zip(pairwise(corners), beyond, strict=True):
            if neighbour not in inside:
                sides.setdefault(one, []).append(other)
    while sides:
        loop = [next(iter(sides))]
        while loop[-1] in sides:
            at = loop[-1]
            loop.append(sides[at].pop())
            if not sides[at]:
                del sides[at]
        yield Path(tuple((CELL * x, CELL * y) for x, y in loop), 2.2, _AREA_EDGE)

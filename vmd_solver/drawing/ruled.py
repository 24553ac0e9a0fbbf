"""The marks of rules on paper: grounds and lines below the digits, cages and signs around them,
clues outside the board, a legend below it. Tones of grey that any printer can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from textwrap import wrap
from typing import NamedTuple

from vmd_solver.csp.puzzle import Board, Cells
from vmd_solver.drawing.elements import BLACK, CELL, WHITE, Box, Label, Path, Shape
from vmd_solver.drawing.marks import (
    Clue,
    Fill,
    Mark,
    Note,
    Outline,
    Spot,
    Track,
    legend,
    pictures,
    touch,
)

Point = tuple[float, float]

_PALE, _LIGHT, _MIDDLE, _DARK = "#e4e4e4", "#cccccc", "#999999", "#555555"

_INSET, _NOTE_SIZE, _SMALL_SIZE, _CLUE_SIZE = 3, 9, 7.5, 15
_LINE, _WORDS_SIZE = 13, 10
"""Height and size of a line of the legend."""


class _Stroke(NamedTuple):
    width: float
    colour: str
    dashes: tuple[float, ...] = ()
    hollow: float = 0
    """Width of a white line within."""


_STROKES = {
    "tube": _Stroke(11, _LIGHT),
    "pipe": _Stroke(11, _LIGHT, hollow=5),
    "wide": _Stroke(8, _LIGHT),
    "band": _Stroke(5, _MIDDLE),
    "line": _Stroke(2.5, _MIDDLE),
    "thin": _Stroke(1.5, _MIDDLE),
    "dots": _Stroke(5, _MIDDLE, (0, 8)),
    "dashes": _Stroke(4, _MIDDLE, (9, 8)),
    "short dashes": _Stroke(3, _MIDDLE, (3, 6)),
    "dashes and dots": _Stroke(4, _MIDDLE, (9, 7, 0, 7)),
    "pill": _Stroke(26, _MIDDLE, hollow=23),
}
"""How each style of a `Track` is drawn."""


def extent(board: Board) -> tuple[int, int, int, int]:
    """How far a drawing goes left of the board and above it, and its whole width and height.

    >>> from vmd_solver.csp.families import latin
    >>> extent(latin(4)) == (0, 0, 4 * CELL, 4 * CELL)
    True
    """
    clues = [mark for mark in _marks(board) if isinstance(mark, Clue)]
    left, top = any(clue.col < 0 for clue in clues), any(clue.row < 0 for clue in clues)
    width = board.cols + left + any(clue.col >= board.cols for clue in clues)
    height = board.rows + top + any(clue.row >= board.rows for clue in clues)
    words = len(_legend_lines(board))
    return CELL * left, CELL * top, CELL * width, CELL * height + _LINE * words + 5 * (words > 0)


def below(board: Board) -> Iterator[Shape]:
    """What lies under the lines of the grid: grounds of cells, and lines along cells."""
    marks = _marks(board)
    for hole in board.holes:
        yield Box(*_corner(board, hole), BLACK)
    for mark in marks:
        if isinstance(mark, Fill):
            for cell in mark.cells:
                yield from _ground(board, cell, mark.shape)
    tracks = (mark for mark in marks if isinstance(mark, Track))
    for track in sorted(
        tracks, key=lambda track: (track.style == "pill", -_STROKES[track.style].width)
    ):
        yield from _track(board, track)


def above(board: Board) -> Iterator[Shape]:
    """What lies over the lines of the grid: cages, signs, texts, clues outside, the legend."""
    marks = _marks(board)
    for mark in marks:
        if isinstance(mark, Outline):
            yield from _outline(board, mark.cells)
    for mark in marks:
        if isinstance(mark, Spot):
            yield from _spot(board, mark)
    notes = [mark for mark in marks if isinstance(mark, Note)]
    notes.sort(key=lambda note: (note.cell, note.top))
    for (cell, top), same in groupby(notes, key=lambda note: (note.cell, note.top)):
        yield from _note(board, cell, " ".join(dict.fromkeys(note.text for note in same)), top)
    clues = sorted((mark for mark in marks if isinstance(mark, Clue)), key=lambda clue: clue[:2])
    for _, there in groupby(clues, key=lambda clue: clue[:2]):
        yield from _clues(board, list(there))
    left, top_margin, _, height = extent(board)
    lines = _legend_lines(board)
    for at, line in enumerate(reversed(lines)):
        y = height - top_margin - at * _LINE - 3
        yield Label(-left, y, line, _WORDS_SIZE, middle=False)


def _marks(board: Board) -> list[Mark]:
    return [*chain.from_iterable(picture.marks for picture in pictures(board))]


def _legend_lines(board: Board) -> list[str]:
    """The legend in lines as wide as the board, without signs that fonts may lack."""
    found: list[str] = []
    for sample, name in legend(board, paper=True):
        words = f"{sample}  {name}" if sample and max(sample) <= "ÿ" else name
        found += wrap(words, max(24, CELL * board.cols // 5), subsequent_indent="   ")
    return found


def _corner(board: Board, cell: int) -> tuple[int, int]:
    row, col = divmod(cell, board.cols)
    return CELL * col, CELL * row


def _middle(board: Board, cells: Iterable[int]) -> Point:
    """The middle of the cells' middles."""
    corners = [_corner(board, cell) for cell in cells]
    x, y = (sum(axis) / len(corners) + CELL / 2 for axis in zip(*corners, strict=True))
    return x, y


def _disc(at: Point, width: float, colour: str) -> Path:
    return Path((at, at), width, colour)


def _polygon(at: Point, corners: Iterable[Point], colour: str) -> Path:
    x, y = at
    return Path(tuple((x + dx, y + dy) for dx, dy in corners), 0, colour, filled=True)


_CORNERS: dict[str, tuple[Point, ...]] = {
    "square": ((-13, -13), (13, -13), (13, 13), (-13, 13)),
    "rise": ((0, -15), (15, 13), (-15, 13)),
    "fall": ((0, 15), (15, -13), (-15, -13)),
    "diamond": ((0, -16), (16, 0), (0, 16), (-16, 0)),
    "inner diamond": ((0, -13), (13, 0), (0, 13), (-13, 0)),
}


def _ground(board: Board, cell: int, shape: str) -> Iterator[Shape]:
    (x, y), at = _corner(board, cell), _middle(board, [cell])
    if shape == "shade":
        yield Box(x, y, _PALE)
    elif shape == "disc":
        yield _disc(at, 28, _LIGHT)
    elif shape == "circle":
        yield _disc(at, 30, _MIDDLE)
        yield _disc(at, 27, WHITE)
    elif shape in _CORNERS:
        yield _polygon(at, _CORNERS[shape], _LIGHT)
    else:
        ends = ((x, y), (x + CELL, y + CELL))
        rising = ((x, y + CELL), (x + CELL, y))
        yield Path(ends if shape == "down" else rising, 1, _MIDDLE)


def _track(board: Board, track: Track) -> Iterator[Shape]:
    stroke, parts = _STROKES[track.style], _parts(board, track.cells)
    paths = [[_middle(board, [cell]) for cell in part] for part in parts]
    first, last = paths[0], paths[-1]
    for points in paths if track.end == "arrow" else ():
        yield from _head(points[-2], points[-1], stroke)
    for points in paths:
        yield Path(tuple(points), stroke.width, stroke.colour, stroke.dashes)
    if track.start == "bulb":
        yield _disc(first[0], 27, stroke.colour)
    for points in paths if stroke.hollow else ():
        yield Path(tuple(points), stroke.hollow, WHITE)
    if track.start == "bulb" and stroke.hollow:
        yield _disc(first[0], 21, WHITE)
    for shape, at in ((track.start, first[0]), (track.end, last[-1])):
        if shape == "circle":
            yield _disc(at, 29, _MIDDLE)
            yield _disc(at, 26, WHITE)
        elif shape == "diamond":
            yield _polygon(at, _CORNERS["diamond"], _MIDDLE)
            yield _polygon(at, _CORNERS["inner diamond"], WHITE)


def _parts(board: Board, cells: Cells) -> list[Cells]:
    """The cells of a line; cut where it jumps back to its first cell's neighbour, as arrows do."""
    parts = [[cells[0]]]
    for cell in cells[1:]:
        if not touch(board, parts[-1][-1], cell) and touch(board, cells[0], cell):
            parts.append([cells[0]])
        parts[-1].append(cell)
    return [tuple(part) for part in parts]


def _head(before: Point, tip: Point, stroke: _Stroke) -> Iterator[Shape]:
    """The head of an arrow, two short strokes."""
    dx, dy = before[0] - tip[0], before[1] - tip[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    dx, dy = 6 * dx / length, 6 * dy / length
    sides = (tip[0] + dx - dy, tip[1] + dy + dx), tip, (tip[0] + dx + dy, tip[1] + dy - dx)
    yield Path(sides, max(stroke.width, 1.5), stroke.colour)


def _outline(board: Board, cells: Cells) -> Iterator[Shape]:
    """A dashed line a little inside the cells, side by side."""
    inside = {divmod(cell, board.cols) for cell in cells}
    for row, col in sorted(inside):
        x, y = CELL * col + CELL / 2, CELL * row + CELL / 2
        for down, right in ((-1, 0), (0, 1), (1, 0), (0, -1)):
            if (row + down, col + right) in inside:
                continue
            ends = []
            for turn in (-1, 1):  # along the side, one way and the other
                along = turn * right, turn * down
                beside = (row + along[0], col + along[1]) in inside
                corner = (row + along[0] + down, col + along[1] + right) in inside
                reach = CELL / 2 - (0 if beside and not corner else _INSET * (-1 if beside else 1))
                out = CELL / 2 - _INSET
                ends.append((x + out * right + reach * along[1], y + out * down + reach * along[0]))
            yield Path(tuple(sorted(ends)), 0.9, BLACK, (2, 3))


def _spot(board: Board, spot: Spot) -> Iterator[Shape]:
    at = _middle(board, spot.cells)
    wide = 10 if not spot.text else 14 if len(spot.text) < 3 else 20
    if spot.shape in ("white", "black"):
        yield _disc(at, wide + 2, BLACK)
        yield _disc(at, wide, WHITE if spot.shape == "white" else BLACK)
    else:
        yield _disc(at, wide, WHITE)
    if spot.shape == "greater":
        dx, dy = {">": (1, 0), "<": (-1, 0), "∨": (0, 1), "∧": (0, -1)}[spot.sign]  # noqa: RUF001
        tip = at[0] + 3 * dx, at[1] + 3 * dy
        back = at[0] - 3 * dx, at[1] - 3 * dy
        sides = (back[0] + 5 * dy, back[1] + 5 * dx), tip, (back[0] - 5 * dy, back[1] - 5 * dx)
        yield Path(sides, 1.4)
    size = (12 if spot.shape == "blank" else 9) if len(spot.text) < 3 else 7.5
    if spot.text:
        colour = WHITE if spot.shape == "black" else BLACK
        yield Label(
            at[0], at[1] + 0.36 * size, spot.text, size, spot.shape == "blank", True, colour
        )


def _note(board: Board, cell: int, text: str, top: bool) -> Iterator[Shape]:
    x, y = _corner(board, cell)
    size = _NOTE_SIZE if top else _SMALL_SIZE
    width = min(0.58 * size * len(text), CELL - 6)
    if top:
        box = (
            (x + 1.5, y + 1.5),
            (x + width + 4, y + 1.5),
            (x + width + 4, y + 11),
            (x + 1.5, y + 11),
        )
        yield Path(box, 0, WHITE, filled=True)
        yield Label(x + 2.5, y + 9.5, text, size, middle=False)
    else:
        yield Label(x + CELL - 3 - width / 2, y + CELL - 3, text, size)


def _clues(board: Board, clues: list[Clue]) -> Iterator[Shape]:
    """The texts at one place outside the board; or in a hole, those across and down."""
    row, col = clues[0][:2]
    x, y = CELL * col, CELL * row
    if clues[0].inside:
        yield Path(((x, y), (x + CELL, y + CELL)), 1, WHITE)
        for clue in clues:
            at = (x + 25, y + 14) if clue.step == (0, 1) else (x + 12, y + 31)
            yield Label(*at, clue.text, 12, True, True, WHITE)
        return
    text = ",".join(clue.text for clue in clues)
    slanted = [clue.step for clue in clues if all(clue.step)]
    down, right = slanted[0] if slanted else (0, 0)
    size = _CLUE_SIZE if len(text) < 4 else 11
    left, up = 6 * right, 6 * down  # room for the arrow
    yield Label(x + CELL / 2 - left, y + CELL / 2 + 0.36 * size - up, text, size)
    for down, right in slanted:
        tip_x, tip_y = x + CELL / 2 + 16 * right, y + CELL / 2 + 16 * down
        tip, tail = (tip_x, tip_y), (tip_x - 9 * right, tip_y - 9 * down)
        yield Path((tail, tip), 1.2)
        yield Path(((tip_x - 5 * right, tip_y), tip, (tip_x, tip_y - 5 * down)), 1.2)

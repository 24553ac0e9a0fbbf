"""Moments of films as one SVG drawing: boards in rows, the same signs as on the screen, a legend.

Knows no screen, and not where the text goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, sqrt

from vmd_solver.csp import Puzzle
from vmd_solver.generation.figures import CELL, Box, Label, Shape, ground, symbol, symbol_size
from vmd_solver.generation.page import drawn
from vmd_solver.play.film import Frame, Layer, State
from vmd_solver.tui.widgets.filmtext import CONFLICT_SIGN, SIGNS, boards_of, caption
from vmd_solver.tui.widgets.keyboard import legible

_INK = {
    State.GIVEN: "#000000",
    State.NOW: "#0b4a12",
    State.EARLIER: "#1257a0",
    State.REMASKED: "#a34a00",
    State.PROPOSED: "#767676",
    State.VERIFIED: "#2c7a1f",
}
_GROUND = {State.NOW: "#cdeac0", State.REMASKED: "#fbe3c8"}
_BOLD = (State.GIVEN, State.NOW, State.VERIFIED)
_BROKEN = "#b3261e"

_GAP, _TITLE, _LINE = 24, 24, 20
_TITLE_SIZE = 14
_PERCENT_SIZE = 8

Moment = Sequence[Frame]
"""What each film shows at a moment."""


def picture(puzzle: Puzzle, moments: Sequence[Moment]) -> str:
    """One board a film and latent: each moment a row where there are several boards at each."""
    tiles = [boards_of(moment) for moment in moments]
    most = max(map(len, tiles))
    rows = most > 1 and len(moments) > 1
    columns = most if rows else ceil(sqrt(sum(map(len, tiles))))
    placed = "".join(
        _tile(puzzle, divmod(at, columns), caption(moment, key), moment[key[0]].layers[key[1]])
        for number, (moment, keys) in enumerate(zip(moments, tiles, strict=True))
        for at, key in enumerate(keys, number * (columns if rows else most))
    )
    width, height = _size(puzzle)
    lines = -(-(most * len(moments)) // columns)
    across = max(columns * width, 220) + _GAP
    down = lines * height + _GAP + _LINE * (len(SIGNS) + 2)
    legend = f'<g transform="translate({_GAP} {lines * height + _GAP})">{drawn(_legend())}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" '
        f'width="{across}" height="{down}">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f"{placed}{legend}\n</svg>\n"
    )


def _size(puzzle: Puzzle) -> tuple[int, int]:
    """Width and height of a tile, the gap beside it included."""
    board = puzzle.board
    return CELL * board.cols + _GAP, CELL * board.rows + _TITLE + _GAP


def _tile(puzzle: Puzzle, place: tuple[int, int], title: str, layer: Layer) -> str:
    row, col = place
    width, height = _size(puzzle)
    head = Label(0, _TITLE - 8, title, _TITLE_SIZE, middle=False)
    board = f'<g transform="translate(0 {_TITLE})">{drawn(_board(puzzle, layer))}</g>'
    where = f"{col * width + _GAP} {row * height + _GAP}"
    return f'<g transform="translate({where})">{drawn([head])}{board}</g>\n'


def _board(puzzle: Puzzle, layer: Layer) -> Iterator[Shape]:
    *shades, thin, thick = ground(puzzle.board)
    yield from shades
    for at, cell in enumerate(layer.cells):
        if cell.state in _GROUND:
            row, col = divmod(at, puzzle.board.cols)
            yield Box(CELL * col, CELL * row, CELL, CELL, _GROUND[cell.state])
    yield from (thin, thick)
    symbols, size = legible(puzzle.alphabet), 0.8 * symbol_size(puzzle)
    for at, cell in enumerate(layer.cells):
        if not cell.value:
            continue
        broken = at in layer.conflicts
        text = CONFLICT_SIGN * broken + symbols[cell.value - 1] + SIGNS[cell.state][0].strip()
        ink, bold = _BROKEN if broken else _INK[cell.state], cell.state in _BOLD
        yield symbol(puzzle, at, text, size, bold, ink)
        if cell.probability is not None:
            row, col = divmod(at, puzzle.board.cols)
            place = CELL * col + CELL / 2, CELL * (row + 1) - 3
            yield Label(*place, f"{100 * cell.probability:.0f}", _PERCENT_SIZE, colour=ink)


def _legend() -> Iterator[Shape]:
    signs = [(f"5{sign}", words, _INK[state]) for state, (sign, words) in SIGNS.items()]
    signs += [(f"{CONFLICT_SIGN}5", "breaks a rule", _BROKEN)]
    for line, (sign, words, ink) in enumerate(signs, 1):
        yield Label(0, _LINE * line, sign, _TITLE_SIZE, True, middle=False, colour=ink)
        yield Label(28, _LINE * line, words, _TITLE_SIZE, middle=False)

"""A film as an asciicast, version 2: what a terminal shows, moment by moment, for any player of it.

Knows no screen, and not where the text goes. The form: docs.asciinema.org/manual/asciicast/v2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from vmd_solver.csp import Puzzle
from vmd_solver.play.film import Frame, Layer, State
from vmd_solver.tui.widgets.filmtext import (
    CONFLICT_SIGN,
    SIGNS,
    Key,
    boards_of,
    cell_line,
    title_of,
)
from vmd_solver.tui.widgets.geometry import Drawing, Shape, fitting, shapes
from vmd_solver.tui.widgets.keyboard import legible

_WIDTH, _HEIGHT = 80, 24
"""The terminal that two boards are fitted to; more of them are drawn small, and take more."""

_HOLD_S = 3.0
"""Seconds that the end stays."""

_STYLE = {
    State.OPEN: "2",
    State.GIVEN: "1",
    State.NOW: "1;7;32",
    State.EARLIER: "36",
    State.REMASKED: "9;33",
    State.PROPOSED: "2;3",
    State.VERIFIED: "1;32",
}
"""How each state looks, in the numbers of ANSI."""

_BROKEN = "1;4;31"


def cast(puzzle: Puzzle, moments: Sequence[Sequence[Frame]], delay_s: float, title: str) -> str:
    """The lines of the file: a head, and what is written to the terminal, and when."""
    screens = [[*_screen(puzzle, moment)] for moment in moments]
    width = max(_WIDTH, *(_visible(line) for screen in screens for line in screen))
    height = max(_HEIGHT, *map(len, screens))
    head = {"version": 2, "width": width, "height": height, "title": title}
    events = [[round(at * delay_s, 3), "o", _written(one)] for at, one in enumerate(screens)]
    events += [[round((len(screens) - 1) * delay_s + _HOLD_S, 3), "o", ""]]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (head, *events))


def _written(screen: Sequence[str]) -> str:
    """What shows a screen in place of the one before, the cursor out of sight."""
    return "\x1b[?25l\x1b[H" + "\x1b[K\r\n".join(screen) + "\x1b[J"


def _screen(puzzle: Puzzle, moment: Sequence[Frame]) -> Iterator[str]:
    """The lines of one moment: its name, the boards side by side, the signs."""
    keys, frame = boards_of(moment), moment[0]
    drawing = Drawing(puzzle.board, _shape(puzzle, len(keys)), _symbol_width(puzzle))
    yield f"{frame.step}    calls {frame.nfe}  loops {frame.loops}  guesses {frame.guesses}"
    per_row = max(1, _WIDTH // (drawing.width + 1))
    for at in range(0, len(keys), per_row):
        some = keys[at : at + per_row]
        boards = [_board(puzzle, drawing, moment[film].layers[k], (film, k)) for film, k in some]
        yield from (" ".join(lines) for lines in zip(*boards, strict=True))
    signs = [f"{sign} {words}" for sign, words in SIGNS.values() if sign.strip()]
    yield from ("  ".join(signs), f"{CONFLICT_SIGN} breaks a rule")


def _shape(puzzle: Puzzle, count: int) -> Shape:
    if count > 2:
        return shapes(puzzle.board)[-1]
    return fitting(puzzle.board, _symbol_width(puzzle), _WIDTH // count - 1, _HEIGHT - 4)


def _symbol_width(puzzle: Puzzle) -> int:
    return max(map(len, legible(puzzle.alphabet)))


def _board(puzzle: Puzzle, drawing: Drawing, layer: Layer, key: Key) -> Iterator[str]:
    symbols, cols = legible(puzzle.alphabet), puzzle.board.cols
    yield title_of(key)[: drawing.width].ljust(drawing.width)
    for place in drawing.places:
        if place.line < 0:
            yield drawing.rule(place.row)
            continue
        parts = []
        for col in range(cols):
            cell = place.row * cols + col
            broken, shown = cell in layer.conflicts, layer.cells[cell]
            text = cell_line(shown, broken, drawing, symbols, place.line)
            style = _BROKEN if broken else _STYLE[shown.state]
            parts += [drawing.bar(place.row, col)] if col in drawing.bars else []
            parts += [f"\x1b[{style}m{text}\x1b[0m"]
        yield "".join([*parts, drawing.bar(place.row, cols)])


def _visible(line: str) -> int:
    """Characters of a line that are seen."""
    return len(re.sub(r"\x1b\[[0-9;]*m", "", line))

"""A replay as an asciicast, version 2: what a terminal shows, slide by slide, for any player of it.

Knows no screen, and not where the text goes. The form: docs.asciinema.org/manual/asciicast/v2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from vmd_solver.drawing.geometry import Run, TextLayout, fitted
from vmd_solver.drawing.slides import Slide, SlideBoard, Slideshow

_WIDTH, _HEIGHT = 80, 24
"""The terminal that two boards are fitted to; more of them are drawn small, and take more."""

_HOLD_S = 3.0
"""Seconds that the end stays."""


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
    lines.append([round((len(screens) - 1) * delay_s + _HOLD_S, 3), "o", ""])
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

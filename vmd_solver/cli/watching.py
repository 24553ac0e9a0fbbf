"""Text as it appears on a terminal: `vmd-text --watch`. Knows nothing of how it is sampled."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import numpy as np

from vmd_solver.cli.output import Output
from vmd_solver.errors import printable
from vmd_solver.text.sampler import Began, Chosen, Committed, Event

if TYPE_CHECKING:
    from vmd_solver.text.alphabet import Alphabet

BLANK = "·"
FRAME_S = 0.03
"""Shortest time a change is looked at: a small model is faster than any eye."""


class Screen:
    """Draws the first of the texts in place, and in the end the one chosen."""

    def __init__(self, alphabet: Alphabet, output: Output) -> None:
        self._alphabet, self._output = alphabet, output
        self._rows = 0
        self._x = np.zeros((0, 0), dtype=np.int64)
        """(K, m) as in the sampler."""

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        if isinstance(event, Began):
            self._x = np.repeat(event.x_t[None], event.latents, axis=0)
            self._draw(0)
        elif isinstance(event, Chosen):
            self._draw(event.latent, last=True)
        else:
            tokens = event.tokens if isinstance(event, Committed) else 0
            self._x[event.latent, list(event.places)] = tokens
            if event.latent == 0:
                self._draw(0)
                time.sleep(FRAME_S)

    def _draw(self, row: int, last: bool = False) -> None:
        size = shutil.get_terminal_size()
        text = printable(self._alphabet.decode(self._x[row], BLANK), "\n\t")
        lines = [part for line in text.split("\n") for part in cut(line, size.columns)]
        up = f"\x1b[{self._rows - 1}A" if self._rows > 1 else ""
        shown = lines if last else lines[-(size.lines - 1) :]
        drawn = f"{up}\r\x1b[J" + "\r\n".join(shown) + ("\r\n" if last else "")
        self._output.write(drawn.encode(self._output.encoding, "replace"))
        self._rows = len(shown)


def cut(line: str, columns: int) -> list[str]:
    """A line in pieces that fit into this many columns.

    >>> cut("abcdefg", 3)
    ['abc', 'def', 'g']
    """
    pieces, width = [""], 0
    for letter in line.expandtabs():
        wide = 2 if east_asian_width(letter) in "WF" else 1
        if width + wide > columns:
            pieces.append("")
            width = 0
        pieces[-1] += letter
        width += wide
    return pieces

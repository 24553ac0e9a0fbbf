"""Rows of cells as people draw them: bars, rules, spaces and numbers.

Shared by every multi-line format. Knows nothing of boards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from vmd_solver.errors import PuzzleSyntaxError

Cell = tuple[str, int]
"""A symbol and its column, counted from 1."""

_MOST_CHARACTERS = 100_000
"""More than any row: what follows in a longer line is not looked at."""

_BOX_DRAWING = {code: "|" if chr(code) in "│┃║╎╏┆┇┊┋" else "-" for code in range(0x2500, 0x2580)}
_RULE = re.compile(r"[-=+|:.'`*\s]+")
_PIECE = re.compile(r"[|:]|[^\s|:]+")


@dataclass(frozen=True)
class Row:
    """One line of cells, `number` in its file; bars (`|` or `:`) divide it into groups."""

    number: int
    text: str

    @cached_property
    def groups(self) -> tuple[tuple[Cell, ...], ...]:
        """The pieces between white space, in groups between the bars; empty groups left out."""
        found: list[list[Cell]] = [[]]
        for piece in _PIECE.finditer(_plain(self.text[:_MOST_CHARACTERS])):
            if piece.group() in "|:":
                found.append([])
            else:
                found[-1].append((piece.group(), piece.start() + 1))
        return tuple(tuple(group) for group in found if group)

    @cached_property
    def is_split(self) -> bool:
        """Whether the pieces are cells, because some are numbers of two digits."""
        pieces = [symbol for group in self.groups for symbol, _ in group]
        return any(len(symbol) > 1 for symbol in pieces) and all(
            len(symbol) == 1 or _is_number(symbol, len(pieces)) for symbol in pieces
        )

    def cells(self, split: bool) -> list[Cell]:
        """The cells: the pieces themselves, or else each of their characters."""
        return self._pieces if split else self._characters

    @cached_property
    def _pieces(self) -> list[Cell]:
        return [cell for group in self.groups for cell in group]

    @cached_property
    def _characters(self) -> list[Cell]:
        return [cell for piece, at in self._pieces for cell in zip(piece, count(at), strict=False)]

    def widths(self, split: bool) -> tuple[int, ...]:
        """Cells in each group."""
        return tuple(
            len(group) if split else sum(len(symbol) for symbol, _ in group)
            for group in self.groups
        )

    def fit(self, cols: int) -> list[Cell]:
        """The `cols` cells, whichever way of reading gives that many.

        Raises PuzzleSyntaxError where neither does.
        """
        self.require_cells()
        for split in (True, False):
            cells = self.cells(split)
            if len(cells) == cols:
                return cells
        raise self.ragged(len(self.cells(self.is_split)), cols)

    def require_cells(self) -> None:
        """Raise PuzzleSyntaxError at a `-`, which might be an open cell or a drawn line."""
        column = _plain(self.text).find("-") + 1
        if column:
            raise PuzzleSyntaxError(
                "'-' draws a line in a grid: write an open cell as . or 0",
                line=self.number,
                column=column,
            )

    def ragged(self, cells: int, cols: int) -> PuzzleSyntaxError:
        """The error of a row that has `cells` cells where `cols` are expected."""
        return PuzzleSyntaxError(
            f"expected {cols} cells in the row, got {cells}",
            line=self.number,
            column=len(self.text.rstrip()) + 1,
        )


def is_rule(text: str) -> bool:
    """Whether a line is drawn, such as `---+---` or a line of box-drawing characters."""
    plain = _ascii_lines(text)
    return _RULE.fullmatch(plain) is not None and ("-" in plain or "=" in plain)


def require_rows(rows: Sequence[Row], expected: int, cols: int) -> None:
    """Raise PuzzleSyntaxError, at the last row, unless there are that many."""
    if len(rows) != expected:
        raise PuzzleSyntaxError(
            f"expected {expected} rows of {cols} cells, got {len(rows)}",
            line=rows[-1].number if rows else None,
            column=1 if rows else None,
        )


def _plain(text: str) -> str:
    """The text without a remark after it, and with box-drawing characters as `|` and `-`."""
    bare = re.split(r"\s#", text, maxsplit=1)[0] if "#" in text else text
    return _ascii_lines(bare)


def _ascii_lines(text: str) -> str:
    return text if text.isascii() else text.translate(_BOX_DRAWING)


def _is_number(symbol: str, largest: int) -> bool:
    return len(symbol) == 2 and symbol.isascii() and symbol.isdigit() and int(symbol) <= largest

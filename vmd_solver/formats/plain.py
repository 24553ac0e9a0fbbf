"""Puzzles given by nothing but their cells in one string, as in lines, tables and libraries.

The number of cells gives the size; the family has to be given. Knows nothing of files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import bare_board, order_of
from vmd_solver.formats.rows import Cell, Row
from vmd_solver.formats.symbols import BLANKS, decode, encode, infer

FIELD = re.compile(r"[^\s,;]+")
MOST_CHARACTERS = 35
"""Largest order whose usual symbols are single characters."""

_BAD = 0xFF


@dataclass(frozen=True)
class Layout:
    """What the common case needs: a board, its alphabet and a byte table from symbol to value."""

    board: Board
    alphabet: tuple[str, ...]
    table: bytes

    def values(self, text: str) -> bytes | None:
        """Value of each character, or None where one is unusual."""
        if not text.isascii():
            return None
        values = text.encode().translate(self.table)
        return None if _BAD in values else values


@lru_cache(maxsize=256)
def layout_of(family: str, n: int) -> Layout | None:
    """The layout of n characters, or None if no board has that many."""
    order = order_of(n)
    if order is None or order > MOST_CHARACTERS:
        return None
    try:
        board = bare_board(family, order)
    except PuzzleError:
        return None
    alphabet = default_alphabet(order)
    table = bytearray([_BAD]) * 256
    # From 10 values on 0 may be a value: `infer` decides.
    for blank in BLANKS if order < 10 else BLANKS.replace("0", ""):
        table[ord(blank)] = 0
    for value, symbol in enumerate(alphabet, 1):
        table[ord(symbol)] = table[ord(symbol.lower())] = value
    return Layout(board, alphabet, bytes(table))


@dataclass(frozen=True)
class Cells:
    """Symbols in order, with the column and the line of each (from 1) for messages.

    `columns` may be empty, where unknown; `lines` too, where all are in line `line` (or None).
    """

    symbols: Sequence[str]
    columns: Sequence[int]
    line: int | None = None
    lines: Sequence[int] = ()

    def place(self, cell: int) -> tuple[int | None, int | None]:
        """Line and column of a cell, None where unknown."""
        line = self.lines[cell] if self.lines else self.line
        return line, self.columns[cell] if self.columns else None

    def values(self, alphabet: tuple[str, ...]) -> tuple[int, ...]:
        """The values in an alphabet. Raises PuzzleSyntaxError at a symbol that it lacks."""
        return decode(self.symbols, alphabet, self.place)


def cells_of_rows(rows: Sequence[Row], cells: Sequence[Sequence[Cell]]) -> Cells:
    """The cells of drawn rows, each row with its `cells`; one of them at least."""
    pairs = zip(rows, cells, strict=True)
    found = [(symbol, column, row.number) for row, of_row in pairs for symbol, column in of_row]
    symbols, columns, lines = zip(*found, strict=True)
    return Cells(symbols, columns, lines=lines)


def cells_in(fields: Sequence[re.Match[str]], line: int | None = None) -> tuple[Cells, int]:
    """The cells that a line begins with, and how many of its fields they take.

    They are the characters of the first field, unless all fields are single cells (numbers of up to
    two digits) or the line is k groups of k characters.
    """
    if len(fields) > 1 and all(len(field.group()) <= 2 for field in fields):
        cells = Cells([f.group() for f in fields], [f.start() + 1 for f in fields], line)
        return cells, len(fields)
    k = len(fields[0].group()) if fields else 0
    grouped = len(fields) == k and all(len(field.group()) == k for field in fields)
    return _joined(fields if grouped else fields[:1], line), len(fields) if grouped else 1


def cells_of(text: str, line: int | None = None, column: int | None = None) -> Cells:
    """The cells of a text that holds nothing else and begins at `column`."""
    fields = list(FIELD.finditer(text))
    cells, used = cells_in(fields, line)
    if used < len(fields):
        cells = _joined(fields, line)
    return Cells(cells.symbols, [column - 1 + at for at in cells.columns] if column else [], line)


def _joined(fields: Sequence[re.Match[str]], line: int | None) -> Cells:
    symbols = "".join(field.group() for field in fields)
    return Cells(symbols, [at + 1 for field in fields for at in range(*field.span())], line)


def puzzle_of(
    cells: Cells, family: str, name: str = "", answer: Cells | None = None
) -> tuple[Puzzle, tuple[int, ...] | None]:
    """The puzzle of a family in BARE, and the solution where an `answer` is given.

    Raises PuzzleSyntaxError where the number of cells or a symbol does not fit.
    """
    order = order_of(len(cells.symbols))
    if order is None or (answer and len(answer.symbols) != len(cells.symbols)):
        raise _unfit(cells, family, answer)
    board = bare_board(family, order)
    alphabet = infer([*cells.symbols, *(answer.symbols if answer else ())], order)
    puzzle = Puzzle(board, cells.values(alphabet), alphabet, name)
    return puzzle, solution_of(answer, alphabet) if answer else None


def _unfit(cells: Cells, family: str, answer: Cells | None) -> PuzzleSyntaxError:
    n = len(cells.symbols)
    if answer and order_of(n):
        message = f"expected {n} cells in the solution, got {len(answer.symbols)}"
        return PuzzleSyntaxError(message, column=answer.place(0)[1])
    sizes = "81 cells (or 16, 36, 64, 144, 256, 400, 625)"
    expected = "a square number of cells" if family == "latin" else sizes
    last = cells.columns[-1] + len(cells.symbols[-1]) if n and cells.columns else None
    return PuzzleSyntaxError(f"expected {expected}, got {n}", column=last)


def solution_of(answer: Cells, alphabet: tuple[str, ...]) -> tuple[int, ...]:
    """Values of a solution. Raises PuzzleSyntaxError at an unknown symbol or an open cell."""
    values = answer.values(alphabet)
    if 0 in values:
        line, column = answer.place(values.index(0))
        raise PuzzleSyntaxError("the solution leaves a cell open", line=line, column=column)
    return values


def line_of(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """The cells in one string, numbers apart by spaces where a symbol has several characters."""
    return glue(puzzle.alphabet).join(encode(puzzle, values))


def glue(alphabet: Sequence[str]) -> str:
    """What stands between two cells of a row."""
    return " " if any(len(symbol) > 1 for symbol in alphabet) else ""


def require_bare(puzzle: Puzzle, name: str, boxes: bool = False) -> None:
    """Raise PuzzleError unless the format `name`, which states no header, can hold the puzzle.

    `boxes` says that the format draws the boxes, so that they may have another shape than usual.
    """
    board = puzzle.board
    drawn = board.box if boxes and board.box and min(board.box) > 1 else None
    try:
        same = bare_board(board.family, board.rows, drawn) == board
    except PuzzleError:
        same = False
    if not same:
        raise PuzzleError(f"the {name} format cannot hold this box shape: use vmd or jsonl")
    if infer(encode(puzzle), board.D) != puzzle.alphabet:
        raise PuzzleError(f"the {name} format cannot hold this alphabet: use vmd or jsonl")


def require_classic(puzzle: Puzzle, name: str) -> None:
    """Raise PuzzleError unless the puzzle is 9x9 with the digits 1-9."""
    require_bare(puzzle, name)
    if puzzle.board.D != 9 or puzzle.alphabet != default_alphabet(9):
        raise PuzzleError(f"the {name} format holds 9x9 puzzles of digits only: use line")

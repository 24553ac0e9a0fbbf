"""Cells in a text, with their places in it, and the puzzle that they make.

The number of cells gives the size of a board; the family has to be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from vmd_solver.csp.families import with_rules
from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet
from vmd_solver.csp.rules import Marks
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import bare_board, default_box, order_of
from vmd_solver.formats.entry import Found
from vmd_solver.formats.symbols import (
    BLANKS,
    encode,
    infer,
    unexpected,
    values_of,
    zeros_in,
)

MOST_CHARACTERS = 35
"""Largest order whose usual symbols are single characters."""

CANDIDATES = 729
"""Characters that give the candidates of a 9x9: nine for each cell, each its value or blank."""

BAD = 0xFF
"""What a layout's table has for a byte that is no usual symbol."""

_BLANKS = frozenset(BLANKS)
_SMALLEST, _LARGEST = 4, 25
"""Orders of boards with boxes that messages name."""


@dataclass(frozen=True)
class Layout:
    """What the common case needs: a board, its alphabet and a byte table from symbol to value."""

    board: Board
    alphabet: tuple[str, ...]
    table: bytes

    def values(self, text: str) -> bytes | None:
        """Value of each character, or None where one is unusual, or 0 one of two blanks."""
        if not text.isascii() or ("0" in text and self._may_be_zero(text)):
            return None
        values = text.encode().translate(self.table)
        return None if BAD in values else values

    def _may_be_zero(self, text: str) -> bool:
        """Whether 0 may be a value: another sign marks open cells, or none is open."""
        alone = _BLANKS.intersection(text) == {"0"}
        return not alone or text.count("0") == self.board.D


@lru_cache(maxsize=256)
def layout_of(family: str, n: int) -> Layout | None:
    """The layout of n characters, or None if no board has that many."""
    order = order_of(n)
    if order is None or order > MOST_CHARACTERS or n == CANDIDATES:
        return None
    try:
        board = bare_board(family, order)
    except PuzzleError:
        return None
    alphabet = default_alphabet(order)
    table = bytearray([BAD]) * 256
    # From 10 values on 0 and X may be values: `infer` decides.
    for blank in BLANKS if order < 10 else ".-_*?":
        table[ord(blank)] = 0
    for value, symbol in enumerate(alphabet, 1):
        table[ord(symbol)] = table[ord(symbol.lower())] = value
    return Layout(board, alphabet, bytes(table))


@dataclass(frozen=True)
class Cells:
    """Symbols in order, with the column and the line of each (from 1) for messages.

    `columns` is empty where unknown, `lines` where all are in the first line of the puzzle.
    """

    symbols: Sequence[str]
    columns: Sequence[int] = ()
    lines: Sequence[int] = ()

    def error(self, cell: int, message: str) -> PuzzleSyntaxError:
        """An error at a cell."""
        line = self.lines[cell] if self.lines else None
        column = self.columns[cell] if self.columns else None
        return PuzzleSyntaxError(message, line=line, column=column)

    def values(self, alphabet: tuple[str, ...]) -> tuple[int, ...]:
        """Their values. Raises PuzzleSyntaxError at a symbol neither blank nor in the alphabet."""
        table = values_of(alphabet)
        for cell, symbol in enumerate(self.symbols):
            if symbol not in table:
                raise self.error(cell, unexpected(symbol, alphabet))
        return tuple(table[symbol] for symbol in self.symbols)

    def solution(self, alphabet: tuple[str, ...]) -> tuple[int, ...]:
        """`values`; an open cell raises PuzzleSyntaxError too."""
        values = self.values(alphabet)
        if 0 in values:
            raise self.error(values.index(0), "the solution leaves a cell open")
        return values


def puzzle_of(cells: Cells, family: str, name: str = "", answer: Cells | None = None) -> Found:
    """The puzzle of a family in BARE, with the solution where an `answer` is given.

    Raises PuzzleSyntaxError where the number of cells or a symbol does not fit.
    """
    n = len(cells.symbols)
    if n == CANDIDATES and (found := candidates_of(cells, family, name)):
        return found
    order = order_of(n)
    if order is None or (order < _SMALLEST and family != "latin"):
        expected = "a square number of cells" if family == "latin" else _sizes()
        last = cells.columns[-1] + len(cells.symbols[-1]) if n and cells.columns else None
        raise PuzzleSyntaxError(f"expected {expected}, got {n}", column=last)
    if answer and len(answer.symbols) != n:
        got = len(answer.symbols)
        raise answer.error(0, f"expected {n} cells in the solution, got {got}")
    return bare_puzzle(bare_board(family, order), cells, name, answer)


def bare_puzzle(board: Board, cells: Cells, name: str, answer: Cells | None = None) -> Found:
    """The puzzle of a board, and what its cells say of their alphabet.

    0 is a value, and a note says so, if another sign marks the open cells or there are none, and
    no rule is broken by it; from 10 values on that is usual, and needs no note.
    """
    used, D = {*cells.symbols, *(answer.symbols if answer else ())}, board.D
    zeros = zeros_in(used, D) if D < 10 else None
    if zeros:
        puzzle = Puzzle(board, cells.values(zeros), zeros, name)
        mixed = not _BLANKS.isdisjoint(used - {"0"})
        if (mixed or 0 not in puzzle.givens) and puzzle.is_valid():
            note = f"0 is read as a value, one of 0-{D - 1}: {D} does not occur, and " + (
                "another sign marks open cells" if mixed else "so the grid is full"
            )
            return Found(puzzle, answer.solution(zeros) if answer else None, None, (note,))
    alphabet = infer(used, board.D)
    puzzle = Puzzle(board, cells.values(alphabet), alphabet, name)
    return Found(puzzle, answer.solution(alphabet) if answer else None)


def candidates_of(cells: Cells, family: str, name: str) -> Found | None:
    """The 9x9 puzzle of 729 characters, the candidates of each cell; None where they are no such.

    >>> found = candidates_of(Cells("1........" + "123456789" * 80), "sudoku", "")
    >>> found and sum(map(bool, found.puzzle.givens))
    1
    """
    marks = []
    for at in range(0, CANDIDATES, 9):
        of_cell = cells.symbols[at : at + 9]
        if any(s not in (str(value), ".", "0") for value, s in enumerate(of_cell, 1)):
            return None
        marks.append("".join(symbol for symbol in of_cell if symbol not in ".0"))
    return marked(bare_board(family, 9), marks, name)


def marked(board: Board, marks: Sequence[str], name: str) -> Found:
    """The puzzle of a board whose cells hold one of these digits each: one alone is a given."""
    cells: dict[str, list[int]] = {}
    for cell, digits in enumerate(marks):
        if not digits:
            raise PuzzleSyntaxError(f"{board.cell_name(cell)} has no candidate: expected some")
        if 1 < len(digits) < board.D:
            cells.setdefault(digits, []).append(cell)
    rules = [Marks(tuple(map(int, digits)), tuple(where)) for digits, where in cells.items()]
    givens = tuple(int(digits) if len(digits) == 1 else 0 for digits in marks)
    return Found(Puzzle(with_rules(board, rules), givens, (), name))


@cache
def is_board(n: int, family: str = "sudoku") -> bool:
    """Whether a board of the family in BARE, with the usual boxes, has n cells."""
    order = order_of(n)
    return order is not None and (family == "latin" or default_box(order) is not None)


@cache
def _sizes() -> str:
    sizes = [
        str(order**2)
        for order in range(_SMALLEST, _LARGEST + 1)
        if default_box(order) and order != 9
    ]
    return f"81 cells (or {', '.join(sizes)})"


def line_of(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """The cells in one string, numbers apart by spaces where a symbol has several characters."""
    return glue(puzzle.alphabet).join(encode(puzzle, values))


def rows_of(cells: Sequence[str], cols: int, alphabet: Sequence[str]) -> list[str]:
    """Cells of an alphabet as rows, with nothing drawn between them."""
    space = glue(alphabet)
    return [space.join(cells[start : start + cols]) for start in range(0, len(cells), cols)]


def glue(alphabet: Sequence[str]) -> str:
    """What stands between two cells of a row."""
    return " " if any(len(symbol) > 1 for symbol in alphabet) else ""


def require_nine(puzzle: Puzzle, name: str) -> None:
    """Raise PuzzleError unless the puzzle is 9x9 with the digits 1-9."""
    require_bare(puzzle, name)
    if puzzle.board.D != 9 or puzzle.alphabet != default_alphabet(9):
        raise PuzzleError(f"the {name} format holds 9x9 puzzles of digits only: use line")


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

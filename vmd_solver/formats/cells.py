"""Cells in a text, with their places in it: one string, fields of a line, or drawn rows.

The number of cells gives the size of a board; the family has to be given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count

from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import bare_board, order_of
from vmd_solver.formats.symbols import BLANKS, encode, infer, unexpected, values_of

FIELD = re.compile(r"[^\s,;]+")
MOST_CHARACTERS = 35
"""Largest order whose usual symbols are single characters."""

BAD = 0xFF
"""What a layout's table has for a byte that is no usual symbol."""

_LONGEST_ROW = 100_000
"""Characters, more than any row has: what follows in a longer line is not looked at."""

_BOX_DRAWING = {code: "|" if chr(code) in "│┃║╎╏┆┇┊┋" else "-" for code in range(0x2500, 0x2580)}
_RULE = re.compile(r"[-=+|:.'`*\s]+")
_PIECE = re.compile(r"[|:]|[^\s|:]+")


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
        return None if BAD in values else values


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
    table = bytearray([BAD]) * 256
    # From 10 values on 0 may be a value: `infer` decides.
    for blank in BLANKS if order < 10 else BLANKS.replace("0", ""):
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


def cells_in(fields: Sequence[re.Match[str]]) -> tuple[Cells, int]:
    """The cells that a line begins with, and how many of its fields they take.

    They are the characters of the first field, unless all fields are single cells (numbers of up to
    two digits) or the line is k groups of k characters.
    """
    if len(fields) > 1 and all(len(field.group()) <= 2 for field in fields):
        return Cells([f.group() for f in fields], [f.start() + 1 for f in fields]), len(fields)
    k = len(fields[0].group()) if fields else 0
    grouped = len(fields) == k and all(len(field.group()) == k for field in fields)
    return _joined(fields if grouped else fields[:1]), len(fields) if grouped else 1


def cells_of(text: str, column: int | None = None) -> Cells:
    """The cells of a text that holds nothing else and begins at `column`."""
    fields = list(FIELD.finditer(text))
    cells, used = cells_in(fields)
    if used < len(fields):
        cells = _joined(fields)
    return Cells(cells.symbols, [column - 1 + at for at in cells.columns] if column else ())


def _joined(fields: Sequence[re.Match[str]]) -> Cells:
    symbols = "".join(field.group() for field in fields)
    return Cells(symbols, [at + 1 for field in fields for at in range(*field.span())])


def puzzle_of(
    cells: Cells, family: str, name: str = "", answer: Cells | None = None
) -> tuple[Puzzle, tuple[int, ...] | None]:
    """The puzzle of a family in BARE, and the solution where an `answer` is given.

    Raises PuzzleSyntaxError where the number of cells or a symbol does not fit.
    """
    n = len(cells.symbols)
    order = order_of(n)
    if order is None:
        sizes = "81 cells (or 16, 36, 64, 144, 256, 400, 625)"
        expected = "a square number of cells" if family == "latin" else sizes
        last = cells.columns[-1] + len(cells.symbols[-1]) if n and cells.columns else None
        raise PuzzleSyntaxError(f"expected {expected}, got {n}", column=last)
    if answer and len(answer.symbols) != n:
        got = len(answer.symbols)
        raise answer.error(0, f"expected {n} cells in the solution, got {got}")
    board = bare_board(family, order)
    alphabet = infer([*cells.symbols, *(answer.symbols if answer else ())], order)
    puzzle = Puzzle(board, cells.values(alphabet), alphabet, name)
    return puzzle, answer.solution(alphabet) if answer else None


@dataclass(frozen=True)
class Row:
    """A drawn row of cells, `number` in its file; bars (`|` or `:`) divide it into groups."""

    number: int
    text: str

    @cached_property
    def plain(self) -> str:
        """The text without a remark after it, box-drawing characters as `|` and `-`."""
        bare = re.split(r"\s#", self.text, maxsplit=1)[0] if "#" in self.text else self.text
        return _ascii_lines(bare)

    @cached_property
    def groups(self) -> list[list[tuple[str, int]]]:
        """Pieces between white space, with their columns, in groups between bars; none empty."""
        found: list[list[tuple[str, int]]] = [[]]
        for piece in _PIECE.finditer(self.plain[:_LONGEST_ROW]):
            if piece.group() in "|:":
                found.append([])
            else:
                found[-1].append((piece.group(), piece.start() + 1))
        return [group for group in found if group]

    @cached_property
    def is_split(self) -> bool:
        """Whether the pieces are cells, because some are numbers of two digits."""
        pieces = [symbol for group in self.groups for symbol, _ in group]
        long = [symbol for symbol in pieces if len(symbol) > 1]
        return bool(long) and all(
            len(symbol) == 2
            and symbol.isascii()
            and symbol.isdigit()
            and int(symbol) <= len(pieces)
            for symbol in long
        )

    def cells(self, split: bool) -> list[tuple[str, int]]:
        """The cells, with their columns: the pieces, or else each of their characters."""
        pieces = [piece for group in self.groups for piece in group]
        if split:
            return pieces
        return [cell for piece, at in pieces for cell in zip(piece, count(at), strict=False)]

    @cached_property
    def counts(self) -> dict[bool, int]:
        """How many cells there are, by whether pieces are cells."""
        return {split: sum(self.widths(split)) for split in (True, False)}

    def widths(self, split: bool) -> tuple[int, ...]:
        """Cells in each group."""
        if split:
            return tuple(map(len, self.groups))
        return tuple(sum(len(symbol) for symbol, _ in group) for group in self.groups)

    def fit(self, cols: int) -> list[tuple[str, int]]:
        """The `cols` cells, whichever way of reading gives that many.

        Raises PuzzleSyntaxError where neither does.
        """
        self.require_cells()
        for split in (True, False):
            if self.counts[split] == cols:
                return self.cells(split)
        raise self.ragged(self.counts[self.is_split], cols)

    def require_cells(self) -> None:
        """Raise PuzzleSyntaxError at a `-`, which might be an open cell or a drawn line."""
        column = self.plain.find("-") + 1
        if column:
            message = "'-' draws a line in a grid: write an open cell as . or 0"
            raise PuzzleSyntaxError(message, line=self.number, column=column)

    def ragged(self, cells: int, cols: int) -> PuzzleSyntaxError:
        """The error of a row that has `cells` cells where `cols` are expected."""
        message = f"expected {cols} cells in the row, got {cells}"
        return PuzzleSyntaxError(message, line=self.number, column=len(self.text.rstrip()) + 1)


def is_rule(text: str) -> bool:
    """Whether a line is drawn, such as `---+---` or a line of box-drawing characters."""
    plain = _ascii_lines(text)
    return _RULE.fullmatch(plain) is not None and ("-" in plain or "=" in plain)


def _ascii_lines(text: str) -> str:
    return text if text.isascii() else text.translate(_BOX_DRAWING)


def cells_of_rows(
    rows: Sequence[Row], cells: Sequence[Sequence[tuple[str, int]]], expected: int, cols: int
) -> Cells:
    """The `expected` rows' cells, all together; PuzzleSyntaxError where there are not so many."""
    if len(rows) != expected:
        message = f"expected {expected} rows of {cols} cells, got {len(rows)}"
        raise PuzzleSyntaxError(message, line=rows[-1].number if rows else None)
    pairs = zip(rows, cells, strict=True)
    found = [(symbol, column, row.number) for row, of_row in pairs for symbol, column in of_row]
    return Cells(*zip(*found, strict=True))


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

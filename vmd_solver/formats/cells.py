"""Cells in a text, with their places in it: one string, fields of a line, or drawn rows.

The number of cells gives the size of a board; the family has to be given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate, count
from math import isqrt
from string import ascii_uppercase

from vmd_solver.csp.families import with_rules
from vmd_solver.csp.puzzle import MAX_VALUES, Board, Puzzle, default_alphabet
from vmd_solver.csp.rules import Marks
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import bare_board, default_box, order_of
from vmd_solver.formats.entry import Found
from vmd_solver.formats.symbols import (
    BLANKS,
    alphabets,
    encode,
    infer,
    unexpected,
    values_of,
    zeros_in,
)

_FIELD = re.compile(r"[^\s,;|:=\"']+")
_CELL = re.compile(r"\+?(\S)")
MOST_IN_ROW = 16
MOST_CHARACTERS = 35
"""Largest order whose usual symbols are single characters."""

_BLANKS = frozenset(BLANKS)

BAD = 0xFF
"""What a layout's table has for a byte that is no usual symbol."""

_LONGEST_ROW = 100_000
"""Characters, more than any row has: what follows in a longer line is not looked at."""

_BOX_DRAWING = {code: "|" if chr(code) in "│┃║╎╏┆┇┊┋" else "-" for code in range(0x2500, 0x2580)}
_RULE = re.compile(r"[-=+|:.'`*\s]+")
_PIECE = re.compile(r"[|:]|[^\s|:']+'?")
_MINUS_ONE = re.compile(r"(?<![^\s,;|:])-1(?![^\s,;|:])")
_SEPARATORS = ",;\t"
_NARROWEST = 4
_SHARE = 0.8
"""Share of the characters of a line that may be cells from which on they are taken for cells."""
_PLAIN = "0123456789., "


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


def fields_of(text: str) -> list[re.Match[str]]:
    """The fields of a line: what stands between white space, `, ; | : =` and quotes."""
    return list(_FIELD.finditer(text))


def cells_in(text: str, fields: Sequence[re.Match[str]]) -> tuple[Cells, Sequence[re.Match[str]]]:
    """The cells of the puzzle that a line holds, and the fields that they are not made of.

    They are all the fields where each is a single cell, or between commas, semicolons or tabs even
    none; k groups of k characters; a whole line in which spaces are open; else the first field that
    may be a board, or the longest that looks like cells.
    """
    row = Row(0, text)
    if row.separated is not None:
        return _of_pairs(row.separated), ()
    spaced = len(fields) > 1 and is_board(len(text)) and not text.strip(" 123456789")
    if spaced and not is_board(len(fields)):
        return Cells(text.replace(" ", "."), range(1, len(text) + 1)), ()
    if len(fields) > 1 and all(len(field.group()) <= 2 for field in fields):
        return _of_pairs([(f.group(), f.start() + 1) for f in fields]), ()
    k = len(fields[0].group()) if fields else 0
    if len(fields) == k and all(len(field.group()) == k for field in fields):
        return _joined(fields), ()
    likely = [field for field in fields if looks_like_cells(field.group())] or list(fields[:1])
    whole = (field for field in likely if is_board(len(placed(field.group()))))
    chosen = next(whole, max(likely, key=lambda field: len(field.group()), default=None))
    rest = [field for field in fields if field is not chosen]
    return _joined([chosen] if chosen else []), rest


def cells_of(text: str, column: int | None = None) -> Cells:
    """The cells of a text that holds nothing else and begins at `column`."""
    fields = fields_of(text)
    cells, rest = cells_in(text, fields)
    if rest:
        cells = _joined(fields)
    return Cells(cells.symbols, [column - 1 + at for at in cells.columns] if column else ())


def _of_pairs(pairs: Sequence[tuple[str, int]]) -> Cells:
    return Cells([symbol for symbol, _ in pairs], [column for _, column in pairs])


def placed(text: str) -> list[tuple[str, int]]:
    """Cells, each a character, with their places; one after a `+` was placed while solving."""
    return [
        ("." if found.group()[0] == "+" else found.group(), found.start())
        for found in _CELL.finditer(text)
    ]


def _joined(fields: Sequence[re.Match[str]]) -> Cells:
    found = [(s, field.start() + at + 1) for field in fields for s, at in placed(field.group())]
    return _of_pairs(found)


def looks_like_cells(text: str, least: int = _NARROWEST) -> bool:
    """Whether most of the characters can be cells of a board, or a row, of that many, `least` on.

    >>> looks_like_cells("53..7...."), looks_like_cells("Level1"), looks_like_cells("1.")
    (True, False, False)
    """
    w = len(text)
    if w < least:
        return False
    order = w if w <= MAX_VALUES else isqrt(w - 1) + 1
    known = [symbol for symbol in text if symbol in values_of(alphabets(min(order, 35))[0])]
    if len(known) < _SHARE * w:
        alone = values_of(tuple(ascii_uppercase[:order]))
        return order <= len(ascii_uppercase) and all(symbol in alone for symbol in text)
    letters = sum(symbol.isalpha() and symbol not in BLANKS for symbol in known)
    words = letters > (0.7 if text.isupper() else 0.5) * w
    return not words or (len(known) == w and (w <= len(ascii_uppercase) or text.isupper()))


def is_stray(text: str, family: str = "sudoku") -> bool:
    """Whether a line is no puzzle, and no row of one: a title, a count, what a program says.

    >>> [is_stray(line) for line in ("Level 1", "3", "% by hand", "53..7....", "+---+", "1 . 3 8")]
    [True, True, True, False, False, False]
    """
    plain = text.strip()
    if len(text) >= _NARROWEST and not text.strip(" |:123456789"):
        return False  # spaces may be open cells
    if len(plain) >= MOST_IN_ROW and not plain.strip(_PLAIN):
        return False
    row = Row(0, text[:_LONGEST_ROW])
    if row.separated is not None or is_rule(row.text) or plain.startswith("{"):
        return False
    pieces = [symbol for group in row.groups for symbol, _ in group]
    least = 1 if family == "latin" else _NARROWEST
    return not (
        looks_like_cells("".join(pieces), least)
        or (row.is_split and len(pieces) >= least)
        or any(is_board(len(f.group())) and looks_like_cells(f.group()) for f in fields_of(plain))
    )


def all_plain(lines: Sequence[str]) -> bool:
    """Whether none is stray, as can be seen of all at once; False where it takes a closer look."""
    shortest = min(map(len, lines), default=0)
    return shortest >= MOST_IN_ROW and not "".join(lines).encode().translate(None, _PLAIN.encode())


def puzzle_of(cells: Cells, family: str, name: str = "", answer: Cells | None = None) -> Found:
    """The puzzle of a family in BARE, with the solution where an `answer` is given.

    Raises PuzzleSyntaxError where the number of cells or a symbol does not fit.
    """
    n = len(cells.symbols)
    if n == CANDIDATES and (found := candidates_of(cells, family, name)):
        return found
    order = order_of(n)
    if order is None or (order < _NARROWEST and family != "latin"):
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


CANDIDATES = 729
"""Characters that give the candidates of a 9x9: nine for each cell, each its value or blank."""


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
    sizes = [str(order**2) for order in range(_NARROWEST, 26) if default_box(order) and order != 9]
    return f"81 cells (or {', '.join(sizes)})"


@dataclass(frozen=True)
class Row:
    """A drawn row of cells, `number` in its file; bars (`|` or `:`) divide it into groups."""

    number: int
    text: str

    @cached_property
    def plain(self) -> str:
        """The text without a remark after it, box-drawing characters as `|` and `-`, -1 as `.`."""
        bare = re.split(r"\s#", self.text, maxsplit=1)[0] if "#" in self.text else self.text
        return _MINUS_ONE.sub(" .", _ascii_lines(bare)) if "-1" in bare else _ascii_lines(bare)

    @cached_property
    def separated(self) -> list[tuple[str, int]] | None:
        """The cells between commas, semicolons or tabs, with their columns, none as open cells."""
        for separator in "" if "|" in self.plain else _SEPARATORS:
            pieces = self.plain.split(separator)
            if len(pieces) > _NARROWEST - 1 and all(len(_bare(piece)) <= 2 for piece in pieces):
                at = accumulate((len(piece) + 1 for piece in pieces[:-1]), initial=1)
                return [
                    (_bare(piece) or ".", column) for piece, column in zip(pieces, at, strict=True)
                ]
        return None

    @cached_property
    def groups(self) -> list[list[tuple[str, int]]]:
        """Pieces between white space, with their columns, in groups between bars; none empty."""
        if self.separated is not None:
            return [self.separated]
        found: list[list[tuple[str, int]]] = [[]]
        for piece in _PIECE.finditer(self.plain[:_LONGEST_ROW]):
            if piece.group() in "|:":
                found.append([])
            else:
                found[-1].append((piece.group().rstrip("'"), piece.start() + 1))
        return [group for group in found if group]

    @cached_property
    def marked(self) -> set[int]:
        """The columns of cells with a `'`, the givens of a grid that `vmd-solve` has drawn."""
        ends = (piece for piece in _PIECE.finditer(self.plain) if piece.group().endswith("'"))
        return {piece.start() + 1 for piece in ends} if self.separated is None else set()

    @cached_property
    def is_split(self) -> bool:
        """Whether the pieces are cells, because some are numbers of two digits."""
        if self.separated is not None or self.marked:
            return True
        pieces = [symbol for group in self.groups for symbol, _ in group]
        long = [symbol for symbol in pieces if len(symbol) > 1]
        return bool(long) and all(
            len(symbol) == 2
            and symbol.isascii()
            and symbol.isdigit()
            and int(symbol) <= len(pieces)
            for symbol in long
        )

    def grouped(self, split: bool) -> list[list[tuple[str, int]]]:
        """The cells in groups: the pieces, or else each of their characters."""
        if split:
            return self.groups
        return [
            [cell for piece, at in group for cell in zip(piece, count(at), strict=False)]
            for group in self.groups
        ]

    def cells(self, split: bool) -> list[tuple[str, int]]:
        """The cells, with their columns."""
        return [cell for group in self.grouped(split) for cell in group]

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


def _bare(piece: str) -> str:
    return piece.strip(" \"'")


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

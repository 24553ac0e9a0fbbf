"""Lines of cells: fields of a line, drawn rows, and which lines hold no cells at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, count
from math import isqrt
from string import ascii_uppercase

from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.cells import Cells, is_board
from vmd_solver.formats.symbols import BLANKS, alphabets, values_of

_FIELD = re.compile(r"[^\s,;|:=\"']+")
_CELL = re.compile(r"\+?(\S)")
_BOX_DRAWING = {code: "|" if chr(code) in "│┃║╎╏┆┇┊┋" else "-" for code in range(0x2500, 0x2580)}
_RULE = re.compile(r"[-=+|:.'`*\s]+")
_PIECE = re.compile(r"[|:]|[^\s|:']+'?")
_MINUS_ONE = re.compile(r"(?<![^\s,;|:])-1(?![^\s,;|:])")
_SEPARATORS = ",;\t"
_PLAIN = "0123456789., "

NARROWEST = 4
"""Cells of the shortest row."""

WIDEST = 63
"""Cells of the longest row of a text that does not say so: 64 and 81 are a puzzle in one line."""

_SHORTEST = 16
"""Cells of the smallest board."""

_LONGEST = 100_000
"""Characters, more than any row has: what follows in a longer line is not looked at."""

_SHARE = 0.8
"""Share of the characters of a line that may be cells from which on they are taken for cells."""


def without_remark(text: str) -> str:
    """A line without a remark that begins with ` #`."""
    return re.split(r"\s#", text, maxsplit=1)[0] if "#" in text else text


def fields_of(text: str) -> list[re.Match[str]]:
    """The fields of a line: what stands between white space, `, ; | : =` and quotes."""
    return list(_FIELD.finditer(text))


def digits(cells: int) -> int:
    """Most digits of a number in a line of so many cells; of 100, three may be no candidates."""
    return 2 if cells < 100 else 3


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
    if len(fields) > 1 and all(len(field.group()) <= digits(len(fields)) for field in fields):
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


@dataclass(frozen=True)
class Row:
    """A drawn row of cells, `number` in its file; bars (`|` or `:`) divide it into groups."""

    number: int
    text: str

    @cached_property
    def plain(self) -> str:
        """The text without a remark after it, box-drawing characters as `|` and `-`, -1 as `.`."""
        bare = without_remark(self.text)
        return _MINUS_ONE.sub(" .", _ascii_lines(bare)) if "-1" in bare else _ascii_lines(bare)

    @cached_property
    def separated(self) -> list[tuple[str, int]] | None:
        """The cells between commas, semicolons or tabs, with their columns, none as open cells."""
        for separator in "" if "|" in self.plain else _SEPARATORS:
            pieces = self.plain.split(separator)
            if len(pieces) > NARROWEST - 1 and all(
                len(_bare(piece)) <= digits(len(pieces)) for piece in pieces
            ):
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
        for piece in _PIECE.finditer(self.plain[:_LONGEST]):
            if piece.group() in "|:":
                found.append([])
            else:
                found[-1].append((piece.group().rstrip("'"), piece.start() + 1))
        return [group for group in found if group]

    @cached_property
    def marked(self) -> set[int]:
        """The columns of cells with a `'`, the givens of a grid that `vmd-solve` has drawn."""
        if "'" not in self.plain or self.separated is not None:
            return set()
        ends = (piece for piece in _PIECE.finditer(self.plain) if piece.group().endswith("'"))
        return {piece.start() + 1 for piece in ends}

    @cached_property
    def is_split(self) -> bool:
        """Whether the pieces are cells, because some are numbers of several digits."""
        if self.separated is not None or self.marked:
            return True
        pieces = [symbol for group in self.groups for symbol, _ in group]
        long = [symbol for symbol in pieces if len(symbol) > 1]
        return bool(long) and all(
            len(symbol) <= digits(len(pieces))
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

    @property
    def is_long(self) -> bool:
        """Whether a piece has too many characters for a row: a puzzle in one line."""
        return any(len(piece) > WIDEST for group in self.groups for piece, _ in group)

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


def looks_like_cells(text: str, least: int = NARROWEST) -> bool:
    """Whether most of the characters can be cells of a board, or a row, of that many, `least` on.

    >>> looks_like_cells("53..7...."), looks_like_cells("Level1"), looks_like_cells("1.")
    (True, False, False)
    """
    w = len(text)
    if w < least:
        return False
    order = w if w <= WIDEST else isqrt(w - 1) + 1
    usual = values_of(alphabets(min(order, 35))[0])
    known = [symbol for symbol in text if symbol in usual]
    if len(known) < _SHARE * w:
        alone = values_of(tuple(ascii_uppercase[:order]))
        return order <= len(ascii_uppercase) and all(symbol in alone for symbol in text)
    letters = sum(symbol.isalpha() and symbol not in BLANKS for symbol in known)
    words = letters > (0.7 if text.isupper() else 0.5) * w
    return not words or (len(known) == w and (w <= len(ascii_uppercase) or text.isupper()))


def is_stray(text: str, family: str = "sudoku") -> bool:
    """Whether a line is no puzzle, and no row of one: a title, a count, what a program says.

    >>> [is_stray(line) for line in ("Level 1", "3", "% by hand", "53..7....", "+---+", "1 . 3 4")]
    [True, True, True, False, False, False]
    """
    plain = text.strip()
    if len(text) >= NARROWEST and not text.strip(" |:123456789"):
        return False  # spaces may be open cells
    if len(plain) >= _SHORTEST and not plain.strip(_PLAIN):
        return False
    row = Row(0, text[:_LONGEST])
    if row.separated is not None or is_rule(row.text) or plain.startswith("{"):
        return False
    pieces = [symbol for group in row.groups for symbol, _ in group]
    least = 1 if family == "latin" else NARROWEST
    alone = [field.group() for field in fields_of(plain) if is_board(len(field.group()))]
    alone = alone or (pieces if len(pieces) == 1 else [])
    return not (
        looks_like_cells("".join(pieces), least)
        or (row.is_split and len(pieces) >= least)
        or any(looks_like_cells(piece) or _half_plain(piece, least) for piece in alone)
    )


def _half_plain(piece: str, least: int) -> bool:
    """Whether half of a piece may be cells: of symbols nobody knows it is refused, not skipped."""
    known = sum(symbol in _PLAIN or symbol in BLANKS for symbol in piece)
    return len(piece) >= least and 2 * known >= len(piece)


def all_plain(text: str, shortest: int) -> bool:
    """Whether no line of a text is stray, the shortest so long, as can be seen of all at once.

    False where it takes a closer look.
    """
    return shortest >= _SHORTEST and not text.encode().translate(None, f"{_PLAIN}\n".encode())


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

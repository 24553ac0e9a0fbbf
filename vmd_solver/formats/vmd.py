"""Our own text format: header lines `key: value`, regions drawn as letters, givens as rows.

Holds every family. Several puzzles in a file are separated by a line `---`, or each begins with
`family:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase, digits

from vmd_solver.csp.families import FAMILIES
from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import MAX_CELLS, Description, build, describe
from vmd_solver.formats.cells import Cells, Row, cells_of_rows, is_rule, rows_of
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    Found,
    Lines,
    first_line,
    one_line,
    require_short,
)
from vmd_solver.formats.symbols import encode, infer, shown

_VALUES = ("family", "name", "size", "box", "values", "alphabet")
_BLOCKS = ("regions", "units", "givens", "solution")
_KEYS = (*_VALUES, *_BLOCKS)
_KEY = re.compile(r"\s*([a-z]+)\s*:(.*)")
_PAIR = re.compile(r"(\d{1,6})(?:\s*[x\u00d7]\s*(\d{1,6}))?")
_CELL = re.compile(r"r(\d{1,6})c(\d{1,6})", re.IGNORECASE)
_RESERVED = set("|:#-+=*_.?,;'`") | {chr(code) for code in range(0x2500, 0x2580)}
_LABELS = ascii_uppercase + ascii_lowercase + digits
_MOST_LINES = 10_000


@dataclass
class _Draft:
    """The lines of one puzzle: headers and blocks, each with the line of its key."""

    line: int
    lines: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, list[Row]] = field(default_factory=dict)
    has_block: bool = False
    error: PuzzleSyntaxError | None = None

    def take(self, number: int, text: str) -> None:
        """Gather a line; after the first error nothing more is."""
        header = _header(text)
        self.has_block |= header is not None and header[0] in _BLOCKS
        if self.error is None:
            self.lines.append(text)
            try:
                self._take(number, text, header)
            except PuzzleSyntaxError as error:
                self.error = error

    def _take(self, number: int, text: str, header: tuple[str, str] | None) -> None:
        if len(self.lines) > _MOST_LINES:
            raise PuzzleSyntaxError(f"more than {_MOST_LINES} lines: end the puzzle with ---")
        require_short(text)
        wrong = None
        if header is None:
            if not self.blocks:
                wrong = "expected 'key: value', such as 'family: sudoku', or 'givens:'"
            elif not is_rule(text):
                self.blocks[next(reversed(self.blocks))].append(Row(number, text))
        else:
            key, value = header
            if key not in _KEYS:
                wrong = f"unknown key {shown(key)}: expected one of {', '.join(_KEYS)}"
            elif key in self.places:
                first = self.places[key]
                wrong = f"the key {key!r} occurs twice, first in line {first}: keep one"
            elif key in _VALUES:
                self.values[key] = value
            elif value:
                wrong = f"expected nothing after '{key}:': its rows begin on the next line"
            else:
                self.blocks[key] = []
            self.places.setdefault(key, number)
        if wrong:
            raise PuzzleSyntaxError(wrong, line=number)

    def parse(self, family: str) -> Found:
        """The puzzle that they describe."""
        if self.error:
            raise self.error
        givens = self.blocks.get("givens")
        if not givens:
            raise PuzzleSyntaxError("no givens: expected 'givens:' and the rows of cells")
        description = self._description(family)
        try:
            board = build(description, n=len(givens) ** 2)
        except PuzzleError as error:
            raise self._at(error, "regions", "units", "box", "size", "family") from None
        cells = _cells(givens, board)
        alphabet = infer(cells.symbols, board.D)
        if "alphabet" in self.values:
            alphabet = tuple(self.values["alphabet"].split())
            try:
                _require_plain(alphabet)
            except PuzzleError as error:
                raise self._at(error, "alphabet") from None
            got = len(set(alphabet))
            if got != board.D or len(alphabet) != board.D:
                wrong = f"alphabet: expected {board.D} different symbols, got {got}"
                raise PuzzleSyntaxError(wrong, line=self.places["alphabet"])
        name = one_line(self.values.get("name", ""))
        puzzle = Puzzle(board, cells.values(alphabet), alphabet, name)
        answer = self.blocks.get("solution")
        return puzzle, None if answer is None else _cells(answer, board).solution(alphabet), None

    def _at(self, error: PuzzleError, *keys: str) -> PuzzleSyntaxError:
        """The same error, placed at the first of `keys` that the puzzle has."""
        line = next((self.places[key] for key in keys if key in self.places), self.line)
        message = error.message if isinstance(error, PuzzleSyntaxError) else str(error)
        return PuzzleSyntaxError(message, line=line)

    def _description(self, family: str) -> Description:
        size, values, box = self._pair("size"), self._pair("values"), self._pair("box", both=True)
        shape = (size[0], size[1] or size[0]) if size else None
        regions = None
        if (rows := self.blocks.get("regions")) is not None:
            labels = [symbol for row in rows for symbol, _ in row.fit(len(rows))]
            numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
            regions = tuple(numbers[label] for label in labels)
        units = self._units(shape)
        family = self.values.get("family", family)
        return Description(family, shape, box, values[0] if values else None, regions, units)

    def _pair(self, key: str, both: bool = False) -> tuple[int, int] | None:
        """One or two numbers (`9`, `3x4`) of a header line; the second is 0 where it is absent."""
        if key not in self.values:
            return None
        match = _PAIR.fullmatch(self.values[key])
        if match is None or (both and match.group(2) is None):
            expected = "rows x columns, such as 3x3" if both else "a number"
            message = f"{key}: expected {expected}, got {shown(self.values[key])}"
            raise PuzzleSyntaxError(message, line=self.places[key])
        return int(match.group(1)), int(match.group(2) or 0)

    def _units(self, size: tuple[int, int] | None) -> tuple[tuple[int, ...], ...] | None:
        """The cells of each unit, one unit a line, cells written `r1c2`."""
        lines = self.blocks.get("units")
        if lines is None:
            return None
        if size is None:
            message = "units need the size of the grid: add a line such as 'size: 4x5'"
            raise PuzzleSyntaxError(message, line=self.places["units"])
        rows, cols = size
        if rows * cols > MAX_CELLS:
            raise PuzzleSyntaxError(f"{rows}x{cols} is too large: at most {MAX_CELLS} cells")
        units: list[list[int]] = [[] for _ in lines]
        for line, unit in zip(lines, units, strict=True):
            for piece in re.finditer(r"[^\s,]+", line.text):
                match = _CELL.fullmatch(piece.group())
                row, col = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
                if not (1 <= row <= rows and 1 <= col <= cols):
                    expected = f"expected r1c1 to r{rows}c{cols}"
                    message = f"{shown(piece.group())} is not a cell: {expected}"
                    raise PuzzleSyntaxError(message, line=line.number, column=piece.start() + 1)
                unit.append((row - 1) * cols + col - 1)
        return tuple(map(tuple, units))


def _header(text: str) -> tuple[str, str] | None:
    """Key and value of a header line, or None for any other line."""
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    key, value = match.groups()
    spaced = not value or value[0].isspace()
    return (key, value.strip()) if spaced or key in _KEYS else None


def _read(lines: Lines, context: Context) -> Iterator[Entry]:
    for draft in _drafts(lines):
        yield context.entry(draft.line, "\n".join(draft.lines), _Draft.parse, draft)


def _drafts(lines: Lines) -> Iterator[_Draft]:
    draft: _Draft | None = None
    for number, text in lines:
        stripped = text.strip()
        begins = draft and draft.has_block and stripped.startswith("family:")
        if draft and (stripped == "---" or begins):
            yield draft
            draft = None
        if stripped and stripped != "---":
            draft = draft or _Draft(number)
            draft.take(number, text)
    if draft:
        yield draft


def _cells(rows: list[Row], board: Board) -> Cells:
    return cells_of_rows(rows, [row.fit(board.cols) for row in rows], board.rows, board.cols)


def _require_plain(alphabet: tuple[str, ...]) -> None:
    """Raise PuzzleError where a symbol could be taken for something else in a row of cells."""
    for symbol in alphabet:
        if not symbol or not symbol.isprintable() or " " in symbol or _RESERVED & set(symbol):
            raise PuzzleError(
                f"alphabet: {shown(symbol)} cannot stand in a row of cells: choose another symbol"
            )


def _write(puzzle: Puzzle) -> str:
    """The puzzle with its headers. Raises PuzzleError where text cannot hold its alphabet."""
    board, cells = puzzle.board, encode(puzzle)
    description = describe(board)
    lines = [f"family: {board.family}"]
    if puzzle.name:
        lines.append(f"name: {one_line(puzzle.name)}")
    lines.append(f"size: {board.rows}x{board.cols}")
    if board.box:
        lines.append(f"box: {board.box[0]}x{board.box[1]}")
    if board.family == "grid":
        lines.append(f"values: {board.D}")
    if puzzle.alphabet != default_alphabet(board.D):
        _require_plain(puzzle.alphabet)
        lines.append(f"alphabet: {' '.join(puzzle.alphabet)}")
    if (regions := description.regions) is not None:
        few = max(regions) < len(_LABELS)
        labels = [_LABELS[region] if few else str(region + 1) for region in regions]
        lines += ["regions:", *rows_of(labels, board.cols, labels)]
    if description.units is not None:
        if () in description.units:
            raise PuzzleError("an empty unit cannot be written as text: use the format jsonl")
        lines.append("units:")
        lines += [" ".join(map(board.cell_name, unit)) for unit in description.units]
    return "\n".join((*lines, "givens:", *rows_of(cells, board.cols, puzzle.alphabet), ""))


FORMAT = Format(
    name="vmd",
    summary="our own text format: headers, regions as letters, rows of givens",
    recognise=first_line(lambda text: (_header(text) or ("", ""))[0] in _KEYS),
    read=_read,
    write=_write,
    families=FAMILIES,
    bare=False,
    between="---\n",
)

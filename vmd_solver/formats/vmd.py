"""Our own text format: header lines `key: value`, regions drawn as letters, rules, rows of givens.

Holds every family and every rule. Several puzzles in a file are separated by a line `---`, or each
begins with `family:`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from vmd_solver.csp.families import FAMILIES
from vmd_solver.csp.puzzle import Board, Puzzle, numerals
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import MAX_CELLS, Description, build, describe
from vmd_solver.formats.cells import Cells, bare_puzzle, rows_of
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
from vmd_solver.formats.rows import Row, cells_of_rows, is_rule
from vmd_solver.formats.ruletext import board_with, parse_cells, parse_rule, rule_text
from vmd_solver.formats.symbols import encode, infer, shown

_VALUES = ("family", "name", "size", "box", "values", "numbers", "alphabet")
_BLOCKS = ("regions", "units", "rules", "givens", "solution")
_KEYS = (*_VALUES, *_BLOCKS)
_KEY = re.compile(r"\s*([a-z]+)\s*:(.*)")
_PAIR = re.compile(r"(\d{1,6})(?:\s*[x\u00d7]\s*(\d{1,6}))?")
_NUMBERS = re.compile(r"(\d{1,6})\s*-\s*(\d{1,6})")
_HOLE = "/"
_RESERVED = set("|:#-+=*_.?,;'`/") | {chr(code) for code in range(0x2500, 0x2580)}
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
        board = self._board(description, len(givens) ** 2)
        cells = _cells(givens, board)
        if holes := tuple(at for at, cell in enumerate(cells.symbols) if cell == _HOLE):
            board = self._board(replace(description, holes=holes), board.n)
        board = self._ruled(board)
        low, D = board.low, board.D
        alphabet = infer(cells.symbols, D) if low == 1 else numerals(D, low)
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
        name, rows = one_line(self.values.get("name", "")), self.blocks.get("solution")
        answer = None if rows is None else _cells(rows, board)
        if low == 1 and "alphabet" not in self.values and not holes:
            return bare_puzzle(board, cells, name, answer)
        puzzle = Puzzle(board, _filled(cells, board, alphabet).values(alphabet), alphabet, name)
        solved = None if answer is None else _filled(answer, board, alphabet).solution(alphabet)
        return Found(puzzle, solved)

    def _board(self, description: Description, n: int) -> Board:
        try:
            return build(description, n)
        except PuzzleError as error:
            raise self._at(error, "regions", "units", "box", "size", "family") from None

    def _ruled(self, board: Board) -> Board:
        """The board with the rules of the block, one a line."""
        rows = self.blocks.get("rules", [])
        rules = [(_placed(row, parse_rule, board), row.number, 1) for row in rows]
        return board_with(board, rules) if rules else board

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
            cols = shape[1] if shape else len(rows)
            labels = [symbol for row in rows for symbol, _ in row.fit(cols)]
            numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
            regions = tuple(numbers[label] for label in labels)
        units, low = self._units(shape), None
        D = values[0] if values else None
        if "numbers" in self.values:
            low, high = self._numbers()
            if D not in (None, high - low + 1):
                wrong = f"{D} values contradict numbers {low}-{high}"
                raise PuzzleSyntaxError(wrong, line=self.places["numbers"])
            D = high - low + 1
        family = self.values.get("family", family)
        return Description(family, shape, box, D, regions, units, low)

    def _numbers(self) -> tuple[int, int]:
        """The least and the greatest number, from a header line."""
        match = _NUMBERS.fullmatch(self.values["numbers"])
        low, high = map(int, match.groups()) if match else (1, 0)
        if low > high:
            got = shown(self.values["numbers"])
            message = f"numbers: expected the least and the greatest, such as 0-8, got {got}"
            raise PuzzleSyntaxError(message, line=self.places["numbers"])
        return low, high

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
        return tuple(_placed(line, parse_cells, rows, cols) for line in lines)


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


def _placed(row: Row, parse: Callable[..., Any], *given: object) -> Any:
    """What a line holds, or its error placed there."""
    try:
        return parse(row.text, *given)
    except PuzzleSyntaxError as error:
        raise PuzzleSyntaxError(error.message, line=row.number, column=error.column) from None


def _filled(cells: Cells, board: Board, alphabet: tuple[str, ...]) -> Cells:
    """The cells with value 1 at the holes, as a puzzle has them."""
    symbols = [
        alphabet[0] if symbol == _HOLE and at in board.holes else symbol
        for at, symbol in enumerate(cells.symbols)
    ]
    return Cells(symbols, cells.columns, cells.lines)


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
    if board.low != 1:
        lines.append(f"numbers: {board.low}-{board.high}")
    elif board.family == "grid":
        lines.append(f"values: {board.D}")
    if puzzle.alphabet != numerals(board.D, board.low):
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
    if board.rules:
        lines += ["rules:", *(rule_text(rule, board) for rule in board.rules)]
    for hole in board.holes:
        cells[hole] = _HOLE
    return "\n".join((*lines, "givens:", *rows_of(cells, board.cols, puzzle.alphabet), ""))


FORMAT = Format(
    name="vmd",
    summary="our own text format: headers, regions as letters, rows of givens",
    recognise=first_line(
        lambda text: (_header(text) or ("", ""))[0] in _KEYS, "a header, family: or the like"
    ),
    read=_read,
    write=_write,
    families=FAMILIES,
    bare=False,
    ruled=True,
    between="---\n",
)

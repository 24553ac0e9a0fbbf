"""Our own text format: header lines `key: value`, regions drawn as letters, givens as rows.

Holds every family. Several puzzles in a file are separated by a line `---`, or each begins with
`family:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_letters, digits

from vmd_solver.csp.families import FAMILIES
from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import MAX_CELLS, Description, build, describe
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    Lines,
    failed,
    first_line,
    one_line,
    require_short,
)
from vmd_solver.formats.plain import Cells, cells_of_rows, glue, solution_of
from vmd_solver.formats.rows import Row, is_rule, require_rows
from vmd_solver.formats.symbols import encode, infer, shown

_VALUES = ("family", "name", "size", "box", "values", "alphabet")
_BLOCKS = ("regions", "units", "givens", "solution")
_KEY = re.compile(r"\s*([a-z]+)\s*:(.*)")
_PAIR = re.compile(r"(\d{1,6})(?:\s*[x\u00d7]\s*(\d{1,6}))?")
_CELL = re.compile(r"r(\d{1,6})c(\d{1,6})", re.IGNORECASE)
_RESERVED = set("|:#-+=*_.?,;'`") | {chr(code) for code in range(0x2500, 0x2580)}
_LABELS = ascii_letters[26:] + ascii_letters[:26] + digits
_MOST_LINES = 10_000


@dataclass
class _Draft:
    """The lines of one puzzle, before they are interpreted."""

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
        if header is not None:
            self._open(number, *header)
        elif not self.blocks:
            expected = "expected 'key: value', such as 'family: sudoku', or 'givens:'"
            raise PuzzleSyntaxError(expected, line=number, column=1)
        elif not is_rule(text):
            self.blocks[next(reversed(self.blocks))].append(Row(number, text))

    def _open(self, number: int, key: str, value: str) -> None:
        known = ", ".join((*_VALUES, *_BLOCKS))
        if key not in _VALUES and key not in _BLOCKS:
            message = f"unknown key {shown(key)}: expected one of {known}"
            raise PuzzleSyntaxError(message, line=number, column=1)
        if key in self.places:
            message = f"the key {key!r} occurs twice, first in line {self.places[key]}: keep one"
            raise PuzzleSyntaxError(message, line=number, column=1)
        self.places[key] = number
        if key in _VALUES:
            self.values[key] = value
        elif value:
            message = f"expected nothing after '{key}:': its rows begin on the next line"
            raise PuzzleSyntaxError(message, line=number, column=1)
        else:
            self.blocks[key] = []


def _header(text: str) -> tuple[str, str] | None:
    """Key and value of a header line, or None for any other line."""
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    key, value = match.groups()
    spaced = not value or value[0].isspace()
    return (key, value.strip()) if spaced or key in (*_VALUES, *_BLOCKS) else None


def read(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each puzzle."""
    for draft in _drafts(lines):
        text = "\n".join(draft.lines)
        try:
            puzzle, solution = _puzzle(draft, context.family)
            yield Entry(puzzle, text, context.source, draft.line, solution=solution)
        except PuzzleError as error:
            yield failed(error, text, draft.line, context)


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


def _puzzle(draft: _Draft, family: str) -> tuple[Puzzle, tuple[int, ...] | None]:
    if draft.error:
        raise draft.error
    givens = draft.blocks.get("givens")
    if not givens:
        raise PuzzleSyntaxError("no givens: expected 'givens:' and the rows of cells")
    description = _description(draft, family)
    try:
        board = build(description, n=len(givens) ** 2)
    except PuzzleError as error:
        raise _at(error, draft, "regions", "units", "box", "size", "family") from None
    cells = _cells(givens, board)
    alphabet = _alphabet(draft, board) or infer(cells.symbols, board.D)
    name = one_line(draft.values.get("name", ""))
    puzzle = Puzzle(board, cells.values(alphabet), alphabet, name)
    answer = draft.blocks.get("solution")
    return puzzle, None if answer is None else solution_of(_cells(answer, board), alphabet)


def _at(error: PuzzleError, draft: _Draft, *keys: str) -> PuzzleSyntaxError:
    """The same error, placed at the first of `keys` that the puzzle has."""
    line = next((draft.places[key] for key in keys if key in draft.places), draft.line)
    message = error.message if isinstance(error, PuzzleSyntaxError) else str(error)
    return PuzzleSyntaxError(message, line=line, column=1)


def _description(draft: _Draft, family: str) -> Description:
    size = _pair(draft, "size")
    values = _pair(draft, "values")
    return Description(
        draft.values.get("family", family),
        (size[0], size[1] or size[0]) if size else None,
        _pair(draft, "box", both=True),
        values[0] if values else None,
        _regions(draft),
        _units(draft, size),
    )


def _pair(draft: _Draft, key: str, both: bool = False) -> tuple[int, int] | None:
    """The one or two numbers (`9`, `3x4`) of a header line; the second is 0 where it is absent."""
    if key not in draft.values:
        return None
    match = _PAIR.fullmatch(draft.values[key])
    if match is None or (both and match.group(2) is None):
        expected = "rows x columns, such as 3x3" if both else "a number"
        message = f"{key}: expected {expected}, got {shown(draft.values[key])}"
        raise PuzzleSyntaxError(message, line=draft.places[key], column=1)
    return int(match.group(1)), int(match.group(2) or 0)


def _regions(draft: _Draft) -> tuple[int, ...] | None:
    """Region of each cell, numbered as the letters appear."""
    rows = draft.blocks.get("regions")
    if rows is None:
        return None
    labels = [symbol for row in rows for symbol, _ in row.fit(len(rows))]
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    return tuple(numbers[label] for label in labels)


def _units(draft: _Draft, size: tuple[int, int] | None) -> tuple[tuple[int, ...], ...] | None:
    """The cells of each unit, one unit a line, cells written `r1c2`."""
    lines = draft.blocks.get("units")
    if lines is None:
        return None
    if size is None:
        message = "units need the size of the grid: add a line such as 'size: 4x5'"
        raise PuzzleSyntaxError(message, line=draft.places["units"], column=1)
    rows, cols = size[0], size[1] or size[0]
    if rows * cols > MAX_CELLS:
        raise PuzzleSyntaxError(f"{rows}x{cols} is too large: at most {MAX_CELLS} cells")
    return tuple(_unit(line, rows, cols) for line in lines)


def _unit(line: Row, rows: int, cols: int) -> tuple[int, ...]:
    cells = []
    for piece in re.finditer(r"[^\s,]+", line.text):
        match = _CELL.fullmatch(piece.group())
        row, col = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
        if not (1 <= row <= rows and 1 <= col <= cols):
            message = f"{shown(piece.group())} is not a cell: expected r1c1 to r{rows}c{cols}"
            raise PuzzleSyntaxError(message, line=line.number, column=piece.start() + 1)
        cells.append((row - 1) * cols + col - 1)
    return tuple(cells)


def _cells(rows: list[Row], board: Board) -> Cells:
    cells = [row.fit(board.cols) for row in rows]
    require_rows(rows, board.rows, board.cols)
    return cells_of_rows(rows, cells)


def _alphabet(draft: _Draft, board: Board) -> tuple[str, ...]:
    stated = tuple(draft.values.get("alphabet", "").split())
    if "alphabet" in draft.values:
        try:
            _require_plain(stated)
            if len(set(stated)) != board.D or len(stated) != board.D:
                got = len(set(stated))
                raise PuzzleSyntaxError(
                    f"alphabet: expected {board.D} different symbols, got {got}"
                )
        except PuzzleError as error:
            raise _at(error, draft, "alphabet") from None
    return stated


def _require_plain(alphabet: tuple[str, ...]) -> None:
    """Raise PuzzleError where a symbol could be taken for something else in a row of cells."""
    for symbol in alphabet:
        if not symbol or not symbol.isprintable() or " " in symbol or _RESERVED & set(symbol):
            message = (
                f"alphabet: {shown(symbol)} cannot stand in a row of cells: choose another symbol"
            )
            raise PuzzleError(message)


def write(puzzle: Puzzle) -> str:
    """The puzzle with its headers. Raises PuzzleError where text cannot hold its alphabet."""
    return "\n".join(_written(puzzle)) + "\n"


def _written(puzzle: Puzzle) -> Iterator[str]:
    board, cells = puzzle.board, encode(puzzle)
    description = describe(board)
    yield f"family: {board.family}"
    if puzzle.name:
        yield f"name: {one_line(puzzle.name)}"
    yield f"size: {board.rows}x{board.cols}"
    if board.box:
        yield f"box: {board.box[0]}x{board.box[1]}"
    if board.family == "grid":
        yield f"values: {board.D}"
    if puzzle.alphabet != default_alphabet(board.D):
        _require_plain(puzzle.alphabet)
        yield f"alphabet: {' '.join(puzzle.alphabet)}"
    if description.regions is not None:
        yield "regions:"
        labels = _labels(description.regions)
        yield from _drawn(labels, board.cols, glue(labels))
    if description.units is not None:
        yield "units:"
        yield from (_named(unit, board) for unit in description.units)
    yield "givens:"
    yield from _drawn(cells, board.cols, glue(puzzle.alphabet))


def _drawn(cells: list[str], cols: int, space: str) -> Iterator[str]:
    return (space.join(cells[start : start + cols]) for start in range(0, len(cells), cols))


def _labels(regions: tuple[int, ...]) -> list[str]:
    if max(regions) < len(_LABELS):
        return [_LABELS[region] for region in regions]
    return [str(region + 1) for region in regions]


def _named(unit: tuple[int, ...], board: Board) -> str:
    if not unit:
        raise PuzzleError("an empty unit cannot be written as text: use the format jsonl")
    return " ".join(board.cell_name(cell) for cell in unit)


def _is_ours(text: str) -> bool:
    header = _header(text)
    return header is not None and header[0] in (*_VALUES, *_BLOCKS)


FORMAT = Format(
    name="vmd",
    summary="our own text format: headers, regions as letters, rows of givens",
    recognise=first_line(_is_ours),
    read=read,
    write=write,
    families=FAMILIES,
    bare=False,
    between="---\n",
)

"""The formats of other Sudoku programs, which hold 9x9 puzzles of digits; the text names no family.

sdm       SudoCue: 81 digits a line, 0 where open. Read as `line`, since its text is no other.
sdk       SadMan and SudoCue: a section `[Puzzle]` of nine rows; other sections are ignored, lines
          with `#` (author, date and so on) are comments. Without the title it is a plain grid.
ss        Simple Sudoku: nine rows with bars, in a drawn frame. Read as a grid; an `X` is an open
          cell, and the program's own name below the frame is ignored.
hodoku    HoDoKu: `:technique:candidates:cells:deleted:eliminations:remark:`. A cell written `+5`
          was placed while solving; the puzzle is what was given, so it is read as open.
exchange  Sudoku Exchange: 12 hexadecimal digits, 81 digits, a rating. The first 12 are the start of
          the SHA-1 of the 81 digits, and become the name; a rating of 0 means none. Source: the
          README of sudoku-exchange-puzzle-bank.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats import grid, line
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    Lines,
    by_line,
    first_line,
    number_in,
    require_short,
)
from vmd_solver.formats.plain import Cells, cells_of, line_of, puzzle_of, require_classic

_HODOKU = re.compile(r"\s*:([^:\s]{0,20}):([^:\s]{0,200}):([^:]*)")
_HODOKU_CELL = re.compile(r"\+?(\S)")
_EXCHANGE = re.compile(r"\s*([0-9a-fA-F]{12})\s+(\S+)(?:\s+(\S+))?")
_SS_ROW = re.compile(r"\|?[.0-9X]{3}\|[.0-9X]{3}\|[.0-9X]{3}\|?", re.IGNORECASE)
_SS_FRAME = "*-----------*"
_SS_RULE = "|---+---+---|"


def _write_sdm(puzzle: Puzzle) -> str:
    return line_of(puzzle).replace(".", "0") + "\n"


def _read_sdk(lines: Lines, context: Context) -> Iterator[Entry]:
    return grid.read(_sdk_lines(lines), context)


def _sdk_lines(lines: Lines) -> Lines:
    """The lines of the puzzle sections, a blank one between two of them."""
    wanted = True
    for number, text in lines:
        title = text.strip().lower()
        if title.startswith("["):
            wanted = title == "[puzzle]"
            yield number, ""
        elif wanted:
            yield number, text


def _write_sdk(puzzle: Puzzle) -> str:
    return "[Puzzle]\n" + "\n".join(grid.rows_of(puzzle)) + "\n"


def _read_ss(lines: Lines, context: Context) -> Iterator[Entry]:
    return grid.read(_ss_lines(lines), context)


def _ss_lines(lines: Lines) -> Lines:
    """The lines of a grid: without the program's name, and with a usual symbol for open cells."""
    for number, text in lines:
        if text.strip().startswith("Simple Sudoku"):
            yield number, ""
        elif _SS_ROW.fullmatch(text.strip()):
            yield number, text.replace("X", ".").replace("x", ".")
        else:
            yield number, text


def _write_ss(puzzle: Puzzle) -> str:
    rows = ["|".join(("", row[:3], row[3:6], row[6:], "")) for row in grid.rows_of(puzzle)]
    bands = ["\n".join(rows[top : top + 3]) for top in (0, 3, 6)]
    return "\n".join((_SS_FRAME, f"\n{_SS_RULE}\n".join(bands), _SS_FRAME)) + "\n"


def _hodoku_entry(text: str, number: int, context: Context) -> Entry:
    require_short(text)
    match = _HODOKU.match(text)
    if match is None:
        raise PuzzleSyntaxError("expected ':technique:candidates:cells:'", column=1)
    found = list(_HODOKU_CELL.finditer(text, match.start(3), match.end(3)))
    symbols = ["." if cell.group()[0] == "+" else cell.group(1) for cell in found]
    cells = Cells(symbols, [cell.start(1) + 1 for cell in found], number)
    puzzle, _ = puzzle_of(cells, context.family)
    return Entry(puzzle, text.strip(), context.source, number)


def _write_hodoku(puzzle: Puzzle) -> str:
    return f":0000:x:{line_of(puzzle)}:::\n"


def _exchange_entry(text: str, number: int, context: Context) -> Entry:
    require_short(text)
    match = _EXCHANGE.match(text)
    if match is None:
        raise PuzzleSyntaxError("expected 12 hexadecimal digits, 81 digits and a rating", column=1)
    name, symbols, rating = match.groups()
    puzzle, _ = puzzle_of(cells_of(symbols, number, match.start(2) + 1), context.family, name)
    return Entry(puzzle, text.strip(), context.source, number, rating=number_in(rating) or None)


def _write_exchange(puzzle: Puzzle) -> str:
    symbols = line_of(puzzle).replace(".", "0")
    digest = hashlib.sha1(symbols.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:12]} {symbols} {0:4.1f}\n"


def _is_exchange(text: str) -> bool:
    match = _EXCHANGE.match(text)
    return match is not None and len(match.group(2)) > 12


SDM = Format(
    name="sdm",
    summary="SudoCue collection (.sdm): 81 digits a line",
    recognise=lambda lines: False,
    read=line.read,
    write=_write_sdm,
    require=require_classic,
    per_line=True,
)
SDK = Format(
    name="sdk",
    summary="SadMan Sudoku and SudoCue (.sdk): [Puzzle] and nine rows",
    recognise=first_line(lambda text: text.strip().lower() in ("[puzzle]", "[state]")),
    read=_read_sdk,
    write=_write_sdk,
    require=require_classic,
)
SS = Format(
    name="ss",
    summary="Simple Sudoku (.ss): nine rows with bars in a frame",
    recognise=first_line(lambda text: text.strip() == _SS_FRAME or _SS_ROW.fullmatch(text.strip())),
    read=_read_ss,
    write=_write_ss,
    require=require_classic,
    between="\n",
)
HODOKU = Format(
    name="hodoku",
    summary="HoDoKu library: :technique:candidates:cells:...",
    recognise=first_line(_HODOKU.match),
    read=by_line(_hodoku_entry),
    write=_write_hodoku,
    require=require_classic,
    per_line=True,
)
EXCHANGE = Format(
    name="exchange",
    summary="Sudoku Exchange puzzle bank: 12 hexadecimal digits, 81 digits, rating",
    recognise=first_line(_is_exchange),
    read=by_line(_exchange_entry),
    write=_write_exchange,
    require=require_classic,
    per_line=True,
)

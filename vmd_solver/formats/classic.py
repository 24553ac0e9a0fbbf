"""The formats of other programs, which hold 9x9 puzzles of digits, or Latin squares.

sdm       SudoCue: 81 digits a line, 0 where open. Read as `line`, since its text is no other.
sdk       SadMan and SudoCue: a section `[Puzzle]` of nine rows; other sections are ignored, lines
          with `#` (author, date and so on) are comments. Without the title it is a plain grid.
ss        Simple Sudoku: nine rows with bars, in a drawn frame. Read as a grid.
hodoku    HoDoKu: `:technique:candidates:cells:deleted:eliminations:remark:`. A cell written `+5`
          was placed while solving; the puzzle is what was given, so it is read as open.
exchange  Sudoku Exchange: 12 hexadecimal digits, 81 digits, a rating. The first 12 are the start of
          the SHA-1 of the 81 digits, and become the name; a rating of 0 means none. Source: the
          README of sudoku-exchange-puzzle-bank.
rncn      Cells with their places, `r1c1=5 r2c3=7`, as HoDoKu and others name them; blank lines
          between puzzles.
pls       Partial Latin squares of lsencode, the generator of quasigroups with holes (C. P. Gomes
          and others): `order n`, then n rows of numbers 0..n-1, -1 where open.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby, islice

from vmd_solver.csp.families import latin
from vmd_solver.csp.puzzle import MAX_VALUES, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats import grid, line
from vmd_solver.formats.boards import bare_board
from vmd_solver.formats.cells import Cells, line_of, puzzle_of, require_nine, rows_of
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    Found,
    Lines,
    Remark,
    by_line,
    first_line,
    number_in,
    require_short,
)
from vmd_solver.formats.rows import cells_of, is_stray, placed
from vmd_solver.formats.symbols import encode, shown

_HODOKU = re.compile(r"\s*:([^:\s]{0,20}):([^:\s]{0,200}):([^:]*)")
_EXCHANGE = re.compile(r"\s*([0-9a-fA-F]{12})\s+(\S+)(?:\s+(\S+))?")
_SS_ROW = re.compile(r"\|?[.0-9X]{3}\|[.0-9X]{3}\|[.0-9X]{3}\|?", re.IGNORECASE)
_SS_FRAME = "*-----------*"
_SS_RULE = "|---+---+---|"
_RNCN = re.compile(r"[\s,;]*r([1-9])c([1-9])\s*=\s*([1-9])(?=[\s,;]|$)", re.IGNORECASE)
_ORDER = re.compile(r"\s*order\s+(\S+)\s*", re.IGNORECASE)
_MOST_ROWS = 1000


_nine = partial(Format, require=require_nine)
"""A format that holds 9x9 puzzles of digits."""


def _zeros(puzzle: Puzzle) -> str:
    return line_of(puzzle).replace(".", "0")


def _nine_rows(puzzle: Puzzle) -> list[str]:
    return rows_of(encode(puzzle), 9, puzzle.alphabet)


def _read_sdk(lines: Lines, context: Context) -> Iterator[Entry | Remark]:
    def rows() -> Lines:
        """The lines of the puzzle sections, a blank one between two of them."""
        wanted = True
        for number, text in lines:
            title = text.strip().lower()
            if title.startswith("["):
                wanted = title == "[puzzle]"
                yield number, ""
            elif wanted:
                yield number, text

    return grid.read(rows(), context)


def _write_ss(puzzle: Puzzle) -> str:
    rows = ["|".join(("", row[:3], row[3:6], row[6:], "")) for row in _nine_rows(puzzle)]
    bands = ["\n".join(rows[top : top + 3]) for top in (0, 3, 6)]
    return "\n".join((_SS_FRAME, f"\n{_SS_RULE}\n".join(bands), _SS_FRAME)) + "\n"


def _parse_hodoku(text: str, family: str) -> Found:
    require_short(text)
    match = _HODOKU.match(text)
    if match is None:
        raise PuzzleSyntaxError("expected ':technique:candidates:cells:'")
    cells = [(symbol, match.start(3) + at + 1) for symbol, at in placed(match.group(3))]
    return puzzle_of(Cells(*zip(*cells, strict=True)) if cells else Cells(()), family)


def _parse_exchange(text: str, family: str) -> Found:
    require_short(text)
    match = _EXCHANGE.match(text)
    if match is None:
        raise PuzzleSyntaxError("expected 12 hexadecimal digits, 81 digits and a rating")
    name, symbols, rating = match.groups()
    found = puzzle_of(cells_of(symbols, match.start(2) + 1), family, name)
    return found._replace(rating=number_in(rating) or None)


def _write_exchange(puzzle: Puzzle) -> str:
    symbols = _zeros(puzzle)
    digest = hashlib.sha1(symbols.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:12]} {symbols} {0:4.1f}\n"


def _is_exchange(text: str) -> bool:
    match = _EXCHANGE.match(text)
    return match is not None and len(match.group(2)) > 12


def _read_rncn(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for the lines between blank ones."""
    for blank, group in groupby(lines, lambda line: not line[1].strip()):
        while not blank and (rows := list(islice(group, _MOST_ROWS))):
            yield context.entry(rows[0][0], "\n".join(t for _, t in rows), _parse_rncn, rows)


def _parse_rncn(rows: list[tuple[int, str]], family: str) -> Found:
    givens = [0] * 81
    for number, text in rows:
        require_short(text)
        at = 0
        while text[at:].strip(" \t,;"):
            match = _RNCN.match(text, at)
            if match is None:
                raise PuzzleSyntaxError("expected r1c1=5 and the like", line=number, column=at + 1)
            row, col, value = map(int, match.groups())
            cell, at = 9 * row + col - 10, match.end()
            if givens[cell] not in (0, value):
                message = f"r{row}c{col} is {givens[cell]} and {value}: state one value"
                raise PuzzleSyntaxError(message, line=number, column=match.start(1))
            givens[cell] = value
    return Found(Puzzle(bare_board(family, 9), tuple(givens)))


def _read_pls(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each line `order n`, with the rows that follow it."""
    square: list[tuple[int, str]] = []
    for number, text in lines:
        if square and text.lstrip()[:5].lower() == "order":
            yield _square_entry(square, context)
            square = []
        if text.strip() and len(square) <= _MOST_ROWS:
            square.append((number, text))
    if square:
        yield _square_entry(square, context)


def _square_entry(square: list[tuple[int, str]], context: Context) -> Entry:
    text = "\n".join(text for _, text in square)
    return context.entry(square[0][0], text, _parse_pls, square)


def _parse_pls(square: list[tuple[int, str]], family: str) -> Found:
    _, title = square[0]
    require_short(title)
    match = _ORDER.fullmatch(title)
    stated = match.group(1) if match else ""
    if not re.fullmatch(r"[0-9]{1,4}", stated) or not 1 <= int(stated) <= MAX_VALUES:
        got = shown(title.strip())
        raise PuzzleSyntaxError(f"expected 'order n' with n from 1 to {MAX_VALUES}, got {got}")
    n, rows = int(stated), square[1:]
    if len(rows) != n:
        raise PuzzleSyntaxError(f"expected {n} rows, got {len(rows)}", line=square[-1][0])
    givens: list[int] = []
    for line_number, text in rows:
        require_short(text)
        numbers = list(re.finditer(r"\S+", text))
        if len(numbers) != n:
            message = f"expected {n} cells in the row, got {len(numbers)}"
            raise PuzzleSyntaxError(message, line=line_number, column=len(text.rstrip()) + 1)
        for found in numbers:
            known = re.fullmatch(r"-1|[0-9]{1,4}", found.group())
            if not known or int(found.group()) >= n:
                expected = f"expected 0 to {n - 1}, or -1 where open"
                message = f"unexpected {shown(found.group())}: {expected}"
                raise PuzzleSyntaxError(message, line=line_number, column=found.start() + 1)
            givens.append(int(found.group()) + 1)
    return Found(Puzzle(latin(n), tuple(givens)))


def _write_pls(puzzle: Puzzle) -> str:
    n = puzzle.board.D
    if puzzle.board != latin(n):
        raise PuzzleError("the pls format holds Latin squares only: use vmd or jsonl")
    if puzzle.alphabet != default_alphabet(n):
        raise PuzzleError("the pls format cannot hold this alphabet: use vmd or jsonl")
    encode(puzzle)
    numbers = [str(value - 1) for value in puzzle.givens]
    rows = (" ".join(numbers[start : start + n]) for start in range(0, n * n, n))
    return "\n".join((f"order {n}", *rows)) + "\n"


SDM = _nine(
    name="sdm",
    summary="SudoCue collection (.sdm): 81 digits a line",
    recognise=lambda lines: None,
    read=line.FORMAT.read,
    stray=is_stray,
    write=lambda puzzle: _zeros(puzzle) + "\n",
    per_line=True,
)
SDK = _nine(
    name="sdk",
    summary="SadMan Sudoku and SudoCue (.sdk): [Puzzle] and nine rows",
    recognise=first_line(lambda text: text.strip().lower() in ("[puzzle]", "[state]"), "[Puzzle]"),
    read=_read_sdk,
    write=lambda puzzle: "\n".join(("[Puzzle]", *_nine_rows(puzzle))) + "\n",
)
SS = _nine(
    name="ss",
    summary="Simple Sudoku (.ss): nine rows with bars in a frame",
    recognise=first_line(
        lambda text: text.strip() == _SS_FRAME or _SS_ROW.fullmatch(text.strip()),
        "a row with bars, or their frame",
    ),
    read=grid.read,
    write=_write_ss,
    between="\n",
)
HODOKU = _nine(
    name="hodoku",
    summary="HoDoKu library: :technique:candidates:cells:...",
    recognise=first_line(_HODOKU.match, ":technique:candidates:cells:"),
    stray=lambda text, family: is_stray(text) and not _HODOKU.match(text),
    read=by_line(_parse_hodoku),
    write=lambda puzzle: f":0000:x:{line_of(puzzle)}:::\n",
    per_line=True,
)
EXCHANGE = _nine(
    name="exchange",
    summary="Sudoku Exchange puzzle bank: 12 hexadecimal digits, 81 digits, rating",
    recognise=first_line(_is_exchange, "12 hexadecimal digits and a line of cells"),
    stray=is_stray,
    read=by_line(_parse_exchange),
    write=_write_exchange,
    per_line=True,
)
RNCN = Format(
    name="rncn",
    summary="cells of a 9x9 with their places: r1c1=5 r2c3=7",
    recognise=first_line(_RNCN.match, "a cell with its place and value"),
    read=_read_rncn,
    write=None,
    literal=True,
)
PLS = Format(
    name="pls",
    summary="partial Latin squares (.pls): order n, then numbers from 0, -1 where open",
    families=("latin",),
    bare=False,
    recognise=first_line(_ORDER.fullmatch, "order n"),
    read=_read_pls,
    write=_write_pls,
)

"""Sudoku Exchange lines: 12 hexadecimal digits, 81 digits, a rating.

The hexadecimal digits are the beginning of the SHA-1 of the 81 digits, and become the name.
A rating of 0 is none.
Source: the README of sudoku-exchange-puzzle-bank.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.entry import Context, Entry, Format, by_line, number_in, require_short
from vmd_solver.formats.plain import cells_of, line_of, puzzle_of, require_classic

_LINE = re.compile(r"\s*([0-9a-fA-F]{12})\s+(\S+)(?:\s+(\S+))?")


def _entry(text: str, number: int, context: Context) -> Entry:
    require_short(text)
    match = _LINE.match(text)
    if match is None:
        raise PuzzleSyntaxError("expected 12 hexadecimal digits, 81 digits and a rating", column=1)
    name, symbols, rating = match.groups()
    puzzle, _ = puzzle_of(cells_of(symbols, number, match.start(2) + 1), context.family, name)
    return Entry(puzzle, text.strip(), context.source, number, rating=number_in(rating) or None)


def write(puzzle: Puzzle) -> str:
    """The puzzle as 100 characters, not rated. Raises PuzzleError unless it is 9x9 with digits."""
    require_classic(puzzle, "exchange")
    symbols = line_of(puzzle).replace(".", "0")
    digest = hashlib.sha1(symbols.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:12]} {symbols} {0:4.1f}\n"


def recognise(lines: Iterable[str]) -> bool:
    """Whether the first line has the three fields."""
    match = _LINE.match(next(iter(lines), "")[:5000])
    return match is not None and len(match.group(2)) > 12


FORMAT = Format(
    name="exchange",
    summary="Sudoku Exchange puzzle bank: 12 hexadecimal digits, 81 digits, rating",
    families=BARE,
    bare=True,
    recognise=recognise,
    read=by_line(_entry),
    write=write,
    per_line=True,
)

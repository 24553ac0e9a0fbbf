"""Partial Latin squares (`.pls`): `order n`, then n rows of numbers 0..n-1, -1 where open.

The format of lsencode, the generator of quasigroups with holes (C. P. Gomes and others).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vmd_solver.csp.families import latin
from vmd_solver.csp.puzzle import MAX_VALUES, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    Lines,
    failed,
    first_line,
    require_short,
)
from vmd_solver.formats.symbols import encode, shown

_ORDER = re.compile(r"\s*order\s+(\S+)\s*", re.IGNORECASE)
_MOST_ROWS = 1000


@dataclass
class _Square:
    """The lines of one square: its `order` line, and its rows."""

    line: int
    title: str
    rows: list[tuple[int, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join((self.title, *(text for _, text in self.rows)))


def read(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each line `order n`."""
    for square in _squares(lines):
        try:
            puzzle = _puzzle(square)
            yield Entry(puzzle, square.text, context.source, square.line)
        except PuzzleError as error:
            yield failed(error, square.text, square.line, context)


def _squares(lines: Lines) -> Iterator[_Square]:
    square: _Square | None = None
    for number, text in lines:
        if not text.strip():
            continue
        if square is None or text.lstrip()[:5].lower() == "order":
            if square is not None:
                yield square
            square = _Square(number, text)
        elif len(square.rows) < _MOST_ROWS:
            square.rows.append((number, text))
    if square is not None:
        yield square


def _puzzle(square: _Square) -> Puzzle:
    n = _order(square.title)
    if len(square.rows) != n:
        last = square.rows[-1][0] if square.rows else square.line
        message = f"expected {n} rows, got {len(square.rows)}"
        raise PuzzleSyntaxError(message, line=last, column=1)
    givens = [value for number, text in square.rows for value in _row(text, number, n)]
    return Puzzle(latin(n), tuple(givens))


def _order(title: str) -> int:
    require_short(title)
    match = _ORDER.fullmatch(title)
    stated = match.group(1) if match else ""
    if not re.fullmatch(r"[0-9]{1,4}", stated) or not 1 <= int(stated) <= MAX_VALUES:
        raise PuzzleSyntaxError(
            f"expected 'order n' with n from 1 to {MAX_VALUES}, got {shown(title.strip())}",
            column=1,
        )
    return int(stated)


def _row(text: str, line: int, n: int) -> list[int]:
    require_short(text)
    pieces = list(re.finditer(r"\S+", text))
    if len(pieces) != n:
        message = f"expected {n} cells in the row, got {len(pieces)}"
        raise PuzzleSyntaxError(message, line=line, column=len(text.rstrip()) + 1)
    for piece in pieces:
        known = re.fullmatch(r"-1|[0-9]{1,4}", piece.group())
        if not known or int(piece.group()) >= n:
            message = f"unexpected {shown(piece.group())}: expected 0 to {n - 1}, or -1 where open"
            raise PuzzleSyntaxError(message, line=line, column=piece.start() + 1)
    return [int(piece.group()) + 1 for piece in pieces]


def write(puzzle: Puzzle) -> str:
    """The square. Raises PuzzleError where its alphabet is not the usual one."""
    n = puzzle.board.D
    if puzzle.board != latin(n):
        raise PuzzleError("the pls format holds Latin squares only: use vmd or jsonl")
    if puzzle.alphabet != default_alphabet(n):
        raise PuzzleError("the pls format cannot hold this alphabet: use vmd or jsonl")
    encode(puzzle)
    rows = (puzzle.givens[start : start + n] for start in range(0, n * n, n))
    return "\n".join((f"order {n}", *(" ".join(str(v - 1) for v in row) for row in rows))) + "\n"


FORMAT = Format(
    name="pls",
    summary="partial Latin squares (.pls): order n, then numbers from 0, -1 where open",
    families=("latin",),
    bare=False,
    recognise=first_line(_ORDER.fullmatch),
    read=read,
    write=write,
)

"""Puzzles from text and to text: `read` many, `parse` one, `write` one; see docs/FORMATS.md.

Formats are recognised by content. Knows nothing of solvers, terminals or models.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import BARE, require_bare_family
from vmd_solver.formats.entry import Context, Entry, Format, Lines
from vmd_solver.formats.registry import FORMATS, Prefix, format_named, recognised
from vmd_solver.formats.source import (
    Block,
    Piece,
    blocks,
    checked,
    in_pieces,
    lines_of,
    numbered,
    open_bytes,
    unreadable,
)

__all__ = [
    "BARE",
    "FORMATS",
    "Entry",
    "Format",
    "Piece",
    "format_named",
    "parse",
    "parts",
    "parts_of_path",
    "read",
    "read_path",
    "write",
    "write_all",
]

_EXPECTED = "expected one puzzle a line, rows of cells, or another format of docs/FORMATS.md"


def read(
    lines: Iterable[str],
    source: str | None = None,
    format: str | None = None,
    family: str = "sudoku",
) -> Iterator[Entry]:
    """One entry for each puzzle of a text, as it comes in; bad ones carry their error.

    `lines` is a text stream, any iterable of lines, or one string. `format` is a name in FORMATS,
    found from the first lines where None; `family`, one of BARE, is that of puzzles whose text
    states none. A text without a puzzle gives one entry, with an error. Files of any length are
    read in constant memory.

    Raises PuzzleError, at once, where there is no such format, or `family` needs more than cells.

    >>> [entry.puzzle.board.D for entry in read(["1..4............", "4..1............"])]
    [4, 4]
    """
    chosen = _chosen(format, family)
    text = io.StringIO(lines, newline=None) if isinstance(lines, str) else lines
    return _entries(numbered(text), chosen, Context(source, family))


def _chosen(format: str | None, family: str) -> Format | None:
    require_bare_family(family)
    return None if format is None else format_named(format)


def _entries(lines: Lines, chosen: Format | None, context: Context) -> Iterator[Entry]:
    prefix = Prefix(lines)
    first = next(iter(prefix), None)
    found = chosen or recognised(prefix)
    if first is None:
        yield context.failed(f"no puzzle here: {_EXPECTED}", "", 1)
        return
    number, _ = next(prefix.rest())
    entries = found.read(prefix.rest(), context) if found else iter(())
    entry = next(entries, None)
    if entry is None:
        wrong = f"no puzzle in {found.name} format" if found else "not a puzzle in any known format"
        entry = context.failed(f"{wrong}: {_EXPECTED}", first[:1000], number)
    yield entry
    yield from entries


def read_path(
    path: str | Path, format: str | None = None, family: str = "sudoku"
) -> Iterator[Entry]:
    """`read` of a file; one that cannot be opened or read gives an entry with the error."""
    found = parts_of_path(path, format, family)
    return chain.from_iterable(
        (part,) if isinstance(part, Entry) else part.entries(range(len(part))) for part in found
    )


def parts(
    stream: BinaryIO,
    source: str | None = None,
    format: str | None = None,
    family: str = "sudoku",
) -> Iterator[Piece | Entry]:
    """`read` of a binary stream, in pieces where the format has one puzzle a line.

    Together the entries of the pieces are those of `read`, in the same order. Raises PuzzleError as
    `read` does, and PuzzleSyntaxError where the stream is no text.
    """
    chosen = _chosen(format, family)
    return _parts(blocks(checked(stream, source)), chosen, Context(source, family))


def _parts(
    source: Iterator[Block], chosen: Format | None, context: Context
) -> Iterator[Piece | Entry]:
    seen: list[Block] = []

    def lines() -> Lines:
        for block in source:
            seen.append(block)
            yield from lines_of(block)

    prefix = Prefix(lines())
    first = next(iter(prefix), "")
    found = chosen or recognised(prefix)
    everything: Iterator[Block] = chain(seen, source)
    empty = True
    if found and found.per_line and not (found.headed and not found.recognise([first])):
        for piece in in_pieces(everything, found, context):
            empty = False
            yield piece
        everything = iter(seen[:1])
    if empty:
        yield from _entries(chain.from_iterable(map(lines_of, everything)), found, context)


def parts_of_path(
    path: str | Path, format: str | None = None, family: str = "sudoku"
) -> Iterator[Piece | Entry]:
    """`parts` of a file; one that cannot be opened or read gives an entry with the error."""
    chosen, context = _chosen(format, family), Context(str(path), family)

    def found() -> Iterator[Piece | Entry]:
        try:
            with open_bytes(path) as stream:
                yield from _parts(blocks(stream), chosen, context)
        except (PuzzleSyntaxError, OSError) as error:
            placed = error if isinstance(error, PuzzleSyntaxError) else unreadable(error, str(path))
            yield Entry(None, "", str(path), placed.line or 1, placed)

    return found()


def parse(
    text: str, source: str | None = None, format: str | None = None, family: str = "sudoku"
) -> Puzzle:
    """The one puzzle that a text holds.

    Raises PuzzleSyntaxError where it holds none, a bad one or several.

    >>> parse("1..4............").givens[:4]
    (1, 0, 0, 4)
    """
    entries = read(text, source, format, family)
    entry = next(entries)
    if entry.puzzle is None:
        raise entry.error or PuzzleSyntaxError(_EXPECTED, source=source)
    more = next(entries, None)
    if more is not None:
        message = "a second puzzle begins here: expected one, read several with `read`"
        raise PuzzleSyntaxError(message, line=more.line, column=1, source=source)
    return entry.puzzle


def write(puzzle: Puzzle, format: str = "vmd") -> str:
    """The puzzle as a text that `parse` turns into the same puzzle again.

    The text of a `bare` format states no family: give `parse` any other than sudoku.
    Raises PuzzleError where the format cannot hold the puzzle, or there is no such format.
    """
    return "".join(write_all([puzzle], format))


def write_all(puzzles: Iterable[Puzzle], format: str = "vmd") -> Iterator[str]:
    """The pieces of one text with all the puzzles. Raises as `write` does."""
    chosen = format_named(format)
    for count, puzzle in enumerate(puzzles):
        family, asked = puzzle.board.family, _asked(puzzle)
        able = [form for form in FORMATS if family in form.families and (form.ruled or not asked)]
        if chosen not in able:
            what = asked if family in chosen.families else f"a {family} puzzle"
            expected = ", ".join(form.name for form in able)
            raise PuzzleError(f"the {chosen.name} format cannot hold {what}: expected {expected}")
        if chosen.require:
            chosen.require(puzzle, chosen.name)
        yield (chosen.between if count else chosen.head) + chosen.write(puzzle)


def _asked(puzzle: Puzzle) -> str:
    """What the board of a puzzle has that few formats hold; empty where it has nothing."""
    board = puzzle.board
    if board.rules:
        return f"rules ({', '.join(dict.fromkeys(rule.name for rule in board.rules))})"
    return "holes" if board.holes else f"numbers from {board.low}" if board.low != 1 else ""

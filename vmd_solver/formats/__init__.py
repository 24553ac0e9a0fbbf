"""Puzzles from text and to text: `read` many, `parse` one, `write` one; see docs/FORMATS.md.

Formats are recognised by content. Knows nothing of solvers, terminals or models.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO, TypeVar

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import BARE, require_bare_family
from vmd_solver.formats.entry import Context, Entry, Format, Lines, failed
from vmd_solver.formats.pieces import Piece, in_pieces
from vmd_solver.formats.registry import FORMATS, Prefix, format_named, recognised
from vmd_solver.formats.source import (
    Block,
    blocks,
    checked,
    decode_source,
    lines_of,
    numbered,
    open_bytes,
    open_source,
)

__all__ = [
    "BARE",
    "FORMATS",
    "Entry",
    "Format",
    "Piece",
    "decode_source",
    "format_named",
    "open_source",
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
        yield failed(PuzzleSyntaxError(f"no puzzle here: {_EXPECTED}"), "", 1, context)
        return
    number, _ = next(prefix.rest())
    if found is None:
        error = PuzzleSyntaxError(f"not a puzzle in any known format: {_EXPECTED}", column=1)
        yield failed(error, first[:1000], number, context)
        return
    empty = True
    for entry in found.read(prefix.rest(), context):
        empty = False
        yield entry
    if empty:
        error = PuzzleSyntaxError(f"no puzzle in {found.name} format: {_EXPECTED}")
        yield failed(error, first[:1000], number, context)


def read_path(
    path: str | Path, format: str | None = None, family: str = "sudoku"
) -> Iterator[Entry]:
    """`read` of a file; one that cannot be opened or read gives an entry with the error."""
    _chosen(format, family)
    return _of_file(path, open_source, lambda text: read(text, str(path), format, family))


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
    _chosen(format, family)
    return _of_file(path, open_bytes, lambda data: parts(data, str(path), format, family))


Opened = TypeVar("Opened", TextIO, BinaryIO)
Found = TypeVar("Found")


def _of_file(
    path: str | Path,
    open_it: Callable[[str | Path], Opened],
    read_it: Callable[[Opened], Iterator[Found]],
) -> Iterator[Found | Entry]:
    """What is read of an open file, or an entry that says why it cannot be."""
    try:
        with open_it(path) as stream:
            yield from read_it(stream)
    except PuzzleSyntaxError as error:
        yield Entry(None, "", str(path), error.line or 1, error)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        placed = PuzzleSyntaxError(f"cannot be read: {reason}", source=str(path))
        yield Entry(None, "", str(path), 1, placed)


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
        if puzzle.board.family not in chosen.families:
            raise _unheld(puzzle.board.family, chosen)
        if chosen.require:
            chosen.require(puzzle, chosen.name)
        yield (chosen.between if count else chosen.head) + chosen.write(puzzle)


def _unheld(family: str, chosen: Format) -> PuzzleError:
    able = ", ".join(format.name for format in FORMATS if family in format.families)
    return PuzzleError(
        f"the {chosen.name} format cannot hold a {family} puzzle: expected {able or 'none'}"
    )

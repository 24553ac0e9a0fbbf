"""Puzzles from text and to text: `read` many, `parse` one, `write` one; see docs/FORMATS.md.

Formats are recognised by content. Knows nothing of solvers, terminals or models.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import BARE, require_bare_family
from vmd_solver.formats.entry import Context, Entry, Format, Lines, Remark
from vmd_solver.formats.registry import FORMATS, Prefix, format_named, recognised
from vmd_solver.formats.source import (
    Block,
    Piece,
    blocks,
    blocks_of,
    in_pieces,
    lines_of,
    open_bytes,
    texts,
)

__all__ = [
    "BARE",
    "FORMATS",
    "Entry",
    "Format",
    "Piece",
    "Remark",
    "format_named",
    "forms_of_path",
    "literal_format",
    "parse",
    "parts",
    "parts_of_path",
    "read",
    "read_path",
    "write",
    "write_all",
]

_EXPECTED = (
    "expected one puzzle a line, rows of cells, or another format that vmd-solve --info lists"
)


_SHORTEST = 16
"""Cells of the smallest board that is taken from an argument: shorter ones look like names."""
_PLAIN = frozenset("0123456789.-_*?, ")


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
    read in constant memory. Lines that are no puzzle, such as titles, are left out: `parts` tells
    of them.

    Raises PuzzleError, at once, where there is no such format, or `family` needs more than cells.

    >>> [entry.puzzle.board.D for entry in read(["1..4............", "4..1............"])]
    [4, 4]
    """
    chosen = _chosen(format, family)
    text = io.StringIO(lines, newline=None) if isinstance(lines, str) else lines
    return _entries(_parts(blocks_of(text), chosen, Context(source, family)))


def _chosen(format: str | None, family: str) -> Format | None:
    require_bare_family(family)
    return None if format is None else format_named(format)


def _entries(parts: Iterable[Piece | Entry | Remark]) -> Iterator[Entry]:
    for part in parts:
        if isinstance(part, Piece):
            yield from part.entries(range(len(part)))
        elif isinstance(part, Entry):
            yield part


def read_path(
    path: str | Path, format: str | None = None, family: str = "sudoku"
) -> Iterator[Entry]:
    """`read` of a file; one that cannot be opened or read gives an entry with the error."""
    return _entries(parts_of_path(path, format, family))


def parts(
    stream: BinaryIO,
    source: str | None = None,
    format: str | None = None,
    family: str = "sudoku",
) -> Iterator[Piece | Entry | Remark]:
    """`read` of a binary stream, in pieces where the format has one puzzle a line.

    Together the entries of the pieces are those of `read`, in the same order; remarks tell of what
    is no entry. What is packed by gzip, xz or bzip2, and all files of a zip, are unpacked. A stream
    that is no text gives an entry with the error. Raises PuzzleError as `read` does.
    """
    return _of_stream(lambda: nullcontext(stream), source, _chosen(format, family), family)


def parts_of_path(
    path: str | Path, format: str | None = None, family: str = "sudoku"
) -> Iterator[Piece | Entry | Remark]:
    """`parts` of a file; one that cannot be opened or read gives an entry with the error."""
    return _of_stream(partial(open_bytes, path), str(path), _chosen(format, family), family)


def _of_stream(
    open: Callable[[], AbstractContextManager[BinaryIO]],
    source: str | None,
    chosen: Format | None,
    family: str,
) -> Iterator[Piece | Entry | Remark]:
    try:
        with open() as stream:
            for name, text in texts(stream, source):
                yield from _of_text(text, chosen, Context(name, family))
    except PuzzleSyntaxError as error:
        yield _unread(error)


def _of_text(
    text: BinaryIO | PuzzleSyntaxError, chosen: Format | None, context: Context
) -> Iterator[Piece | Entry | Remark]:
    if isinstance(text, PuzzleSyntaxError):
        yield _unread(text)
        return
    odd: list[int] = []
    told = False
    found = _parts(blocks(text, context.source, odd), chosen, context)
    try:
        for part in chain(found, (None,)):
            if odd and not told:
                message = "read as Windows-1252, since it is no UTF-8"
                yield Remark(message, "", context.source, odd[0])
                told = True
            if part is not None:
                yield part
    except PuzzleSyntaxError as error:
        yield _unread(error)


def _unread(error: PuzzleSyntaxError) -> Entry:
    return Entry(None, "", error.source, error.line or 1, error)


def _parts(
    source: Iterator[Block], chosen: Format | None, context: Context
) -> Iterator[Piece | Entry | Remark]:
    seen: list[Block] = []

    def lines() -> Lines:
        for block in source:
            seen.append(block)
            yield from lines_of(block)

    prefix = Prefix(lines())
    first = prefix.first
    found, match = (chosen, None) if chosen else recognised(prefix) or (None, None)
    if match and match.doubt and first:
        yield Remark(match.doubt, first[1], context.source, first[0])
    everything: Iterator[Block] = chain(seen, source)
    read: Iterator[Piece | Entry | Remark] = iter(())
    if found and found.per_line and _has_head(found, prefix):
        read = in_pieces(everything, found, context)
    elif found and first:
        read = found.read(chain.from_iterable(map(lines_of, everything)), context)
    empty = True
    for part in read:
        empty = empty and isinstance(part, Remark)
        yield part
    if empty:
        wrong = (
            f"no puzzle in {found.name} format ({found.summary})"
            if found
            else "not a puzzle in any known format"
        )
        message = wrong if first else "no puzzle here"
        number, text = first or (1, "")
        yield context.failed(f"{message}: {_EXPECTED}", text[:1000], number)


def _has_head(format: Format, prefix: Prefix) -> bool:
    return not format.headed or any(format.recognise([text]) for text in prefix)


def forms_of_path(path: str | Path) -> Iterator[tuple[str, str]]:
    """Each text of a file: its name, and the format it is read in with the reason for it.

    Raises PuzzleSyntaxError as reading does.
    """
    with open_bytes(path) as stream:
        for name, text in texts(stream, str(path)):
            if isinstance(text, PuzzleSyntaxError):
                yield str(name), text.message
                continue
            lines = chain.from_iterable(map(lines_of, blocks(text, name)))
            found = recognised(Prefix(lines))
            how = f"{found[0].name} ({found[1].reason})" if found else "no known format"
            yield str(name), how


def literal_format(argument: str) -> str | None:
    """The format of an argument that is a puzzle itself; None for the name of a file.

    No file has that name, and some format knows the line. A line of digits and dots that is a cell
    short is a puzzle too, so that the message can say so.

    >>> literal_format("1..4............"), literal_format("4:2/1/3/2/2/3/1/2/3/2/1/2/1/2/2/3")
    ('line', 'sgt')
    >>> literal_format("1..4..........."), literal_format("missing.txt")
    (None, None)
    """
    if os.path.lexists(argument):
        return None
    for format in FORMATS:
        if format.literal and format.recognise([argument]):
            return format.name
    if len(argument) < _SHORTEST:
        return None
    if set(argument) <= _PLAIN:
        return "line"
    try:
        found = all(entry.error is None for entry in read([argument], format="line"))
    except PuzzleError:
        return None
    return "line" if found else None


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

    Text such as a line or a grid of symbols states no family: of any other than sudoku, tell
    `parse` which it is.
    Raises PuzzleError where the format cannot hold the puzzle, or there is no such format.
    """
    return "".join(write_all([puzzle], format))


def write_all(puzzles: Iterable[Puzzle], format: str = "vmd") -> Iterator[str]:
    """The pieces of one text with all the puzzles. Raises as `write` does."""
    chosen = format_named(format)
    if chosen.write is None:
        expected = ", ".join(form.name for form in FORMATS if form.write)
        raise PuzzleError(f"the {chosen.name} format is only read: write one of {expected}")
    before, after = chosen.head, ""
    for puzzle in puzzles:
        family, asked = puzzle.board.family, _asked(puzzle)
        able = [
            form
            for form in FORMATS
            if form.write and family in form.families and (form.ruled or not asked)
        ]
        if chosen not in able:
            what = asked if family in chosen.families else f"a {family} puzzle"
            expected = ", ".join(form.name for form in able)
            raise PuzzleError(f"the {chosen.name} format cannot hold {what}: expected {expected}")
        if chosen.require:
            chosen.require(puzzle, chosen.name)
        yield before + chosen.write(puzzle)
        before, after = chosen.between, chosen.tail
    if after:
        yield after


def _asked(puzzle: Puzzle) -> str:
    """What the board of a puzzle has that few formats hold; empty where it has nothing."""
    board = puzzle.board
    if board.rules:
        return f"rules ({', '.join(dict.fromkeys(rule.name for rule in board.rules))})"
    return "holes" if board.holes else f"numbers from {board.low}" if board.low != 1 else ""

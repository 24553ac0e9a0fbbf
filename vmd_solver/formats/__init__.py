"""Puzzles from text and to text: `read` many, `parse` one, `write` one; see docs/FORMATS.md.

Formats are recognised by content. Knows nothing of solvers, terminals or models.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import BARE, require_bare_family
from vmd_solver.formats.entry import Context, Entry, Format, Lines, failed
from vmd_solver.formats.registry import FORMATS, Prefix, format_named, recognised
from vmd_solver.formats.source import decode_source, numbered, open_source

__all__ = [
    "BARE",
    "FORMATS",
    "Entry",
    "Format",
    "decode_source",
    "format_named",
    "open_source",
    "parse",
    "read",
    "read_path",
    "write",
    "write_all",
]

_EXPECTED = "expected one puzzle a line, rows of cells, or another form of docs/FORMATS.md"


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
        error = PuzzleSyntaxError(f"no known form of puzzle: {_EXPECTED}", column=1)
        yield failed(error, first[:1000], number, context)
        return
    empty = True
    for entry in found.read(prefix.rest(), context):
        empty = False
        yield entry
    if empty:
        error = PuzzleSyntaxError(f"no puzzle in {found.name} form: {_EXPECTED}")
        yield failed(error, first[:1000], number, context)


def read_path(
    path: str | Path, format: str | None = None, family: str = "sudoku"
) -> Iterator[Entry]:
    """`read` of a file; one that cannot be opened or read gives an entry with the error."""
    _chosen(format, family)
    return _file_entries(path, format, family)


def _file_entries(path: str | Path, format: str | None, family: str) -> Iterator[Entry]:
    try:
        with open_source(path) as stream:
            yield from read(stream, str(path), format, family)
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

    The text of a `bare` format states no family: `parse` must be told any other than sudoku.
    Raises PuzzleError where the format cannot hold the puzzle, or there is no such format.
    """
    return "".join(write_all([puzzle], format))


def write_all(puzzles: Iterable[Puzzle], format: str = "vmd") -> Iterator[str]:
    """The pieces of one text with all the puzzles. Raises as `write` does."""
    chosen = format_named(format)
    for count, puzzle in enumerate(puzzles):
        _require_held(puzzle, chosen)
        yield (chosen.between if count else chosen.head) + chosen.write(puzzle)


def _require_held(puzzle: Puzzle, chosen: Format) -> None:
    family = puzzle.board.family
    if family not in chosen.families:
        able = ", ".join(format.name for format in FORMATS if family in format.families)
        raise PuzzleError(
            f"the {chosen.name} form cannot hold a {family} puzzle: expected {able or 'none'}"
        )

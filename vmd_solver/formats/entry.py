"""What a reader yields, what it is given, and what a format is.

Knows no format; the modules beside it fill these in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import BARE

Lines = Iterator[tuple[int, str]]
"""Numbered lines (from 1), without line ends and without comment lines."""

MAX_LINE = 1_000_000
"""Longest line that is looked at, in characters: many times the longest puzzle there is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One puzzle of a file, or what is wrong with it: either `puzzle` or `error` is None.

    `text` is the input it was read from, `line` its first line (from 1), `solution` the n values
    that the file gives as its solution, `rating` the difficulty that the file states.
    """

    puzzle: Puzzle | None
    text: str
    source: str | None
    line: int
    error: PuzzleSyntaxError | None = None
    solution: tuple[int, ...] | None = None
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader is given: the file's name, and the family of puzzles that do not state one."""

    source: str | None = None
    family: str = "sudoku"


@dataclass(frozen=True)
class Format:
    """A text format: what it is called, what it can hold, how it is recognised, read and written.

    `recognise` sees the first significant lines and may stop early. `require` raises PuzzleError
    for a puzzle of one of `families` that the text cannot hold; None where `write` does. `bare`
    says that the text does not name the family, so that a reader must be given any other than
    sudoku. A file of several puzzles is `head`, then what `write` returns for each, with `between`
    in the gaps.

    `per_line` says that `read` gives one entry for each line that is not blank, whatever the lines
    around it, after the first one where the format is `headed`.
    """

    name: str
    summary: str
    recognise: Callable[[Iterable[str]], bool]
    read: Callable[[Lines, Context], Iterator[Entry]]
    write: Callable[[Puzzle], str]
    require: Callable[[Puzzle, str], None] | None = None
    families: tuple[str, ...] = BARE
    bare: bool = True
    head: str = ""
    between: str = ""
    per_line: bool = False
    headed: bool = False


def failed(error: PuzzleError, text: str, line: int, context: Context) -> Entry:
    """The entry of a puzzle that cannot be read, its error placed in the file."""
    message, row, column = str(error), line, 1
    if isinstance(error, PuzzleSyntaxError):
        message, row, column = error.message, error.line or line, error.column or 1
    placed = PuzzleSyntaxError(message, line=row, column=column, source=context.source)
    return Entry(None, text, context.source, line, placed)


def number_in(text: str | None) -> float | None:
    """The number that a text states, or None where it states none."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None


def one_line(name: str) -> str:
    """A name as one line of printable characters, safe to write and to show."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def require_short(text: str) -> None:
    """Raise PuzzleSyntaxError where a line is too long to be part of a puzzle."""
    if len(text) > MAX_LINE:
        raise PuzzleSyntaxError(
            f"the line is longer than {MAX_LINE:,} characters: expected a puzzle, check the file",
            column=1,
        )


def first_line(test: Callable[[str], object]) -> Callable[[Iterable[str]], bool]:
    """A `recognise` that decides by the beginning of the first line."""
    return lambda lines: bool(test(next(iter(lines), "")[:5000]))


def by_line(
    entry: Callable[[str, int, Context], Entry], strip: bool = True
) -> Callable[[Lines, Context], Iterator[Entry]]:
    """A reader with one entry for each line that is not blank, made by `entry` or failed.

    A failed entry has the line as its text, stripped or not.
    """

    def read(lines: Lines, context: Context) -> Iterator[Entry]:
        for number, text in lines:
            if not text.strip():
                continue
            try:
                yield entry(text, number, context)
            except PuzzleError as error:
                yield failed(error, text.strip() if strip else text, number, context)

    return read

"""What a reader yields, what it is given, and what a format is; knows no format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.symbols import shown

Lines = Iterator[tuple[int, str]]
"""Numbered lines (from 1), without line ends and without comment lines."""


class Found(NamedTuple):
    """A puzzle, with the solution and the rating that its text states, and notes on both."""

    puzzle: Puzzle
    solution: tuple[int, ...] | None = None
    rating: float | None = None
    notes: tuple[str, ...] = ()


MAX_LINE = 1_000_000
"""Longest line that is looked at, in characters: many times the longest puzzle there is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One puzzle of a file, or what is wrong with it: either `puzzle` or `error` is None.

    `text` is the input it was read from, `line` its first line (from 1), `solution` the n values
    that the file gives as its solution, `rating` the difficulty that the file states. `notes` name
    what the text holds beside rules, and a solver does not look at.
    """

    puzzle: Puzzle | None
    text: str
    source: str | None
    line: int
    error: PuzzleSyntaxError | None = None
    solution: tuple[int, ...] | None = None
    rating: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader says of lines that are no puzzle: that it skips them, or how it took a text."""

    message: str
    text: str
    source: str | None
    line: int
    skips: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader is given: the file's name, and the family of puzzles that do not state one."""

    source: str | None = None
    family: str = "sudoku"

    def entry(self, line: int, text: str, parse: Callable[[Any, str], Found], given: Any) -> Entry:
        """What `parse(given, family)` finds in the text that begins at a line, or its error."""
        try:
            found = parse(given, self.family)
        except PuzzleError as error:
            return self.failed(error, text, line)
        return Entry(found.puzzle, text, self.source, line, None, *found[1:])

    def failed(self, error: PuzzleError | str, text: str, line: int) -> Entry:
        """The entry of a puzzle that cannot be read, its error placed in the file."""
        message, row, column = str(error), line, 1
        if isinstance(error, PuzzleSyntaxError):
            message, row, column = error.message, error.line or line, error.column or 1
        placed = PuzzleSyntaxError(message, line=row, column=column, source=self.source)
        return Entry(None, text, self.source, line, placed)

    def sifted(
        self, lines: Lines, stray: Callable[[str, str], bool]
    ) -> Iterator[tuple[int, str] | Remark]:
        """The lines, with a remark in place of each that is `stray`."""
        for number, text in lines:
            skip = text.strip() and stray(text, self.family)
            yield self.skipped(number, text) if skip else (number, text)

    def skipped(self, number: int, text: str) -> Remark:
        """The remark on a line without cells."""
        message = f"skipped {shown(text.strip())}, which has no cells"
        return Remark(message, text, self.source, number, skips=True)


class Match(NamedTuple):
    """How surely a text is in a format, up to 1 for certain; why; and what else it might be."""

    score: float
    reason: str
    doubt: str = ""


Recogniser = Callable[[Iterable[str]], Match | None]
"""Looks at the first lines that are not blank, as few of them as it needs."""


@dataclass(frozen=True)
class Format:
    """A text format: what it is called, what it can hold, how it is recognised, read and written.

    `recognise` says how well the first lines fit. `write` is None where a format is only read.
    `require` raises PuzzleError
    for a puzzle of one of `families` that the text cannot hold; None where `write` does. `bare`
    says that the text does not name the family, so that a reader must be given any other than
    sudoku. A file of several puzzles is `head`, then what `write` returns for each, with `between`
    in the gaps, then `tail`. `ruled` says that it can hold rules, holes and numbers from others
    than 1.

    `per_line` says that `read` gives one entry for each line that is not blank, whatever the lines
    around it, after the first one where the format is `headed`. `stray` then knows lines that are
    no puzzle of a family, such as titles: they are skipped with a remark. `joined` says that a line
    end between quotes ends no line. `literal` says that one line of it may be an argument.
    """

    name: str
    summary: str
    recognise: Recogniser
    read: Callable[[Lines, Context], Iterator[Entry | Remark]]
    write: Callable[[Puzzle], str] | None
    require: Callable[[Puzzle, str], None] | None = None
    families: tuple[str, ...] = BARE
    bare: bool = True
    ruled: bool = False
    head: str = ""
    between: str = ""
    tail: str = ""
    per_line: bool = False
    headed: bool = False
    joined: bool = False
    stray: Callable[[str, str], bool] = lambda text, family: False
    literal: bool = False


def is_blank(text: str) -> bool:
    """Whether a line is empty: of white space, and no row of empty cells between tabs."""
    return not text.strip() and text.count("\t") < 3


def by_line(
    parse: Callable[[str, str], Found], strip: bool = True
) -> Callable[[Lines, Context], Iterator[Entry]]:
    """A reader with an entry for each line not blank, whose text is the line, or it stripped."""

    def read(lines: Lines, context: Context) -> Iterator[Entry]:
        for number, text in lines:
            if row := text.strip():
                yield context.entry(number, row if strip else text, parse, text)

    return read


def first_line(test: Callable[[str], object], reason: str) -> Recogniser:
    """A `recognise` that decides by the beginning of the first line."""

    def recognise(lines: Iterable[str]) -> Match | None:
        return Match(1.0, reason) if test(next(iter(lines), "")[:5000]) else None

    return recognise


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
            f"the line is longer than {MAX_LINE:,} characters: expected a puzzle, check the file"
        )

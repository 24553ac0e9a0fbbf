"""Tables of puzzles: the header says which column is what, and what separates them.

Read: `quizzes,solutions`, `source,question,answer,rating`, `id,puzzle,solution,...` and the like,
other columns left out. Written: `puzzle,family,name`. A puzzle takes one line, quoted or not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.cells import layout_of, line_of, puzzle_of, require_bare
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
    one_line,
    require_short,
)
from vmd_solver.formats.rows import cells_of, is_stray
from vmd_solver.formats.symbols import shown

_ROLES = {
    "puzzle": ("puzzle", "puzzles", "quiz", "quizzes", "question", "sudoku", "givens"),
    "solution": ("solution", "solutions", "answer", "solved"),
    "name": ("name", "id", "source", "title"),
    "rating": ("rating", "difficulty"),
    "family": ("family",),
}
_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Header:
    """Where each role's column is, what separates columns, and what the columns are called."""

    places: dict[str, int]
    separator: str
    titles: Sequence[str]

    def parse(self, text: str, family: str) -> Found:
        """The puzzle of a line: by table where all is plain symbols, else cell by cell."""
        require_short(text)
        fields = _fields(text, self.separator)
        if len(fields) <= max(self.places.values()):
            columns = f"{len(self.titles)} columns ({shown(', '.join(self.titles))})"
            message = f"expected {columns}, got {len(fields)}"
            raise PuzzleSyntaxError(message, column=len(text) + 1)
        found = {role: fields[place].strip() for role, place in self.places.items()}
        cells, answer = found["puzzle"], found.get("solution", "")
        name, rating = one_line(found.get("name", "")), number_in(found.get("rating"))
        family = found.get("family") or family
        layout = layout_of(family, len(cells))
        givens = layout and layout.values(cells)
        if layout and givens and len(answer) in (0, len(cells)):
            values = layout.values(answer)
            if values is not None and 0 not in values:
                puzzle = Puzzle(layout.board, tuple(givens), layout.alphabet, name)
                return Found(puzzle, tuple(values) or None, rating)
        given = cells_of(cells, text.find(cells) + 1)
        solved = cells_of(answer, text.rfind(answer) + 1) if answer else None
        return puzzle_of(given, family, name, solved)._replace(rating=rating)


def read(lines: Lines, context: Context) -> Iterator[Entry | Remark]:
    """One entry for each line after the header, which may come below a title."""
    number, text = 1, ""
    for number, text in lines:
        if (header := header_of(text)) is not None:
            yield from by_line(header.parse, strip=False)(lines, context)
            return
        if text.strip():
            if not is_stray(text):
                break
            yield context.skipped(number, text)
    known = ", ".join(_ROLES["puzzle"])
    yield context.failed(f"no column of puzzles: expected one called {known}", text[:1000], number)


def header_of(text: str) -> Header | None:
    """What the header says, or None where it names no column of puzzles."""
    for separator in _SEPARATORS:
        titles = [title.strip().lower() for title in _fields(text[:5000], separator)]
        places = {
            role: next(titles.index(name) for name in names if name in titles)
            for role, names in _ROLES.items()
            if not titles or set(names) & set(titles)
        }
        if "puzzle" in places:
            return Header(places, separator, titles)
    return None


def _fields(text: str, separator: str) -> list[str]:
    if '"' not in text:
        return text.split(separator)
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error as error:
        raise PuzzleSyntaxError(f"not a line of a table ({error}): check its quotes") from None


def write(puzzle: Puzzle) -> str:
    """The puzzle as a line below `FORMAT.head`."""
    line = io.StringIO()
    row = line_of(puzzle), puzzle.board.family, one_line(puzzle.name)
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue()


def _is_header(text: str) -> bool:
    """Whether a line is a header with a column of puzzles."""
    try:
        return header_of(text) is not None
    except PuzzleSyntaxError:
        return False


FORMAT = Format(
    name="csv",
    summary="a table with a header: puzzle, solution, name and rating, under several names",
    bare=False,
    recognise=first_line(_is_header, "a header with a column of puzzles"),
    read=read,
    write=write,
    require=require_bare,
    head="puzzle,family,name\n",
    per_line=True,
    headed=True,
    joined=True,
)
